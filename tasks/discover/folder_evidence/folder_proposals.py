"""The readings that are offered where folders do not prove what they mean."""

from __future__ import annotations

import glob
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from tasks.config_keys import SourceKeys, TableKeys, splits_named
from tasks.discover.by_folders.folder_paths import FolderSource
from tasks.discover.folder_evidence.folder_roles import FolderRole, FolderRoles
from tasks.discover.listing.listing import Listing
from tasks.discover.proposals import ExampleRow, Proposal, UnsettledLayoutError
from tasks.discover.words.folder_names import is_organising, tokens
from tasks.discover.words.split_words import SplitWords
from tasks.storage import redact_url

_SIGNS = "_. -"
"""What may stand between a split and a class in one name."""


def named_layouts(roles: FolderRoles, source: FolderSource, words: SplitWords, ignore: Sequence[str]) -> list[Proposal]:
    """The named layouts by which the folders of *roles* could be meant, and that of images without labels."""
    named = {folder.parts: [folder.parts[place] for place in source.named_places(folder.parts)]
             for folder in roles.folders}  # fmt: skip
    most = max(map(len, named.values()), default=0)
    splits = [words.split_of(parts[0]) for parts in named.values() if parts]
    has_splits = any(splits)
    ignore = list(dict.fromkeys([*source.ignore, *ignore]))  # what is proposed takes the place of what is there
    proposals = [*_with_splits(roles, words, ignore), *_split_and_label(roles, words)]
    if has_splits and most > 1:
        proposals.append(_in_splits(roles, named, words, ignore))
    firsts = {parts[0] for parts in named.values() if parts}
    if not all(is_organising(name) or words.split_of(name) for name in firsts) and (most == 1 or not has_splits):
        tops = ((folder, named[folder.parts][:1]) for folder in roles.folders)
        proposals.append(_reading("each folder of the first level is a class", "class_folders", tops, ignore))
    if most > 1 and not all(splits) and _could_be_labels(named.values(), words):
        every = ((folder, named[folder.parts]) for folder in roles.folders)
        proposals.append(_reading("each level of folders is a level of the label", "hierarchy", every, ignore))
    return [*proposals, _unlabelled(roles, named, words, ignore)]


def _could_be_labels(paths: Collection[Sequence[str]], words: SplitWords) -> bool:
    """Whether the names that part *paths* say more than which split it is, or that it holds images."""
    told = {name for parts in paths for name in parts if not (is_organising(name) or words.split_of(name))}
    shared = set.intersection(*map(set, paths))
    return bool(told - shared) or (len(paths) == 1 and told == shared)


def _unlabelled(
    roles: FolderRoles, named: dict[tuple[str, ...], list[str]], words: SplitWords, ignore: Sequence[str]
) -> Proposal:
    """That no image has a label: by a named layout where its folders name none, else by a table of all images."""
    keys: SourceKeys
    if all(len(parts) <= 1 and all(map(words.split_of, parts)) for parts in named.values()):
        keys = {"layout": "split_folders" if any(named.values()) else "class_folders"}
    else:
        splits = {one.split_place: one.split for one in roles.folders if one.split_at >= 0}
        outside = any(one.split_at < 0 for one in roles.folders)
        tables: list[TableKeys] = [{"listing": f"{at}/**", "split": split} for at, split in sorted(splits.items())]
        keys = {"layout": "tables", "tables": [{"listing": "**"}] if outside else tables}
    if ignore:
        keys["ignore"] = list(ignore)
    return Proposal("the images are meant to have no labels", {"source": {**keys, "allow_unlabeled": True}})


def _with_splits(roles: FolderRoles, words: SplitWords, ignore: Sequence[str]) -> list[Proposal]:
    """What folders beside some that are named like splits could be: the training split, or nothing that counts."""
    if not roles.maybe_splits:
        return []
    above = ["/" + "/".join(["*"] * (depth + 1)) for depth in range(roles.maybe_level)]
    keys: SourceKeys = {"layout": "split_folders"}
    if above:
        keys["ignore_dirs"] = above
    names = {name: split for name, split in sorted(roles.maybe_splits.items()) if words.split_of(name) != split}
    kept: SourceKeys = {**keys, "ignore": list(ignore)} if ignore else keys
    proposals = []
    parts = {name: part.split for name in roles.beside_splits if (part := words.part_of(name)) is not None}
    if len(parts) == len(roles.beside_splits):
        says = ", ".join(f"{name} belongs to the split {split}" for name, split in sorted(parts.items())[:3])
        proposals.append(Proposal(says, {"source": kept, **splits_named(names | parts)}))
    if len(roles.beside_splits) == 1 and "train" not in roles.maybe_splits.values():
        (other,) = roles.beside_splits
        mapped = splits_named(names | {other: "train"})
        proposals.append(Proposal(f"{other} is the training split", {"source": kept, **mapped}))
    for split in _other_splits(roles):
        mapped = splits_named(names | {roles.beside_splits[0]: split})
        proposals.append(Proposal(f"{roles.beside_splits[0]} is the {split} split", {"source": kept, **mapped}))
    without = [*ignore, *("/" + "*/" * roles.maybe_level + name for name in roles.beside_splits[:20])]
    says = f"{', '.join(roles.beside_splits[:3])} shall be left out"
    return [*proposals, Proposal(says, {"source": {**keys, "ignore": without}, **splits_named(names)})]


def _other_splits(roles: FolderRoles) -> list[str]:
    """What the one folder beside splits may be that holds no other classes than the one for training."""
    inside: dict[str, set[str]] = defaultdict(set)
    for folder in roles.folders:
        if len(folder.parts) > roles.maybe_level + 1:
            inside[folder.parts[roles.maybe_level]].add(folder.parts[roles.maybe_level + 1])
    trained = [inside[name] for name, split in roles.maybe_splits.items() if split == "train"]
    mine = inside[roles.beside_splits[0]] if len(roles.beside_splits) == 1 else set()
    if not mine or not any(mine <= classes for classes in trained):
        return []
    return [split for split in ("validation", "test") if split not in roles.maybe_splits.values()]


def _split_and_label(roles: FolderRoles, words: SplitWords) -> list[Proposal]:
    """Where folders name a split and a class in one word, ``trainA``, the pattern that takes both."""
    found = {name: part for name in roles.joined if (part := words.part_of(name)) is not None}
    texts = {name: next(word for word in tokens(name) if words.split_of(word)) for name in found}
    begins = all(name.casefold().startswith(text) for name, text in texts.items())
    if not found or not (begins or all(name.casefold().endswith(text) for name, text in texts.items())):
        return []
    parted = [(name[: len(text)], name[len(text) :]) if begins else (name[-len(text) :], name[: -len(text)])
              for name, text in texts.items()]  # fmt: skip
    splits = sorted({split for split, _ in parted})
    rests = sorted({rest.strip(_SIGNS) for _, rest in parted})
    split = f"(?P<split>{'|'.join(splits)})"
    label = f"(?P<label>{'|'.join(map(re.escape, rests))})"
    between = f"[{_SIGNS}]*" if any(rest != rest.strip(_SIGNS) for _, rest in parted) else ""
    expression = f"(^|/){split}{between}{label}/" if begins else f"(^|/){label}{between}{split}/"
    says = f"they name the split and the class: {', '.join(splits)}, and {', '.join(rests[:5])}"
    return [Proposal(says, {"source": {"layout": "tables", "pattern": expression}})]


def _in_splits(
    roles: FolderRoles, named: dict[tuple[str, ...], list[str]], words: SplitWords, ignore: Sequence[str]
) -> Proposal:
    """That the folders named like splits are splits; what lies in others is rejected."""
    parted = [(folder, parts) for folder in roles.folders if (parts := named[folder.parts])]
    inside = [(folder, parts[1:], split) for folder, parts in parted if (split := words.split_of(parts[0]))]
    made = _reading("the folders named like splits are splits", "split_folders", (one[:2] for one in inside), ignore)
    splits = {folder.example: split for folder, _, split in inside}
    return replace(made, rows=tuple(replace(row, split=splits[row.location]) for row in made.rows))


def _reading(
    says: str, layout: str, labels: Iterable[tuple[FolderRole, Sequence[str]]], ignore: Sequence[str]
) -> Proposal:
    """That *layout* is meant, by which folders have *labels*; images without one are rejected."""
    keys: SourceKeys = {"layout": layout, "ignore": list(ignore)} if ignore else {"layout": layout}
    rows = [ExampleRow(folder.example, "/".join(label)) for folder, label in labels if label]
    return Proposal(says, {"source": keys}, tuple(rows[:3]))


def refuse_links(listing: Listing, source: FolderSource) -> None:
    """Raise where links lead to folders elsewhere, which may hold some of the images, or all.

    Raises:
        UnsettledLayoutError: There are such links, and the config does not say what becomes of them.
    """
    links = listing.links_out
    if not links:
        return
    ignore = [*source.ignore, *(f"/{glob.escape(link)}" for link in links)]
    there = f"{', '.join(links[:3])}{f' and {len(links) - 3:,} more' if len(links) > 3 else ''}"
    one = len(links) == 1
    lead = "leads to a folder elsewhere, and is" if one else "lead to folders elsewhere, and are"
    what = f"{redact_url(source.path)}: {there} {lead} not followed unless the config says so"
    belongs = f"what {'it leads' if one else 'they lead'} to belongs to the source"
    follow = Proposal(belongs, {"source": {"follow_links": True}})
    without = Proposal(f"{'it' if one else 'they'} shall be left out", {"source": {"ignore": ignore}})
    raise UnsettledLayoutError.of("ambiguous_layout", what, [follow, *([without] if listing.count else [])])


def distinct(proposals: Iterable[Proposal]) -> list[Proposal]:
    """*proposals*, each config once."""
    return list({"\n".join(proposal.yaml_lines()): proposal for proposal in reversed(list(proposals))}.values())[::-1]
