"""Claims of one split each, in tables with columns of their own, as one claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from tasks.discover.folder_names import tokens
from tasks.discover.split_words import SplitWords
from tasks.discover.table_claims import LabelClaim, SplitClaim, paths_of


def joined_splits(claims: Sequence[LabelClaim]) -> list[LabelClaim]:
    """*claims*, those of one split each as one where they speak of other images with the same classes."""
    parts = [claim for claim in claims if claim.splits is None and claim.is_sure and not claim.is_many]
    parts = [claim for claim in parts if paths_of(claim.entries[0])]
    parts = [claim for claim in parts if _same_kind(claim, parts[0])]
    files = Counter(file for claim in parts for file in claim.by_file)
    splits = [_split_word(claim) for claim in parts]
    if len(parts) < 2 or max(files.values()) > 1 or len(set(splits)) < len(parts) or not all(splits):
        return list(claims)
    roots = [{**claim.entries[0], "split": split} for claim, split in zip(parts, splits, strict=True)]
    rest = [entry for claim in parts for entry in claim.entries[1:]]
    entries = [*roots, *(entry for at, entry in enumerate(rest) if entry not in rest[:at])]
    by_file = {file: labels for claim in parts for file, labels in claim.by_file.items()}
    told = {file: split for claim, split in zip(parts, splits, strict=True) for file in claim.by_file}
    says = "; ".join(claim.says for claim in parts)
    made = replace(parts[0], entries=entries, by_file=by_file, says=says)
    made.splits = SplitClaim(roots, told, {}, says)
    return [made, *(claim for claim in claims if claim not in parts)]


def _same_kind(one: LabelClaim, other: LabelClaim) -> bool:
    mine, theirs = ({label for labels in claim.by_file.values() for label in labels} for claim in (one, other))
    return bool(mine & theirs) and len(one.entries) == len(other.entries)


def _split_word(claim: LabelClaim) -> str:
    found = {split for token in tokens(paths_of(claim.entries[0])[0]) if (split := SplitWords({}).split_of(token))}
    return found.pop() if len(found) == 1 else ""
