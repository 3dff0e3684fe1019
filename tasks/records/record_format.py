"""What must be known of a label file to read one of its records again, on another machine, from its bytes alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Selector = int | str
"""One value of a record: a column's position from 0 (CSV), or a key, dotted where it is nested (JSON)."""


class EmbeddedSettings(BaseModel):
    """How the numbers of an embedded array are meant.

    Attributes:
        array_order: ``hwc``: height × width (× channels); ``chw``: channels × height × width.
        value_range: ``byte``: integers; ``unit``: floats from 0 to 1.
        bit_depth: 8 or 16; the largest value is 255 or 65535.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    array_order: Literal["hwc", "chw"] = "hwc"
    value_range: Literal["byte", "unit"] = "byte"
    bit_depth: Literal[8, 16] = 8


USUAL_EMBEDDED = EmbeddedSettings()


class RecordFormat(BaseModel):
    """How the records of one label file are written; JSON-able, and the same for all of them.

    Attributes:
        kind: ``csv``, or ``json`` for arrays, JSON Lines and maps: one record is one object or one entry; ``parquet``
            and ``arrow``, whose offsets are rows, from 0; ``packed``, a copy of the images in such a file
            (`plain_copies`); ``array``, a file of arrays, whose offsets count all images in it, and ``packed_array``, a
            copy of them; ``tfrecord`` and ``recordio``, whose records are bytes with their framing.
        delimiter: What separates the cells of a CSV; one ASCII character.
        width: Cells of a CSV record.
        location: Where a record holds its location or pixels.
        template: Text whose ``{}`` and ``{name}`` are replaced by cells to make the location; empty without one.
        fills: For each name in *template* (``""`` for ``{}``), where a record holds its value.
        pixels: Where a record holds an image's pixels as numbers: each in a cell, or all in one, set apart by blanks.
        shape: Height and width of such an image, and its channels; empty for a square.
        map_value: The key that the value of a map's entry goes by (``orient: map``); empty for other JSON.
        strict: Whether only records of strict JSON are read.
        encoding: Of the file. Offsets count bytes of the file as UTF-8, so that of any other one is read in a stream.
        compression: ``gzip``, ``bz2``, ``zstd``, ``xz``, ``zip``, ``mat`` or empty; offsets count decompressed bytes.
        base_url: The folder that relative locations are relative to, where that is an http(s) URL; ends in "/".
        embedded: How embedded arrays are meant.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["csv", "json", "parquet", "arrow", "packed", "array", "packed_array", "tfrecord", "recordio"]
    delimiter: str = Field(default=",", pattern=r"^[\x01-\x7f]$")
    width: int = 0
    location: Selector = ""
    template: str = ""
    fills: Mapping[str, Selector] = {}
    pixels: tuple[Selector, ...] = ()
    shape: tuple[int, ...] = ()
    map_value: str = ""
    strict: bool = False
    encoding: str = "utf-8"
    compression: Literal["", "gzip", "bz2", "zstd", "xz", "zip", "mat"] = ""
    base_url: str = ""
    embedded: EmbeddedSettings = USUAL_EMBEDDED

    @property
    def is_seekable(self) -> bool:
        """Whether a record can be read by seeking to its offset in the file as it lies; else only front to back."""
        if self.kind in {"parquet", "arrow", "array"}:
            return False
        return not self.compression and self.encoding == "utf-8"


def template_parts(template: str, fills: Mapping[str, Selector]) -> Iterator[tuple[str, str | None]]:
    """The parts of *template*: a text as it stands, or a name of *fills* that its value replaces."""
    for number, part in enumerate(re.split(r"{([^{}]*)}", template)):
        if number % 2 and part in fills:
            yield "", part
        elif part or number % 2:
            yield (f"{{{part}}}" if number % 2 else part), None
