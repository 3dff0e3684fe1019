"""Whatever a person has at hand of an image leads to its row; of what is no row, the run's own reason is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tasks.errors import UnknownImageError, VersionError
from tasks.one_image.explain_image import explain_image
from tasks.publish.explain import explain_sample
from tasks.publish.history import read_version
from tasks.publish.life import compare_versions, pin
from tasks.publish.retention import prune
from tasks.publish.row_index import read_rows
from tasks.publish.versions import describe_versions
from tasks.refresh.breakdown import equal_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.publish.conftest import Output

NAMES = ["cat", "dog", "fruit"]


@pytest.fixture
def fruit(output: Output) -> Output:
    """Two versions: what is gone in the second, what moved, and what came."""
    output.publish(output.write_shard(["cat/1.png", "dog/1.png", "fruit/fig/001.jpg"], NAMES), names=NAMES)
    second = output.write_shard(["cat/1.png", "dog/2.png", "fruit/pear/a b.jpg", "cat/näher.png"], NAMES)
    output.publish(second, names=NAMES)
    return output


@pytest.mark.parametrize(
    ("text", "sample_id"),
    [
        ("cat/1.png", "cat/1.png"),
        ("/data/pets/cat/1.png", "cat/1.png"),
        ("./cat/1.png", "cat/1.png"),
        ("../elsewhere/fruit/pear/a b.jpg", "fruit/pear/a b.jpg"),
        ("pear/a b.jpg", "fruit/pear/a b.jpg"),
        ("file:///data/cat/1.png", "cat/1.png"),
        ("https://user:key@host/pets/dog/2.png?sig=1&size=3", "dog/2.png"),
        ("s3://bucket/pets/dog/2.png", "dog/2.png"),
        ("cat/na\u0308her.png", "cat/näher.png"),
        ("/x/cat/na\u0308her.png", "cat/näher.png"),
        ("näh", "cat/näher.png"),
    ],
)
def test_what_a_shell_or_a_browser_gives_leads_to_the_row(fruit: Output, text: str, sample_id: str) -> None:
    (row,) = explain_sample(fruit.store, text)

    assert (row["outcome"], row["sample_id"], row["label_name"]) == (
        "written",
        sample_id,
        sample_id.split("/", maxsplit=1)[0],
    )


def test_the_longest_tail_wins(output: Output) -> None:
    output.publish(output.write_shard(["cat/a/1.png", "dog/a/1.png", "dog/b/1.png"], NAMES), names=NAMES)

    assert [row["sample_id"] for row in explain_sample(output.store, "/x/y/dog/a/1.png")] == ["dog/a/1.png"]
    assert [row["sample_id"] for row in explain_sample(output.store, "/x/y/z/a/1.png")] == [
        "cat/a/1.png",
        "dog/a/1.png",
    ]
    with pytest.raises(UnknownImageError):
        explain_sample(output.store, "/x/y/z/9/1.png")  # a name alone says too little


def test_an_image_of_an_earlier_version_says_since_when_it_is_gone(fruit: Output) -> None:
    (row,) = explain_sample(fruit.store, "/data/fruit/fig/001.jpg")

    assert {key: row[key] for key in ("outcome", "version", "in_version", "since")} == {
        "outcome": "gone",
        "version": 2,
        "in_version": 1,
        "since": 2,
    }
    assert explain_sample(fruit.store, "dog/1.png", 1)[0]["outcome"] == "written"
    assert (
        explain_sample(fruit.store, "dog/2.png", 1)[0] | {"since": 2} == explain_sample(fruit.store, "dog/2.png", 1)[0]
    )
    assert explain_sample(fruit.store, "dog/2.png", 1)[0]["outcome"] == "not yet there"


def test_an_image_that_moved_says_where(output: Output) -> None:
    output.publish(output.write_shard(["cat/1.png"], NAMES), names=NAMES)
    output.publish(output.write_shard(["dog/9.png"], NAMES, contents={"dog/9.png": "cat/1.png"}), names=NAMES)

    (row,) = explain_sample(output.store, "cat/1.png")

    assert (row["outcome"], row["moved_to"]) == ("moved", "dog/9.png")


def test_what_no_version_knows_leads_to_the_nearest_ids(fruit: Output) -> None:
    with pytest.raises(
        VersionError, match=r"knows no image '/data/fruit/paer/a b\.jpg'.*The nearest: fruit/pear/a b\.jpg, "
    ):
        explain_image(fruit.store, "/data/fruit/paer/a b.jpg")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("/nowhere/fruit/fig/page.jpg.tmp", "unfinished files (page.jpg.tmp)"),
        ("fig/notes.txt", "no image's extension (.txt)"),
        ("fig/.hidden.jpg", "hidden names (.hidden.jpg)"),
        ("__MACOSX/x.jpg", "ignored names (__MACOSX)"),
        ("/nowhere/.git/x.txt", "hidden names (.git)"),
    ],
)
def test_what_the_listing_passes_over_says_so(fruit: Output, text: str, reason: str) -> None:
    (row,) = explain_image(fruit.store, text)

    assert (row["outcome"], row["reason"]) == ("passed over", reason)


def test_a_name_that_is_not_there_is_not_said_to_be_passed_over(output: Output, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "notes.txt").write_text("")
    output = replace(output, source=str(tmp_path / "source"))
    output.publish(output.write_shard(["cat/1.png"], NAMES), names=NAMES)

    assert explain_image(output.store, "notes.txt")[0]["outcome"] == "passed over"
    with pytest.raises(VersionError, match=r"knows no image 'other\.txt'"):
        explain_image(output.store, "other.txt")


def test_versions_say_which_is_newest_and_which_are_pinned(fruit: Output) -> None:
    pin(fruit.store, 1, "gold")
    pin(fruit.store, 1, "model-b")

    first, second = describe_versions(fruit.store)

    assert (first.newest, first.pins) == (False, ("gold", "model-b"))
    assert (second.newest, second.pins) == (True, ())


def test_a_pin_of_a_version_that_goes_meanwhile_is_none(fruit: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    create = type(fruit.store).create

    def late(store: object, path: str, data: bytes) -> None:
        prune(fruit.store, fruit.settings.model_copy(update={"keep_versions": 1, "grace_days": -1.0}))
        create(store, path, data)  # type: ignore[arg-type]

    monkeypatch.setattr(type(fruit.store), "create", late)

    with pytest.raises(VersionError, match="no longer there"):
        pin(fruit.store, 1, "gold")
    assert fruit.store.list_files("pins") == []


def test_versions_that_differ_in_settings_alone_differ_in_their_pixels(output: Output) -> None:
    shard = output.write_shard(["cat/1.png", "dog/1.png"], NAMES)
    output.publish(shard, names=NAMES, pixels={"mode": "crop", "libraries": {"pillow": "12"}})
    output.publish(shard, names=NAMES, pixels={"mode": "pad", "libraries": {"pillow": "13"}})

    found = compare_versions(output.store, 1, 2)

    assert found.pixels == {"rows": 2, "settings": {"resize.mode": ("crop", "pad")}}
    assert compare_versions(output.store, 1, 1).pixels == {"rows": 0, "settings": {}}


def test_equal_bytes_are_counted_and_under_two_labels_named(output: Output) -> None:
    twins = {"dog/2": "dog/1", "cat/9": "dog/1", "cat/8": "cat/1"}
    output.publish(output.write_shard(["cat/1", "dog/1", *twins], NAMES, contents=twins), names=NAMES)
    rows = read_rows(output.store, read_version(output.store, 1).manifest.shards).table

    torn, count = equal_bytes(rows)

    assert torn == (
        "Warning: 1 image stands under several labels with the same bytes, such as cat/9 (cat) and dog/1 (dog)"
    )
    assert count == "3 of 5 images have the bytes of another; `output.dedupe: content` leaves them out"
    assert list(equal_bytes(rows.slice(0, 1))) == []
