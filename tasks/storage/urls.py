"""Places as text in messages."""

from __future__ import annotations

import os
from pathlib import Path

from tasks.errors import ConfigError
from tasks.redaction import is_url, redact_url

__all__ = ["as_link", "is_url", "local_path", "no_such", "quote_location", "redact_url"]


def local_path(text: str) -> Path:
    """*text* as a path; a leading `~` is the user's home.

    Raises:
        ConfigError: This user has none.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ConfigError(f"{text}: this user has no home folder. Set HOME, or write the whole path.") from None


def no_such(what: str, place: str) -> str:
    """A sentence: there is no *what* at *place*; for a local one, which folder above it is there."""
    if is_url(place):
        return f"There is no {what} {redact_url(place)}."
    path = Path(os.path.normpath(place))
    there = next((folder for folder in path.parents if folder.is_dir()), path.parent)
    return f"There is no {what} {path}; the nearest folder that is there is {there}."


def as_link(place: str) -> str:
    """*place*, a path or a URL, as an address that a browser opens."""
    return place if is_url(place) else Path(place).absolute().as_uri()


def quote_location(text: str) -> str:
    """*text* for a message: redacted, without control characters, at most 100 characters."""
    shown = redact_url(text)[:200]
    if not shown.isprintable():
        shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in shown)
    return shown if len(shown) <= 100 else f"{shown[:99]}…"
