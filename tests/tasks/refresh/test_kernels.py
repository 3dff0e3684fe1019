"""Which kernel a night resizes by: the one that the published pixels were made by, and never two in one version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from tasks.errors import ConfigError
from tasks.images.kernel import has_simd
from tasks.publish import OutputSettings
from tasks.publish.life import compare_versions
from tasks.publish.versions import open_version
from tasks.refresh.dataset import Dataset
from tasks.refresh.forecast import forecast
from tasks.refresh.options import RefreshOptions
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.refresh import refresh
from tasks.storage import open_store
from tests.steps_here import StepsHere

needs_simd = pytest.mark.skipif(not has_simd(), reason="no wheel of the kernel for this machine")


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    for number in range(8):
        put(tmp_path / "pets", number)
    return tmp_path


def put(source: Path, number: int) -> None:
    path = source / ("cat", "dog")[number % 2] / f"{number}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (120, 160, 3), np.uint8)).save(path)


def dataset(folder: Path, **resize: object) -> Dataset:
    return Dataset.model_validate(
        {
            "name": "pets",
            "source": {"path": str(folder / "pets"), "layout": "class_folders"},
            "resize": {"size": [64, 64], **resize},
            "write": {"shard_rows": 4},
            "output": OutputSettings(path=str(folder / "out")),
        }
    )


def night(folder: Path, *, full: bool = False, **resize: object) -> RunOutcome:
    return refresh(dataset(folder, **resize), RefreshOptions(processes=1, full=full), StepsHere())


def kernel_of(folder: Path, version: int | None = None) -> str:
    return str(open_version(open_store(dataset(folder).store), version).manifest.pixel_spec["kernel"])


@needs_simd
def test_a_new_dataset_takes_the_faster_one_and_keeps_it(pets: Path) -> None:
    assert night(pets).outcome == "published"
    assert kernel_of(pets) == "simd"
    manifest = open_version(open_store(dataset(pets).store), None).manifest
    assert "cykooz-resizer" in manifest.pixels["libraries"]
    assert "cykooz-resizer" in manifest.libraries
    assert night(pets).outcome == "unchanged"
    assert kernel_of(pets) == "simd"


def test_what_pillow_made_goes_on_with_pillow(pets: Path) -> None:
    night(pets, kernel="pillow")
    assert night(pets).outcome == "unchanged"
    put(pets / "pets", 8)

    outcome = night(pets)

    assert (outcome.outcome, outcome.account.images_decoded, kernel_of(pets)) == ("published", 1, "pillow")
    assert night(pets, full=True).account.images_decoded == 9
    assert kernel_of(pets) == "pillow"


@needs_simd
def test_all_pixels_are_made_anew_where_the_config_names_the_other_one(pets: Path) -> None:
    night(pets, kernel="pillow")

    outcome = night(pets, kernel="simd")

    assert (outcome.outcome, outcome.account.images_decoded, kernel_of(pets)) == ("published", 8, "simd")
    assert compare_versions(open_store(dataset(pets).store), 1, 2).pixels == {
        "rows": 8,
        "settings": {"resize.kernel": ("pillow", "simd")},
    }


@needs_simd
def test_the_faster_one_comes_in_where_all_pixels_are_made_anew_anyway(pets: Path) -> None:
    night(pets, kernel="pillow")

    night(pets, size=[48, 48])

    assert kernel_of(pets) == "simd"


@needs_simd
def test_a_machine_without_it_says_so_and_makes_nothing_of_its_own(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night(pets)
    put(pets / "pets", 8)
    monkeypatch.setattr("tasks.refresh.pixels.has_simd", lambda: False)

    with pytest.raises(ConfigError, match=r"resize\.kernel: the pixels of version 1 .* pip install"):
        night(pets)

    assert kernel_of(pets) == "simd"
    assert night(pets, kernel="pillow").account.images_decoded == 9


def test_a_machine_without_it_takes_pillow_for_a_new_dataset(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.refresh.pixels.has_simd", lambda: False)

    assert night(pets).outcome == "published"
    assert kernel_of(pets) == "pillow"


@pytest.mark.parametrize("resize", [{"filter": "hamming"}, {"filter": "box"}, {"mode": "none"}])
def test_where_it_has_no_part_pillow_is_named(pets: Path, resize: dict[str, Any]) -> None:
    night(pets, **resize)

    assert kernel_of(pets) == "pillow"
    assert night(pets, **resize).outcome == "unchanged"


def test_a_kernel_that_is_not_there_or_lacks_the_filter_is_an_error_of_the_config(
    pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as changed:
        changed.setattr("tasks.images.settings.has_simd", lambda: True)
        with pytest.raises(ValidationError, match="has the filters bilinear, bicubic, lanczos"):
            dataset(pets, kernel="simd", filter="box")
    monkeypatch.setattr("tasks.images.settings.has_simd", lambda: False)
    with pytest.raises(ValidationError, match="pip install 'cykooz-resizer"):
        dataset(pets, kernel="simd")


def test_pixels_that_are_made_anew_are_told_of_with_the_keys_that_differ(pets: Path) -> None:
    first = night(pets, mode="crop", kernel="pillow")
    again = night(pets, mode="crop", kernel="pillow")
    planned = forecast(dataset(pets, mode="pad", kernel="pillow"), RefreshOptions())
    padded = night(pets, mode="pad", kernel="pillow")

    told = [
        [one for one in notices if "made anew" in one]
        for notices in (first.breakdown.notices, again.breakdown.notices, planned["notices"], padded.breakdown.notices)
    ]
    assert told == [[], [], *[["All pixels are made anew: resize.mode crop → pad"]] * 2]
    assert any(line.startswith("against version 1: ") for line in padded.breakdown.drift)
    page = (pets / "out" / "versions" / "000002" / "report.html").read_text("utf-8")
    assert "against version 1: all pixels made anew." in page
    assert "<code>resize.mode</code> crop → pad" in page
