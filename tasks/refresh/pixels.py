"""What images become in a run, and whether the rows that are there already are that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from tasks.building.spec import published_pixel_spec
from tasks.errors import ConfigError
from tasks.images.kernel import AUTO, HOW_TO_INSTALL, PILLOW, SIMD, has_simd, kernel_of, suits_simd
from tasks.images.pixel_spec import PixelSpec
from tasks.publish import Run
from tasks.publish.life import shaping_changes
from tasks.refresh.dataset import Dataset
from tasks.shards.schema import PublishedPixels

_SHAPING = (
    "size",
    "mode",
    "filter",
    "kernel",
    "color",
    "background",
    "upscale",
    "depth_16",
    "value_range",
    "icc",
    "formats",
    "pixels",
    "quality",
)
"""What of the pixel spec makes other pixels of the same bytes."""


def shapes_same_pixels(dataset: Dataset, run: Run) -> bool:
    """Whether the rows of the newest version have the pixels that today's config asks for."""
    manifest = run.history.manifest
    return manifest is None or same_pixels(manifest.pixels, published_pixel_spec(pixels_wanted(dataset, run)))


def pixel_changes(dataset: Dataset, run: Run) -> dict[str, str]:
    """The keys for which all pixels of the newest version are made anew, ``crop → pad`` each; else empty."""
    manifest = run.history.manifest
    if manifest is None:
        return {}
    wanted = json.loads(json.dumps(published_pixel_spec(pixels_wanted(dataset, run))))  # as a manifest has it
    return {key: f"{old} → {new}" for key, (old, new) in shaping_changes(manifest.pixels, wanted).items()}


def pixel_notices(dataset: Dataset, run: Run) -> Iterator[str]:
    """A sentence on these keys; nothing where there are none."""
    if changed := pixel_changes(dataset, run):
        yield f"All pixels are made anew: {', '.join(f'{key} {values}' for key, values in changed.items())}"


def pixels_wanted(dataset: Dataset, run: Run) -> PixelSpec:
    """What images become in *run*: as the config says, by the kernel that the newest version's pixels were made by.

    Where there is no version, or other keys make all its pixels anew, ``resize.kernel: auto`` takes the faster kernel.

    Raises:
        ConfigError: The pixels were made by a kernel that this machine lacks.
    """
    spec = dataset.pixel_spec
    if spec.kernel != AUTO:
        return replace(spec, kernel=spec.kernel if suits_simd(spec) else PILLOW)
    manifest = run.history.manifest
    there = kernel_of(manifest.pixels) if manifest is not None else PILLOW
    kept = replace(spec, kernel=there)
    if manifest is None or not same_pixels(manifest.pixels, published_pixel_spec(kept)):
        return replace(spec, kernel=SIMD if suits_simd(spec) and has_simd() else PILLOW)
    if there == SIMD and not has_simd():
        raise ConfigError(
            f"resize.kernel: the pixels of version {run.history.version} were made by the kernel simd, which this "
            f"machine lacks, and one version does not mix two: {HOW_TO_INSTALL}, or write `resize.kernel: pillow`, "
            "which makes all pixels anew."
        )
    return kept


def same_pixels(there: PublishedPixels, wanted: PublishedPixels) -> bool:
    """Whether what was made by the spec *there* is what *wanted* makes; that admits all formats, and maybe others."""
    others = [key for key in _SHAPING if key not in {"formats", "kernel"}]
    same = json.dumps([there.get(key) for key in others]) == json.dumps([wanted.get(key) for key in others])
    formats = set(there.get("formats") or ()) <= set(wanted.get("formats") or ())
    return same and formats and kernel_of(there) == kernel_of(wanted)
