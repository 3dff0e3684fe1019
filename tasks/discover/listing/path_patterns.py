"""Patterns of `source.ignore` that mean paths, as in a `.gitignore`: folders with all that is in them, or files."""

from __future__ import annotations

import re

_SET = re.compile(r"\[!?\]?[^\]]*\]")
_BESIDE = re.compile(r"(?:\*\*/)+")
_ANY_FOLDERS = "(?:[^/]+/)*"


def is_path_pattern(pattern: str) -> bool:
    """Whether *pattern* means paths, and not names wherever they are: it holds a slash."""
    return "/" in pattern


def path_expression(pattern: str) -> str:
    """The regular expression, for RE2 and Python alike, of the paths that *pattern* means and of all below them.

    A pattern counts from the root of the source, but for one whose only slash is its last, which means folders of that
    name wherever they are; a last slash means folders alone, and ``**`` any folders.
    """
    parts = _BESIDE.sub("**/", pattern).strip("/").split("/")
    head = _ANY_FOLDERS if len(parts) == 1 and not pattern.startswith("/") else ""
    made = [_ANY_FOLDERS if part == "**" else f"{_part(part)}/" for part in parts[:-1]]
    last = ".+" if parts[-1] == "**" else _part(parts[-1])
    below = "/.+" if pattern.endswith("/") else "(?:/.*)?"
    return f"^{head}{''.join(made)}{last}{below}$"


def _part(text: str) -> str:
    """*text*, a name with wildcards, as a regular expression; only a bracket that is closed begins a set."""
    made, place = "", 0
    while place < len(text):
        found = _SET.match(text, place)
        if found is not None:
            inner = found[0][1:-1].replace("\\", r"\\").replace("[", r"\[")
            made += f"[^/{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
            place = found.end()
        else:
            made += {"*": "[^/]*", "?": "[^/]"}.get(text[place], re.escape(text[place]))
            place += 1
    return made


def names_alone(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Those of *patterns* that mean names."""
    return tuple(pattern for pattern in patterns if not is_path_pattern(pattern))
