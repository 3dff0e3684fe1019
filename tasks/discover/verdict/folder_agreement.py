"""Whether tables beside the images say the same of them as their folders do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.claims.claim import LabelClaim
from tasks.discover.folder_evidence.folder_choice import FolderChoice
from tasks.discover.words.folder_names import tokens
from tasks.file_names import decode_name
from tasks.label_kinds import number_of

_AGREES = 0.99
_HALF = 0.5


def of_folders(choice: FolderChoice, named: set[str], is_whole: bool) -> tuple[dict[str, str], dict[str, str]]:
    """For each image of *choice* its label and its split; for those that are *named*, where tables are longer."""
    files = choice.listing.files
    if not is_whole:
        files = files.filter(pc.is_in(files["path"], pa.array(sorted(named), pa.string())))
    numbers = files["folder"].to_pylist()
    paths = files["path"].to_pylist()
    joined = ["/".join(label) for label in choice.labels]
    labels = {path: joined[number] for path, number in zip(paths, numbers, strict=True) if joined[number]}
    return labels, {path: choice.splits[number] for path, number in zip(paths, numbers, strict=True)}


def agrees(claim: LabelClaim, labels: Mapping[str, str]) -> bool:
    """Whether the folders part the images that *claim* names as it does, or it names none of them."""
    shared = [file for file in claim.by_file if file in labels]
    pairs = Counter((claim.by_file[file], labels[file]) for file in shared)
    said_in: Counter[object] = Counter()
    told_of: Counter[str] = Counter()
    for (said, folder), count in pairs.items():
        said_in[said] = max(said_in[said], count)
        told_of[folder] = max(told_of[folder], count)
    is_alike = min(sum(said_in.values()), sum(told_of.values())) >= _AGREES * len(shared)
    big = [pair for pair, count in pairs.items() if count > (1 - _AGREES) * len(shared)]
    folders = {folder for _, folder in big}
    if any(folder not in said and folders & set(said) for said, folder in big):
        return False  # it calls a folder by the name of another one
    return is_alike and len({folder for _, folder in big}) == len(big) and _names_alike(big)


def _names_alike(pairs: Sequence[tuple[tuple[str, ...], str]]) -> bool:
    """Whether what is said of folders is their number or their name, and the folders' names are no abbreviations."""
    for said, folder in pairs:
        texts = ["".join(tokens(label)) for label in said if number_of(label) is None]
        own = "".join(tokens(folder.rpartition("/")[2]))
        if texts and len(own) < 3 and own not in texts:
            return False
    return True


def how_it_differs(claim: LabelClaim, labels: Mapping[str, str]) -> str:
    """What to say of *claim*, which does not go with folders: which images it calls otherwise, where these are few."""
    shared = {file: (claim.by_file[file], labels[file]) for file in sorted(claim.by_file) if file in labels}
    own = {file: "".join(tokens(folder.rpartition("/")[2])) for file, (_, folder) in shared.items()}
    differing = [file for file, (said, _) in shared.items() if own[file] not in {"".join(tokens(one)) for one in said}]
    classes = {label.rpartition("/")[2] for label in labels.values()}
    names_classes = all(set(said) <= classes for said, _ in shared.values())
    if not differing or (2 * len(differing) >= len(shared) and not names_classes):
        return "goes with no class that the folders name"
    first = differing[0]
    return (
        f"calls {len(differing):,} of {len(shared):,} images otherwise than their folders do, such as "
        f"{decode_name(first)}: {', '.join(shared[first][0])[:100]}"
    )


def called_otherwise(claims: Iterable[LabelClaim], choice: FolderChoice) -> str:
    """What speaks against the folders of *choice*: one of *claims* that goes with none of them; empty without one."""
    for claim in claims:
        labels, _ = of_folders(choice, set(claim.by_file), is_whole=False)
        if claim.names_several and not agrees(claim, labels):
            return f"{claim.says}, and {how_it_differs(claim, labels)}"
    return ""


def outlined_alike(claims: Iterable[LabelClaim], choice: FolderChoice) -> str:
    """What speaks against the folders of *choice*: annotations of most images, in some of them, outline one class.

    Where they are of images in all folders they may tell of something else; in a folder of that class's name they say
    what it says.
    """
    for claim in (claim for claim in claims if claim.has_boxes and not claim.names_several):
        said = {"".join(tokens(label)) for labels in claim.by_file.values() for label in labels}
        labels, _ = of_folders(choice, set(claim.by_file), is_whole=False)
        odd = [
            file for file, folder in labels.items() if not said & {"".join(tokens(part)) for part in folder.split("/")}
        ]
        is_of_some = len(set(labels.values())) < len(set(choice.labels) - {()})
        if said and is_of_some and len(odd) >= _HALF * choice.listing.count:
            return f"{claim.says}, and goes with no class that the folders name"
    return ""


def determines(labels: Mapping[str, str], claim: LabelClaim) -> bool:
    """Whether each folder has one label, or each label one folder, so that one refines the other."""
    pairs = {(labels[file], said) for file, said in claim.by_file.items() if file in labels}
    folders, said = {folder for folder, _ in pairs}, {label for _, label in pairs}
    if len(pairs) == len(folders) == len(said):
        return False
    return len(pairs) in {len(folders), len(said)} and len(folders) > 1


def pattern_of(choice: FolderChoice) -> str | None:
    """The pattern over paths that finds the labels of *choice*; None where they stand at different places."""
    parts = [tuple(parent.split("/")) if parent else () for parent in choice.listing.parents]
    width = {len(label) for label in choice.labels}
    if len(width) != 1 or not (size := width.pop()):
        return None
    for start in range(max(map(len, parts), default=0)):
        if all(path[start : start + size] == label for path, label in zip(parts, choice.labels, strict=True)):
            names = ["label"] if size == 1 else [f"label__l{level}" for level in range(size)]
            return f"^(?:[^/]+/){{{start}}}" + "".join(f"(?P<{name}>[^/]+)/" for name in names)
    return None
