"""Which folders a person may want to leave out, where all folders together prove no reading."""

from __future__ import annotations

from tasks.discover.folder_evidence.folder_roles import FolderRoles

_MOST_TOPS = 8


def to_leave_out(roles: FolderRoles) -> list[list[str]]:
    """Folders that may be left out together: those beside splits, and each of a few at the top."""
    parts = [folder.parts for folder in roles.folders]
    width = next((at for at, names in enumerate(zip(*parts, strict=False)) if len(set(names)) > 1), 0)
    tops = sorted({"/".join(one[: width + 1]) for one in parts if len(one) > width})
    level = roles.maybe_level
    beside = {"/".join(one[: level + 1]) for one in parts if len(one) > level and one[level] in roles.beside_splits}
    return ([sorted(beside)] if beside else []) + ([[top] for top in tops] if len(tops) <= _MOST_TOPS else [])
