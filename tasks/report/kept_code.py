"""Keeps what Jinja makes of a template, as Python keeps bytecode: compiling the page costs more than the rest of it."""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
from contextlib import suppress
from importlib.util import MAGIC_NUMBER
from pathlib import Path

from jinja2 import BytecodeCache, __version__
from jinja2.bccache import Bucket

_DIGEST = hashlib.sha256().digest_size


class KeptCode(BytecodeCache):
    """Files beside Python's own bytecode; where they cannot be written or read, templates are compiled each time.

    Args:
        folder: Where they are, which need not be there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load_bytecode(self, bucket: Bucket) -> None:
        """The code of a template, if it is of its text, by the same Python and Jinja, with the same options."""
        with suppress(OSError, ValueError, EOFError, TypeError):
            found = self._path(bucket).read_bytes()
            if found[:_DIGEST] == self._digest(bucket, found[_DIGEST:]):
                bucket.code = marshal.loads(found[_DIGEST:])  # noqa: S302 - as Python loads the files beside it

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write it down, whole or not at all; not where Python is told to write none."""
        if sys.dont_write_bytecode:
            return
        code = marshal.dumps(bucket.code)
        path = self._path(bucket)
        draft = path.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            draft.write_bytes(self._digest(bucket, code) + code)
            draft.replace(path)

    def _path(self, bucket: Bucket) -> Path:
        return self._folder / f"{bucket.key}.{sys.implementation.cache_tag}.jinja"

    def _digest(self, bucket: Bucket, code: bytes) -> bytes:
        jinja = bucket.environment
        options = (jinja.autoescape, jinja.trim_blocks, jinja.lstrip_blocks, sorted(jinja.filters))
        made_by = f"{__version__} {options} {bucket.checksum} ".encode()
        return hashlib.sha256(MAGIC_NUMBER + made_by + code).digest()
