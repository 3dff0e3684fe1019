"""What a key must hold, in a person's words, by the kind of mistake and what is known of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from tasks.storage import redact_url

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_KINDS = {
    "bool": "write true or false",
    "dict": "write a mapping, such as {key: value}",
    "finite_number": "write a number that is not infinite",
    "float": "write a number",
    "frozen_set": "write a list, such as [a, b]",
    "int": "write a whole number",
    "list": "write a list, such as [a, b]",
    "model": "write a section with keys of its own",
    "set": "write a list, such as [a, b]",
    "string": "write text",
    "time_delta": "write a time, such as 90s, 15m, 6h or 7d",
    "tuple": "write a list, such as [224, 224] or [a, b]",
}
"""By the beginning of pydantic's name for the mistake: ``float_type``, ``float_parsing``."""
_BOUNDS = {
    "greater_than": ("must be more than {}", "gt"),
    "greater_than_equal": ("must be at least {}", "ge"),
    "less_than": ("must be less than {}", "lt"),
    "less_than_equal": ("must be at most {}", "le"),
    "string_too_short": ("must have at least {} characters", "min_length"),
    "string_too_long": ("must have at most {} characters", "max_length"),
    "too_short": ("must have at least {} values", "min_length"),
    "too_long": ("must have at most {} values", "max_length"),
}
PATTERNS = {
    r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$": "write letters, digits, blanks and . _ -, at most 100, the first a letter "
    "or digit",
    r"^[A-Za-z0-9._-]{0,60}$": "write letters, digits and . _ -, at most 60",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "write letters, digits and _, not beginning with a digit",
    r"^[A-Za-z_][A-Za-z0-9_]{0,62}$": "write letters, digits and _, at most 63, not beginning with a digit",
    r"^[a-z0-9]+(_[a-z0-9]+)*$": "write small letters and digits, with _ between words",
    r"^([a-z0-9]+(_[a-z0-9]+)*)?$": "write small letters and digits, with _ between words",
    "^[\\x01-\\x7f]?$": "write one ASCII character",
    "^(blank|tab|line|[\\x01-\\x7f])?$": "write one ASCII character, or blank, tab or line",
    r"^((tcp|tls|ws|wss|ucx)://)?([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$": "write it as tcp://HOST:PORT",
}
"""What each pattern of the config means."""
_PERCENT = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*%\s*")
_QUOTED = re.compile(r"'([^']*)'|([0-9]+)")


def words_for(problem: ErrorDetails) -> str:
    """What *problem*, one of pydantic's, asks for, and what stands there instead."""
    message = _message(problem["type"], problem.get("ctx") or {}, problem.get("input")) or _own_words(problem)
    shown = problem.get("input")
    if isinstance(shown, str | int | float | bool):
        return f"{message}, not {redact_url(str(shown))[:100]!r}."
    return f"{message}."


def _message(kind: str, context: Mapping[str, object], given: object) -> str:
    if kind == "literal_error":
        return _choice(str(context["expected"]), given)
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(str(context["pattern"]), "holds a character that it must not")
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return "is empty: write a value" if given == "" else words.format(context[key])
    if kind == "int_parsing_size":
        return "is too large a number"
    if kind == "float_parsing" and isinstance(given, str) and (percent := _PERCENT.fullmatch(given)):
        return f"write it as a number: {float(percent[1]) / 100:g}"
    return _KINDS.get(kind.removesuffix("_type").removesuffix("_parsing").removesuffix("_from_float"), "")


def _choice(expected: str, given: object) -> str:
    """``write one of a, b or c``, and the nearest of them."""
    known = [quoted or number for quoted, number in _QUOTED.findall(expected)]
    near = get_close_matches(given.lower(), known, n=1, cutoff=0.5) if isinstance(given, str) else []
    return f"write {_any_of(known)}" + (f" (did you mean {near[0]}?)" if near else "")


def _any_of(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _own_words(problem: ErrorDetails) -> str:
    return str(problem["msg"]).removeprefix("Value error, ").rstrip(".")


def unknown_layout(context: Mapping[str, str]) -> str:
    """What to say of a `layout` that is none."""
    known = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
    near = get_close_matches(context["tag"], known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown layout {context['tag']!r}; {hint}Known are {', '.join(known)}."
