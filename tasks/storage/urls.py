"""Places as text in messages."""

from __future__ import annotations

from tasks.redaction import is_url, redact_url

__all__ = ["is_url", "quote_location", "redact_url"]


def quote_location(text: str) -> str:
    """*text* for a message: redacted, without control characters, at most 100 characters."""
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in redact_url(text)[:200])
    return shown if len(shown) <= 100 else f"{shown[:99]}…"
