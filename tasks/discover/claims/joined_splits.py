"""Claims of one split each, or of some, in tables with columns of their own, as one claim."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tasks.config_keys import TableKeys, files_of, roles_in
from tasks.discover.claims.claim import Entries, LabelClaim, SplitClaim
from tasks.discover.words.folder_names import tokens
from tasks.discover.words.split_words import SplitWords

_FEWEST = 4


def joined_splits(claims: Sequence[LabelClaim], *, are_alone: bool) -> list[LabelClaim]:
    """*claims*, those as one that speak of other images with the same classes, and say which split that is.

    Those that say several splits each may be of domains that folders tell apart; they are joined where *are_alone*.
    """
    sure = [claim for claim in claims if claim.is_sure and files_of(claim.entries[0]) and not claim.column.one_hot]
    for first in sure:
        parts = [first]
        for claim in sure:
            alike = _as_written(claim, first)
            if claim is not first and _same_kind(alike, first) and not _files(parts) & set(claim.by_file):
                parts.append(alike)
        is_of_splits = are_alone or any(claim.splits is None for claim in parts)
        if len(parts) > 1 and is_of_splits and (made := _joined(parts)) is not None:
            said = {claim.says for claim in parts}
            return [made, *(claim for claim in claims if claim.says not in said)]
        if len(parts) > 1 and all(claim.splits is None and claim.column.name == first.column.name for claim in parts):
            return [_together(parts), *claims]
    return list(claims)


def _together(parts: Sequence[LabelClaim]) -> LabelClaim:
    """*parts*, which speak of other images by columns of one name, as one claim that says no splits; it is not sure."""
    entries: Entries = []
    for claim in parts:
        entries += [entry for entry in claim.entries if entry not in entries]
    by_file = {file: labels for claim in parts for file, labels in claim.by_file.items()}
    says = "; ".join(claim.says for claim in parts)
    return replace(parts[0], entries=entries, by_file=by_file, says=says, is_sure=False)


def _files(parts: Sequence[LabelClaim]) -> set[str]:
    return {file for claim in parts for file in claim.by_file}


def _as_written(claim: LabelClaim, first: LabelClaim) -> LabelClaim:
    """*claim* with the separator of *first*, where one of a column of the same name has none that shows."""
    mark = first.column.separator
    if not mark or claim.column.separator or claim.column.name != first.column.name:
        return claim
    parted = {
        file: tuple(part.strip() for label in labels for part in label.split(mark) if part.strip())
        for file, labels in claim.by_file.items()
    }
    return replace(claim, by_file=parted, column=replace(claim.column, separator=mark, is_many=True))


def _same_kind(one: LabelClaim, other: LabelClaim) -> bool:
    mine, theirs = ({label for labels in claim.by_file.values() for label in labels} for claim in (one, other))
    is_alike = one.column.name == other.column.name or len(one.entries) == len(other.entries)
    return bool(mine & theirs) and is_alike and one.column.separator == other.column.separator


def _joined(parts: Sequence[LabelClaim]) -> LabelClaim | None:
    """*parts* as one claim; None where one does not say its split, or two say the same; each may say several."""
    words = [_split_word(claim) for claim in parts if claim.splits is None]
    if not all(words) or len(set(words)) < len(words):
        return None
    roots: Entries = []
    rest: Entries = []
    told: dict[str, str] = {}
    names: dict[str, str] = {}
    for claim in parts:
        located = [entry for entry in claim.entries if _has_location(entry)]
        rest += [entry for entry in claim.entries if not _has_location(entry) and entry not in rest]
        if claim.splits is not None:
            roots += located
            told |= claim.splits.by_file
            names |= claim.splits.names
        else:
            split = _split_word(claim)
            roots += [{**entry, "split": split} for entry in _as_pattern(located)]
            told |= dict.fromkeys(claim.by_file, split)
    by_file = {file: labels for claim in parts for file, labels in claim.by_file.items()}
    says = "; ".join(claim.says for claim in parts)
    column = next((claim.column for claim in parts if claim.column.is_many), parts[0].column)
    made = replace(parts[0], entries=[*roots, *rest], by_file=by_file, says=says, column=column)
    shown = ", ".join(files_of(claim.entries[0])[0] for claim in parts)
    made.splits = SplitClaim(roots, told, names, shown)
    return made


def _has_location(entry: TableKeys) -> bool:
    return bool(roles_in(entry) & {"location", "of"}) or "location" in entry


def _as_pattern(entries: Entries) -> Entries:
    """*entries*, many that lie in folders of their own and are alike otherwise, as one for all of their files."""
    if len(entries) < _FEWEST or not all(_lies_with_its_images(entry) for entry in entries):
        return entries
    plain = [_without_place(entry) for entry in entries]
    parts = [entry["file"].split("/") for entry in entries]
    if any(one != plain[0] for one in plain) or len(set(map(len, parts))) > 1:
        return entries
    names = [place[0] if len(set(place)) == 1 else "*" for place in zip(*parts, strict=True)]
    if names[-1] == "*":
        names[-1] = re.sub(r".*(?=\.)", "*", parts[0][-1])
    return [{"files": "/".join(names), **plain[0]}]


def _without_place(entry: TableKeys) -> TableKeys:
    made = entry.copy()
    made.pop("file", None)
    made.pop("base", None)
    return made


def _lies_with_its_images(entry: TableKeys) -> bool:
    folder = entry.get("file", "").rpartition("/")[0]
    return bool(folder) and entry.get("base", folder) == folder


def _split_word(claim: LabelClaim) -> str:
    found = {split for token in tokens(files_of(claim.entries[0])[0]) if (split := SplitWords({}).split_of(token))}
    return found.pop() if len(found) == 1 else ""
