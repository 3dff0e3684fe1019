"""Tables beside class folders that are too short to be evidence, and say something else of an image than its folder."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

import pyarrow.compute as pc

from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import Family
from tasks.discover.folder_evidence.folder_choice import FolderChoice
from tasks.discover.heads.head import Head
from tasks.discover.listing.listing import Listing
from tasks.discover.words.column_words import strength_of
from tasks.file_names import decode_name

_CERTAIN = 3
_SEVERAL = 2


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


def corrected(families: Sequence[Family], choice: FolderChoice) -> str:
    """What speaks against the folders of *choice*: a table that gives several images the names of others of them.

    A table of few images is no evidence of what its columns are; but where all cells of one are names of classes, it
    says the class.
    """
    classes = {part for label in choice.labels for part in label}
    own = dict(zip(choice.listing.parents, choice.labels, strict=True))
    for view in (view for family in families for view in family.views):
        columns = [
            [(file, cell) for file, cell in zip(view.files, cells, strict=True)
             if cell not in own.get(file.rpartition("/")[0], (cell,))]
            for cells in _of_classes(view, classes)
        ]  # fmt: skip
        fewest = min(columns, key=len, default=[])
        if len(fewest) >= _SEVERAL:
            said = f"{decode_name(fewest[0][0])}: {fewest[0][1]}"
            return f"{view.head.path} calls {len(fewest):,} images otherwise than their folders do, such as {said}"
    return ""


def _of_classes(view: View, classes: Container[str]) -> Iterator[list[str]]:
    """The columns of *view* besides that of the images of which each cell is one of *classes*, and is no number."""
    for name in view.head.names:
        cells = [cell.strip() for cell in view.head.column(name)]
        if name != view.location and all(cell in classes and not cell.isdecimal() for cell in cells):
            yield cells


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
