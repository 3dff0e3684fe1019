"""Files of arrays and other programs' objects: never loaded, but known by name or first bytes, with the way out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow.compute as pc

from tasks.discover.listing.listing import Listing
from tasks.errors import DatasetError, LayoutError
from tasks.records.mat_files import is_mat, objects_in
from tasks.samples import StoreUrl
from tasks.storage import redact_url
from tasks.tables.opening import TableFile

_MOST_OPENED = 20
_HEAD = 16
_ENDS_KNOWN = (".csv", ".tsv", ".tab", ".txt", ".md", ".json", ".jsonl", ".xml", ".html", ".htm", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class UnreadFormat:
    """A format that is never loaded.

    Attributes:
        what: What people call it.
        why: Why it is not loaded, as a half sentence.
        opens: What opens it in Python.
        names: What names of its files look like.
        magic: What its bytes begin with; empty where only names tell.
    """

    what: str
    why: str
    opens: str
    names: re.Pattern[str]
    magic: re.Pattern[bytes] | None = None


_AS_TABLE = "is read only where `source.tables` names its arrays of images and of labels"
_MATLAB = UnreadFormat(
    "MATLAB file",
    "is read only as `save(name, '-v7')` writes it, and only of numbers, texts, cells and structures",
    "scipy.io.loadmat(name)`, one of version 7.3 with `h5py.File(name)`, or either in MATLAB with `load(name)",
    re.compile(r"\.mat$"),
    re.compile(rb"MATLAB \d"),
)
_FORMATS = (
    _MATLAB,
    UnreadFormat(
        "Python pickle",
        "is never loaded, as loading one runs whatever code it holds",
        "pickle.load(open(name, 'rb'), encoding='latin1')",
        re.compile(r"\.(pkl|pickle|p|joblib|pt|pth)$"),
        re.compile(rb"\x80[\x02-\x05][}\])(cKUX\x95\x8a]"),
    ),
    UnreadFormat("NumPy array", "is not decoded", "numpy.load(name)", re.compile(r"\.npy$")),
    UnreadFormat("NumPy archive", _AS_TABLE, "numpy.load(name)", re.compile(r"\.npz$")),
    UnreadFormat(
        "IDX file",
        _AS_TABLE,
        "numpy.frombuffer(gzip.open(name).read(), 'uint8', offset=16)` (images; 8 for labels), `reshape(-1, 28, 28)",
        re.compile(r"[-.]idx\d-ubyte(\.gz)?$"),
    ),
    UnreadFormat(
        "HDF5 file",
        "is not read",
        "h5py.File(name)",
        re.compile(r"\.(h5|hdf5|hdf|he5)$"),
        re.compile(rb"\x89HDF\r\n\x1a\n"),
    ),
    UnreadFormat("LMDB database", "is not read", "lmdb.open(folder)", re.compile(r"(^|/)(data|lock)\.mdb$")),
)


def unread_format(name: str) -> UnreadFormat | None:
    """The format that the file's *name* tells, where it is one that is never loaded."""
    return next((one for one in _FORMATS if one.names.search(name.lower())), None)


def unread_sentences(root: StoreUrl, paths: Iterable[str]) -> list[str]:
    """One sentence for each format among *paths* that is never loaded: which, why not, and how to export it."""
    found: dict[str, list[str]] = {}
    opened = 0
    for path in paths:
        known = unread_format(path)
        if known in {None, _MATLAB} and not path.lower().endswith(_ENDS_KNOWN):
            known = _by_content(TableFile(root, path)) if opened < _MOST_OPENED else None
            opened += 1
        if known is not None:
            found.setdefault(known.what, []).append(path)
    return [_sentence(one, found[one.what]) for one in _FORMATS if one.what in found]


def unread_file(name: str) -> str:
    """The sentence for a file that `source.path` names itself; empty where its name tells no such format."""
    known = unread_format(name)
    return _sentence(known, [redact_url(name).rpartition("/")[2]]) if known is not None else ""


def refuse_arrays(listing: Listing) -> None:
    """Raise `LayoutError` where all images of *listing* are NumPy arrays, which are not decoded."""
    if listing.count and not listing.refused and pc.all(pc.ends_with(listing.files["path"], ".npy")).as_py():
        told = unread_file(listing.files["path"][0].as_py())
        raise LayoutError(f"All {listing.count:,} images under {redact_url(listing.root.url)} are arrays. {told}")


def _by_content(file: TableFile) -> UnreadFormat | None:
    try:
        with file.opened_for_arrays() as opened:
            if is_mat(file.name):
                return _MATLAB if objects_in(opened) else None
            head = opened.read(_HEAD)
    except (DatasetError, OSError, EOFError, ValueError):
        return _MATLAB if is_mat(file.name) else None
    return next((one for one in _FORMATS if one.magic is not None and one.magic.match(head)), None)


def _sentence(one: UnreadFormat, names: list[str]) -> str:
    shown = (
        f"{names[0]} is a {one.what}" if len(names) == 1 else f"{len(names):,} files are {one.what}s ({names[0]}, …)"
    )
    shown = re.sub(r"\ba (?=IDX|HDF|LMDB)", "an ", shown)
    return (
        f"{shown}, a format that {one.why}: open it once with `{one.opens}`, save the images in it as files by Pillow "
        "(`Image.fromarray`), write labels.csv with the columns `location,label`, and name the folder that holds both."
    )
