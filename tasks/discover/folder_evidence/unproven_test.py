"""Folders in a test split that only spread its images: ``test/0``, ``test/part00`` beside ``train/cat``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tasks.discover.folder_evidence.folder_roles import FolderRole, FolderRoles


def drop_test_folders(roles: FolderRoles) -> None:
    """Take the labels of a test split away whose folders are no class of another split, and are called otherwise."""
    test = [folder for folder in roles.labelled if folder.split == "test"]
    others = [folder for folder in roles.labelled if folder.split not in {"", "test"}]
    names, known = _names(test), _names(others)
    if not names or not known or names & known or not all(any(map(str.isdigit, name)) for name in names):
        return
    if {_shape(name) for name in names} & {_shape(name) for name in known}:
        return
    roles.passed.append((sorted(names), "is no class of another split, and numbers what lies in the test split"))
    for folder in test:
        folder.kept = []


def _names(folders: Iterable[FolderRole]) -> set[str]:
    return {"/".join(folder.names()) for folder in folders}


def _shape(name: str) -> str:
    """What *name* is made of: letters and numbers, however long."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", name))
