"""Whether a reading by tables says splits, and those that it could take from the names of its images."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from tasks.config_keys import roles_in
from tasks.discover.claims.claim import Claims, LabelClaim, SplitClaim
from tasks.discover.folder_evidence.named_splits import BEGIN, split_pattern
from tasks.discover.reading import Reading
from tasks.discover.words.split_words import SplitWords


def name_splits(labelled: Iterable[str], words: SplitWords) -> SplitClaim | None:
    """The splits that the names of all images that are *labelled* begin with; None where they name none."""
    paths = pa.chunked_array([pa.array(list(labelled), pa.string())])
    pattern = split_pattern(paths, words)
    if not pattern:
        return None
    names = pc.struct_field(pc.extract_regex(paths, BEGIN), "split").to_pylist()
    told = {path: words.split_of(name) for path, name in zip(paths.to_pylist(), names, strict=True)}
    return SplitClaim([{"listing": "**", "pattern": pattern}], told, {}, "what their names begin with")


def takes_splits_from_names(reading: Reading) -> bool:
    """Whether *reading* takes splits from the names of its images."""
    return any("(?P<split>" in str(entry.get("pattern", "")) and str(entry["pattern"]).endswith("[^/]*$")
               for entry in reading.keys["tables"])  # fmt: skip


def has_splits(reading: Reading) -> bool:
    """Whether the tables of *reading* say splits."""
    return any(
        "split" in entry or "(?P<split>" in str(entry.get("pattern", "")) or "split" in roles_in(entry)
        for entry in reading.keys["tables"]
    )


def unclear_splits(claims: Claims, labelled: LabelClaim) -> str:
    """What *claims* say of splits that is none for what is *labelled*: several ways to part it, or only some of it."""
    if claims.folds:
        return f"{claims.folds[0]} part the images in several ways"
    for claim in claims.splits if claims.is_whole else ():
        named = len(claim.by_file.keys() & labelled.by_file.keys())
        if len(set(claim.by_file.values())) > 1 and named:
            return f"{claim.says} put {named:,} of {len(labelled.by_file):,} images into splits, and not the rest"
    return ""
