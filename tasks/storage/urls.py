"""Places as text: what is a URL, and what of one may be written down."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_url(text: str) -> bool:
    """Whether *text* names a place by scheme, and is not a local path."""
    scheme, separator, _ = text.partition("://")
    return bool(separator) and scheme.replace("+", "").replace("-", "").replace(".", "").isalnum()


def redact_url(text: str) -> str:
    """Scheme, host and path of a URL; query string, fragment and userinfo go. Other text stays as it is."""
    if not is_url(text):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return text.partition("://")[0] + "://…"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def quote_location(text: str) -> str:
    """*text* for a message: redacted, without control characters, at most 100 characters."""
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in redact_url(text)[:200])
    return shown if len(shown) <= 100 else f"{shown[:99]}…"
