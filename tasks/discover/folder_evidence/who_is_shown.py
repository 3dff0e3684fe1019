"""What speaks against folders of which others tell whom, where or from which side: pairs, places and views."""

from __future__ import annotations

from tasks.discover.folder_evidence.companions import Companions
from tasks.discover.folder_evidence.folder_roles import WHO, FolderRoles
from tasks.discover.words.folder_names import few, is_sought, number_one_thing, tells_a_view


def sought(roles: FolderRoles, _: Companions) -> str:
    """Folders of images that are looked for, and of those among which: they hold the same things."""
    names = {name for folder in roles.labelled for name in folder.names() if is_sought(name)}
    if len(names) < 2:
        return ""
    return f"{few(names)} say which images are looked for among which, not what they show"


def numbered_above(roles: FolderRoles, _: Companions) -> str:
    """Folders that are numbered, or called for a view, above others that number whom or where their images show."""
    passed = {name for names, why in roles.passed if why == WHO for name in names}
    names = {"/".join(folder.names()) for folder in roles.labelled}
    if not passed or len(names) < 2:
        return ""
    if number_one_thing(names):
        return f"the folders {few(names)} are numbered, as {few(passed)} in them are, and may be no classes either"
    if all(map(tells_a_view, names)):
        return f"{few(names)} tell from where images were taken, and {few(passed)} in them whom or what they show"
    return ""
