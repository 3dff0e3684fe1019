"""Tables beside class folders that are too short to be evidence, and say something else of an image than its folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow.compute as pc

from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import Family
from tasks.discover.heads.head import Head
from tasks.discover.listing.listing import Listing
from tasks.discover.words.column_words import strength_of
from tasks.samples import decode_name

_CERTAIN = 3


def contradictions(families: Sequence[Family], others: Sequence[Head], listing: Listing) -> list[str]:
    """A sentence for each table that gives an image the name of another folder of *listing*.

    Args:
        families: The tables that name images.
        others: Those that do not, or have one record alone, which tells of no column that it names images.
        listing: The images.
    """
    folders = {part for folder in listing.folders for part in folder.split("/")}
    found: dict[str, str] = {}
    said = [(view.head.path, *label) for family in families for view in family.views for label in _labels(view)]
    said += [(head.path, *label) for head in others for label in _labels_of_one(head, listing)]
    for path, file, cell in said:
        if cell in folders and cell not in file.split("/")[:-1]:
            found.setdefault(path, f"{decode_name(file)} is called {cell!r} in {path}")
    return [f"Warning: {said}, and lies in another class's folder: the folders count" for said in found.values()]


def _labels(view: View) -> Iterator[tuple[str, str]]:
    """The images that *view* names, and what its columns of labels say of each."""
    for name in view.head.names:
        if name != view.location and strength_of(name) == _CERTAIN:
            yield from ((file, cell) for file, cell in zip(view.files, view.head.column(name), strict=True) if file)


def _labels_of_one(head: Head, listing: Listing) -> Iterator[tuple[str, str]]:
    """The image that the one record of *head* names, and what its columns of labels, or without a name, say of it."""
    records = [record for record in (head.first, *head.rows) if record]
    if len(records) != 1:
        return
    for place, cell in enumerate(records[0]):
        path = cell.strip().replace("\\", "/").removeprefix("./")
        if "." not in path:
            continue
        paths = listing.files["path"]
        files = paths.filter(pc.or_(pc.equal(paths, path), pc.ends_with(paths, f"/{path}"))).to_pylist()
        for other, name in enumerate(head.names):
            if other != place and len(files) == 1 and (name.isdigit() or strength_of(name) == _CERTAIN):
                yield files[0], records[0][other].strip()
