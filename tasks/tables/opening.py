"""Label files below a source's path: found, opened, their text in a window."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tasks.errors import LabelFileError, LayoutError
from tasks.records.mat_files import is_mat
from tasks.records.text_window import TextWindow, compression_of, decompressed, encoding_of, utf8_chunks
from tasks.samples import StoreUrl
from tasks.storage import is_url, no_such, redact_url
from tasks.storage.archive_store import member_files, opened_place, place_below
from tasks.storage.archives import archive_below, archive_of, packed_path
from tasks.storage.client_errors import not_listed, plain_errors
from tasks.storage.clients import list_below, own_files

_MOST_FILES = 2_000_000


@dataclass(frozen=True, slots=True)
class LabelText:
    """What stands in a label file.

    Attributes:
        place: Where it lies.
        compression: How it is compressed; empty for not at all.
        path_key: What of the config names it, for messages.
        encoding_key: What of the config says its encoding.
    """

    place: StoreUrl
    compression: str
    path_key: str = "`file` in `source.tables`"
    encoding_key: str = "`encoding` of this table"

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """It, decompressed, open for reading.

        Raises:
            LayoutError: There is none, or it cannot be read.
        """
        shown = redact_url(self.place.url)
        try:
            with opened_place(self.place) as file:
                yield self._decompressed(file, shown)
        except FileNotFoundError:
            raise LayoutError(f"{no_such('label file', self.place.url)} Check {self.path_key}.") from None
        except IsADirectoryError:
            raise LayoutError(f"{shown} is a folder, not a label file. Check {self.path_key}.") from None
        except (KeyError, IndexError):
            raise  # they are lookup errors too, but not of an encoding's name
        except (LookupError, UnicodeError) as error:
            raise LabelFileError(f"{shown}: {error}. Check {self.encoding_key}.") from None
        except (OSError, EOFError, ImportError) as error:
            raise LabelFileError(f"{shown} cannot be read: {str(error)[:200]}") from None

    def _decompressed(self, file: BinaryIO, shown: str) -> BinaryIO:
        try:
            return decompressed(file, self.compression, shown)
        except LabelFileError as error:
            raise LabelFileError(f"{shown}: {error}") from None

    @contextmanager
    def window(self, encoding: str) -> Iterator[tuple[TextWindow, str]]:
        """Its text from the beginning, and its encoding: its mark's, else *encoding*, else UTF-8."""
        with self.opened() as file:
            known = encoding_of(file.read(4096), encoding)
        with self.opened() as file:
            yield TextWindow(utf8_chunks(file, known)), known


@dataclass(frozen=True, slots=True)
class TableFile:
    """One label file.

    Attributes:
        root: The source's path.
        name: Relative to it.
    """

    root: StoreUrl
    name: str

    @property
    def place(self) -> StoreUrl:
        """Where it lies: below the root, or in an archive there."""
        return place_below(self.root, self.name)

    @property
    def compression(self) -> str:
        """The compression that its name tells; empty for none."""
        return compression_of(self.name)[0]

    @property
    def bare_name(self) -> str:
        """Its name in lower case, without a compression's suffix."""
        return compression_of(self.name)[1].lower()

    @property
    def arrays_name(self) -> str:
        """Its bare name where it is read for its arrays: a MATLAB file's own, which is not read as JSON then."""
        return self.name.lower() if is_mat(self.name) else self.bare_name

    def opened_for_arrays(self) -> AbstractContextManager[BinaryIO]:
        """It, decompressed, open for its arrays to be read; see `LabelText.opened`."""
        return LabelText(self.place, "").opened() if is_mat(self.name) else self.opened()

    def said(self, name: str) -> str:
        """What the column *name*, one of those about the file itself, holds: ``file.stem``."""
        what = name.removeprefix("file.")
        folder, _, base = self.name.rpartition("/")
        stem = base.partition(".")[0] if base.count(".") == 1 else base.rpartition(".")[0] or base
        if what == "parent" or what.startswith("parent."):
            return parent_of(folder, what)
        known = {"path": self.name, "folder": folder, "name": base, "stem": stem}
        if what not in known:
            raise LabelFileError(
                f"`columns` names {name!r}; of a file itself there are file.path, file.folder, file.name, file.stem, "
                "file.parent, file.parent.2 and so on."
            )
        return known[what]

    def stamp(self) -> str:
        """What the store knows of its bytes, as one text: size and time, or an ETag."""
        archive = archive_of(self.place)
        place = self.place if archive is None else archive.file
        if place.is_local:
            found = Path(place.url).stat()
            return f"{found.st_size}-{found.st_mtime_ns}"
        files, path = own_files(place)
        with plain_errors():
            info = files.info(path)
        return "-".join(str(info.get(key, "")) for key in ("size", "ETag", "mtime", "LastModified", "generation"))

    @property
    def text(self) -> LabelText:
        """What stands in it."""
        return LabelText(self.place, self.compression)

    def opened(self) -> AbstractContextManager[BinaryIO]:
        """It, decompressed, open for reading; see `LabelText.opened`."""
        return self.text.opened()

    def window(self, encoding: str) -> AbstractContextManager[tuple[TextWindow, str]]:
        """Its text from the beginning; see `LabelText.window`."""
        return self.text.window(encoding)


def parent_of(folder: str, what: str) -> str:
    """The name of the folder that ``parent`` (or ``parent.2``, the one above it) means for what lies in *folder*."""
    parts = [part for part in folder.split("/") if part]
    above = int(what.partition(".")[2] or 1) if what.partition(".")[2].isdecimal() or "." not in what else 0
    return parts[-above] if 0 < above <= len(parts) else ""


def table_files(root: StoreUrl, file: str, patterns: Sequence[str]) -> list[TableFile]:
    """The label files that a table names, by path.

    Raises:
        LayoutError: A pattern matches none, or a path leads out of the source.
    """
    if file:
        return [TableFile(root, _inside(file))]
    found: set[str] = set()
    gone = [glob_pattern(_inside(pattern[1:])) for pattern in patterns if pattern.startswith("!")]
    for pattern in patterns:
        if pattern.startswith("!"):
            continue
        matches = [name for name in _listed(root, _inside(pattern)) if not any(one.match(name) for one in gone)]
        if not matches:
            raise LayoutError(
                f"No file below {redact_url(root.url)} matches {pattern!r}. Check `files` in `source.tables`."
            )
        found.update(matches)
    return [TableFile(root, name) for name in sorted(found)]


def _listed(root: StoreUrl, pattern: str) -> list[str]:
    try:
        return _glob(root, pattern)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise not_listed(root, error) from None


def _inside(path: str) -> str:
    normal = posixpath.normpath(path)
    if is_url(path) or normal.startswith(("/", "..")):
        raise LayoutError(
            f"`source.tables` names {redact_url(path)!r}, which does not lie below `source.path`. Set `source.path` to "
            "the folder that holds both, and give the tables relative to it."
        )
    return normal


def glob_pattern(pattern: str) -> re.Pattern[str]:
    """*pattern* as a regular expression over whole paths: ``**/`` is any folders, ``*`` any part of a name."""
    text = ""
    for part in re.split(r"((?:\*\*/)+|\*\*|\*|\?|\[[^\]]*\])", posixpath.normpath(pattern)):
        known = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
        is_set = part.startswith("[") and len(part) > 2
        text += known.get("**/" if part.startswith("**/") else part) or (
            part.replace("[!", "[^").replace("\\", r"\\") if is_set else re.escape(part)
        )
    return re.compile(f"(?s:{text})\\Z")


def _glob(root: StoreUrl, pattern: str) -> list[str]:
    """Files that *pattern* matches; one that names archives as folders, ``*.tar/*.cls``, files in them too."""
    archives, _ = packed_path(pattern)
    fixed = re.split(r"[*?\[]", archives or pattern)[0].rpartition("/")[0]
    matches = glob_pattern(pattern)
    if not archives or archive_of(root) is not None:
        return [name for name in _walk(root, fixed) if matches.match(name)]
    is_meant = glob_pattern(archives)
    packed = [path for path in _walk(root, fixed) if is_meant.match(path)]
    inside = (f"{path}/{name}" for path in packed for name in member_files(archive_below(root, path)))
    return [name for name in inside if matches.match(name)]


def _walk(root: StoreUrl, folder: str) -> Iterator[str]:
    """Every file below *folder*, relative to *root*, without hidden ones."""
    if (archive := archive_of(root)) is not None:
        yield from (path for path in member_files(archive) if not folder or path.startswith(f"{folder}/"))
        return
    if not root.is_local:
        found, start = list_below(root.child(folder) if folder else root)
        head = f"{folder}/" if folder else ""
        yield from (f"{head}{path[len(start) :].lstrip('/')}" for path in found)
        return
    for where, folders, names in os.walk(Path(root.url, folder), onerror=_raise):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = os.path.relpath(where, root.url)
        head = "" if below == "." else f"{below}/"
        yield from (f"{head}{name}" for name in names if not name.startswith("."))


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
