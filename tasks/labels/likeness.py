"""Names of classes that a reader takes for one and the same, or that may be no names at all."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

NUMBER = re.compile(r"(-?)\+?0*([0-9]+?)(?:\.([0-9]*?)0*)?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_EXPONENT = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?[eE][+-]?[0-9]{1,2}")
_TWINS = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухΑΒΕΖΗΙΚΜΝΟΡΤΥΧον",  # noqa: RUF001
    "ABESIJKMHOPCTYXaesijopcyxABEZHIKMNOPTYXov",
)
"""Cyrillic and Greek letters that are drawn like Latin ones."""
_NO_VALUE = frozenset(
    "na n/a n.a. #n/a <na> nan nat null nil \\n - -- ? #null! #ref! #value! #name? #div/0! #num! "
    "unlabeled unlabelled unannotated".split()
)
"""How spreadsheets, pandas and databases write that there is no value, in small letters."""


def likeness_notices(classes: Iterable[str]) -> list[str]:
    """Sentences on *classes* that a reader takes for one and the same, or that may be no names at all."""
    names = sorted(set(classes))
    seen, numbers = _alike(names, _as_seen), _alike(names, _as_number)
    notices = [f"Classes that look the same: {', '.join(map(_letters, twins))}" for twins in seen]
    notices += [f"Classes that are the same number: {_shown(twins)}" for twins in numbers]
    if absent := [name for name in names if name.casefold() in _NO_VALUE]:
        remedy = "only an empty cell means no label, and what `missing_labels` names"
        notices.append(f"Classes named as if there were no value: {_shown(absent)}; {remedy}")
    broken = [name for name in names if len(name.splitlines()) > 1]
    if broken:
        notices.append(f"Classes whose names hold line breaks: {_shown(broken)}; a stray quote takes in the next lines")
    if odd := [
        name for name in names if name not in broken and any(unicodedata.category(sign) == "Cc" for sign in name)
    ]:
        notices.append(f"Classes whose names hold control characters, as damaged files do: {_shown(odd)}")
    if misread := [f"{_letters(name)} ({_letters(right)})" for name in names if (right := _misread(name))]:
        notices.append(
            f"Classes whose names look like UTF-8 that was read in another encoding: {', '.join(misread[:10])}"
        )
    if bare := [name for name in names if any("\uef80" <= sign <= "\uefff" for sign in name)]:
        notices.append(
            f"Classes whose names are not UTF-8, and stand as U+EF80 to U+EFFF for their bytes: {_shown(bare)}; "
            "rename their folders, or give them names by `labels.aliases`"
        )
    return notices


def _misread(name: str) -> str:
    """What *name* is if it is UTF-8 that a program took for Windows-1252 or Latin-1; empty where it is not."""
    for encoding in () if name.isascii() else ("cp1252", "latin-1"):
        try:
            return name.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return ""


def _alike(names: Iterable[str], key: Callable[[str], str | None]) -> list[list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if (known := key(name)) is not None:
            groups[known].append(name)
    return [twins for _, twins in sorted(groups.items()) if len(twins) > 1]


def _as_seen(name: str) -> str:
    """*name* as it looks: letters of other alphabets and widths as the Latin ones that they are drawn like."""
    plain = name if name.isascii() else unicodedata.normalize("NFKC", name).translate(_TWINS)
    blanks = "".join(" " if char.isspace() else char for char in plain)
    return " ".join("".join(char for char in blanks if unicodedata.category(char) not in {"Cf", "Cc"}).split())


def _as_number(name: str) -> str | None:
    """One text for all spellings of a number, as ``01``, ``1.0``, ``1e3`` and ``1,000``; None for what is none."""
    if _GROUPED.fullmatch(name):
        name = name.replace(",", "")
    elif _EXPONENT.fullmatch(name):
        name = f"{Decimal(name):f}"
    found = NUMBER.fullmatch(name)
    return f"{found[1]}{found[2]}.{found[3] or ''}" if found else None


def _letters(name: str) -> str:
    """*name*, as it is written in source text where it holds more than plain letters."""
    return name if name.isascii() and name.isprintable() and name == name.strip() else ascii(name)


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(name if name.isprintable() else ascii(name) for name in names[:10]) + more
