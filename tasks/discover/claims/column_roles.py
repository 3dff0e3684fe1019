"""What the columns of a table could be: labels, one column a class, splits, numbers to predict, or neither."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from tasks.discover.claims.flag_columns import flag, flag_columns
from tasks.discover.claims.separators import separator_of
from tasks.discover.claims.split_columns import guessed_splits, split_flags, split_names
from tasks.discover.heads.head import SEVERAL
from tasks.discover.words.column_words import strength_of
from tasks.discover.words.folder_names import tokens
from tasks.discover.words.split_words import SplitWords
from tasks.label_kinds import is_fraction, number_of, parts_between
from tasks.tables.file_columns import plain_name

_FLAGS = frozenset({"-1", "0", "1", "+1"})
_TRUTHS = frozenset("true false yes no".split())
_TYPES = frozenset({"type", "types"})
_BOXES = re.compile(r"(\s-?\d+(\.\d+)?){3,}\s*$")
_MOST_CLASSES = 0.5
_MOST_OF_LABELS = 0.8
_LONG = 60
_MOST_STEPS = 20
_FEWEST_AMOUNTS = 10


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """A column, or several of ones and zeros, that could be the label.

    Attributes:
        name: The column's; of several the first.
        strength: 3 where its name is one for labels, 2 where a word of it is, 1 where nothing speaks for or against.
        values: For each row its labels.
        one_hot: The columns, where there is one for each class.
        separator: What separates labels in a cell, where one holds several.
        is_many: Whether a row has several, or none.
        from_zero: Whether its numbers count classes from 0.
    """

    name: str
    strength: int
    values: tuple[tuple[str, ...], ...]
    one_hot: tuple[str, ...] = ()
    separator: str = ""
    is_many: bool = False
    from_zero: bool = False

    @property
    def one_hot_key(self) -> str | list[str]:
        """`one_hot` of a table that has these columns: a pattern where all stand below one key."""
        heads = {name.rpartition(".")[0] for name in self.one_hot}
        head = heads.pop()
        return list(self.one_hot) if heads or not head else f"{head}.*"

    @property
    def is_numeric(self) -> bool:
        """Whether all labels are numbers."""
        return all(number_of(label) is not None for labels in self.values for label in labels)


@dataclass(slots=True)
class ColumnRoles:
    """What columns could be.

    Attributes:
        labels: Those that could be the label, the likeliest first.
        numbers: Those that could be a number to predict.
        split: The column that says splits; empty without one.
        split_names: What its values mean.
        is_guess: Whether nobody can know what they mean.
        beside: Columns of a few words whose names speak against labels.
        split_rival: Another column that says splits, and another one of some rows; empty without one.
        split_flags: Several columns of which each says of its rows whether they are of one split: that, and its yes.
    """

    labels: list[LabelColumn] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    split: str = ""
    split_names: dict[str, str] = field(default_factory=dict)
    is_guess: bool = False
    beside: list[str] = field(default_factory=list)
    split_rival: str = ""
    split_flags: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def one_label(self) -> LabelColumn | None:
        """The column that is the label without doubt; None where there is none, or there are several."""
        exact = [column for column in self.labels if column.strength == 3]
        if exact:
            return exact[0] if len(exact) == 1 else None
        if len(self.labels) != 1 or self.numbers:
            return None
        only = self.labels[0]
        is_unnamed = only.name.isdigit()
        is_flag = {label.casefold() for labels in only.values for label in labels} <= _TRUTHS
        if only.strength == 1 and not is_unnamed and any(is_flag or tokens(name)[-1] in _TYPES for name in self.beside):
            return None
        return only if is_unnamed or only.strength > 1 or not only.is_numeric else None


def roles_of(
    columns: Mapping[str, Sequence[str]], files: int, said: str, words: SplitWords, *, is_whole: bool = True
) -> ColumnRoles:
    """What *columns*, those besides the locations, could be.

    Args:
        columns: Their cells by name, in rows that name an image.
        files: How many images these rows name.
        said: The words of the table's name.
        words: The words for splits.
        is_whole: Whether these are all rows: else they may be all of one class, as in a table that is sorted by it.
    """
    roles = ColumnRoles()
    left = {name: [cell.strip() for cell in cells] for name, cells in columns.items()}
    roles.split_flags = split_flags(left)
    for name in roles.split_flags:
        left.pop(name)
    for name, cells in left.items() if not roles.split_flags else ():
        names = split_names(name, cells, said, words)
        if names and not roles.split:
            roles.split, roles.split_names = name, names
        elif names and _differ(left[roles.split], roles.split_names, cells, names):
            roles.split_rival = name
    if not roles.split and not roles.split_flags:
        guesses = {name: names for name, cells in left.items() if (names := guessed_splits(name, cells))}
        roles.split, roles.split_names = next(iter(guesses.items()), ("", {}))
        roles.is_guess = bool(guesses)
    left.pop(roles.split, None)
    hot = _one_hot(left, is_whole=is_whole)
    for name in hot.one_hot if hot else ():
        left.pop(name)
    has_x = any(plain_name(name) == "x" for name in columns)
    strengths = {name: 3 if plain_name(name) == "y" and not has_x else strength_of(name) for name in left}
    fewest = {name: 1 if strengths[name] == 3 and not is_whole else 2 for name in left}
    asked = ((_label_column(name, strengths[name], cells, files, fewest[name])) for name, cells in left.items())
    found = [column for column in asked if column is not None]
    roles.numbers = [name for name, cells in left.items() if _is_number_to_predict(name, cells, files)]
    roles.beside = [name for name, cells in left.items() if not strengths[name] and _are_few_words(cells, files)]
    roles.labels = _without_twins([*([hot] if hot else []), *found])
    return roles


def _differ(
    cells: Sequence[str], names: Mapping[str, str], others: Sequence[str], other_names: Mapping[str, str]
) -> bool:
    """Whether two columns of splits, each with what its values mean, say different ones of a row."""
    pairs = zip(cells, others, strict=True)
    return any(names[one] != other_names[other] for one, other in pairs if one and other)


def _are_few_words(cells: Sequence[str], files: int) -> bool:
    values = set(cells) - {""}
    is_word = any(number_of(value) is None for value in values) and all(len(value) <= _LONG for value in values)
    return is_word and 1 < len(values) <= _MOST_CLASSES * min(files, len(cells))


def with_asked(roles: ColumnRoles, name: str, cells: Sequence[str], files: int) -> ColumnRoles:
    """*roles* where a sample of a submission asks for the column *name*: that is the label, or the number to predict.

    Args:
        roles: What the columns could be by themselves.
        name: The column.
        cells: Its cells, in rows that name an image.
        files: How many images these rows name.
    """
    told = [cell.strip() for cell in cells]
    values = set(told) - {""}
    is_amount = len(values) > _MOST_STEPS and not {"id", "ids"} & set(tokens(name))
    if name == roles.split or (is_amount and all(number_of(value) is not None for value in values)):
        return roles
    column = _label_column(name, 3, told, files)
    if column is None:
        return roles
    others = [replace(one, strength=min(one.strength, 2)) for one in roles.labels if one.name != name]
    return replace(roles, labels=[column, *others])


def _label_column(name: str, strength: int, cells: Sequence[str], files: int, fewest: int = 2) -> LabelColumn | None:
    values = {part for cell in cells if cell for part in cell.split(SEVERAL)}
    mark = "" if any(SEVERAL in value for value in values) else separator_of(name, cells)
    is_list = mark and (strength > 1 or tokens(name)[-1:] == ("ids",))
    parts = {part for cell in cells for part in parts_between(cell, mark)} if is_list else values
    if not strength or len(parts) < fewest or not _is_repeated(parts, cells, files, strength):
        return None
    are_choices = len(set(cells)) == 1 < len(cells) and SEVERAL in cells[0]  # what could be chosen, in each record
    if are_choices or _is_no_label(parts, strength):
        return None
    is_odd = sum(1 for cell in cells if not cell) > len(cells) / 2
    is_odd |= strength < 2 and len(values) > _FEWEST_AMOUNTS and are_amounts(name, values)
    is_odd |= strength < 3 and values <= _FLAGS and "-1" in values  # whether one class is there: no class itself
    if is_odd or (strength < 3 and all(is_fraction(value) for value in values)):
        return None
    if any(SEVERAL in cell for cell in cells):
        several = tuple(tuple(cell.split(SEVERAL)) if cell else () for cell in cells)
        return LabelColumn(name, strength, several, is_many=True)
    if mark:
        labels = tuple(tuple(parts_between(cell, mark)) for cell in cells)
        return LabelColumn(name, strength, labels, separator=mark, is_many=True)
    return LabelColumn(name, strength, tuple((cell,) if cell else () for cell in cells))


def _is_no_label(values: set[str], strength: int) -> bool:
    """Whether *values* are boxes, texts, tables in a cell, or say of each row whether it is one of a class."""
    is_one_class = strength < 3 and "-1" in values and values <= {"-1", "0", "1"}
    if is_one_class or all(value.startswith(("{", "[")) for value in values):
        return True
    return any(_BOXES.search(value) for value in values) or sum(map(len, values)) > _LONG * len(values)


def _is_repeated(values: set[str], cells: Sequence[str], files: int, strength: int) -> bool:
    return len(values) <= max((_MOST_OF_LABELS if strength == 3 else _MOST_CLASSES) * min(files, len(cells)), 2)


def _one_hot(columns: Mapping[str, Sequence[str]], *, is_whole: bool) -> LabelColumn | None:
    """The columns of ones and zeros, of which each is a class, as one; None where there are fewer than two."""
    names = flag_columns(columns, is_whole=is_whole)
    if len(names) < 2 or _are_of_one_row_each([columns[name] for name in names]):
        return None
    rows = list(zip(*(columns[name] for name in names), strict=True))
    heads = {name.rpartition(".")[0] for name in names}
    said = [name.rpartition(".")[2].strip() if len(heads) == 1 else name.strip() for name in names]
    values = tuple(tuple(name for name, cell in zip(said, row, strict=True) if flag(cell) == 1) for row in rows)
    is_many = any(len(labels) != 1 for labels in values)
    if is_many and len(names) < 3:
        return None
    return LabelColumn(names[0], 2, values, one_hot=tuple(names), is_many=is_many)


def _are_of_one_row_each(columns: Sequence[Sequence[str]]) -> bool:
    """Whether most of *columns* hold something in one row alone: keys that are the rows' own, and no classes."""
    lone = sum(1 for cells in columns if sum(map(bool, cells)) == 1 < len(cells))
    return lone > len(columns) / 2


def are_amounts(name: str, values: set[str]) -> bool:
    """Whether the *values* of the column *name* measure something, and number no classes.

    They are numbers with fractions among them, or, in a column that has a name, many that do not count from 0 or 1.
    """
    numbers = [number_of(value) for value in values]
    told = [number for number in numbers if number is not None]
    if not told or len(told) < len(numbers):
        return False
    return any(map(is_fraction, values)) or (len(told) > _MOST_STEPS and min(told) not in {0, 1} and not name.isdigit())


def _is_number_to_predict(name: str, cells: Sequence[str], files: int) -> bool:
    values = {cell for cell in cells if cell}
    if name.isdigit() or strength_of(name) == 0:
        return False
    is_amount = strength_of(name) == 1 and len(values) > _FEWEST_AMOUNTS and are_amounts(name, values)
    if len(values) <= max(_MOST_CLASSES * files, _FEWEST_AMOUNTS) and not is_amount:
        return False
    return all(number_of(value) is not None for value in values) and not counts_up(cells)


def counts_up(cells: Sequence[str]) -> bool:
    """Whether *cells* number the rows."""
    numbers = [number_of(cell) or 0 for cell in cells]
    return all(b - a == 1 for a, b in pairwise(numbers))


def _without_twins(columns: Sequence[LabelColumn]) -> list[LabelColumn]:
    """*columns*, of those that part the rows alike the one with words, for all rows, or with the likelier name."""
    kept: list[LabelColumn] = []
    order = sorted(columns, key=lambda column: (-column.strength, column.is_numeric))
    for column in order:
        twin = next((place for place, other in enumerate(kept) if part_alike(column.values, other.values)), None)
        if twin is None:
            kept.append(column)
        elif (
            (kept[twin].is_numeric and not column.is_numeric)
            or _names_better(column, kept[twin])
            or (not all(kept[twin].values) and all(column.values) and not column.is_numeric)
        ):
            both = max(kept[twin].strength, column.strength)
            kept[twin] = LabelColumn(column.name, both, column.values, column.one_hot, column.separator, column.is_many)
    return sorted(kept, key=lambda column: -column.strength)


def _names_better(one: LabelColumn, other: LabelColumn) -> bool:
    """Whether *one* is called a name and *other*, which parts the rows alike, the id of a thing."""
    is_id = other.strength <= one.strength and tokens(other.name)[-1:] in {("id",), ("ids",)}
    return is_id and not one.is_numeric and tokens(one.name)[-1:] == ("name",)


def part_alike(one: Sequence[object], other: Sequence[object]) -> bool:
    """Whether the values of two columns go together one to one."""
    pairs = set(zip(one, other, strict=True))
    return len(pairs) == len(set(one)) == len(set(other))
