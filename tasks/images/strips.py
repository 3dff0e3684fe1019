"""Whether the packed strips or tiles of a TIFF hold all of their lines: fax and JPEG end early without a word.

What libtiff finds missing it leaves white or grey. So more data are put behind each strip's own, and the picture is
made again: a whole one stays as it is.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from PIL import Image

from tasks.images.holes import jpeg_hole, refuse_hole, without_hole
from tasks.images.rejected import RejectedImageError
from tasks.images.scans import first_frame
from tasks.reasons import Reason

if TYPE_CHECKING:
    from PIL.TiffImagePlugin import TiffImageFile

_COMPRESSION, _FILL_ORDER, _FAX_OPTIONS = 259, 266, 292
_PLACES, _LENGTHS = (273, 324), (279, 325)  # of strips, of tiles
_RUNS, _GROUP_3, _GROUP_4, _LZW, _JPEG, _PACK_BITS, _LZMA, _ZSTD = 2, 3, 4, 5, 7, 32773, 34925, 50000
_WITHOUT_ZEROS = frozenset({_LZW, _PACK_BITS, _LZMA, _ZSTD})
_CHECKED = frozenset({_RUNS, _GROUP_3, _GROUP_4, _JPEG}) | _WITHOUT_ZEROS
_JPEG_TABLES = 347
_BIG = frozenset({b"+\0", b"\0+"})  # a TIFF of 64 bits, which is not made anew
_END_OF_JPEG = b"\xff\xd9"
_JPEG_FILLER = bytes(range(1, 250)) * 16
_END_OF_LINE, _END_OF_BLOCK = "000000000001", "000000000001000000000001"
_BLACK_3, _BOTH_RUNS = "0011010110", "001"  # no white pixel, then three black ones; what says so in group 4
_BEGINNINGS = ("", "1" * 7)  # whatever stands before it, one of them makes no code that ends all
_ZEROS = 3  # bytes: no code of a fax has half as many, and a strip is padded to words at most
_MIRRORED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


def check_strips(image: TiffImageFile, data: bytes) -> None:
    """Raise `RejectedImageError` where *image*, loaded from the TIFF *data*, lacks some of its lines."""
    kind = image.tag_v2.get(_COMPRESSION, 1)
    if kind not in _CHECKED or data[2:4] in _BIG:
        return
    strips = _strips(image, data)
    if kind in _WITHOUT_ZEROS:
        for strip in strips:
            refuse_hole(strip, 0, len(strip))
        return
    if kind == _JPEG:
        _compare(image, data, [_longer_jpeg(_filled_jpeg(strip, image)) for strip in strips])
        return
    for begin in _BEGINNINGS:
        _compare(image, data, [_longer_fax(strip, image, kind, begin) for strip in strips])


def _compare(image: TiffImageFile, data: bytes, strips: list[bytes]) -> None:
    """Raise `RejectedImageError` where *strips* that have more data make another picture than *image*, of *data*."""
    with Image.open(io.BytesIO(_with_strips(data, strips)), formats=["TIFF"]) as again:
        again.load()
        if again.tobytes() != image.tobytes():
            raise RejectedImageError(Reason.TRUNCATED, "its data end too early: what is missing would be blank")


def _strips(image: TiffImageFile, data: bytes) -> list[bytes]:
    tags = image.tag_v2
    places, lengths = (next((tags[tag] for tag in known if tag in tags), ()) for known in (_PLACES, _LENGTHS))
    return [data[place : place + length] for place, length in zip(places, lengths, strict=False)]


def _filled_jpeg(strip: bytes, image: TiffImageFile) -> bytes:
    """*strip*, a JPEG whose tables may stand in *image*, with something in place of what was never written of it."""
    tables = bytes(image.tag_v2.get(_JPEG_TABLES, b""))[:-2] or strip[:2]
    whole = tables + strip[2:]
    place = jpeg_hole(whole, first_frame(whole)) - len(tables) + 2
    return without_hole(strip, place) if place >= 2 else strip


def _longer_jpeg(strip: bytes) -> bytes:
    """*strip*, which is a JPEG of its own, with more data before its end."""
    end = strip.rfind(_END_OF_JPEG)
    if end < 0:
        raise RejectedImageError(Reason.TRUNCATED, f"one of its parts, a JPEG of {len(strip)} bytes, has no end")
    return strip[:end] + _JPEG_FILLER + strip[end:]


def _longer_fax(strip: bytes, image: TiffImageFile, kind: int, begin: str) -> bytes:
    """*strip*, whose lines are packed as a fax, with *begin* and a black line behind its last."""
    is_mirrored = image.tag_v2.get(_FILL_ORDER, 1) == 2
    plain = strip.translate(_MIRRORED) if is_mirrored else strip
    zeros = len(plain) - len(plain.rstrip(b"\0"))
    bits = f"{int.from_bytes(plain, 'big'):0{8 * len(plain)}b}" if plain else ""
    filler = begin + ((_BOTH_RUNS if kind == _GROUP_4 else "") + _BLACK_3) * (image.width // 3 + 2)
    if kind == _GROUP_3:
        tag = "1" if image.tag_v2.get(_FAX_OPTIONS, 0) & 1 else ""
        bits = bits.rstrip("0")
        while tag == "" and bits.endswith(_END_OF_LINE + _END_OF_LINE):
            bits = bits[: -len(_END_OF_LINE)].rstrip("0")
        while tag and bits.endswith(_END_OF_LINE + tag + _END_OF_LINE + tag):
            bits = bits[: -len(_END_OF_LINE + tag)]
        bits += "0" * 16 + (_END_OF_LINE + tag + filler) * 2
    elif bits.rstrip("0").endswith(_END_OF_BLOCK):
        bits = bits.rstrip("0").removesuffix(_END_OF_BLOCK) + filler
    elif zeros > _ZEROS:
        raise RejectedImageError(Reason.TRUNCATED, f"ends in {zeros} zeros, where its lines were never written")
    else:
        bits += filler
    made = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    return made.translate(_MIRRORED) if is_mirrored else made


def _with_strips(data: bytes, strips: list[bytes]) -> bytes:
    """The TIFF *data* with *strips* in place of its own, behind all that is there."""
    order = "<" if data[:2] == b"II" else ">"
    made, places = bytearray(data + b"\0" * (len(data) % 2)), []
    for strip in strips:
        places.append(len(made))
        made += strip + b"\0" * (len(strip) % 2)
    (first,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, first)
    for entry in range(first + 2, first + 2 + 12 * count, 12):
        (tag,) = struct.unpack_from(f"{order}H", data, entry)
        if tag in _PLACES + _LENGTHS:
            values = places if tag in _PLACES else [len(strip) for strip in strips]
            packed = struct.pack(f"{order}{len(values)}I", *values)
            struct.pack_into(f"{order}HI", made, entry + 2, 4, len(values))
            made[entry + 8 : entry + 12] = packed if len(values) == 1 else struct.pack(f"{order}I", len(made))
            made += b"" if len(values) == 1 else packed
    return bytes(made)
