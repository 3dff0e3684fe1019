"""The standard streams as a command finds them: closed, full, of an old encoding; none of it stops what it works on."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def use_utf8() -> None:
    """Start this command anew where names of files are not read as UTF-8, in Python's mode that does so everywhere.

    Else a name with an umlaut would be no text in one locale, and another text in the next.
    """
    if sys.getfilesystemencoding() == "utf-8" or os.environ.get("PYTHONUTF8") == "1":
        return
    os.environ["PYTHONUTF8"] = "1"  # child processes inherit it
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - what was started


class _Kept(io.RawIOBase):
    """A descriptor that is written to as long as that goes; what comes later is dropped, and the error is kept."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.error: OSError | None = None

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Write *data* if that is still possible; how many bytes of it need not be written again."""
        if self.error is None:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:
                return self._write_later(data)
            except OSError as error:
                self.error = error
        return len(memoryview(data))

    def _write_later(self, data: ReadableBuffer) -> int:
        """A pipe that somebody else made non-blocking takes it once it is emptied."""
        os.set_blocking(self._descriptor, True)
        return self.write(data)


class Streams:
    """This process's standard output and error, which never raise; `lost` tells of answers that were not written."""

    def __init__(self) -> None:
        _open_closed_ones()
        self._out, self._err = _Kept(1), _Kept(2)
        if sys.stdout is sys.__stdout__:  # else somebody else's, such as a test's
            sys.stdout = _text(self._out, sys.stdout)
        if sys.stderr is sys.__stderr__:
            sys.stderr = _text(self._err, sys.stderr)

    def lost(self) -> OSError | None:
        """Why answers could not be written; `None` where all of them were."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        return self._out.error

    @staticmethod
    def is_reader_gone(error: OSError) -> bool:
        """Whether whoever read the answers has had enough, as `head` has."""
        return error.errno == errno.EPIPE


def file_of_output() -> Path | None:
    """The file that standard output is redirected to, where it is one."""
    with suppress(OSError):
        place = Path("/proc/self/fd/1").readlink()
        return place if place.is_file() else None
    return None


def _open_closed_ones() -> None:
    """Open what is closed of 0, 1 and 2 on nothing, lest a file of ours takes the number and is written to."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)


def _text(raw: _Kept, before: TextIO | None) -> TextIO:
    """A text stream on *raw* in the encoding of *before*; what that cannot express is written as an escape."""
    encoding = getattr(before, "encoding", None) or "utf-8"
    if before is not None:
        with suppress(OSError, ValueError):
            before.flush()
    made = io.TextIOWrapper(io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=raw.isatty())
    if raw.fileno() == 2:
        made.reconfigure(line_buffering=True)
    return made
