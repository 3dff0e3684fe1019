"""Folders beside a set of images that are none of its classes, as whole repositories have them."""

from __future__ import annotations

from collections import Counter

from tasks.discover.folder_evidence.companions import Companions
from tasks.discover.folder_evidence.folder_roles import FolderRoles
from tasks.discover.words.folder_names import few, holds_any_images, is_for_documents, share_a_word

_FEW = 0.1
_SOME = 0.05


def pictures_beside(roles: FolderRoles, _: Companions) -> str:
    """A few images above a level of folders that all others have, or in a folder for documentation or results."""
    counts: Counter[tuple[str, ...]] = Counter()
    for folder in roles.labelled:
        counts[folder.names()] += folder.count
    flat = {name[0]: count for name, count in counts.items() if len(name) == 1}
    most = _FEW * sum(counts.values())
    is_uneven = 0 < len(flat) < len(counts) and not roles.named_levels
    if is_uneven and sum(flat.values()) <= most:
        return f"{few(flat)} lies above the folders of nearly all images, and may hold pictures beside the set"
    told = [name for name, count in flat.items() if count <= most and is_for_documents(name)]
    return f"{few(told)} may hold pictures of documentation or results, beside the classes" if told else ""


def any_images_beside(roles: FolderRoles, _: Companions) -> str:
    """A folder at the top that is called for images of any kind, beside folders that are not."""
    tops = {name[0] for folder in roles.labelled if len(name := folder.names()) == 1}
    plain = {name for name in tops if holds_any_images(name)}
    if not plain or plain == tops or share_a_word(tops):
        return ""
    return f"{few(plain)} says nothing of what its images show, and {few(tops - plain)} beside it may be no classes"


def loose_beside_classes(roles: FolderRoles, _: Companions) -> str:
    """Many images of a split that lie beside the folders of its classes: most likely the same ones, not yet sorted."""
    above = {folder.parts[:depth] for folder in roles.labelled for depth in range(len(folder.parts))}
    loose = [folder for folder in roles.folders if folder.split and not folder.kept and folder.parts in above]
    count = sum(folder.count for folder in loose)
    if not loose or count <= _SOME * sum(folder.count for folder in roles.folders):
        return ""
    shown = few("/".join(folder.parts) for folder in loose)
    return f"{count:,} images lie in {shown} itself, beside the folders of classes there, and may be the same once more"
