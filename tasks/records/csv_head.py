"""How a CSV begins: Excel's hint for itself, and the delimiter that its header shows."""

from __future__ import annotations

import re

from tasks.records.text_window import TextWindow, compression_of

_HINT = re.compile(rb"\s*\"?sep=(\\t|[\x01-\x7f])\"?[ \t]*(?:\r?\n|\Z)", re.IGNORECASE)
_DELIMITERS = ",;\t|"


def take_hint(window: TextWindow) -> str:
    """The delimiter that a first line such as ``sep=;`` names, which the window then stands behind; empty without."""
    hint = _HINT.match(window.text, window.position)
    if hint is None:
        return ""
    window.advance(hint.end())
    return "\t" if hint[1] == rb"\t" else hint[1].decode()


def sniff_delimiter(window: TextWindow, name: str) -> str:
    """The delimiter of a CSV called *name*: by its extension, else the one that the header has most of."""
    if compression_of(name)[1].lower().endswith((".tsv", ".tab")):
        return "\t"
    text = window.text[window.position :].decode("utf-8", "replace")
    line = next((line for line in text.splitlines() if line.strip()), "")
    counts = {mark: line.count(mark) for mark in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda mark: counts[mark])
    return best if counts[best] and not counts[","] else ","
