"""What files are that are called like images and hold something else, and JPEGs of kinds that nobody decodes."""

from __future__ import annotations

from tasks.image_formats import format_of

_KNOWN = (
    (b"version https://git-lfs", "it is a pointer of Git LFS: `git lfs pull` fetches what it stands for"),
    (b"/annex/objects/", "it is a pointer of git-annex: `git annex get` fetches what it stands for"),
    (b"\x1f\x8b", "it is packed by gzip: unpack it"),
    (b"BZh", "it is packed by bzip2: unpack it"),
    (b"\xfd7zXZ", "it is packed by xz: unpack it"),
    (b"\x28\xb5\x2f\xfd", "it is packed by zstd: unpack it"),
    (b"PK\x03\x04", "it is a zip file"),
    (b"\x1aE\xdf\xa3", "it is a video (Matroska)"),
    (b"FLV\x01", "it is a video (Flash)"),
    (b"\x89PNG\r\r\n", "it is a PNG whose line ends were changed, as a transfer as text does"),
    (b"\x89PNG\n", "it is a PNG whose line ends were changed, as a transfer as text does"),
    (b"\xc2\x89PNG", "it is a PNG that was saved as text, in UTF-8"),
    (b"\xef\xbf\xbd", "it was saved as text, in UTF-8, which has lost its bytes"),
    (b"/9j/", "it is a JPEG in base64: decode it"),
    (b"iVBORw0KGgo", "it is a PNG in base64: decode it"),
    (b"data:image/", "it is a `data:` address of an image: decode it"),
)
_VIDEO = frozenset({b"isom", b"iso2", b"mp41", b"mp42", b"M4V ", b"qt  ", b"avc1", b"3gp4", b"3gp5"})
_PAGES = (b"<!doctype html", b"<html")
_MOST_BEFORE = 16
_LOSSLESS = frozenset({0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF})
_HEADERLESS = frozenset({0x01, *range(0xD0, 0xD9)})


def what_else(data: bytes) -> str:
    """What *data*, which are no image, are instead, in words; empty where that is not known."""
    if data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES):
        return "it is a web page"
    if data[4:8] == b"ftyp" and data[8:12] in _VIDEO:
        return "it is a video (MP4)"
    if words := next((words for head, words in _KNOWN if data.startswith(head)), ""):
        return words
    for before in range(1, _MOST_BEFORE):
        known = format_of(data[before : before + 64])
        if known is not None and data[before : before + 3] in {b"\xff\xd8\xff", b"\x89PN", b"GIF"}:
            return f"{before} bytes stand before what begins like {known.title}"
    return ""


def odd_jpeg(data: bytes) -> str:
    """Of which kind that is not decoded the JPEG *data* is; empty for others, and where it cannot be told."""
    place = 2 if data.startswith(b"\xff\xd8") else len(data)
    while place + 9 < len(data) and data[place] == 0xFF:
        kind, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if kind == 0xF7:
            return "is JPEG-LS, which is not decoded: convert it to PNG"
        if kind in _LOSSLESS:
            return "is a lossless or hierarchical JPEG, which is not decoded: convert it to PNG"
        if kind in {0xC0, 0xC1, 0xC2} and data[place + 5 : place + 7] == b"\0\0":
            return "is a JPEG that says its height after its pixels, which is not decoded: save it anew"
        if kind == 0xDA:
            break
        place += 1 if kind == 0xFF else 2 if kind in _HEADERLESS else 2 + length
    return ""
