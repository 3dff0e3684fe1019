"""What lies below a folder, as columns: a million files are four arrays, not a million objects."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.listing.path_patterns import is_path_pattern, path_expression
from tasks.file_names import encode_name
from tasks.reasons import Reason
from tasks.samples import StoreUrl
from tasks.storage.archives import is_archive_name

FILE_SCHEMA = pa.schema(
    [
        ("path", pa.string()),  # relative to the root, `/`-separated, as `encode_name` gives it
        ("size", pa.int64()),  # bytes; -1 where unknown
        ("fingerprint", pa.string()),  # what the listing knows of the bytes; "" where nothing
        ("folder", pa.int32()),  # place of its folder in `Listing.parents`
        ("stored", pa.string()),  # where in an archive its bytes stand, as `Stored`; "" in none
    ]
)
_BATCH = 1 << 16
_MOST_BESIDE = 10_000
_MOST_ALIKE_BESIDE = 2_000
_DEEPEST_BESIDE = 6
_ARCHIVES = frozenset(".zip .tar .gz .tgz .bz2 .tbz2 .tbz .xz .txz .zst .tzst".split())


@dataclass(slots=True)
class Listing:
    """What lies below a folder.

    Attributes:
        root: The folder.
        files: The images, as `FILE_SCHEMA`, ordered by path.
        parents: Every folder that holds an image itself, relative to the root; ``""`` is the root.
        folders: Every folder that is not ignored, relative to the root.
        ignored: How many names were passed over, by reason.
        others: How many files have no image's extension, by extension.
        refused: Files that are no image whatever they hold: path, reason and detail.
        holders: Folders that hold a file of another kind, relative to the root.
        links_out: Paths of links to folders outside of the root that were not followed, ordered.
        beside: Paths of files of other kinds that may say something of the images: a bounded number, ordered.
        alike: How many files of other kinds there are in each folder with each extension.
        archives: Paths of archives, ordered.
        nested: Paths of archives within those, which stay closed.
        guessed: Paths of images in archives that do not state the encoding of their names.
    """

    root: StoreUrl
    files: pa.Table = field(default_factory=FILE_SCHEMA.empty_table)
    parents: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, Reason, str]] = field(default_factory=list)
    holders: set[str] = field(default_factory=set)
    links_out: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    alike: Counter[tuple[str, str]] = field(default_factory=Counter)
    archives: list[str] = field(default_factory=list)
    nested: list[str] = field(default_factory=list)
    guessed: list[str] = field(default_factory=list)

    def refuse(self, path: str, reason: Reason, detail: str) -> None:
        """The file at *path*, as the disk or the archive calls it, is no image whatever it holds."""
        self.refused.append((encode_name(path), reason, detail))

    def note_other(self, path: str, extension: str) -> None:
        """The file at *path* is no image."""
        self.others[extension] += 1
        folder, _, name = path.rpartition("/")
        self.holders.add(folder)
        self.note_beside(path, extension)
        if extension in _ARCHIVES and is_archive_name(name):
            self.archives.append(path)

    def note_beside(self, path: str, extension: str) -> None:
        """The file at *path* may say something of the images."""
        kind = (path.rpartition("/")[0], extension)
        self.alike[kind] += 1
        is_wanted = len(self.beside) < _MOST_BESIDE and self.alike[kind] <= _MOST_ALIKE_BESIDE
        if is_wanted and path.count("/") <= _DEEPEST_BESIDE:
            self.beside.append(path)

    @property
    def count(self) -> int:
        """How many images there are."""
        return int(self.files.num_rows)

    @property
    def folder_numbers(self) -> npt.NDArray[np.int32]:
        """For each image the place of its folder in `parents`."""
        return np.asarray(self.files["folder"].to_numpy(), dtype=np.int32)


class FileColumns:
    """Images as they are found, growing column by column.

    Attributes:
        names: Of the files in hand, without their folder.
        sizes: Their bytes.
        times: When they were modified, in ns since the epoch, as `wrapped_ns` has it.
        changes: When they, or what is known of them, were changed, the same way.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.sizes = array("q")
        self.times = array("q")
        self.changes = array("q")
        self.parents: list[str] = []
        self._folders = array("i")
        self._tables: list[pa.Table] = []

    def close_folder(self, folder: str) -> None:
        """All that was added since the last call lies in *folder*."""
        added = len(self.names) - len(self._folders)
        if not added:
            return
        if not self.parents or self.parents[-1] != folder:
            self.parents.append(folder)
        self._folders.extend([len(self.parents) - 1] * added)
        if len(self.names) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        columns = [pa.array(np.frombuffer(column, np.int64)) for column in (self.sizes, self.times, self.changes)]
        fingerprints = pc.binary_join_element_wise(*(column.cast(pa.string()) for column in columns), "-")
        self._add(self.names, self._folders, columns[0], fingerprints)
        self.names, self._folders = [], array("i")
        self.sizes, self.times, self.changes = array("q"), array("q"), array("q")

    def _add(self, names: list[str], numbers: array[int], sizes: pa.Array, fingerprints: pa.Array) -> None:
        folders = pa.array(np.frombuffer(numbers, np.int32))
        first = min(numbers)  # of a batch, so that a million folders are not looked at again for each
        parents = [f"{encode_name(folder)}/" if folder else "" for folder in self.parents[first:]]
        heads = pa.array(parents).take(pc.subtract(folders, first))
        plain = names if "".join(names).isascii() else [encode_name(name) for name in names]
        paths = pc.binary_join_element_wise(heads, pa.array(plain, pa.string()), "")
        nowhere = pa.repeat(pa.scalar(""), len(paths))
        self._tables.append(pa.table([paths, sizes, fingerprints, folders, nowhere], schema=FILE_SCHEMA))

    def finish(self, listing: Listing) -> Listing:
        """*listing* with all of it, ordered by path."""
        if self.names:
            self._flush()
        listing.files = sorted_files(self._tables)
        listing.parents = [encode_name(parent) for parent in self.parents]
        return listing


def stored_of(places: pa.Array | pa.ChunkedArray, listing: Listing) -> pa.ChunkedArray:
    """Where in an archive the bytes of those files of *listing* stand that are at *places*; empty for those below 0."""
    is_listed = pc.greater_equal(places, 0)
    if not pc.any(is_listed).as_py():
        return pa.chunked_array([pa.repeat(pa.scalar(""), len(places))])
    index = pc.if_else(is_listed, places, None)
    return pc.fill_null(listing.files["stored"].take(index), "")


class ListedFiles:
    """Images as a store or an archive lists them, one by one, growing."""

    def __init__(self) -> None:
        self._paths: list[str] = []
        self._fingerprints: list[str] = []
        self._stored: list[str] = []
        self._sizes = array("q")
        self._folders = array("i")
        self._numbers: dict[str, int] = {}

    def add(self, path: str, size: int, fingerprint: str, stored: str = "") -> None:
        """One more."""
        self._paths.append(path)
        self._sizes.append(size)
        self._fingerprints.append(fingerprint)
        self._stored.append(stored)
        self._folders.append(self._numbers.setdefault(path.rpartition("/")[0], len(self._numbers)))

    def finish(self, listing: Listing) -> Listing:
        """*listing* with all of it, ordered by path."""
        sizes, folders = np.frombuffer(self._sizes, np.int64), np.frombuffer(self._folders, np.int32)
        columns = [self._paths, sizes, self._fingerprints, folders, self._stored]
        table = pa.table([pa.array(column) for column in columns], FILE_SCHEMA.names)
        listing.files = sorted_files([table.cast(FILE_SCHEMA)])
        listing.parents = list(self._numbers)
        return listing


def sorted_files(tables: list[pa.Table]) -> pa.Table:
    """*tables* of `FILE_SCHEMA` as one, ordered by path."""
    files = pa.concat_tables([FILE_SCHEMA.empty_table(), *tables])
    return files.take(pc.sort_indices(files["path"]))


def without_files(listing: Listing, is_gone: pa.Array) -> Listing:
    """*listing* without the files for which *is_gone* holds, and without the folders that then hold none."""
    files = listing.files.filter(pc.invert(is_gone))
    left = np.unique(np.asarray(files["folder"].to_numpy(), dtype=np.int64))
    numbers = np.full(len(listing.parents), -1, dtype=np.int32)
    numbers[left] = np.arange(len(left), dtype=np.int32)
    folders = pa.array(numbers[np.asarray(files["folder"].to_numpy(), dtype=np.int64)], pa.int32())
    gone = set(listing.parents) - {listing.parents[number] for number in left.tolist()}
    return replace(
        listing,
        files=files.set_column(files.schema.get_field_index("folder"), FILE_SCHEMA.field("folder"), folders),
        parents=[listing.parents[number] for number in left.tolist()],
        ignored=Counter(listing.ignored),
        holders=listing.holders | gone,
    )


def without_ignored(listing: Listing, patterns: Iterable[str]) -> Listing:
    """*listing* without what those of *patterns* mean that mean paths: how many images that are is counted, also 0."""
    for pattern in filter(is_path_pattern, patterns):
        expression = path_expression(pattern)
        is_gone = pc.match_substring_regex(listing.files["path"].combine_chunks(), expression)
        count = pc.sum(is_gone).as_py() or 0
        means, means_folder = (re.compile(text).match for text in (expression, path_expression(pattern.rstrip("/"))))
        listing = without_files(listing, is_gone) if count else replace(listing, ignored=Counter(listing.ignored))
        listing.ignored[f"unlisted images in {pattern}"] += count
        listing = replace(
            listing,
            folders=[folder for folder in listing.folders if not means_folder(folder)],
            links_out=[link for link in listing.links_out if not means_folder(link)],
            refused=[one for one in listing.refused if not means(one[0])],
        )
    return listing
