"""One entry of a label file: where it stands, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.reasons import Reason
from tasks.records.json_text import JsonCells

MAX_RECORD_BYTES = 64 * 1024 * 1024
"""A longer record is rejected; what lies in memory of a label file is bounded by it."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a record cannot be read.

    Attributes:
        reason: ``bad_row`` or ``duplicate_key``.
        detail: What exactly was wrong, for a person; at most 200 characters.
    """

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Record:
    """One entry of a label file.

    Attributes:
        offset: Its first byte in the decompressed file, as UTF-8.
        length: Its bytes, without the line's end.
        line: The line on which it begins, from 1.
        cells: The texts of a CSV's row, or a JSON object; empty where there is a problem.
        problem: Why it cannot be read, or None.
        repair: What had to be overlooked to read it; a record of length 0 is nothing but that.
    """

    offset: int
    length: int
    line: int
    cells: Sequence[str] | JsonCells
    problem: RowProblem | None = None
    repair: str = ""
