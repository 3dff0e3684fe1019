"""Tables beside class folders that are too short to be evidence, and say something else of an image than its folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import Family
from tasks.discover.listing.listing import Listing
from tasks.discover.words.column_words import strength_of
from tasks.samples import decode_name

_CERTAIN = 3


def contradictions(families: Sequence[Family], listing: Listing) -> list[str]:
    """A sentence for each table of *families* that gives an image the name of another folder of *listing*."""
    folders = {part for folder in listing.folders for part in folder.split("/")}
    found: dict[str, str] = {}
    for family in families:
        for view in family.views:
            for file, cell in _labels(view):
                if cell in folders and cell not in file.split("/")[:-1]:
                    found.setdefault(view.head.path, f"{decode_name(file)} is called {cell!r} in {view.head.path}")
    return [f"Warning: {said}, and lies in another class's folder: the folders count" for said in found.values()]


def _labels(view: View) -> Iterator[tuple[str, str]]:
    """The images that *view* names, and what its columns of labels say of each."""
    for name in view.head.names:
        if name != view.location and strength_of(name) == _CERTAIN:
            yield from ((file, cell) for file, cell in zip(view.files, view.head.column(name), strict=True) if file)
