"""Where a label file may send us: below the source's root, to the web, to its own pixels, or where the config says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from tasks.reasons import Reason
from tasks.records.embedded import is_embedded
from tasks.records.web_locations import WebPlace, join_web, parse_web
from tasks.redaction import is_web
from tasks.samples import Kind, Rejection

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//)?")
_OPENERS = frozenset({"file", "local", "http", "https", "ftp", "javascript", "data"})
_NEVER = frozenset({"reference://"})  # it opens whatever it is told to, whoever lists it
_IPV6 = re.compile(r"^(?i:https?)://\[[0-9A-Fa-f:.]+\](?=[:/?#]|$)")
_DRIVE = re.compile(r"[A-Za-z]:(?:[\\/]|$)")
_LONGEST_PATH = 4096
_LONGEST_PLACE = 32_768


@dataclass(frozen=True, slots=True)
class LocationPolicy:
    """Which places a label file may name.

    Attributes:
        root: The folder its relative locations are relative to: an absolute path or a URL.
        allow_prefixes: URL or absolute path prefixes that it may name besides the root and http(s).
        base_url: The root, ending in ``/``, where that is an http(s) folder; else empty.
    """

    root: str
    allow_prefixes: tuple[str, ...] = ()
    base_url: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image is to be read.

    Attributes:
        kind: How it is read.
        location: What is read, without query and userinfo; of embedded pixels empty.
        identity: What tells it from the source's other images; of embedded pixels empty.
    """

    kind: Kind
    location: str
    identity: str


def classify_location(text: str, policy: LocationPolicy) -> Place | Rejection:
    r"""Where the cell *text* leads, or why it may not: ``outside_root``, ``bad_scheme``, or ``bad_row`` if it is empty.

    Pure: what a link on the disk leads to is for whoever opens the place. A path comes back with ``/`` for ``\`` and
    without ``.`` and ``..``.
    """
    if not text or text.isspace():
        return Rejection(Reason.BAD_ROW, "has no location")
    if is_embedded(text):
        return Place("embedded", "", "")
    if len(text) > _LONGEST_PLACE:
        return Rejection(Reason.BAD_ROW, f"a location of {len(text):,} characters")
    if "::" in _IPV6.sub("", text):
        return Rejection(Reason.BAD_SCHEME, "`::` chains file systems, which a label file may not ask for")
    return _web_place(text) if is_web(text) else _path_place(text, policy)


def _path_place(text: str, policy: LocationPolicy) -> Place | Rejection:
    if (allowed := _allowed(text, policy)) is not None:
        return Place("allowed", allowed, allowed)
    if (refusal := _refuse_scheme(text, policy)) is not None:
        return refusal
    return _relative_place(_below_root(text, policy.root) or text, policy)


def _web_place(text: str) -> Place | Rejection:
    web = parse_web(text)
    if isinstance(web, WebPlace):
        return Place("web", web.location, web.identity)
    return Rejection(Reason.BAD_SCHEME, web)


def _refuse_scheme(text: str, policy: LocationPolicy) -> Rejection | None:
    """Refuse what any reader could take for a URL, unless it lies below the source's own root."""
    if _DRIVE.match(text):
        return Rejection(Reason.OUTSIDE_ROOT, f"an absolute path; {_HOW_TO_ALLOW}")
    if _below_root(text, policy.root):
        return None
    scheme = _SCHEME.match(text)
    name = scheme[1].lower() if scheme is not None else ""
    follows = text[scheme.end() : scheme.end() + 1] if scheme is not None else ""
    if "://" in text or name in _OPENERS or follows in {"/", "\\"}:
        asked = f"`{name[:20]}:`" if name else "`://`"
        return Rejection(Reason.BAD_SCHEME, f"{asked} is not for a label file to ask for; {_HOW_TO_ALLOW}")
    return None


_HOW_TO_ALLOW = "list its prefix in `source.allow_prefixes` if it is meant"


def _below_root(text: str, root: str) -> str:
    """What follows the source's own root in the URL *text*; empty where it leads elsewhere, or the root is local."""
    below = text[len(root) :]
    return below.lstrip("/") if "://" in root and text.startswith(root) and below.startswith("/") else ""


def _relative_place(text: str, policy: LocationPolicy) -> Place | Rejection:
    path = normalise_path(text)
    if path is None:
        return Rejection(Reason.OUTSIDE_ROOT, f"{_why_outside(text)}; {_HOW_TO_ALLOW}")
    if not path:
        return Rejection(Reason.BAD_ROW, "names the source's folder itself")
    return _web_place(join_web(policy.base_url, path)) if policy.base_url else Place("store", path, path)


def _why_outside(text: str) -> str:
    """Why the path *text* is none below the source's folder."""
    if "\0" in text:
        return "holds a zero byte, as text in UTF-16 does where the rest is not"
    if text.startswith("/"):
        return "is an absolute path, and only paths below the source's folder are read"
    return "leads out of the source's folder"


def normalise_path(text: str, slashes: str = "/\\") -> str | None:
    r"""The relative path *text* with ``/`` for each of *slashes*, without ``.``, ``..`` and empty parts.

    None if it escapes: also where it would once its ``\`` were ``/``, or its percent signs were decoded, since some
    reader may do so.
    """
    if "\0" in text or len(text) > _LONGEST_PATH:
        return None
    path = _collapse(text) if "\\" in slashes or _collapse(text) is None else _joined(text.split("/"))
    if path is None or "%" not in text:
        return path
    return path if _stays_decoded(text) and _stays_decoded(path) else None


def _stays_decoded(text: str) -> bool:
    """Whether *text* names a relative path also once its percent signs are decoded, and those of what comes out."""
    for _ in range(3):
        if "%" not in text:
            break
        text = unquote(text)
        if "\0" in text or "::" in text or _collapse(text) is None or is_address(text):
            return False
    return True


def _collapse(text: str) -> str | None:
    text = text.replace("\\", "/")
    return None if text.startswith(("/", "~")) else _joined(text.split("/"))


def _joined(parts: Iterable[str]) -> str | None:
    kept: list[str] = []
    for part in parts:
        if part == ".." and not kept:
            return None
        if part == "..":
            kept.pop()
        elif part not in {"", "."}:
            kept.append(part)
    return "/".join(kept)


def _allowed(text: str, policy: LocationPolicy) -> str | None:
    """*text*, normalised, where it lies below an allowed prefix; None where it does not."""
    if not policy.allow_prefixes:
        return None
    scheme = _SCHEME.match(text)
    head = text[: scheme.end()] if scheme is not None and scheme[2] else "/" if text.startswith("/") else ""
    rest = normalise_path(text[len(head) :].lstrip("/")) if head else None
    if rest is None:
        return None
    slash = "/" if head.lower() == "file://" else ""
    full = f"{head.lower()}{slash}{rest}"
    if head.lower() in _NEVER:
        return None
    return full if any(_is_below(full, prefix) for prefix in policy.allow_prefixes) else None


def _is_below(full: str, prefix: str) -> bool:
    trimmed = prefix.rstrip("/")
    if trimmed.endswith(":") or not trimmed:
        return full.startswith(prefix)
    return full.startswith((f"{trimmed}/", f"{trimmed}?")) or (full == trimmed and not prefix.endswith("/"))


def is_address(text: str) -> bool:
    """Whether *text* begins with a scheme, as an address does."""
    scheme = _SCHEME.match(text)
    return scheme is not None and bool(scheme[2])
