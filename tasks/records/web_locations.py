"""http(s) addresses out of label files: their strict form, what of them may be written down, and their identity."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import quote

from tasks.records.signatures import unsigned

_WEB = re.compile(r"(https?)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(?:[^@]*@)?([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{0,5}))?")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\]")  # of an address; parsers disagree about them
_UNSENDABLE = re.compile(r"[^!#$%&'()*+,/:;=?@\[\]~A-Za-z0-9._-]+")
_PATH_CHARACTERS = "/:@!$&'()*+,;=~-._%"


@dataclass(frozen=True, slots=True)
class WebPlace:
    """An http(s) address as it may be written down.

    Attributes:
        location: Scheme, host and path; neither userinfo, query nor fragment.
        identity: *location*, and a hash of the query's parameters that are no signature, where there are any.
    """

    location: str
    identity: str


def parse_web(text: str) -> WebPlace | str:
    """The parts of the http(s) address *text*, or what is wrong with it.

    Whatever two readers could take for two different hosts is wrong: backslashes, blanks, a second ``@``, a host
    that is not ASCII or holds percent signs.
    """
    match = _WEB.fullmatch(text)
    if match is None:
        return "is not an http(s) address"
    if _FORBIDDEN.search(text):
        return "holds a backslash or a control character"
    scheme, authority, path, query, _ = match.groups()
    host = _AUTHORITY.fullmatch(authority)
    if host is None or (host[2] and not 0 < int(host[2]) < 65536):
        return "names its host in a way that is not allowed: ASCII letters, digits, dots and hyphens, then a port"
    port = f":{host[2]}" if host[2] else ""
    location = f"{scheme.lower()}://{host[1].lower()}{port}{path or '/'}"
    return WebPlace(location, location + _query_identity(query or ""))


def _query_identity(query: str) -> str:
    """``?`` and 16 hex digits of the parameters that are no signature, in their order; empty without one."""
    kept = unsigned(query[1:]) if len(query) > 1 else ()
    return f"?{hashlib.sha256('&'.join(kept).encode()).hexdigest()[:16]}" if kept else ""


def sendable(text: str) -> str:
    """The address *text* as it is sent: what no address may hold, such as blanks and umlauts, becomes percent signs.

    What is written so already stays as it is, since it may be signed.
    """
    return _UNSENDABLE.sub(lambda match: quote(match[0], safe="", errors="surrogateescape"), text)


def web_address(base_url: str, name: str) -> str:
    """The address of the file *name*, relative to the folder *base_url*, which ends in ``/``."""
    return base_url + quote(name, safe=_PATH_CHARACTERS.replace("%", ""))


def join_web(base_url: str, text: str) -> str:
    """The address that a label file means by *text*, relative to the folder *base_url*, which ends in ``/``."""
    path, mark, query = text.replace("\\", "/").partition("?")
    return base_url + quote(path, safe=_PATH_CHARACTERS) + mark + query
