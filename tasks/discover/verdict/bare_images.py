"""Images without a row in a table of what images show, in the folder of those that have some: they may show nothing."""

from __future__ import annotations

from dataclasses import replace

from tasks.config_keys import TableKeys
from tasks.discover.claims.claim import LabelClaim
from tasks.discover.listing.listing import Listing
from tasks.discover.words.folder_names import few

_MOST_FOLDERS = 4
_NAME = "(?P<listed_as>[^/]+)$"
"""A column that no other table has, so that the listing adds one."""


def with_bare_images(claim: LabelClaim, listing: Listing) -> list[LabelClaim]:
    """*claim*, of sets of labels, with the images beside those that it names as ones without a label; else empty."""
    folders = {path.rpartition("/")[0] for path in claim.by_file}
    if not claim.is_many or claim.column.one_hot or claim.has_bare or not 0 < len(folders) <= _MOST_FOLDERS:
        return []
    paths = listing.files["path"].to_pylist()
    bare = [path for path in paths if path not in claim.by_file and path.rpartition("/")[0] in folders]
    if not bare or len(bare) > len(claim.by_file):
        return []
    listed: list[TableKeys] = [
        {"listing": f"{folder}/*" if folder else "*", "pattern": _NAME} for folder in sorted(folders)
    ]
    entries = [*listed, *claim.entries]
    says = f"{claim.says}, and images in {few(folder or '.' for folder in folders)} that it does not name show none"
    return [replace(claim, entries=entries, by_file=claim.by_file | dict.fromkeys(bare, ()), says=says, is_sure=False)]
