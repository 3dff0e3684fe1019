"""Lists that part the same images in several numbered ways: each of them as a reading to choose."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from tasks.config_keys import SourceKeys, TableKeys
from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import FOLD_WORDS, Family
from tasks.discover.folder_evidence.folder_choice import FolderChoice
from tasks.discover.proposals import ExampleRow, Proposal
from tasks.discover.verdict.folder_agreement import pattern_of
from tasks.discover.words.folder_names import tokens

_MOST = 3
_NUMBER = re.compile(r"[0-9]+(?=[^0-9]*$)")


def fold_proposals(families: Iterable[Family], choice: FolderChoice) -> list[Proposal]:
    """For each of the first folds of *families* that the classes are those of *choice*, and its lists the splits."""
    pattern = pattern_of(choice)
    if pattern is None:
        return []
    numbered = [group for family in families if family.has_folds for group in _numbered(family)]
    return [_proposal(views, pattern, choice) for views in numbered[:_MOST]]


def parts_in_turn(families: Iterable[Family], choice: FolderChoice) -> tuple[str, list[Proposal]]:
    """Lists that part the images and are called splits or folds, none of which is named for one; and each as the test.

    Returns:
        What they are called, empty where there are none; and for the first of them the reading in which it holds the
        images of the test, and the others those of training.
    """
    pattern = pattern_of(choice)
    for family in families:
        views = family.views
        files = [set(view.files) - {""} for view in views]
        is_part = sum(map(len, files)) == len(set().union(*files)) >= choice.listing.count / 2
        if len(views) < 2 or any(view.split for view in views) or not is_part:
            continue
        if all(FOLD_WORDS & set(tokens(view.head.path)) and _NUMBER.search(view.head.path) for view in views):
            turns = [[replace(view, split="test" if view is one else "train") for view in views] for one in views]
            proposals = [_proposal(turn, pattern, choice) for turn in turns[:_MOST]] if pattern else []
            return ", ".join(view.head.path for view in views[:4]), proposals
    return "", []


def _numbered(family: Family) -> list[list[View]]:
    """The lists of each number that say different splits, and name no image twice."""
    groups: dict[int, list[View]] = defaultdict(list)
    for view in family.views:
        found = _NUMBER.search(view.head.path.rpartition("/")[2])
        if found and view.split and not view.is_both:
            groups[int(found[0])].append(view)
    return [views for _, views in sorted(groups.items()) if _is_one_way(views)]


def _is_one_way(views: list[View]) -> bool:
    files = [set(view.files) - {""} for view in views]
    apart = sum(map(len, files)) == len(set().union(*files))
    return apart and len({view.split for view in views}) == len(views) > 1


def _proposal(views: list[View], pattern: str, choice: FolderChoice) -> Proposal:
    entries: list[TableKeys] = [{**view.settings({view.location: "location"}), "split": view.split} for view in views]
    keys: SourceKeys = {"layout": "tables", "tables": [{"listing": "**", "pattern": pattern}, *entries]}
    if ignore := choice.keys.get("ignore"):
        keys["ignore"] = ignore
    labels = {parent: "/".join(label) for parent, label in zip(choice.listing.parents, choice.labels, strict=True)}
    firsts = [(next(file for file in view.files if file), view.split) for view in views[:3]]
    rows = tuple(ExampleRow(file, labels.get(file.rpartition("/")[0], ""), split) for file, split in firsts)
    named = ", ".join(f"{view.head.path} ({view.split})" for view in views)
    count = len({file for view in views for file in view.files} - {""})
    evidence = (f"they name {count:,} of {choice.listing.count:,} images",)
    return Proposal(f"folders name the classes, and {named} the splits", {"source": keys}, rows, evidence)
