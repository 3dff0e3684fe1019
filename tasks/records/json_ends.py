"""Where the records of a JSON file end, and what is said of what should not be there; an error where it is strict."""

from __future__ import annotations

from collections.abc import Iterator

from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.records.json_window import end_of_whole, found, next_byte, next_key, peek
from tasks.records.record import Record, RowProblem
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow


def noted(window: TextWindow, form: RecordFormat, what: str) -> Record:
    """A record that is nothing but a note of *what* had to be overlooked here.

    Raises:
        LabelFileError: The format is strict.
    """
    if form.strict:
        raise LabelFileError(f"line {window.line}: {what}; `strict: false` would read the file all the same.")
    return Record(window.at, 0, window.line, {}, None, what)


def strictly(record: Record, form: RecordFormat) -> Record:
    """*record*; where the format is strict and it cannot be read, `LabelFileError`."""
    if form.strict and record.problem is not None and record.problem.reason is Reason.BAD_ROW:
        hint = "" if "strict" in record.problem.detail else "; `strict: false` would leave it out and go on"
        raise LabelFileError(f"line {record.line}: {record.problem.detail}{hint}.")
    return record


def passed_end(window: TextWindow, form: RecordFormat, closing: bytes, depth: int) -> Iterator[Record]:
    """What is wrong with the end of the records, and with what follows them, as notes and records that are rejected.

    Args:
        window: It stands where *closing* should.
        form: What follows the records in the objects around them is looked at only where it is strict.
        closing: The bracket that closes the records.
        depth: How many objects are around them.
    """
    if next_byte(window) != closing:
        if not peek(window):
            yield noted(window, form, f"{closing.decode()!r} is missing at the end: the file may be cut off")
            return
    else:
        window.advance(window.position + 1)
        if depth and (not form.strict or not _leaves(window, form, depth)):
            return
    if next_byte(window):
        problem = RowProblem(Reason.BAD_ROW, f"{found(window)} and what follows is not a record, and is not read")
        rest = len(window.text) - window.position
        yield strictly(Record(window.at, rest, window.line, {}, problem), form)


def _leaves(window: TextWindow, form: RecordFormat, depth: int) -> bool:
    """Pass the ends of *depth* objects; False where a value in them is too long to be passed.

    Raises:
        LabelFileError: One does not end.
    """
    for _ in range(depth):
        while next_key(window) is not None:
            end = end_of_whole(window)
            if end < 0 and not window.ended:
                return False
            if end < 0:
                noted(window, form, "a value does not end: the file is cut off")
            window.advance(end)
        if next_byte(window) != b"}":
            noted(window, form, "'}' is missing: the file is cut off")
        window.advance(window.position + 1)
    return True
