"""Every image in an archive, with its size, its fingerprint and where its bytes stand: its directory, read once."""

from __future__ import annotations

import posixpath

from tasks.discover.listing.listing import ListedFiles, Listing
from tasks.discover.listing.names import NameRules, why_ignored
from tasks.errors import LayoutError
from tasks.file_names import encode_name
from tasks.reasons import Reason
from tasks.storage import redact_url
from tasks.storage.archives import Archive
from tasks.storage.members import Member, member_path, read_members


def scan_archive(archive: Archive, rules: NameRules, limit: int | None) -> Listing | None:
    """All images in *archive*; None where it holds more than *limit* entries, or a short look comes to no end.

    Raises:
        LayoutError: It is damaged, or its images are encrypted.
        FileNotFoundError: There is no such archive, or no such folder in it.
        OSError: It cannot be read.
    """
    scan = _ArchiveScan(archive, rules)
    for member in read_members(archive, limit):
        if member is None:
            return None
        scan.add(member)
    return scan.finish()


class _ArchiveScan:
    """Members as they come; of several under one name the last counts, as it would once they were unpacked."""

    def __init__(self, archive: Archive, rules: NameRules) -> None:
        self._archive = archive
        self._rules = rules
        self._listing = Listing(archive.place)
        self._found: dict[str, Member] = {}
        self._folders: set[str] = set()
        self._encrypted: list[str] = []

    def add(self, member: Member) -> None:
        path = member_path(member.name)
        if path is None:
            if self._rules.has_extension(posixpath.basename(member.name)):
                why = Reason.OUTSIDE_ROOT, "its name leads out of the archive"
                self._listing.refuse(member.name, *why)
            return
        below = _below(path, self._archive.inner)
        if not below:
            return
        if member.size < 0 and self._is_shown(below):
            self._folders.add(below)
        elif member.size >= 0:
            if below in self._found:
                self._listing.ignored["earlier members of the same name"] += 1
            self._found[below] = member

    def _is_shown(self, path: str) -> bool:
        return not any(self._rules.is_ignored(name) for name in path.split("/"))

    def finish(self) -> Listing:
        if self._archive.inner and not self._found and not self._folders:
            raise FileNotFoundError(self._archive.place.url)
        files = ListedFiles()
        for path, member in self._found.items():
            self._file(path, member, files)
        if self._encrypted:
            raise LayoutError(
                f"{redact_url(self._archive.file.url)}: {len(self._encrypted):,} of its images are encrypted "
                f"({', '.join(self._encrypted[:3])}), and parquetry knows no passwords. Unpack it."
            )
        self._listing.folders = [encode_name(folder) for folder in sorted(self._folders)]
        self._listing.beside.sort()
        self._listing.refused.sort()
        return files.finish(self._listing)

    def _file(self, path: str, member: Member, files: ListedFiles) -> None:
        folder, _, name = path.rpartition("/")
        if ignored := next((part for part in path.split("/") if self._rules.is_ignored(part)), ""):
            self._listing.ignored[why_ignored(ignored)] += 1
            return
        while folder and folder not in self._folders:
            self._folders.add(folder)
            folder = folder.rpartition("/")[0]
        if not self._rules.has_extension(name):
            self._listing.note_other(encode_name(path), self._rules.extension(name))
            return
        if member.is_encrypted:
            self._encrypted.append(path)
            return
        target = self._target(member) if member.link else member
        if target is None:
            why = "is a link to nothing in the archive" if member.link else member.problem
            self._listing.refuse(path, Reason.NOT_FOUND if member.link else Reason.NOT_A_REGULAR_FILE, why)
        elif target.problem:
            self._listing.refuse(path, Reason.NOT_A_REGULAR_FILE, target.problem)
        else:
            files.add(encode_name(path), target.size, target.fingerprint, target.stored)
            if member.is_guessed:
                self._listing.guessed.append(encode_name(path))

    def _target(self, member: Member) -> Member | None:
        """What the link *member* leads to in the archive; None where it leads to nothing there."""
        for _ in range(8):
            path = member_path(posixpath.normpath(member.link))
            below = _below(path, self._archive.inner) if path else ""
            found = self._found.get(below) if below else None
            if found is None or not found.link:
                return found
            member = found
        return None


def _below(path: str, inner: str) -> str:
    """What of *path* lies below the folder *inner*; empty for what does not."""
    if not inner:
        return path
    return path[len(inner) + 1 :] if path.startswith(f"{inner}/") else ""
