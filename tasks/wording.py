"""Counts, sizes, times and texts in a line for a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

HELD = "; the config names "
"""Between what speaks against a layout and what the config says of it, in a warning."""


def some(counts: Mapping[str, int], most: int = 12) -> str:
    """The first *most* of *counts* in one line."""
    shown = ", ".join(f"{name or '(none)'} {count:,}" for name, count in list(counts.items())[:most])
    return shown + (f", and {len(counts) - most} more" if len(counts) > most else "")


def plain(text: str) -> str:
    """*text* with its control characters, save line breaks, as escapes."""
    return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)


def one_line(text: str) -> str:
    """*text* in one line in which control characters do nothing: what stands in the data cannot forge another line."""
    return plain("; ".join(text.splitlines()))


def counted(count: int, noun: str) -> str:
    """*count* and its *noun*, in the plural where that is due."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def size_text(count: int) -> str:
    """*count* bytes in the unit that suits them."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:,.0f} {unit}" if unit == "B" else f"{size:,.1f} {unit}"
        size /= 1024
    return f"{size:,.1f} TiB"


def duration_text(time: timedelta) -> str:
    """*time* as a person says it: ``6 h``, ``90 s``, ``2 d 12 h``."""
    seconds = round(time.total_seconds())
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        parts += [f"{count} {unit}"] if count else []
    return " ".join(parts)
