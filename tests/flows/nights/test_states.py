"""Every state that a row can be in, on local files."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

from tasks.plan import Rows
from tasks.publish.row_index import read_rows
from tasks.refresh import past


def test_a_quiet_night_asks_for_nothing_and_writes_nothing(nights: Any, pick: Any) -> None:
    nights.run()
    before = {path: path.stat().st_mtime_ns for path in (nights.folder / "out" / "_shards").iterdir()}

    outcome = nights.run()

    assert pick(outcome, "outcome", "images_fetched", "images_decoded", "bytes_written") == ("unchanged", 0, 0, 0)
    assert {path: path.stat().st_mtime_ns for path in (nights.folder / "out" / "_shards").iterdir()} == before


def test_each_state_is_counted_and_only_new_bytes_are_decoded(nights: Any, source: Path, draw: Any, pick: Any) -> None:
    nights.run()
    draw(source / "class0" / "00.png", 500)  # changed
    os.utime(source / "class0" / "03.png", (1, 1))  # touched
    (source / "class1" / "01.png").rename(source / "class2" / "moved.png")  # moved
    (source / "class1" / "04.png").unlink()  # deleted
    draw(source / "class1" / "new.png", 501)  # new
    shutil.copy(source / "class2" / "02.png", source / "class2" / "copy.png")  # duplicate
    (source / "class2" / "broken.png").write_bytes(b"not an image")

    outcome = nights.run()

    assert pick(outcome, "images_fetched", "images_decoded", "written", "rejected") == (6, 4, 25, 1)
    states = nights.report()["states"]
    expected = {"changed": 1, "touched": 1, "moved": 1, "deleted": 1, "added": 2, "duplicates": 1}
    assert {name: states[name] for name in expected} == expected
    assert nights.rows().loc["class2/moved.png", "label_name"] == "class2"
    assert nights.run()["outcome"] == "unchanged"


def test_a_moved_image_keeps_its_encoded_row_and_its_split(nights: Any, source: Path, pick: Any) -> None:
    nights.change("splits", ratios={"train": "0.5", "test": "0.5"})
    nights.run()
    before = nights.rows()
    (source / "class1").rename(source / "zebra")

    outcome = nights.run()

    after = nights.rows()
    assert pick(outcome, "images_decoded", "written") == (0, 24)
    for column in ("split", "pixels"):
        facts = [dict(zip(frame["content_sha256"], frame[column], strict=True)) for frame in (before, after)]
        assert facts[0] == facts[1]


def test_two_missing_images_of_the_same_bytes_are_both_found_again(nights: Any, source: Path) -> None:
    shutil.copy(source / "class1" / "01.png", source / "class1" / "twin.png")
    nights.run()
    (source / "class1").rename(source / "zebra")

    nights.run()

    states = nights.report()["states"]
    assert (states["moved"], states["added"], states["deleted"]) == (9, 0, 0)


def test_an_image_that_moves_while_its_row_is_carried_is_copied(nights: Any, source: Path, pick: Any) -> None:
    nights.change("source", delete_after="3")
    nights.run()
    (source / "class1" / "01.png").rename(source / "class1" / "moved.png")

    outcome = nights.run()

    assert pick(outcome, "carried", "images_decoded", "written") == (1, 0, 25)


def test_a_move_is_decoded_anew_where_pixels_are_made_anew(nights: Any, source: Path, pick: Any) -> None:
    nights.run()
    (source / "class1" / "01.png").rename(source / "class1" / "moved.png")
    nights.change("resize", size=[4, 4])

    outcome = nights.run()

    assert pick(outcome, "images_decoded", "written") == (24, 24)
    assert set(nights.rows()["width"]) == {4}


def test_carried_rows_keep_their_labels_when_their_shard_is_rewritten(
    nights: Any, source: Path, draw: Any, pick: Any
) -> None:
    nights.change("source", delete_after="3")
    nights.change("write", shard_rows="100")
    nights.run()
    before = nights.rows()
    (source / "class1" / "01.png").unlink()
    draw(source / "class0" / "new.png", 500)

    outcome = nights.run()

    assert pick(outcome, "listed", "carried", "written", "images_decoded") == (24, 1, 25, 1)
    columns = ["label", "label_name", "split", "source_uri", "pixels"]
    assert nights.rows().loc["class1/01.png", columns].equals(before.loc["class1/01.png", columns])
    assert nights.run()["carried"] == 1
    assert pick(nights.run(), "carried", "written") == (0, 24)


def test_an_alias_renames_carried_rows_too(nights: Any, source: Path) -> None:
    nights.change("source", delete_after="3")
    nights.run()
    (source / "class1" / "01.png").unlink()
    nights.change("labels", aliases={"class1": "zebra"})

    nights.run()

    assert nights.rows().loc["class1/01.png", ["label_name", "label"]].tolist() == ["zebra", 3]


def test_a_known_image_that_can_not_be_read_keeps_its_row(
    nights: Any, source: Path, pick: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.run()
    os.utime(source / "class0" / "00.png", (1, 1))
    failing(monkeypatch, "class0/00.png")

    stale = nights.run()
    count = nights.outcomes[-1].breakdown.notices
    monkeypatch.undo()

    assert pick(stale, "outcome", "written", "rejected", "images_decoded") == ("unchanged", 24, 0, 0)
    assert any("stay as they were" in notice for notice in count)


def failing(monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """Make reading *name* fail for a passing reason; return the names that are asked for from then on."""
    from tasks.fetch.answers import FetchFailure  # noqa: PLC0415
    from tasks.fetch.files import LocalFiles  # noqa: PLC0415
    from tasks.reasons import Reason  # noqa: PLC0415

    asked: list[str] = []
    read = LocalFiles.read

    def reading(self: LocalFiles, location: str) -> Any:
        asked.append(location)
        if location == name:
            raise FetchFailure(Reason.TIMEOUT, "took too long", is_transient=False)
        return read(self, location)

    monkeypatch.setattr(LocalFiles, "read", reading)
    return asked


def test_new_images_that_fail_are_tried_again_in_nights_1_2_4_8_and_parked_after_30_days(
    nights: Any, source: Path, draw: Any, pick: Any
) -> None:
    draw(source / "class0" / "late.png", 300)
    with pytest.MonkeyPatch.context() as patch:
        asked = failing(patch, "class0/late.png")
        tried = []
        for night in range(40):
            nights.run()
            tried += [night for name in asked if name == "class0/late.png"]
            asked.clear()
        parked = nights.rejects()["class0/late.png"]

    assert tried == [0, 1, 2, 4, 8, 16, 32]
    assert pick(parked, "reason", "attempts") == ("parked", 7)
    assert parked["first_seen"] < parked["last_seen"]
    assert nights.run()["images_fetched"] == 0
    draw(source / "class0" / "late.png", 301)
    assert pick(nights.run(), "outcome", "written", "rejected") == ("published", 25, 0)
    assert nights.report()["states"]["recovered"] == 1


def test_other_bytes_under_the_same_size_and_time_are_seen(nights: Any, source: Path, pick: Any) -> None:
    one, other = source / "class0" / "00.png", source / "class1" / "01.png"
    for path in (one, other):
        path.write_bytes(path.read_bytes().ljust(400, b"\0"))
        os.utime(path, ns=(10**18, 10**18))
    nights.run()
    before = nights.rows()["content_sha256"]
    for start, end in ((one, source / "x"), (other, one), (source / "x", other)):
        start.rename(end)

    nights.run()

    after = nights.rows()["content_sha256"]
    assert (after["class0/00.png"], after["class1/01.png"]) == (before["class1/01.png"], before["class0/00.png"])
    (source / "class2" / "02.png").chmod(0o600)
    assert pick(nights.run(), "outcome", "images_fetched", "images_decoded") == ("unchanged", 1, 0)
    assert pick(nights.run(), "outcome", "images_fetched") == ("unchanged", 0)


def test_a_reject_that_is_mended_under_the_same_size_and_time_is_a_row(nights: Any, source: Path, pick: Any) -> None:
    path = source / "class0" / "00.png"
    whole = path.read_bytes()
    path.write_bytes(whole[:40].ljust(len(whole), b"\0"))
    os.utime(path, ns=(10**18, 10**18))
    nights.run()
    path.write_bytes(whole)
    os.utime(path, ns=(10**18, 10**18))

    assert pick(nights.run(), "written", "rejected") == (24, 0)


def test_times_before_1970_and_after_2262_are_times(nights: Any, source: Path, pick: Any) -> None:
    for number, seconds in enumerate((-2_000_000_000, 0, 10_413_792_000)):
        os.utime(source / f"class{number}" / f"{number:02}.png", (seconds, seconds))
    nights.run()

    assert pick(nights.run(), "outcome", "images_fetched") == ("unchanged", 0)


def test_fingerprints_of_size_and_time_alone_are_believed_once(
    nights: Any, source: Path, pick: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_as_written_before(*asked: Any) -> Rows:
        rows = read_rows(*asked)
        place = rows.table.schema.get_field_index("source_fingerprint")
        bare = pc.replace_substring_regex(rows.table["source_fingerprint"], "-[0-9]+$", "")
        return replace(rows, table=rows.table.set_column(place, rows.table.schema.field(place), bare))

    nights.run()
    monkeypatch.setattr(past, "read_rows", read_as_written_before)

    assert pick(nights.run(), "outcome", "images_fetched") == ("unchanged", 0)
    (source / "class2" / "02.png").chmod(0o600)
    assert pick(nights.run(), "outcome", "images_fetched", "images_decoded") == ("unchanged", 1, 0)
