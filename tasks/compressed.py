"""Compressed streams as they were before."""

from __future__ import annotations

import bz2
import gzip
import lzma
from typing import BinaryIO, cast

import pyarrow as pa


def plain_stream(file: BinaryIO, compression: str) -> BinaryIO:
    """*file* as it was before it was compressed by ``gzip``, ``bz2``, ``xz`` or ``zstd``; as it is without one."""
    match compression:
        case "gzip":
            return cast("BinaryIO", gzip.GzipFile(fileobj=file))
        case "bz2":
            return cast("BinaryIO", bz2.BZ2File(file))
        case "xz":
            return cast("BinaryIO", lzma.LZMAFile(file))
        case "zstd":
            return cast("BinaryIO", pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd"))
    return file
