"""Folders of object stores, and of every other file system that fsspec reaches."""

from __future__ import annotations

import errno
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import fsspec
from fsspec.asyn import AsyncFileSystem
from fsspec.spec import AbstractFileSystem

from tasks.errors import DatasetError, OutputError, UnansweredError
from tasks.samples import StoreUrl
from tasks.storage.claims import claimed_folder, sweep_claims
from tasks.storage.client_errors import words_of
from tasks.storage.clients import FileInfo, Files
from tasks.storage.names import WORKPLACE, is_own
from tasks.storage.store import StoredFile, told
from tasks.storage.urls import redact_url

_ABANDONED_S = 3 * 86400.0
_PAUSES_S = (0.0, 0.3, 1.0, 3.0)
"""Before each attempt to create a file; clients of stores have tried several times on their own by then."""

_REFUSALS = frozenset({errno.EINVAL, errno.ENOSYS, errno.EROFS, errno.ENOSPC, errno.EDQUOT})
_PASSING = frozenset({"ConditionalRequestConflict", "OperationAborted", "409", "RequestTimeTooSkewed"})
"""Answers that another attempt may better: another request for the same name was just under way."""


class RemoteStore:
    """A folder of an object store or of another file system that fsspec reaches."""

    is_local = False

    def __init__(self, place: StoreUrl) -> None:
        self.place = place
        self._files: Files
        try:
            self._files, root = fsspec.core.url_to_fs(place.url, **dict(place.options))
        except Exception as error:
            raise OutputError(f"{redact_url(place.url)}: cannot be opened: {str(error)[:200]}") from error
        self._root = str(root).rstrip("/")
        self.is_fenced = not _asks_first(type(self._files))
        # s3fs asks for a file's size first, to read long ones in pieces: documents are short
        self._at_once = {"max_concurrency": 1} if "s3" in self._files.protocol else {}

    def read_bytes(self, path: str) -> bytes:
        self._files.invalidate_cache()  # a listing is older than what was written since
        with _reached("reading", self._name(path)):
            return self._files.cat_file(self._at(path), **self._at_once)

    def open(self, path: str) -> BinaryIO:
        with _reached("reading", self._name(path)):
            try:
                return self._files.open(self._at(path), "rb")
            except FileNotFoundError:
                self._files.invalidate_cache()
                return self._files.open(self._at(path), "rb")

    def create(self, path: str, data: bytes) -> None:
        """Where an answer is lost and the request is repeated, by whomever, the file that is there is our own."""
        problem: OSError | None = None
        for pause_s in _PAUSES_S:
            time.sleep(pause_s)
            try:
                with _reached("writing", self._name(path)):
                    self._create_once(path, data)
                    return
            except FileExistsError:
                if (there := self._try_to_read(path)) == data:
                    return
                if there is not None:
                    raise
            except OutputError as error:
                if problem is None and _is_refusal(error):
                    raise
                problem = error.__cause__ if isinstance(error.__cause__, OSError) else problem
        raise UnansweredError(
            f"The store does not say whether it has written {redact_url(self._name(path))}: {problem}. Run it again."
        ) from problem

    def _create_once(self, path: str, data: bytes) -> None:
        try:
            self._files.pipe_file(self._at(path), data, mode="create")
        except OSError as error:
            if _code(error) == "PreconditionFailed":  # not all stores say which condition
                raise FileExistsError(path) from error
            raise

    def _try_to_read(self, path: str) -> bytes | None:
        """What is there, read past every listing; None where it is absent or cannot be read."""
        try:
            return self.read_bytes(path)
        except (FileNotFoundError, OutputError):
            return None

    def replace(self, path: str, data: bytes) -> None:
        with _reached("writing", self._name(path)):
            try:
                self._files.pipe_file(self._at(path), data)
            except OSError:
                if self._try_to_read(path) != data:  # else the answer was lost
                    raise

    def adopt(self, temporary: Path, path: str) -> None:
        with _reached("writing", self._name(path)):
            try:
                self._files.put_file(str(temporary), self._at(path))
            except OSError:
                if self.size(path) != temporary.stat().st_size:  # else the last of several answers was lost
                    raise

    def list_files(self, prefix: str) -> list[StoredFile]:
        self._files.invalidate_cache()
        with _reached("listing", self._name(prefix)):
            try:
                found = self._files.find(self._at(prefix), detail=True)
            except FileNotFoundError:
                return []
        listed = [self._stored(path, info) for path, info in found.items() if info.get("type") == "file"]
        return sorted(listed, key=lambda file: file.path)

    def list_names(self, folder: str) -> list[str]:
        self._files.invalidate_cache()
        place = self._at(folder)
        with _reached("listing", self._name(folder)):
            try:
                found = self._files.ls(place, detail=True)
            except (FileNotFoundError, NotADirectoryError):
                return []
        self._files.invalidate_cache()
        named = ((str(info["name"]).removeprefix(place).strip("/"), info.get("type")) for info in found)
        return sorted(f"{name}/" if kind == "directory" else name for name, kind in named if name)

    def exists(self, path: str) -> bool:
        return self.size(path) is not None

    def size(self, path: str) -> int | None:
        self._files.invalidate_cache()
        try:
            with _reached("looking at", self._name(path)):
                return self._files.info(self._at(path))["size"] or 0
        except FileNotFoundError:
            return None

    def delete(self, paths: Iterable[str]) -> None:
        for path in paths:
            with _reached("deleting", self._name(path)), suppress(FileNotFoundError):
                self._files.rm_file(self._at(path))

    def delete_as_listed(self, file: StoredFile) -> bool:
        self._files.invalidate_cache()
        with _reached("deleting", self._name(file.path)), suppress(FileNotFoundError):
            if self._stored(self._at(file.path), self._files.info(self._at(file.path))).modified != file.modified:
                return False
            self._files.rm_file(self._at(file.path))
        return True

    def delete_tree(self, prefix: str) -> None:
        self.delete([file.path for file in self.list_files(prefix)])

    @contextmanager
    def temporary(self, folder: str) -> Iterator[Path]:  # noqa: ARG002 - a remote store has no local folder to use
        with ExitStack() as stack:
            with _reached("making a folder in", tempfile.gettempdir()):
                made = stack.enter_context(claimed_folder(_own_folder(), uuid4().hex))
            yield made

    @contextmanager
    def claim(self, folder: str) -> Iterator[None]:
        try:
            yield
        finally:
            with suppress(OutputError, OSError):  # a later run removes it
                self._delete_abandoned(folder)

    def _delete_abandoned(self, own: str) -> None:
        """Delete the folder *own*, and what is three days older than it: without locks, who is gone cannot be known."""
        files = self.list_files(WORKPLACE)
        newest = max((file.modified for file in files), default=0.0)
        old = [file for file in files if newest - file.modified > _ABANDONED_S and is_own(file.path)]
        gone = [*old, *(file for file in files if file not in old and file.path.startswith(f"{own}/"))]
        self.delete(file.path for file in gone)

    def claimed(self) -> list[str]:
        return [name.rstrip("/") for name in self.list_names(WORKPLACE) if name.endswith("/")]

    def sweep(self) -> None:
        sweep_claims(_own_folder())

    def link(self, path: str, name: str) -> None:
        with _reached("writing", self._name(name)):
            self._files.cp_file(self._at(path), self._at(name))

    def renew(self, path: str) -> None:
        """Copy the file onto itself; S3 admits that only where something of it is set anew."""
        set_anew = {"MetadataDirective": "REPLACE"} if "s3" in self._files.protocol else {}
        with _reached("renewing", self._name(path)):
            self._files.cp_file(self._at(path), self._at(path), **set_anew)

    def _name(self, path: str) -> str:
        return f"{self.place.url}/{path}"

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}".rstrip("/")

    def _stored(self, path: str, info: FileInfo) -> StoredFile:
        changed = info.get("LastModified") or info.get("last_modified") or info.get("mtime") or info.get("created")
        modified = changed.timestamp() if isinstance(changed, datetime) else float(changed or time.time())
        return StoredFile(path.removeprefix(f"{self._root}/"), int(info.get("size") or 0), modified)


def _code(error: BaseException | None) -> str:
    """What a store calls *error*; empty where it says nothing."""
    answer = getattr(getattr(error, "__cause__", None), "response", None)
    return str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""


def _is_refusal(error: OutputError) -> bool:
    """Whether the store has said no, so that nothing was written."""
    cause = error.__cause__
    if _code(cause) in _PASSING:
        return False
    return isinstance(cause, PermissionError) or getattr(cause, "errno", None) in _REFUSALS


@contextmanager
def _reached(action: str, place: str) -> Iterator[None]:
    """`told`, also of the errors that stores' clients have of their own."""
    with told(action, place):
        try:
            yield
        except (OSError, DatasetError):
            raise
        except Exception as error:
            raise OSError(words_of(error)) from error


def _asks_first(kind: type[AbstractFileSystem]) -> bool:
    """Whether a file system creates files in fsspec's own way: it asks whether one is there, and then writes it."""
    if issubclass(kind, AsyncFileSystem):
        return bool(kind._pipe_file is AsyncFileSystem._pipe_file)
    return bool(kind.pipe_file is AbstractFileSystem.pipe_file)


def _own_folder() -> Path:
    """This user's folder for files on their way to a store."""
    folder = Path(tempfile.gettempdir(), f"parquetry-{os.getuid()}")
    with _reached("making", str(folder)):
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.lstat().st_uid != os.getuid():
            raise PermissionError(1, "It is another user's", str(folder))
    return folder
