"""Text files of an image each, with a box a line: numbers, and the word that its class is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.config_keys import TableKeys
from tasks.label_kinds import number_of

_FEWEST_NUMBERS = 4
_MOST_SKIPPED = 3
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class BoxWords:
    """The words of boxes.

    Attributes:
        said: For each file those of its lines.
        column: The position at which they stand.
        keys: What a table needs to read them so.
    """

    said: Mapping[str, Sequence[str]]
    column: int
    keys: TableKeys


def words_of_boxes(lines: Mapping[str, Sequence[str]]) -> BoxWords | None:
    """The one column of words in *lines*, of each file, among at least four of numbers; None where there is none.

    Some first lines, as many in each file, may say other things.
    """
    for mark in ("blank", ","):
        for skipped in range(_MOST_SKIPPED):
            cells = {path: [_cells(line, mark) for line in several[skipped:]] for path, several in lines.items()}
            rows = [row for several in cells.values() for row in several]
            column = _column_of_words(rows)
            if column is not None:
                said = {path: [row[column] for row in several] for path, several in cells.items()}
                keys: TableKeys = {"delimiter": mark}
                if skipped:
                    keys["skip"] = skipped
                return BoxWords(said, column, keys)
    return None


def _cells(line: str, mark: str) -> list[str]:
    return line.split() if mark == "blank" else [cell.strip() for cell in line.split(mark)]


def _column_of_words(rows: Sequence[Sequence[str]]) -> int | None:
    if not rows or len({len(row) for row in rows}) > 1 or len(rows[0]) <= _FEWEST_NUMBERS:
        return None
    numbers = [all(number_of(cell) is not None for cell in column) for column in zip(*rows, strict=True)]
    if numbers.count(False) != 1:
        return None
    column = numbers.index(False)
    words = [row[column] for row in rows]
    is_plain = all(word and len(word) <= _LONGEST and number_of(word) is None for word in words)
    return column if is_plain and 1 < len(set(words)) <= max(len(words) / 2, 2) else None
