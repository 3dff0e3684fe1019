"""Files that each say the class of the image that is called like them: ``0001.jpg`` and ``0001.cls``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import pyarrow.compute as pc

from tasks.discover.claims.claim import Entries, LabelClaim, SplitClaim
from tasks.discover.claims.column_roles import LabelColumn
from tasks.discover.listing.listing import Listing
from tasks.discover.words.split_words import SplitWords
from tasks.errors import DatasetError
from tasks.samples import StoreUrl
from tasks.storage.archives import bare_name, packed_path
from tasks.tables.opening import TableFile

_SUFFIX = ".cls"
_LOOKED_AT = 64
_ALL = 0.99


def side_claim(root: StoreUrl, listing: Listing, words: SplitWords) -> LabelClaim | None:
    """What files that end in ``.cls`` say of the images beside them; None where not nearly each image has one."""
    paths = [path for path in listing.beside if path.lower().endswith(_SUFFIX)]
    if not paths or listing.others[_SUFFIX] < _ALL * listing.count:
        return None
    images = _by_stem(listing)
    groups: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        groups[_pattern(path)].append(path)
    by_file: dict[str, tuple[str, ...]] = {}
    splits: dict[str, str] = {}
    for pattern, members in groups.items():
        split = _split_of(pattern, words)
        for path in members[:_LOOKED_AT]:
            image = images.get(path[: -len(_SUFFIX)])
            text = _text(root, path)
            if image is None or not text:
                return None
            by_file[image], splits[image] = (text,), split
    return _claim(list(groups), by_file, splits, words)


def _claim(
    patterns: Sequence[str], by_file: dict[str, tuple[str, ...]], splits: dict[str, str], words: SplitWords
) -> LabelClaim | None:
    labels = tuple(by_file.values())
    if not 1 < len(set(labels)) <= max(len(labels) / 2, 2):
        return None
    entries: Entries = [
        {"files": pattern, "columns": {"file.stem": "location", "0": "label"}, "find": "stem"} for pattern in patterns
    ]
    told = None
    if all(splits.values()) and len(patterns) > 1:
        entries = [{**entry, "split": _split_of(str(entry["files"]), words)} for entry in entries]
        told = SplitClaim(entries, splits, {}, "the names of what they lie in")
    says = f"the files {', '.join(patterns[:3])} beside the images are the labels"
    return LabelClaim(entries, LabelColumn("0", 3, labels), by_file, says, is_sure=True, splits=told)


def _by_stem(listing: Listing) -> dict[str, str]:
    paths = listing.files["path"]
    stems = pc.replace_substring_regex(paths, r"\.[^./]*$", "")
    return dict(zip(stems.to_pylist(), paths.to_pylist(), strict=True))


def _pattern(path: str) -> str:
    """The pattern of all files like *path*: those of its archive, and of others that only a number sets apart."""
    packed, _ = packed_path(path)
    return f"{re.sub(r'[0-9]+', '*', packed)}/**/*{_SUFFIX}" if packed else f"**/*{_SUFFIX}"


def _split_of(pattern: str, words: SplitWords) -> str:
    """The split that the name of an archive says; empty where it says none."""
    packed, _ = packed_path(pattern)
    name = bare_name(packed.rpartition("/")[2])
    found = {split for token in re.split(r"[^A-Za-z0-9]+", name) if (split := words.split_of(token))}
    return found.pop() if len(found) == 1 else ""


def _text(root: StoreUrl, path: str) -> str:
    try:
        with TableFile(root, path).opened() as file:
            data = file.read(200)
    except DatasetError:
        return ""
    text = data.decode("utf-8", "replace").strip()
    return "" if "\n" in text or len(data) == 200 else text
