"""Images that are taken out are gone from every byte of an output, whenever it is stopped, and do not come back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tasks.errors import ConfigError, RefusedError, VersionError
from tasks.one_image.explain_image import explain_image
from tasks.publish.audit import verify_version
from tasks.publish.history import list_versions, read_commit, read_version
from tasks.publish.life import pin, release, roll_back
from tasks.publish.runs import open_run
from tasks.publish.versions import version_files, version_path
from tasks.refresh.options import RefreshOptions
from tasks.refresh.purging.purge import purge
from tasks.refresh.purging.purge_choice import choose_images
from tasks.refresh.refresh import refresh
from tests.flows.faulty_nights import copy
from tests.steps_here import StepsHere
from tests.tasks.refresh.faulty_purges import IDS, WORDS, contents, dataset_of, found_in, night, rows_of, store_of


def draw(path: Path, colour: tuple[int, int, int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (24, 16), colour).save(path)


def draw_half(path: Path) -> None:
    """An image that is cut short."""
    noise = np.random.default_rng(7).integers(0, 256, (80, 60, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:7_000])


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A source, and an output of three versions, one of them pinned, in which the images that go have left traces."""
    memory = Path("/dev/shm")  # noqa: S108 - only a folder in it is used
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        root = Path(folder)
        for number in range(6):
            draw(root / "pets" / "cat" / f"{number}.png", (40 * number, 9, 9))
            draw(root / "pets" / "dog" / f"{number}.png", (9, 40 * number, 9))
        draw(root / "pets" / "cat" / f"{WORDS[0]}.png", (17, 18, 19))
        draw_half(root / "pets" / "dog" / f"{WORDS[2]}.png")
        assert night(root).outcome == "published"
        draw(root / "pets" / "dog" / f"{WORDS[1]}.png", (21, 22, 23))
        draw(root / "pets" / "cat" / f"{WORDS[0]}.png", (170, 18, 19))
        shutil.copy(root / "pets" / "cat" / f"{WORDS[0]}.png", root / "pets" / "dog" / "twin.png")
        assert night(root).outcome == "published"
        pin(store_of(root), 2, "model")
        draw(root / "pets" / "dog" / "7.png", (1, 2, 3))
        shutil.move(root / "pets" / "dog" / "5.png", root / "pets" / "cat" / "5b.png")
        assert night(root).outcome == "published"
        yield root


@pytest.fixture
def root(made: Path) -> Iterator[Path]:
    """A copy of it all."""
    with tempfile.TemporaryDirectory(dir=made.parent) as folder:
        copy(made / "pets", Path(folder) / "pets")
        copy(made / "out", Path(folder) / "out")
        for text in (Path(folder) / "out" / "manifests").iterdir():
            assert folder not in text.read_text()
        yield Path(folder)


def test_no_byte_of_them_is_left_and_everything_else_stays(root: Path) -> None:
    store, output = store_of(root), root / "out"
    hashes, images = contents(output)
    before = {version: rows_of(store, version) for version in (1, 2, 3)}
    assert len(hashes) == 4
    there = found_in(output, hashes, images)
    assert any("in reports/" in place and place.startswith("b'/9j/") for place in there)  # small pictures on a page
    assert any("in state.parquet" in place or "in rejects/" in place for place in there)
    assert len(images) == 4  # three rows, and what can be seen of the image that was left out

    assert purge(store, choose_images(store, IDS, {}).purged) == []

    assert found_in(output, hashes, images) == []
    for version in (1, 2, 3, 4):
        expected = {key: value for key, value in before[min(version, 3)].items() if value not in hashes}
        assert rows_of(store, version) == expected
        assert verify_version(store, version).problems == ()
        counts = read_version(store, version).manifest.counts
        assert counts["written"] == len(expected)
        assert counts["listed"] + counts["carried"] == counts["written"] + counts["rejected"] + counts["deduplicated"]
        data = Path(version_path(store, version))
        assert {path.name for path in data.iterdir()} == {Path(file).name for file in version_files(store, version)}
    assert read_commit(store, 4).kind == "purge"
    assert "dog/twin.png" in before[3]
    page = read_version(store, 3).manifest.page
    assert page is not None
    assert b"data:image/jpeg;base64," in (output / page.path).read_bytes()


def test_no_later_run_brings_them_back_whatever_they_are_called(root: Path) -> None:
    store, output = store_of(root), root / "out"
    hashes, images = contents(output)
    purge(store, choose_images(store, IDS, {}).purged)
    shutil.copy(root / "pets" / "cat" / f"{WORDS[0]}.png", root / "pets" / "cat" / "renamed.png")
    draw(root / "pets" / "dog" / "8.png", (3, 2, 1))

    outcome = night(root)
    again = night(root)

    assert (outcome.outcome, again.outcome) == ("published", "unchanged")
    assert outcome.account.balances
    assert outcome.breakdown.reasons == {"purged": 5}
    assert "dog/8.png" in rows_of(store, 5)
    assert found_in(output, hashes, images) == []
    assert explain_image(store, IDS[0])[0]["outcome"] == "purged"
    assert verify_version(store, None).problems == ()


def test_a_rollback_after_it_gives_the_version_without_them_and_remembers(root: Path) -> None:
    store = store_of(root)
    hashes, images = contents(root / "out")
    purge(store, choose_images(store, IDS, {}).purged)

    roll_back(store, 1)
    release(store)

    assert night(root).outcome == "published"
    assert found_in(root / "out", hashes, images) == []
    assert read_commit(store, 6).purged == read_commit(store, 4).purged


def test_images_can_be_named_by_a_column_and_nothing_is_touched_before_it_is_said(root: Path) -> None:
    store = store_of(root)
    before = {path: path.stat().st_mtime_ns for path in (root / "out").rglob("*") if path.is_file()}

    choice = choose_images(store, (), {"label_name": "dog", "sample_id": "dog/0.png"})

    assert choice.images == ("dog/0.png",)
    assert dict(choice.versions) == {1: 1, 2: 1, 3: 1}
    assert dict(choice.pins) == {2: ("model",)}
    assert {path: path.stat().st_mtime_ns for path in (root / "out").rglob("*") if path.is_file()} == before
    assert choose_images(store, IDS[:1], {}).same_bytes == 1
    with pytest.raises(VersionError, match="no image whose id or place is 'walrus'"):
        choose_images(store, ["walrus"], {})
    with pytest.raises(ConfigError, match="no shard has such a column"):
        choose_images(store, (), {"patient": "17"})


def test_a_version_of_which_nothing_would_be_left_goes_and_the_newest_is_refused(root: Path) -> None:
    store = store_of(root)
    for path in (root / "pets").glob("*/*.png"):
        path.unlink()
    draw(root / "pets" / "cat" / "new.png", (7, 7, 7))
    dataset = dataset_of(root)
    accepted = RefreshOptions(accept=("max_delete_fraction",))
    assert refresh(dataset, accepted, StepsHere()).outcome == "published"

    everything = {row for version in (1, 2, 3) for row in rows_of(store, version)}
    purge(store, choose_images(store, sorted(everything), {}).purged)

    assert rows_of(store, 4).keys() == {"cat/new.png"}
    with pytest.raises(VersionError, match="no longer there"):
        read_version(store, 2)
    assert not (root / "out" / "pins" / "model.json").exists()
    assert night(root).outcome == "unchanged"
    with pytest.raises(RefusedError, match="No image would be left"):
        purge(store, choose_images(store, ["cat/new.png"], {}).purged)


def test_it_is_refused_while_a_run_is_at_work(root: Path) -> None:
    store = store_of(root)
    purged = choose_images(store, IDS, {}).purged

    with open_run(store), pytest.raises(RefusedError, match="A run is at work"):
        purge(store, purged)

    assert list_versions(store) == [1, 2, 3]


@pytest.mark.parametrize("step", [53, pytest.param(7, marks=pytest.mark.faults)])
def test_wherever_it_is_stopped_the_next_purge_or_run_goes_on(made: Path, step: int) -> None:
    here = Path(__file__)
    line = [sys.executable, "-P", str(here.with_name("faulty_purges.py")), str(made), str(step)]
    environment = os.environ | {"PYTHONPATH": str(here.parents[3])}
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)

    assert found["findings"] == []
    assert found["operations"] > 60
