"""TIFFs whose strips are packed as a fax or as JPEGs: whole ones are read, and those that end early are refused."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tasks.reasons import Reason
from tests.tasks.images.image_files import saved, tiff
from tests.tasks.images.test_pixels import made, why

NOISE = Image.fromarray(np.random.default_rng(7).integers(0, 255, (90, 90, 3), np.uint8))


def page() -> Image.Image:
    """Black lines of text on white, with margins."""
    picture = Image.new("1", (203, 301), 1)
    draw = ImageDraw.Draw(picture)
    for line in range(12):
        draw.text((20, 20 + 20 * line), f"line {line} of a page that was scanned", fill=0)
    return picture


def packed(picture: Image.Image, compression: str, **tags: int) -> bytes:
    return saved(
        picture, "TIFF", compression=compression, tiffinfo={int(tag[1:]): value for tag, value in tags.items()}
    )


KINDS = [
    pytest.param("group3", {}, id="group 3"),
    pytest.param("group3", {"t292": 1}, id="group 3 in two dimensions"),
    pytest.param("group3", {"t278": 64}, id="group 3 in strips"),
    pytest.param("group4", {}, id="group 4"),
    pytest.param("group4", {"t278": 64}, id="group 4 in strips"),
    pytest.param("group4", {"t266": 2}, id="group 4 mirrored"),
    pytest.param("tiff_ccitt", {}, id="runs"),
    pytest.param("jpeg", {}, id="jpeg"),
    pytest.param("jpeg", {"t278": 32}, id="jpeg in strips"),
]


def with_last_strip(data: bytes, strip: bytes) -> bytes:
    """The TIFF *data*, of one strip or several, with *strip* in place of the last."""
    with Image.open(io.BytesIO(data)) as image:
        tags = image.tag_v2  # type: ignore[attr-defined]
        kept = {tag: tags[tag] for tag in (258, 259, 262, 266, 277, 284, 292, 347, 530) if tag in tags}
        strips = [data[place : place + size] for place, size in zip(tags[273], tags[279], strict=True)]
        rows, size = tags.get(278, image.height), image.size
    entries: list[tuple[int, str, Sequence[int]]] = [
        (
            tag,
            "byte" if isinstance(value, bytes) else "short",
            list(value) if isinstance(value, bytes | tuple) else [value],
        )
        for tag, value in kept.items()
    ]
    return tiff("<", size, [*strips[:-1], strip], *entries, rows=rows)


def last_strip(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        tags = image.tag_v2  # type: ignore[attr-defined]
        return data[tags[273][-1] : tags[273][-1] + tags[279][-1]]


@pytest.mark.parametrize(("compression", "tags"), KINDS)
def test_what_ends_early_is_refused_and_a_whole_one_is_not(compression: str, tags: dict[str, int]) -> None:
    pictures = [NOISE] if compression == "jpeg" else [NOISE.convert("1"), *([] if "t278" in tags else [page()])]
    for picture in pictures:
        data = packed(picture, compression, **tags)
        strip = last_strip(data)
        whole = made(with_last_strip(data, strip))
        assert np.array_equal(whole, made(data))
        for share in (0.2, 0.6):
            cut = strip[: int(len(strip) * share)]
            for broken in (cut, cut + bytes(len(strip) - len(cut)), cut + b"\xff\xd9"):
                assert why(with_last_strip(data, broken))[0] in {Reason.TRUNCATED, Reason.DECODE_ERROR}


@pytest.mark.parametrize("colour", [0, 1])
@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
def test_a_fax_of_one_colour_is_whole(compression: str, colour: int) -> None:
    assert (made(packed(Image.new("1", (100, 100), colour), compression)) == 255 * colour).all()


@pytest.mark.parametrize("tags", [{254: 1, 330: (8,)}, {254: 1}, {255: 2}], ids=["raw", "pages", "old"])
def test_a_small_copy_is_not_published_for_the_picture(tags: dict[int, int]) -> None:
    buffer = io.BytesIO()
    small, full = NOISE.resize((9, 9)), NOISE
    small.save(buffer, "TIFF", save_all=True, append_images=[full], tiffinfo=tags)
    reason, detail = why(buffer.getvalue())
    assert reason == Reason.UNSUPPORTED_MODE
    assert "small copy" in detail
    alone = io.BytesIO()
    small.save(alone, "TIFF", tiffinfo={254: 1})
    assert np.array_equal(made(alone.getvalue()), np.asarray(small))
