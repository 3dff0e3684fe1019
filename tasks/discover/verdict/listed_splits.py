"""Lists beside the images that part them into splits, as the section of a config whose labels come from elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from tasks.config_keys import SplitKeys
from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import SUBMISSION, Family
from tasks.discover.folder_evidence.contradictions import ALONE
from tasks.discover.proposals import Proposal, UnsettledLayoutError
from tasks.discover.words.folder_names import tokens

_ALL = 0.99


def listed_splits(families: Iterable[Family], images: int) -> SplitKeys:
    """The section `splits` by which lists of *families* part the *images*; empty where they do not.

    Where they name all but those of the training, the rest is for training.
    """
    told: dict[str, str] = {}
    files: dict[str, list[str]] = defaultdict(list)
    plain = [family for family in families if not family.has_folds and not family.roles.split]
    for view in (view for family in plain for view in family.views if _is_list(view)):
        named = set(view.files) - {""}
        if any(told.setdefault(file, view.split) != view.split for file in named):
            return {}
        files[view.split].append(view.head.path)
    is_all = len(told) >= _ALL * images
    if not told or (len(files) < 2 if is_all else "train" in files):
        return {}
    lists = {split: paths[0] if len(paths) == 1 else paths for split, paths in sorted(files.items())}
    return {"files": lists} if is_all else {"files": lists, "rest": "train"}


def _is_list(view: View) -> bool:
    is_plain = view.split and not view.is_both and not view.head.members and "at" not in view.head.keys
    return bool(is_plain) and view.head.is_whole and not SUBMISSION & set(tokens(view.head.path))


def with_listed(error: UnsettledLayoutError, splits: SplitKeys) -> UnsettledLayoutError:
    """*error*, whose proposals take the *splits* of lists where their labels come from folders or names alone."""
    if not splits or error.certain is not None:
        return error
    proposals = []
    for proposal in error.unsettled.proposals:
        if _names_no_split(proposal):
            named = [
                path for paths in splits["files"].values() for path in ([paths] if isinstance(paths, str) else paths)
            ]
            says = f"{proposal.says}, and {', '.join(named[:4])} the splits"
            rows = tuple(replace(row, split="") for row in proposal.rows)
            proposals.append(Proposal(says, {**proposal.keys, "splits": splits}, rows, proposal.evidence))
        if proposal.says == ALONE or not _names_no_split(proposal):
            proposals.append(proposal)
    return error.offering(proposals)


def _names_no_split(proposal: Proposal) -> bool:
    """Whether *proposal* takes labels, and no splits, from folders or from files' names."""
    source = proposal.keys.get("source", {})
    is_bare = "splits" not in proposal.keys and "path" not in source and not source.get("allow_unlabeled")
    if source.get("layout") in {"class_folders", "hierarchy"}:
        return is_bare
    return is_bare and "(?P<split>" not in source.get("pattern", "(?P<split>")
