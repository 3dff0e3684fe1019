"""What an export says of itself: whose version lies in its folder, and which files there are its own."""

from __future__ import annotations

import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tasks.errors import OutputError
from tasks.storage import WORKPLACE, Store, is_own, redact_url

INDEX = "parquetry-export.json"
FORMAT = 1
_HARMLESS = frozenset({"lost+found/"})
_SHOWN = 3


Kind = Literal["wds", "mds", "lance"]
"""The formats: WebDataset, MosaicML streaming, Lance."""


class ExportedFile(BaseModel):
    """One file of an export: a shard in another format.

    Attributes:
        path: Below the folder of the export.
        split: The split of all its samples.
        rows: How many samples it has.
        bytes: Its size; 0 while it is not known to be there.
        sha256: Of its bytes, in hexadecimal; empty likewise.
        facts: What the format's own index says of it.
    """

    model_config = ConfigDict(frozen=True)

    path: str = Field(pattern=r"^(?:[^/]+/)?[^/]+-[0-9a-f]{16}\.(?:tar|mds|lance)$")
    split: str
    rows: int
    bytes: int = 0
    sha256: str = ""
    facts: dict[str, object] = {}


class ExportIndex(BaseModel):
    """All that is known of the files of an export.

    Attributes:
        format: Of this document.
        kind: The format of the files.
        dataset: Whose they are.
        root: The output they were made from, without credentials.
        origin: The run that made the first version of that output, by which it is known wherever it lies.
        version: The version that `files` are; None before the first export has ended.
        splits: Its splits that were exported.
        files: Its files, all of them there.
        pending: Further files of ours that may be there: those of an export that is under way, or was stopped.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    kind: Kind = "wds"
    dataset: str
    root: str
    origin: str
    version: int | None = None
    splits: list[str] = []
    files: list[ExportedFile] = []
    pending: list[ExportedFile] = []

    def to_bytes(self) -> bytes:
        """As it is stored: the same content gives the same bytes."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1).encode()

    @property
    def entries(self) -> dict[str, ExportedFile]:
        """Everything that it names, by path."""
        return {entry.path: entry for entry in (*self.pending, *self.files)}


def read_index(folder: Store, new: ExportIndex) -> ExportIndex:
    """What an earlier export left in *folder*, or *new* where there was none.

    Raises:
        OutputError: The folder holds something else, an export of another dataset, or one whose index is damaged.
    """
    where = redact_url(folder.place.url)
    try:
        data = folder.read_bytes(INDEX)
    except FileNotFoundError:
        if strangers := _strangers(folder):
            more = f" and {len(strangers) - _SHOWN} more" if len(strangers) > _SHOWN else ""
            raise OutputError(
                f"{where} holds what no export has put there: {', '.join(strangers[:_SHOWN])}{more}. An export is a "
                "folder of its own, in which files are replaced and deleted. Name one that is empty or not there yet."
            ) from None
        return new
    found = _parsed(data, f"{where}/{INDEX}")
    if (found.dataset, found.origin) != (new.dataset, new.origin):
        raise OutputError(
            f"{where} holds an export of the dataset {found.dataset!r} of {found.root}, not of {new.dataset!r} of "
            f"{new.root}. Name another folder."
        )
    if found.kind != new.kind:
        raise OutputError(f"{where} holds an export as {found.kind}, not {new.kind}. Name another folder.")
    return found


def _parsed(data: bytes, where: str) -> ExportIndex:
    try:
        values = json.loads(data)
        if isinstance(values, dict) and isinstance(found := values.get("format"), int) and found > FORMAT:
            raise OutputError(f"{where} is of format {found}, and this parquetry knows up to {FORMAT}. Upgrade it.")
        return ExportIndex.model_validate(values)
    except (ValidationError, ValueError, RecursionError):
        raise OutputError(
            f"{where} is damaged, so it is not known which files beside it are an export's. Empty the folder, or "
            "name another one."
        ) from None


def _strangers(folder: Store) -> list[str]:
    """What lies in *folder* that no export which was stopped at its beginning has left."""
    found = []
    for name in folder.list_names(""):
        if name == f"{WORKPLACE}/":
            found += [path for inner in folder.list_names(name) if not is_own(path := f"{name}{inner.rstrip('/')}")]
        elif name not in _HARMLESS:
            found.append(name)
    return found
