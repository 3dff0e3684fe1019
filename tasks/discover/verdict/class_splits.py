"""Lists that part the classes of folders into splits, and not the images: ``trainclasses.txt``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tasks.config_keys import SourceKeys, splits_named
from tasks.discover.claims.table_view import split_of_name
from tasks.discover.folder_evidence.folder_choice import FolderChoice
from tasks.discover.heads.head import Head
from tasks.discover.proposals import Proposal
from tasks.discover.verdict.folder_agreement import pattern_of
from tasks.discover.words.split_words import SplitWords

_MOST = 0.9
_BEGIN = re.compile(r"(training|train|validation|valid|val|testing|test)(?=[a-z])")


def class_splits(choice: FolderChoice, others: Iterable[Head], words: SplitWords) -> tuple[str, list[Proposal]]:
    """What lists among *others* that give each class of *choice* a split are called, and the reading by them."""
    classes = {label[0] for label in choice.labels if len(label) == 1}
    if any(choice.splits):
        return "", []
    told: dict[str, str] = {}
    lists: dict[str, str] = {}
    for head in others:
        split = split_of_name(head.said, words)[0] or _begun(head.path, words)
        cells = {row[0].strip() for row in (head.first, *head.rows) if row}
        if split and len(head.names) == 1 and cells and cells <= classes and not cells & set(told):
            told |= dict.fromkeys(cells, split)
            lists[head.path] = split
    if len(set(told.values())) < 2 or len(told) < _MOST * len(classes):
        return "", []
    named, pattern = ", ".join(lists), pattern_of(choice)
    if pattern is None:
        return named, []
    both = pattern.replace("(?P<label>[^/]+)", "(?P<label>(?P<split>[^/]+))")
    keys: SourceKeys = {"layout": "tables", "tables": [{"listing": "**", "pattern": both}]}
    if ignore := choice.keys.get("ignore"):
        keys["ignore"] = ignore
    says = f"folders name the classes, and {named} which classes are of which split"
    return named, [Proposal(says, {"source": keys, **splits_named(dict(sorted(told.items())))})]


def _begun(path: str, words: SplitWords) -> str:
    """The split whose word the name of a list begins with; empty for none."""
    found = _BEGIN.match(path.rpartition("/")[2].casefold())
    return words.split_of(found[1]) if found else ""
