"""What every source has whose rows name the images, whatever they are read from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from tasks.discover.settings import SourceSettings
from tasks.records.record_format import EmbeddedSettings
from tasks.step_config import StepConfig

KeptName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]


def _names_as_mapping(value: object) -> object:
    """A list of columns as a mapping: each keeps its name, as far as that can be a column's in Parquet."""
    if not isinstance(value, list | tuple):
        return value
    return {str(name): re.sub(r"\W+", "_", str(name).strip(), flags=re.ASCII) for name in value}


class RecordSettings(StepConfig):
    """What sources have whose labels stand in label files.

    Attributes:
        allow_prefixes: Beginnings of URLs or absolute paths that the label file may name, besides paths in its own
            folder.
        missing_labels: Texts that mean that there is no label, besides an empty cell.
        array_order: The order of the axes of pixels in a cell: ``hwc`` or ``chw``.
        value_range: The range of pixels in a cell: ``byte`` for 0 to 255, ``unit`` for floats from 0 to 1.
        bit_depth: The bits of pixels in a cell: 8, or 16 where white is 65535.
        label_conflict: What happens to an image to which several records give different labels: ``reject`` it, take the
            ``first`` label, or end the run with an ``error``.
        keep_columns: Columns or keys to keep in the shards, as text. A mapping gives them other names there.
    """

    allow_prefixes: tuple[Annotated[str, Field(min_length=2)], ...] = ()
    missing_labels: tuple[str, ...] = ()
    array_order: Literal["hwc", "chw"] = "hwc"
    value_range: Literal["byte", "unit"] = "byte"
    bit_depth: Literal[8, 16] = 8
    label_conflict: Literal["reject", "first", "error"] = "reject"
    keep_columns: Annotated[dict[str, KeptName], BeforeValidator(_names_as_mapping)] = Field(default_factory=dict)

    @property
    def embedded_settings(self) -> EmbeddedSettings:
        """How pixels are meant that stand in the files themselves."""
        return EmbeddedSettings(array_order=self.array_order, value_range=self.value_range, bit_depth=self.bit_depth)


class RowSource(SourceSettings, RecordSettings):
    """A source of rows."""


def clean_label(text: str | None, missing: Sequence[str]) -> str:
    """A cell as a class name: in Unicode's form C, without blanks around it; empty where it stands for no label."""
    if text is None or text in missing:
        return ""
    return unicodedata.normalize("NFC", text).strip()
