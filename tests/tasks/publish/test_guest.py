"""The output is a guest in its folder: what others have put there is neither taken over, nor replaced, nor deleted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.errors import OutputError
from tasks.publish import check_output, open_run, refuse_guests
from tasks.publish.audit import verify_version
from tasks.publish.derived.repair import refresh_derived
from tasks.publish.guest import is_own_card, is_own_latest
from tasks.publish.history import read_history
from tasks.publish.retention import apply_retention, prune
from tasks.publish.runs import new_run_id

if TYPE_CHECKING:
    from tests.tasks.publish.conftest import Output

NAMES = ["cat", "dog"]
STRANGERS = (
    "runs/exp1/weights/best.pt",
    "runs/events.out",
    "manifests/k8s.json",
    "reports/2025.html",
    "rejects/notes.txt",
    "_shards/a.tar",
    "shards/train-00000-of-00001.parquet",
    "commits/HEAD",
    "pins/board.json",
    "versions/1/app.tar",
    "src/main.py",
    ".git/config",
    "README.md",
    "latest.json",
)


def put(root: Path, path: str, text: str = "mine") -> Path:
    """A stranger's file, a year old."""
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    os.utime(place, (1, 1))
    return place


@pytest.mark.parametrize("path", STRANGERS)
def test_a_first_run_refuses_a_folder_that_holds_anything_of_others(output: Output, path: str) -> None:
    there = put(output.root, path)
    before = sorted(output.root.rglob("*"))

    for look in (
        lambda: check_output(output.settings, "pets", []),
        lambda: check_output(output.settings, "pets", [], write=False),
        lambda: refuse_guests(output.settings, "pets"),
        lambda: open_run(output.store).__enter__(),
    ):
        with pytest.raises(OutputError, match=r"output_not_empty: .*`output: \{path: .*/out/published") as told:
            look()
        assert path.split("/", maxsplit=1)[0] in str(told.value)

    assert there.read_text() == "mine"
    assert sorted(output.root.rglob("*")) == before


def test_a_first_run_goes_on_from_what_one_that_died_has_left(output: Output) -> None:
    output.write_shard(["cat/1"], NAMES)
    dead = new_run_id()
    for path in (f"runs/{dead}/plan.arrow", f"runs/{dead}.lock", "runs/.parquetry-tmp-0a", "state.parquet"):
        put(output.root, path)
    put(output.root, "lost+found/#1")

    check_output(output.settings, "pets", [])
    with open_run(output.store):
        assert not (output.root / "runs" / dead).exists()


def test_what_others_put_into_an_output_stays_and_is_mentioned(two: Output) -> None:
    own = ("README.md", "latest.json", "pins/board.json", "commits/HEAD")
    theirs = [put(two.root, path) for path in STRANGERS if path not in own]
    theirs.append(put(two.root, "versions/000001/data/notes.txt"))
    for path in two.root.rglob("*.json"):
        os.utime(path, (1, 1))
    shard = put(two.root, "_shards/train-0123456789abcdef.parquet")

    settings = two.settings.model_copy(update={"keep_versions": 1})
    with open_run(two.store):
        pass
    assert refresh_derived(two.store, settings) == []
    (told,) = apply_retention(two.store, settings)

    assert "is left alone: .git/, src/, _shards/a.tar and" in told
    assert all(path.read_text() == "mine" for path in theirs)
    assert not shard.exists()  # a name of ours that no version names
    assert (two.root / "versions" / "000001" / "data").is_dir()
    assert [path.name for path in (two.root / "versions" / "000001").rglob("*")] == ["data", "notes.txt"]
    assert verify_version(two.store, None).problems == ()
    assert prune(two.store, settings).strangers[:2] == (".git/", "src/")


def test_a_card_and_a_latest_of_others_are_left_and_mentioned(two: Output) -> None:
    for path, text in (("README.md", "# My project\n"), ("latest.json", '{"version": 9, "url": "x"}')):
        put(two.root, path, text)

        (told,) = refresh_derived(two.store, two.settings)

        assert told.startswith(f"{path} is somebody else's")
        assert (two.root / path).read_text() == text
        assert read_history(two.store).version == 2
        assert verify_version(two.store, None).problems == ()
        (two.root / path).unlink()
        assert refresh_derived(two.store, two.settings) == []


@pytest.mark.parametrize("path", ["README.md", "latest.json"])
def test_a_damaged_card_or_latest_is_known_for_ours(two: Output, path: str) -> None:
    data = (two.root / path).read_bytes()
    is_own = is_own_card if path == "README.md" else is_own_latest
    damaged = [b"", b"\0" * 40, data[:3], data[:100], data[: len(data) // 2], data + b"x", data[:60] + b"X" + data[61:]]

    for made in damaged:
        assert is_own(made), made
        (two.root / path).write_bytes(made)
        refresh_derived(two.store, two.settings)
        assert (two.root / path).read_bytes() == data
