"""The names of classes and the order of their ids: append-only from night to night."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tasks.errors import LayoutError, RefusedError
from tasks.labels.likeness import NUMBER, likeness_notices
from tasks.labels.settings import LabelSettings
from tasks.reasons import Reason
from tasks.samples import Rejection

_MOST_DIGITS = 1000  # Python refuses to read numbers of more than 4,300
_POINT_ZERO = re.compile(r"(?<=[0-9])\.0*\Z")  # as pandas writes whole numbers where one is missing
ClassNames = Mapping[str, Sequence[str]]
"""For each label column (``label``, ``label_species``, …) its class names, in the order of their ids."""


class Namer:
    """From a label path to the class's name."""

    def __init__(self, settings: LabelSettings, *, is_tree: bool) -> None:
        self._settings = settings
        self._is_tree = is_tree
        self._met: set[str] = set()

    def name_of(self, path: str) -> str:
        """The name of the class that *path* leads to."""
        name = self._part(path) if self._is_tree and path else path
        if self._settings.class_case == "fold":
            name = name.casefold()
        number = _whole_number(_POINT_ZERO.sub("", name)) if self._settings.class_names else None
        if number is not None and number < len(self._settings.class_names):
            name = self._settings.class_names[number]
        self._met.add(name)
        return self._settings.aliases.get(name, name)

    def notices(self, names: Sequence[str], known: Sequence[str]) -> list[str]:
        """Sentences on *names*, as `name_of` gave them, and on *known* ones, that keys of the section do not reach."""
        listed, level, notices = self._settings.class_names, self._settings.level, list[str]()
        if listed and (left := sorted({name for name in names if name not in listed and NUMBER.fullmatch(name)})):
            shown = ", ".join(left[:10])
            notices.append(
                f"`labels.class_names` has names for the numbers 0 to {len(listed) - 1}, and none for {shown}"
            )
        if not self._is_tree and level != "path" and (paths := sorted({name for name in names if "/" in name})):
            notices.append(f"`labels.level: {level}` is about folders: {paths[0][:60]!r} is one name, and stays whole")
        return [*notices, *self._unused(known), *_order_that_stays(self._settings.class_order, known)]

    def _unused(self, known: Sequence[str]) -> list[str]:
        """Sentences on aliases that rename no class, or one to the old name of another."""
        aliases, notices = self._settings.aliases, list[str]()
        if unused := [name for name in aliases if name not in self._met and name not in known]:
            notices.append(f"`labels.aliases` renames {', '.join(map(repr, unused[:10]))}, and no class is called so")
        for old, new in aliases.items():
            if new != old and aliases.get(new, old) not in {old, new}:
                notices.append(
                    f"`labels.aliases` renames {old!r} to {new!r} and {new!r} to {aliases[new]!r}: each name is looked "
                    f"up once, so what was {old!r} is {new!r}"
                )
        return notices

    def _part(self, path: str) -> str:
        parts = path.split("/")
        match self._settings.level:
            case "path":
                return path
            case "leaf":
                return parts[-1]
            case "top":
                return parts[0]
            case int(level):
                return parts[min(level, len(parts) - 1)]


def _order_that_stays(order: str | Sequence[str], known: Sequence[str]) -> list[str]:
    """A sentence where the config lists classes in another order than that of the ids which they have already."""
    if isinstance(order, str) or list(known) == sorted(known, key=list(dict.fromkeys([*order, *known])).index):
        return []
    ids = ", ".join(f"{name} {number}" for number, name in enumerate(known[:10]))
    return [f"`labels.class_order` is another order than that of the ids, which stay as they are published: {ids}"]


def _whole_number(name: str) -> int | None:
    """The number that *name* is, in ASCII digits; None for every other name, such as ``²``."""
    return int(name) if name.isascii() and name.isdigit() and len(name) <= _MOST_DIGITS else None


def refuse_equal_leaves(paths: Iterable[str], names: Iterable[str]) -> None:
    """Raise `LayoutError` where two of *paths* would have one of *names*."""
    by_leaf: dict[str, list[str]] = defaultdict(list)
    for path, name in zip(paths, names, strict=True):
        by_leaf[name].append(path)
    for leaf, places in sorted(by_leaf.items()):
        if len(places) > 1:
            raise LayoutError(
                f"`labels.level: leaf` would make one class {leaf!r} of {' and '.join(sorted(places)[:3])}. "
                "Set `labels.level: path`, or rename one of the folders."
            )


def number_classes(
    names: Iterable[str], settings: LabelSettings, known: Sequence[str]
) -> tuple[list[str], dict[str, Rejection]]:
    """The class list, and for each name that is not admitted the reason."""
    found = set(names) - {""}
    refused: dict[str, Rejection] = {}
    if not isinstance(settings.class_order, str):
        listed = settings.class_order
        detail = "its class is not in `labels.class_order`"
        refused = {name: Rejection(Reason.UNKNOWN_CLASS, f"{name[:80]!r}: {detail}") for name in found - set(listed)}
        return [*known, *(name for name in listed if name not in set(known))], refused
    new = found - set(known)
    if known and new and settings.on_new_class != "add":
        shown = ", ".join(sorted(new)[:5])
        if settings.on_new_class == "fail":
            raise RefusedError(f"new classes: {shown}. Set `labels.on_new_class: add`, or `quarantine`, to go on.")
        detail = "a class that no version has; `labels.on_new_class: add` admits it"
        return list(known), {name: Rejection(Reason.QUARANTINED_NEW_CLASS, f"{name[:80]!r}: {detail}") for name in new}
    return [*known, *order_classes(new, settings.class_order)], refused


def order_classes(names: Iterable[str], order: str = "auto") -> list[str]:
    """*names* as ids count them: by number where all are numbers (or *order* is ``numeric``), else by code point."""
    ordered = sorted(names)
    numbers = {name: _whole_number(name) for name in ordered}
    if order == "lexicographic" or None in numbers.values():
        return ordered
    return sorted(ordered, key=lambda name: (numbers[name], name))


def class_notices(classes: Sequence[str], known: Sequence[str], present: Iterable[str]) -> Iterable[str]:
    """Sentences on *classes* for the report: those that are new to *known*, and numbers that are not their own ids."""
    names = set(present)
    new = [name for name in classes[len(known) :] if name in names]
    if known and new:
        yield f"New classes: {', '.join(new[:20])}"
    if not known:
        yield from number_notices(classes)
    yield from likeness_notices(classes)


def number_notices(classes: Sequence[str]) -> list[str]:
    """A sentence on *classes*, in the order of their ids, that are numbers and yet not their own ids."""
    numbers = [_whole_number(name) for name in classes]
    if len(classes) < 2 or None in numbers or numbers == list(range(len(classes))):
        return []
    return [f"Class names are numbers but not 0 to {len(classes) - 1}: their ids follow their order"]
