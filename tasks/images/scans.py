"""Whether a JPEG has all the scans that its picture is made of: a file that broke off after one of them has fewer.

A decoder draws what there is: without its later scans a picture is coarse, or has no colour. The scans of a whole one
bring every coefficient of every component down to its last bit (ITU-T T.81, annex G; B.2.3 for a scan's header).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image

from tasks.images.rejected import RejectedImageError
from tasks.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
ARITHMETIC = range(0xC8, 0xD0)
"""Codes that may read on behind their end, as if there were zeros."""
_START, END = 0xDA, b"\xff\xd9"
_INTERVAL, _RESTARTS = 0xDD, range(0xD0, 0xD8)
_INTERVAL_HEAD = b"\xff\xdd\0\4"
_COEFFICIENTS = 64
_QUARTER, _EIGHTH = 4, 8


class Frame(NamedTuple):
    """What the head of a JPEG says of its first picture.

    Attributes:
        kind: The second byte of the frame's marker; 0 where there is no frame.
        components: Their numbers.
        scan: The place of the first scan; -1 where there is none.
    """

    kind: int
    components: list[int]
    scan: int


def check_scans(data: bytes, frame: Frame) -> None:
    """Raise `RejectedImageError` where the first picture of the JPEG *data*, of *frame*, lacks a scan."""
    kind, components, place = frame
    if not components or (kind not in PROGRESSIVE and data[place + 4] == len(components)):
        return
    end = data.find(END, place)
    bits = {component: [_COEFFICIENTS] * _COEFFICIENTS for component in components}
    while 0 <= place < end:
        _note_scan(data[place : place + 16], bits, is_progressive=kind in PROGRESSIVE)
        if kind not in PROGRESSIVE and not _missing(bits):
            return
        place = data.find(b"\xff\xda", place + 2, end)
    if missing := _missing(bits):
        what = "the scans of whole components" if kind not in PROGRESSIVE else "its later scans"
        raise RejectedImageError(
            Reason.TRUNCATED, f"ends before {what}: {missing} of its {len(bits)} components are not complete"
        )


def check_restarts(data: bytes, frame: Frame) -> None:
    """Raise `RejectedImageError` where the JPEG *data*, of *frame* and one scan, lacks some of the marks that part it.

    A decoder goes on with the next one that it finds, so that all that follows lies too far up. A mark stands after
    each interval of blocks but the last, eight kinds in turn (ITU-T T.81, B.2.1 and E.1.4).
    """
    kind, components, place = frame
    if data.find(_INTERVAL_HEAD, 0, max(place, 0)) < 0 or kind in PROGRESSIVE or data[place + 4] != len(components):
        return
    interval, blocks = _restarts(data, place)
    if not interval:
        return
    wanted = -(-blocks // interval) - 1
    scan = data[place : data.find(END, place)]
    there = sum(scan.count(bytes([0xFF, mark])) for mark in _RESTARTS)
    if there < wanted:
        raise RejectedImageError(
            Reason.TRUNCATED, f"lacks {wanted - there} of its {wanted + 1} parts: what follows them is out of place"
        )


def _restarts(data: bytes, scan: int) -> tuple[int, int]:
    """After how many blocks a mark stands in the JPEG *data*, whose *scan* begins there, and of how many blocks it is.

    A block is what one pass over all components brings. 0 where no marks stand in it, or where its height is not said.
    """
    place, interval, frame = 2, 0, 0
    while place + 4 <= scan:
        marker = data[place + 1]
        if marker == _INTERVAL:
            interval = int.from_bytes(data[place + 4 : place + 6], "big")
        elif marker in _FRAMES:
            frame = place
        place += 1 if marker == 0xFF else 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    if not interval or not frame:
        return 0, 0
    height, width = (int.from_bytes(data[frame + at : frame + at + 2], "big") for at in (5, 7))
    samplings = data[frame + 11 : frame + 11 + 3 * data[frame + 9] : 3]
    if len(samplings) == 1:
        samplings = b"\x11"  # one component alone comes block by block
    across, down = (8 * max(sampling >> shift & 15 for sampling in samplings) for shift in (4, 0))
    return interval, -(-width // across) * -(-height // down)


def may_lack_an_end(data: bytes, frame: Frame, scale: int) -> bool:
    """Whether the last scan of *data*, a JPEG of *frame*, were it cut, would be missed in pixels of that *scale*.

    Only decoding tells whether a scan is whole. One that brings another bit of what is there is not seen at a quarter
    of the size, and at an eighth nothing but averages is.
    """
    kind, components, place = frame
    if kind not in PROGRESSIVE or kind in ARITHMETIC or not components:
        return False
    last = data.rfind(b"\xff\xda", place, data.find(END, place))
    count = data[last + 4]
    first, approximation = data[last + 5 + 2 * count], data[last + 7 + 2 * count]
    return scale < _EIGHTH and (scale < _QUARTER or not first or not approximation >> 4)


def first_frame(data: bytes) -> Frame:
    """The frame of the first picture of the JPEG *data*; bytes between its segments are passed over."""
    place, kind, components = _next_marker(data, 2), 0, list[int]()
    while 0 <= place <= len(data) - 4:
        marker, end = data[place + 1], place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if marker == _START:
            return Frame(kind, components, place)
        if marker in _FRAMES:
            kind, components = marker, list(data[place + 10 : place + 10 + 3 * data[place + 9] : 3])
        place = _next_marker(data, end)
    return Frame(0, [], -1)


def segments_of(data: bytes, frame: Frame) -> Iterable[bytes]:
    """The segments before the first scan of the JPEG *data*, of *frame*, without what stands between them."""
    place = _next_marker(data, 2)
    while 0 <= place < frame.scan:
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        yield data[place:end]
        place = _next_marker(data, end)


def _next_marker(data: bytes, place: int) -> int:
    """Where the next marker of the JPEG *data* begins, from *place* on; -1 where there is none."""
    place = data.find(b"\xff", place)
    while place >= 0 and data[place + 1 : place + 2] in {b"\xff", b"\0"}:
        place = data.find(b"\xff", place + 1)
    return place


def draws_as(data: bytes, image: Image.Image, draft: tuple[int, int] | None) -> bool:
    """Whether the JPEG *data*, decoded for the size *draft* as *image* was, give the same pixels."""
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as again:
        if draft is not None:
            again.draft(None, draft)
        again.load()
        return again.tobytes() == image.tobytes()


def _note_scan(header: bytes, bits: dict[int, list[int]], *, is_progressive: bool) -> None:
    """Write down in *bits* what the scan of *header* brings: per coefficient, the lowest bit that is there."""
    count = header[4] if len(header) > 4 else 0
    if int.from_bytes(header[2:4], "big") != 6 + 2 * count or len(header) < 8 + 2 * count:
        return  # the same two bytes within a table
    first, last, approximation = header[5 + 2 * count : 8 + 2 * count]
    span = slice(first, last + 1) if is_progressive else slice(0, _COEFFICIENTS)
    for component in header[5 : 5 + 2 * count : 2]:
        if component in bits:
            lowest = bits[component]
            low = approximation & 15 if is_progressive else 0
            lowest[span] = [min(low, bit) for bit in lowest[span]]


def _missing(bits: dict[int, list[int]]) -> int:
    """How many components are not there to the last bit of each coefficient."""
    return sum(any(lowest) for lowest in bits.values())
