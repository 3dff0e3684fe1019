"""What of a place may be written down: neither a URL's query, where signatures stand, nor its user and password."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"<>`]+")
_MARK = "concealed:"
_TOKENS: dict[str, str] = {}
_CONCEALED: dict[str, object] = {}
_OPTIONS = frozenset({"options", "storage_options"})
"""What is concealed whole: which options of a store hold a secret, only the store's own library knows."""

_LOCK = threading.Lock()
_CLOSING = "'\")]}>.,;:!`"
_CHAINING = tuple(f"{scheme}://" for scheme in "zip tar libarchive dir simplecache filecache blockcache cached".split())
"""How chains of file systems begin; in any other URL ``::`` is a part of its path."""
_SECRET_KEY = re.compile(
    r"secret|passw|passphrase|token|credential|connection_?string|authorization|cookie|^auth$"
    r"|^(aws_)?(account_|api_|access_|sas_|private_)?key(_id)?$",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(r"anon|google_default|cloud|cache|browser|[/~].*|.*\.json", re.DOTALL)
"""Values of such keys that are ways to a credential, and none."""


def is_url(text: str) -> bool:
    """Whether *text* names a place by scheme, and is not a local path."""
    scheme, separator, _ = text.partition("://")
    return bool(separator) and scheme.replace("+", "").replace("-", "").replace(".", "").isalnum()


def is_web(text: str) -> bool:
    """Whether *text* begins like an http(s) address."""
    return text[:8].lower().startswith(("http://", "https://"))


def redact_url(text: str) -> str:
    """Scheme, host and path of a URL; query string, fragment and userinfo go. Other text stays as it is.

    Of a chain, such as ``zip://cat::https://host/a.zip?sig=1``, each link is a URL.
    """
    if not is_url(text):
        return text
    if "::" in text and text.startswith(_CHAINING):
        return "::".join(redact_url(link) for link in text.split("::"))
    try:
        parts = urlsplit(text)
    except ValueError:
        return text.partition("://")[0] + "://…"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def redact_text(text: str) -> str:
    """*text* with every URL in it redacted; what closes one, as a quote or a full stop does, stays."""
    return _URL.sub(_redact_match, text) if "://" in text else text


def _redact_match(match: re.Match[str]) -> str:
    found = match[0]
    bare = found.rstrip(_CLOSING)
    redacted = redact_url(bare)
    return found if redacted == bare else redacted + found[len(bare) :]


def conceal_values(value: Any) -> Any:
    """JSON-like *value* in which a token stands for every URL with a secret, and for all options of stores.

    `reveal_values` reads it in this process: so a file that this process reads again need not hold them.
    """
    if isinstance(value, Mapping):
        return {
            key: _conceal(item) if key in _OPTIONS and item else conceal_values(item) for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [conceal_values(item) for item in value]
    return _conceal(value) if isinstance(value, str) and redact_url(value) != value else value


def _conceal(value: Any) -> str:
    with _LOCK:
        token = _TOKENS.setdefault(json.dumps(value, sort_keys=True, default=str), f"{_MARK}{uuid4().hex}")
        _CONCEALED[token] = value
    return token


def reveal_values(value: Any) -> Any:
    """What `conceal_values` was given.

    Raises:
        KeyError: It was given that in another process.
    """
    if isinstance(value, Mapping):
        return {key: reveal_values(item) for key, item in value.items()}
    if isinstance(value, list):
        return [reveal_values(item) for item in value]
    return _CONCEALED[value] if isinstance(value, str) and value.startswith(_MARK) else value


def concealed_in(value: object) -> dict[str, object]:
    """The tokens in *value*, which `conceal_values` made, and what they stand for: another process may be told."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return {token: text for item in value for token, text in concealed_in(item).items()}
    return {value: _CONCEALED[value]} if isinstance(value, str) and value.startswith(_MARK) else {}


def learn_concealed(tokens: Mapping[str, object]) -> None:
    """Let `reveal_values` read in this process what another one concealed."""
    with _LOCK:
        _CONCEALED.update(tokens)


def redact_values(value: Any) -> Any:
    """JSON-like *value* with every URL in its texts redacted, without secrets by their keys and options of stores."""
    if isinstance(value, Mapping):
        return {key: "…" if item and is_hidden_key(str(key)) else redact_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_values(item) for item in value]
    return redact_text(value) if isinstance(value, str) else value


def is_hidden_key(key: str) -> bool:
    """Whether what stands under *key*, which may be dotted, is written down nowhere."""
    parts = key.split(".")
    return not _OPTIONS.isdisjoint(parts) or _SECRET_KEY.search(parts[-1]) is not None


def credentials_in(options: Mapping[str, object]) -> list[str]:
    """The keys of *options*, dotted where they are nested, whose values look like credentials."""
    found: list[str] = []
    for key, value in options.items():
        if isinstance(value, Mapping):
            found += [f"{key}.{inner}" for inner in credentials_in(value)]
        elif isinstance(value, str) and value and _looks_secret(str(key), value):
            found.append(str(key))
    return found


def _looks_secret(key: str, value: str) -> bool:
    if is_url(value) and "@" in value and redact_url(value) != value:
        return True
    return _SECRET_KEY.search(key) is not None and not _NO_SECRET.fullmatch(value)
