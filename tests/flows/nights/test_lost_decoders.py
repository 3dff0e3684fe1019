"""Nights in which decoders die: no row is lost for it, and what was left out is asked for again."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from flows.config import load_config
from tasks.images.jobs import ImageJob, Outcome
from tasks.images.pixel_spec import PixelSpec
from tasks.images.pool import DecoderPool
from tasks.publish.versions import version_files
from tasks.reasons import Reason
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.refresh import refresh
from tasks.samples import Rejection
from tasks.storage import open_store
from tests.steps_here import StepsHere


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Ten images in two classes, and a config."""
    for number in range(10):
        path = tmp_path / "in" / ("cat", "dog")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(number).integers(0, 255, (8, 8, 3), np.uint8)).save(path)
    text = f"name: lost\nsource: {{path: {tmp_path}/in}}\nresize: {{size: [8, 8]}}\noutput: {{path: {tmp_path}/out}}\n"
    (tmp_path / "c.yaml").write_text(text + "gates: {max_reject_fraction: 1}\n")
    return tmp_path


def night(folder: Path, *, full: bool = False) -> RunOutcome:
    dataset = load_config(str(folder / "c.yaml"))
    return refresh(dataset, dataset.options(full=full, limit=0, accept=(), rehash=False), StepsHere())


def pixels(folder: Path) -> dict[str, bytes]:
    store = open_store(load_config(str(folder / "c.yaml")).store)
    tables = [pq.read_table(path) for path in version_files(store, None)]
    return {row["sample_id"]: row["image"]["bytes"] for table in tables for row in table.to_pylist()}


def losing(names: str) -> object:
    """A `prepare_images` whose decoders end over each image that is called as in *names*."""
    real = DecoderPool.prepare_images

    def prepare(self: DecoderPool, jobs: Iterable[ImageJob], spec: PixelSpec) -> Iterator[Outcome]:
        lost: list[bool] = []

        def noted() -> Iterator[ImageJob]:
            for job in jobs:
                lost.append(Path(job.name).stem in names)
                yield job

        for number, outcome in enumerate(real(self, noted(), spec)):
            yield Rejection(Reason.DECODER_LIMIT, "its decoder was killed") if lost[number] else outcome

    return prepare


def test_a_full_night_keeps_the_rows_whose_decoders_died(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night(source)
    before = pixels(source)
    shutil.copy(source / "in" / "cat" / "0.png", source / "in" / "cat" / "4.png")  # changed, and lost: no row fits it
    monkeypatch.setattr(DecoderPool, "prepare_images", losing("234"))

    outcome = night(source, full=True)

    kept = pixels(source)
    assert outcome.outcome == "published"
    assert set(before) - set(kept) == {"cat/4.png"}
    assert all(kept[name] == before[name] for name in kept)
    assert any("fetched or decoded" in notice for notice in outcome.breakdown.notices), outcome.breakdown.notices


def test_what_was_left_out_for_its_decoder_is_asked_for_again(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as lossy:
        lossy.setattr(DecoderPool, "prepare_images", losing("23"))
        first = night(source)
    assert (first.account.written, first.account.rejected) == (8, 2)

    second = night(source)

    assert (second.account.written, second.account.rejected, second.account.images_decoded) == (10, 0, 2)
