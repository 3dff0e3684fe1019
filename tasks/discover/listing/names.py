"""Which names are images, which are passed over, and why."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

from tasks.discover.listing.path_patterns import names_alone
from tasks.storage import TEMPORARY_PREFIX

_IGNORED = (
    "__MACOSX __pycache__ site-packages node_modules Thumbs.db desktop.ini @eaDir $RECYCLE.BIN lost+found "
    "*.part *.tmp *.crdownload .*"
).split()
_UNFINISHED = (".part", ".tmp", ".crdownload")


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns))


class NameRules:
    """What a file's or folder's name says of it.

    Args:
        extensions: Suffixes of images, in lower case.
        ignore: Glob patterns of names that are passed over, besides the usual ones; those with a slash mean paths, and
            are looked at when all is listed.
    """

    def __init__(self, extensions: frozenset[str], ignore: tuple[str, ...]) -> None:
        self._extensions = extensions
        ignore = names_alone(ignore)
        self._ignored = _any_of((*_IGNORED, *ignore))
        self._asked = _any_of(ignore) if ignore else None
        self._known: dict[str, bool] = {}

    def is_ignored(self, name: str) -> bool:
        """Whether *name* is passed over."""
        return self._ignored.match(name) is not None

    def has_extension(self, name: str) -> bool:
        """Whether *name* ends like an image's."""
        return self.extension(name) in self._extensions

    def extension(self, name: str) -> str:
        """The lower-case suffix of *name*, ``none`` where it has none."""
        stem, dot, suffix = name.rpartition(".")
        return f".{suffix.lower()}" if dot and stem.strip(".") else "none"

    def is_image(self, name: str) -> bool:
        """Whether *name* ends like an image's and is not passed over; asked once for every file."""
        suffix = name[name.rfind(".") :]
        known = self._known.get(suffix)
        if known is None:
            known = self._remember(suffix)
        return known and name[0] != "." and (self._asked is None or self._asked.match(name) is None)

    def _remember(self, suffix: str) -> bool:
        """Whether *suffix* is an image's and nothing by which unfinished files are told."""
        known = suffix.lower() in self._extensions and not self._ignored.match(f"x{suffix}")
        if len(self._known) < 1000:
            self._known[suffix] = known
        return known


def why_ignored(name: str) -> str:
    """The reason under which the ignored *name* is counted."""
    if name.startswith(TEMPORARY_PREFIX) or name.endswith(_UNFINISHED):
        return "unfinished files"
    return "hidden names" if name.startswith(".") else "ignored names"
