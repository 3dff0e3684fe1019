"""Every image below a folder, with its size and fingerprint: one scan, and one stat for each file on a local disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from tasks.discover.listing.listing import FileColumns, Listing, without_ignored
from tasks.discover.listing.names import NameRules, why_ignored
from tasks.discover.listing.scan_archives import scan_archive
from tasks.discover.listing.scan_packed import with_archives
from tasks.discover.listing.scan_remote import scan_remote
from tasks.discover.listing.unread_formats import unread_file
from tasks.discover.settings import SourceSettings
from tasks.errors import LayoutError
from tasks.file_names import encode_name
from tasks.reasons import Reason
from tasks.records.array_files import is_array_file
from tasks.records.columnar_files import is_columnar
from tasks.records.framed_files import is_framed
from tasks.records.text_window import compression_of
from tasks.samples import StoreUrl, file_fingerprint, wrapped_ns
from tasks.storage import no_such, redact_url
from tasks.storage.archives import archive_of
from tasks.storage.client_errors import not_listed
from tasks.storage.schemes import HOW_TO_QUERY

_AT_ONCE = 4096


def scan_images(root: StoreUrl, settings: SourceSettings, limit: int | None = None) -> Listing | None:
    """All images below *root*; None where it holds more than *limit* entries.

    Raises:
        LayoutError: There is no such folder, or it cannot be listed to its end.
    """
    rules = NameRules(settings.extensions, settings.ignore)
    try:
        if (archive := archive_of(root)) is not None:
            found = scan_archive(archive, rules, limit)
        elif root.is_local:
            found = _LocalScan(root, rules, limit, follow=settings.follow_links).scan()
        else:
            found = scan_remote(root, rules, limit)
        if found is not None and settings.archives and archive is None:
            found = with_archives(found, rules, limit)
        return found and without_ignored(found, settings.ignore)
    except FileNotFoundError:
        raise LayoutError(f"{no_such('folder', root.url)} Check `source.path`.") from None
    except NotADirectoryError:
        raise LayoutError(
            _of_table(root)
            or unread_file(root.url)
            or _of_archive(root)
            or _of_database(root)
            or f"{redact_url(root.url)} is not a folder. Name one in `source.path`, or set `layout: csv` or `json` if "
            "it is a label file."
        ) from None
    except OSError as error:
        raise not_listed(root, error) from None
    except ImportError as error:
        raise LayoutError(f"{redact_url(root.url)}: {error}") from None


def _of_table(root: StoreUrl) -> str:
    """How a table that `source.path` names itself, and no layout reads alone, is read; empty for other files."""
    folder, _, name = root.url.rpartition("/")
    bare = compression_of(name)[1]
    if not (is_columnar(bare) or is_framed(bare) or is_array_file(name) or bare.lower().endswith((".xlsx", ".xml"))):
        return ""
    return (
        f"{redact_url(root.url)} is a table in a folder: set `path: {redact_url(folder)}` under `source`, read "
        f"with all tables there, or beside it `tables: [{{file: {name}, columns: {{…}}}}]` for this one alone."
    )


def _of_database(root: StoreUrl) -> str:
    """How a database that `source.path` names is asked; empty for other files."""
    if not root.url.lower().endswith((".db", ".sqlite", ".sqlite3", ".db3", ".duckdb", ".mdb", ".accdb")):
        return ""
    return f"{redact_url(root.url)} is a database, and no folder: {HOW_TO_QUERY}"


def _of_archive(root: StoreUrl) -> str:
    """What can be done about an archive of a kind that is not read; empty for other files."""
    if not root.url.lower().endswith((".7z", ".rar", ".gz", ".bz2", ".xz", ".zst", ".iso", ".cab", ".lz4", ".z")):
        return ""
    return f"{redact_url(root.url)} is not read in place: unpack it, or pack what is in it as a .zip, .tar or .tar.gz."


class _LocalScan:
    """One walk over a local folder. Links come last, so that what they lead to is there already, in a fixed order."""

    def __init__(self, root: StoreUrl, rules: NameRules, limit: int | None, *, follow: bool) -> None:
        self._listing = Listing(root)
        self._columns = FileColumns()
        self._rules = rules
        self._left = limit
        self._follow = follow
        self._root = root.url
        self._real = os.path.realpath(root.url)
        self._links: list[str] = []
        self._followed: set[str] = set()

    def scan(self) -> Listing | None:
        folders = [""]
        while folders:
            while folders:
                folder = folders.pop()
                if not self._scan_folder(folder, folders):
                    return None
            for link in sorted(self._links):
                self._link(link, folders)
            self._links = []
        self._listing.folders.sort()
        self._listing.refused.sort()
        self._listing.beside.sort()
        self._listing.archives.sort()
        self._listing.links_out.sort()
        return self._columns.finish(self._listing)

    def _scan_folder(self, folder: str, folders: list[str]) -> bool:
        """Whether the limit is not reached yet."""
        head = f"{folder}/" if folder else ""
        with self._opened(folder) as entries:
            while batch := list(islice(entries, _AT_ONCE)):
                if self._exhausted(len(batch)):
                    return False
                for entry in self._add_images(batch):
                    self._other(f"{head}{entry.name}", entry, folders)
                self._columns.close_folder(folder)
        return True

    def _exhausted(self, count: int) -> bool:
        if self._left is not None:
            self._left -= count
        return self._left is not None and self._left < 0

    def _opened(self, folder: str) -> os._ScandirIterator[str]:
        if not folder:
            return os.scandir(self._root)
        try:
            return os.scandir(f"{self._root}/{folder}")
        except (FileNotFoundError, NotADirectoryError):
            where = f"{self._root}/{folder}"
            raise LayoutError(f"{where} went away while its source was listed. Run it again.") from None

    def _add_images(self, batch: list[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        """Add what is plainly an image, one stat each, and yield the rest: this loop runs once for every file."""
        columns, is_image = self._columns, self._rules.is_image
        name_of, size_of = columns.names.append, columns.sizes.append
        time_of, change_of = columns.times.append, columns.changes.append
        for entry in batch:
            name = entry.name
            if is_image(name) and entry.is_file(follow_symlinks=False):
                try:
                    found = entry.stat(follow_symlinks=False)
                except OSError:
                    yield entry
                    continue
                name_of(name)
                size_of(found.st_size)
                try:
                    time_of(found.st_mtime_ns)
                except OverflowError:
                    time_of(wrapped_ns(found.st_mtime_ns))
                try:
                    change_of(found.st_ctime_ns)
                except OverflowError:
                    change_of(wrapped_ns(found.st_ctime_ns))
            else:
                yield entry

    def _other(self, path: str, entry: os.DirEntry[str], folders: list[str]) -> None:
        if self._rules.is_ignored(entry.name):
            self._listing.ignored[why_ignored(entry.name)] += 1
        elif entry.is_symlink():
            self._links.append(path)
        elif entry.is_dir(follow_symlinks=False):
            self._listing.folders.append(encode_name(path))
            folders.append(path)
        elif not self._rules.has_extension(entry.name):
            self._listing.note_other(encode_name(path), self._rules.extension(entry.name))
        elif entry.is_file(follow_symlinks=False):
            self._listing.refuse(path, Reason.NOT_FOUND, "went away while its source was listed")
        else:
            self._listing.refuse(path, Reason.NOT_A_REGULAR_FILE, "is not a regular file")

    def _link(self, path: str, folders: list[str]) -> None:
        place = f"{self._root}/{path}"
        target = os.path.realpath(place)
        name = path.rpartition("/")[2]
        if os.path.isdir(place):  # noqa: PTH112 - pathlib's raises where a link leads round in a circle
            self._folder_link(path, target, folders)
        elif not self._rules.has_extension(name):
            self._other_link(path, target)
        elif self._follow or f"{target}/".startswith(f"{self._real.rstrip('/')}/"):
            self._file_link(path)
        else:
            self._listing.refuse(
                path,
                Reason.OUTSIDE_ROOT,
                "is a link that leads out of the source; `source.follow_links: true` follows it",
            )

    def _other_link(self, path: str, target: str) -> None:
        """Note a link to a file of another kind; an archive outside of the source is not looked into."""
        listing = self._listing
        listing.note_other(encode_name(path), self._rules.extension(path.rpartition("/")[2]))
        is_inside = self._follow or f"{target}/".startswith(f"{self._real.rstrip('/')}/")
        if not is_inside and listing.archives[-1:] == [encode_name(path)]:
            listing.archives.pop()

    def _folder_link(self, path: str, target: str, folders: list[str]) -> None:
        """Follow a link to a folder where that is asked for: each target once, and none that the link lies in."""
        lies_in = os.path.realpath(f"{self._root}/{path.rpartition('/')[0]}")
        if not self._follow or target in self._followed or f"{lies_in}/".startswith(f"{target.rstrip('/')}/"):
            self._listing.ignored["links to folders"] += 1
            if not self._follow and not f"{target}/".startswith(f"{self._real.rstrip('/')}/"):
                self._listing.links_out.append(encode_name(path))
            return
        self._followed.add(target)
        self._listing.folders.append(encode_name(path))
        folders.append(path)

    def _file_link(self, path: str) -> None:
        try:
            found = Path(self._root, path).stat()
        except OSError as error:
            self._listing.refuse(path, Reason.NOT_FOUND, f"is a link to nothing: {error.strerror}")
            return
        if not stat.S_ISREG(found.st_mode):
            self._listing.refuse(path, Reason.NOT_A_REGULAR_FILE, "is a link to no regular file")
            return
        folder, _, name = path.rpartition("/")
        self._columns.names.append(name)
        self._columns.sizes.append(found.st_size)
        self._columns.times.append(wrapped_ns(found.st_mtime_ns))
        self._columns.changes.append(wrapped_ns(found.st_ctime_ns))
        self._columns.close_folder(folder)


def stat_local(root: str, path: str) -> tuple[int, str] | None:
    """Size and fingerprint of one local file; None where there is none that can be looked at."""
    with suppress(OSError, ValueError):
        found = Path(root, path).stat()
        return found.st_size, file_fingerprint(found)
    return None
