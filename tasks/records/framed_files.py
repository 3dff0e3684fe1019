"""Files of framed records, each with named values: TFRecords, and MXNet's RecordIO."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from tasks.records.recordio import parse_recordio, read_recordio_frames, recordio_data_of
from tasks.records.tfrecords import Example, ExampleError, Frame, data_of, parse_example, read_frames

FramedName = Literal["tfrecord", "recordio"]


@dataclass(frozen=True, slots=True)
class FramedKind:
    """One kind of such files.

    Attributes:
        name: Its `kind` in `RecordFormat`.
        names: What names of its files look like, in lower case and without a compression's suffix.
        frames: The records of an open file, given what messages call it.
        data_of: What is in one record, of its bytes with the framing.
        parse: The named values of that.
    """

    name: FramedName
    names: re.Pattern[str]
    frames: Callable[[BinaryIO, str], Iterator[Frame]]
    data_of: Callable[[bytes], bytes]
    parse: Callable[[bytes], Example]

    def values(self, frame: Frame) -> Example:
        """The named values of *frame*.

        Raises:
            ExampleError: It has a problem, or is no such record.
        """
        if frame.problem:
            raise ExampleError(frame.problem)
        return self.parse(frame.data)


KINDS = (
    FramedKind("tfrecord", re.compile(r"\.tfrec(ord)?s?(-\d+(-of-\d+)?)?$"), read_frames, data_of, parse_example),
    FramedKind("recordio", re.compile(r"\.rec$"), read_recordio_frames, recordio_data_of, parse_recordio),
)
BY_NAME = {kind.name: kind for kind in KINDS}


def is_framed(name: str) -> bool:
    """Whether a file called *name*, without a compression's suffix, is one of framed records."""
    return any(kind.names.search(name.lower()) for kind in KINDS)


def framed_kind(name: str) -> FramedKind:
    """The kind of the file called *name*, for which `is_framed` holds."""
    return next(kind for kind in KINDS if kind.names.search(name.lower()))
