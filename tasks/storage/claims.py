"""Files and folders that belong to a process while it lives: once it is gone, the next one may sweep them away."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import uuid4

from tasks.errors import OutputError
from tasks.storage.durable import attempts, sync_folder
from tasks.storage.names import LOCK, TEMPORARY_PREFIX, is_work_name


@contextmanager
def claimed_file(parent: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """A new file in *parent*, open for writing; gone afterwards, unless it was given another name."""
    path, file = _claim(parent, lambda: f"{TEMPORARY_PREFIX}{uuid4().hex}")
    try:
        yield path, file
    finally:
        with suppress(OSError):  # the next sweep finds it
            path.unlink()
        with suppress(OSError):  # closing writes what is buffered, which nobody wants any more
            file.close()


@contextmanager
def claimed_folder(parent: Path, name: str) -> Iterator[Path]:
    """The new folder *name* in *parent*; gone afterwards. While a file beside it is locked, nobody sweeps it."""
    lock, file = _claim(parent, lambda: f"{name}{LOCK}")
    folder = parent / name
    try:
        folder.mkdir(exist_ok=True)
        yield folder
    finally:
        with suppress(OSError):  # the next sweep finds it
            remove_tree(folder)
            lock.unlink()
        file.close()


def claimed_folders(parent: Path) -> list[str]:
    """The names of the folders in *parent* that living processes hold."""
    try:
        locks = sorted(path for path in parent.iterdir() if path.suffix == LOCK and is_work_name(path.name))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [path.stem for path in locks if _is_held(path)]


def _is_held(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # it is gone, or nobody's to read
        return False
    return False


def sweep_claims(parent: Path) -> None:
    """Remove from *parent* what belonged to processes that are gone; what has no name of theirs is left alone."""
    entries = sorted(path.name for path in parent.iterdir()) if parent.is_dir() else []
    for name in filter(is_work_name, entries):
        path = parent / name
        if path.is_dir() and not path.is_symlink():
            if not (parent / f"{name}{LOCK}").exists():
                remove_tree(path)
        else:
            _sweep_file(path)


def remove_tree(folder: Path) -> None:
    """Remove *folder* and all below it, also while another process does the same."""
    for _ in attempts():
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            if not folder.exists():
                return
        else:
            return


def _claim(parent: Path, name: Callable[[], str]) -> tuple[Path, IO[bytes]]:
    """Make a file in *parent*, and lock it: nobody has swept it away before it was locked.

    *parent* is made again where another process found it empty, and removed it; each attempt asks for a *name*.
    """
    for number in attempts():
        path = parent / name()
        missing = [folder for folder in (*reversed(parent.parents), parent) if not folder.exists()]
        with suppress(FileNotFoundError):
            file = _open_with_folders(path, missing[0]) if missing and number % 2 else _open_in(missing, path)
            _lock(file, path)
            if _is_named(path, file):
                for folder in missing:
                    sync_folder(folder.parent)
                return path, file
            file.close()
    raise FileNotFoundError(2, "The folder is removed again and again", str(parent))


def _open_in(missing: Sequence[Path], path: Path) -> IO[bytes]:
    """The new file *path*, after the folders that are *missing*; `FileNotFoundError` where one is gone again."""
    for folder in missing:
        folder.mkdir(exist_ok=True)
    return path.open("xb")  # from now on the folder is not empty, and stays


def _open_with_folders(path: Path, top: Path) -> IO[bytes]:
    """The new file *path*, which comes into being with the folders from *top* on in one step: nobody finds them empty.

    Raises:
        FileNotFoundError: It did not: *top* is there by now, or cannot be made so.
    """
    made = top.with_name(f"{TEMPORARY_PREFIX}{uuid4().hex}")
    inner = made / path.relative_to(top)
    with ExitStack() as stack:
        try:
            made.mkdir()
            stack.callback(shutil.rmtree, made, ignore_errors=True)
            inner.parent.mkdir(parents=True, exist_ok=True)
            file = inner.open("xb")
            stack.push(lambda kind, *_: file.close() if kind else None)
            made.rename(top)  # takes the place of an empty folder, never of one that holds anything
        except OSError as error:  # whatever lasts is told by the attempt that makes one folder after another
            raise FileNotFoundError(*error.args) from None
    return file


def _lock(file: IO[bytes], path: Path) -> None:
    """Lock *file*; where the disk locks no files, nothing stays behind."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        file.close()
        path.unlink(missing_ok=True)
        raise OutputError(
            f"The disk of {path.parent} locks no files ({error.strerror}), so runs could not tell whose work is under "
            "way. Mount it with locks, or publish to another disk."
        ) from error


def _is_named(path: Path, file: IO[bytes]) -> bool:
    """Whether *path* is still a name of *file*."""
    with suppress(FileNotFoundError):
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    return False


def _sweep_file(path: Path) -> None:
    """Remove *path*, and the folder that it claims, unless a process holds it."""
    with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _is_named(path, file):  # another process swept it, and its owner may have made the name anew
            return
        if path.suffix == LOCK:
            remove_tree(path.with_suffix(""))
        path.unlink()
