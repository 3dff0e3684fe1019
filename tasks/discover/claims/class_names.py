"""The names of classes for the numbers or codes by which another table gives images their labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tasks.config_keys import TableKeys
from tasks.discover.claims.column_roles import LabelColumn
from tasks.discover.heads.head import SEVERAL, Head
from tasks.discover.words.folder_names import tokens
from tasks.label_kinds import number_of

_NAMES = frozenset({"name", "title", "displayname"})
_LISTS = frozenset("classes labels categories obj classlist class label category classnames synsets synset".split())
_PLAIN = frozenset("names name data dataset txt csv tsv json jsonl yaml yml list all index ids id of the".split())
_WORDS = _LISTS | frozenset(
    "classnames labelmap map mapping legend codes code synset synsets dictionary key keys".split()
)
_NO_NAME = re.compile(r"#[0-9A-Fa-f]{3,8}|(https?|s3|gs)://.*|rgba?\(.*\)")


def names_for(
    column: LabelColumn, by_file: Mapping[str, tuple[str, ...]], others: Iterable[Head]
) -> tuple[TableKeys, dict[str, str]] | None:
    """The one table that gives each label a name: its entry, and the names; None where there is none."""
    values = {label for labels in by_file.values() for label in labels}
    if column.one_hot or column.separator or not values:
        return None
    found = []
    for head in others:
        if listed := _by_place(head, values, column):
            found.append(listed)
            continue
        for key in head.names:
            keys = [cell.strip() for cell in head.column(key)]
            if len(head.names) > 6 or len(set(keys)) < len(keys) or not values <= set(keys):
                continue
            if key.rpartition(".")[2].casefold() in _NAMES and not all(map(str.isdecimal, values)):
                continue  # the labels are the names
            texts = [name for name in head.names if name != key and _is_name(head.column(name))]
            called = [name for name in texts if name.casefold() in {*_NAMES, "label", "class"}]
            if len(called or texts) == 1 and _is_about(head, column, values):
                name = (called or texts)[0]
                entry = head.table({key: "class", name: "label"})
                found.append((entry, dict(zip(keys, map(str.strip, head.column(name)), strict=True))))
    said = [{value: names[value] for value in values} for _, names in found]
    is_one = bool(found) and ("at" in found[0][0] or all(one == said[0] for one in said))
    return found[0] if is_one else None


def _is_about(head: Head, column: LabelColumn, values: Iterable[str]) -> bool:
    """Whether *head* could name what *column* numbers: its words are those of classes, or of the column.

    Numbers are those of anything. Other codes, and those of records in the labels' own file, are no chance.
    """
    if "at" in head.keys or not all(map(str.isdecimal, values)):
        return True
    told = {word for text in (head.path, *head.names) for word in tokens(text)}
    own = {word for word in tokens(column.name) if word not in _PLAIN}
    return bool(told & (_WORDS | own)) or any(
        word.rstrip("s") in told | {one.rstrip("s") for one in told} for word in own
    )


def _by_place(head: Head, values: set[str], column: LabelColumn) -> tuple[TableKeys, dict[str, str]] | None:
    """The names that *head*, a list of classes, gives to *values* by the places at which it has them."""
    said = f"{head.path.rpartition('/')[2]} {head.keys.get('at', '')}"
    told = set(tokens(said))
    is_list = bool(_LISTS & told) or ("names" in told and told <= _PLAIN | set(tokens(column.name)))
    texts = [name for name in head.names if _is_name(head.column(name))]
    called = [name for name in texts if name.casefold() in {"name", "label", "class"}] or texts
    if not is_list or not head.is_whole or len(called) != 1 or not all(map(str.isdecimal, values)):
        return None
    if any(all(map(str.isdecimal, head.column(name))) for name in head.names):
        return None  # it numbers its classes itself
    numbers, count = {int(value) for value in values}, len(head.rows)
    first = 0 if column.from_zero or 0 in numbers else 1
    if not first <= min(numbers) <= max(numbers) < count + first:
        return None
    if not column.from_zero and max(numbers) != count - 1 + first:
        return None  # from 1 to 3 of four names: the first or the last of them has no image
    place = "record.number" if first else "record.index"
    entry = head.table({place: "class", called[0]: "label"})
    if len(head.names) == 1 and not {"at", "sheet"} & set(head.keys):
        entry["delimiter"] = "line"
    names = (name.strip() for name in head.column(called[0]))
    return entry, {str(at): name for at, name in enumerate(names, first)}


def _is_name(cells: Sequence[str]) -> bool:
    return (
        len(set(cells)) == len(cells)
        and all(cell and SEVERAL not in cell for cell in cells)
        and not all(number_of(cell.strip()) is not None for cell in cells)
        and not all(_NO_NAME.fullmatch(cell.strip()) for cell in cells)
    )
