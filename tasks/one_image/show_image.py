"""One published image beside its source: two pictures, and all that is known of it."""

from __future__ import annotations

import io
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tasks.errors import DatasetError
from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.pool import DecoderPool, ImageJob, Limits
from tasks.one_image.explain_image import explain_image
from tasks.one_image.explain_source import published_dataset
from tasks.one_image.source_image import fetch_source
from tasks.publish.image_history import ImageEvent, history_of, read_image_row
from tasks.publish.lookup import Explanation
from tasks.refresh.dataset import Dataset
from tasks.samples import Rejection
from tasks.storage import Store

_SIDE = 320
"""Of a picture, in pixels; smaller images are shown larger by a whole factor."""

_EDGE, _CAPTION = 12, 22
_SECTIONS = ("fetch", "validation", "resize", "write")


@dataclass(frozen=True, slots=True)
class Picture:
    """One of the two pictures.

    Attributes:
        image: To look at, RGB, no side longer than 320 pixels; None where there is none.
        caption: What it is: its size, or why it is not there.
    """

    image: Image.Image | None
    caption: str


@dataclass(frozen=True, slots=True)
class Portrait:
    """One image as it is published and as it lies in its source.

    Attributes:
        facts: What `explain_image` knows of it, with ``source_now``: what its source has in its place now.
        history: What happened to it from version to version, as `history_of` tells.
        published: The published image.
        source: The source's.
        others: Ids of further images that the same text means.
    """

    facts: Explanation
    history: list[ImageEvent]
    published: Picture
    source: Picture
    others: tuple[str, ...]

    @property
    def as_png(self) -> bytes:
        """Both pictures side by side, with captions."""
        width, height = 2 * _SIDE + 3 * _EDGE, _SIDE + _CAPTION + 2 * _EDGE
        canvas = Image.new("RGB", (width, height), "white")
        for place, picture in enumerate((self.published, self.source)):
            left = _EDGE + place * (_SIDE + _EDGE)
            title = f"{('published', 'source')[place]}: {picture.caption}".encode("ascii", "replace").decode()
            font = ImageFont.load_default(13)
            ImageDraw.Draw(canvas).text((left, _EDGE), _fitting(title, font), "black", font)
            if picture.image is not None:
                canvas.paste(picture.image, (left, _EDGE + _CAPTION))
        sink = io.BytesIO()
        canvas.save(sink, "PNG")
        return sink.getvalue()


def _fitting(text: str, font: Any) -> str:
    """As much of *text* as stands above a picture."""
    while font.getlength(text) > _SIDE:
        text = f"{text[:-4]}..."
    return text


def show_image(store: Store, text: str, number: int | None = None) -> Portrait:
    """The image that *text* names, of version *number* or the newest, with its source.

    Raises:
        UnknownImageError: No version knows it.
        VersionError: There is no such version, or it is damaged.
    """
    row, *others = explain_image(store, text, number)
    sample_id = str(row.get("sample_id") or "")
    with closing(DecoderPool(1, Limits())) as pool:
        published = _published(store, row, pool)
        source, now = _source(store, row, number, pool) if sample_id else (Picture(None, "not looked for"), "")
    return Portrait(
        facts={**row, "source_now": now or None},
        history=history_of(store, sample_id) if sample_id else [],
        published=published,
        source=source,
        others=tuple(str(other.get("sample_id") or other["location"]) for other in others),
    )


def _published(store: Store, row: Explanation, pool: DecoderPool) -> Picture:
    if "shard" not in row:
        return Picture(None, "not in this version")
    there = read_image_row(store, row["shard"], row["row"])
    if "pixels" in there:
        shape = (there["height"], there["width"], there["channels"])
        pixels = np.frombuffer(there["pixels"], dtype=np.uint8).reshape(shape)
        sink = io.BytesIO()
        np.save(sink, pixels[:, :, 0] if shape[2] == 1 else pixels)
        return _picture(ImageJob(sink.getvalue(), is_array=True), PixelSpec(), pool)
    return _picture(ImageJob(there["image"]["bytes"]), PixelSpec(), pool)


def _source(store: Store, row: Explanation, number: int | None, pool: DecoderPool) -> tuple[Picture, str]:
    """The picture of what the source has now, and how it stands to the published one, in words."""
    try:
        dataset = published_dataset(store, number, _SECTIONS)
        found = fetch_source(dataset, row)
    except DatasetError as error:
        return Picture(None, "cannot be read"), f"cannot be read: {str(error)[:300]}"
    if found is None:
        return Picture(None, "not listed any more"), "not listed any more"
    if found.rejection is not None:
        reason = f"{found.rejection.reason.value}, {found.rejection.detail}"
        return Picture(None, found.rejection.reason.value), f"cannot be had: {reason}"
    known = row.get("content_sha256")
    now = "there" if not known else "the same bytes" if found.content_sha256 == known else "other bytes than then"
    return _picture(ImageJob(found.data, "", found.is_array), _as_configured(dataset), pool), now


def _as_configured(dataset: Dataset) -> PixelSpec:
    """How the images of *dataset* are decoded, of any size."""
    return replace(dataset.pixel_spec, min_side=1, max_aspect=0.0, strict_extensions=False)


def _picture(job: ImageJob, spec: PixelSpec, pool: DecoderPool) -> Picture:
    """What a confined decoder makes of one image."""
    small = replace(spec, size=(_SIDE, _SIDE), mode="longer", upscale=False, color="RGB", kernel="pillow")
    (made,) = pool.prepare_images([job], replace(small, filter="bicubic", pixels="raw"))
    if isinstance(made, Rejection):
        return Picture(None, made.reason.value)
    return Picture(_enlarged(made), f"{made.orig_width} x {made.orig_height} {made.orig_format}")


def _enlarged(made: Prepared) -> Image.Image:
    """The picture, pixel for pixel larger by a whole factor where it is small."""
    image = Image.frombytes("RGB", (made.width, made.height), made.data)
    factor = max(1, _SIDE // max(image.size))
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
