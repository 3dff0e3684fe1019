"""The JSON documents of an output: how they are read and written, and those that are no manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tasks.errors import VersionError
from tasks.json_values import indented_json
from tasks.label_kinds import LABEL_COLUMNS
from tasks.storage import Store, redact_url

FORMAT = 2
"""What is written. Of format 1 were outputs whose pool was called `shards/`; they are read, and moved by a run."""

WITH_PURGES = 3
"""Of commits of outputs that images were taken out of, which a program that knows nothing of that would bring back."""

WITH_LABEL_LISTS = 4
"""Of what names the classes of several labels by their column, ``labels``; under ``label``, where they stood before, a
program that knows nothing of that would find none, and give ids anew."""

CARD = "README.md"
CROISSANT = "croissant.json"
COMMITS = "commits"
LATEST = "latest.json"
PINS = "pins"
PURGED = "purged"
RESTORE = "Restore it from a backup, or `parquetry rollback ROOT N` to a version that is whole."
REMEDIES = {"pin": "Restore it from a backup, or delete it and `parquetry pin` the version again."}


class Document(BaseModel):
    """A JSON document of an output; a newer format than this is refused."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT

    def to_bytes(self) -> bytes:
        """The document as it is stored: the same content gives the same bytes."""
        return indented_json(self.model_dump(mode="json")).encode()


def format_of(class_names: Mapping[str, object], purged: object = None) -> int:
    """The format of what has the class lists *class_names*, in an output of which *purged* was taken out."""
    if LABEL_COLUMNS["many"] in class_names:
        return WITH_LABEL_LISTS
    return WITH_PURGES if purged else FORMAT


class VouchedDocument(Document):
    """A document that holds the SHA-256 of all the rest of it, since no other one vouches for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int

    def to_bytes(self) -> bytes:
        """The document as it is stored, with its sum."""
        values = self.model_dump(mode="json", exclude_none=True)
        return indented_json(values | {"sha256": _digest(values)}).encode()

    @model_validator(mode="before")
    @classmethod
    def _check_sum(cls, values: Any) -> Any:
        if not isinstance(values, dict) or "sha256" not in values:
            return values
        rest = {key: value for key, value in values.items() if key != "sha256"}
        if values["sha256"] != _digest(rest):
            raise ValueError("its SHA-256 is not that of the rest")
        return rest


class PurgedRef(BaseModel):
    """Where it is written what was taken out of an output.

    Attributes:
        path: Below the output's root.
        sha256: Of its bytes, in hexadecimal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Commit(VouchedDocument):
    """One step in a dataset's life, and the only file whose being there changes what readers see.

    Attributes:
        version: Its number, from 1, without gaps.
        dataset: Whose it is.
        kind: What made it.
        time: ISO 8601, UTC.
        hold: Whether runs are refused until a release.
        manifest: The version's manifest, below the output's root.
        manifest_sha256: Of its bytes.
        class_names: For each label column every class name there ever was, in the order of its id.
        run: The run or command that made it; no two commits have the same.
        purged: What was taken out of all versions by then; None where nothing was.
    """

    version: int = Field(ge=1)
    dataset: str
    kind: Literal["refresh", "rollback", "release", "purge"]
    time: str
    hold: bool
    manifest: str
    manifest_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    class_names: dict[str, list[str]]
    run: str
    purged: PurgedRef | None = None

    @property
    def path(self) -> str:
        """Where it is stored."""
        return commit_path(self.version)


class Pin(VouchedDocument):
    """A version that is kept for good.

    Attributes:
        version: Its number.
        time: Since when; ISO 8601, UTC.
    """

    version: int = Field(ge=1)
    time: str


def _digest(values: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def commit_path(version: int) -> str:
    """Where the commit of *version* is stored."""
    return f"{COMMITS}/{version:06}.json"


def content_path(folder: str, data: bytes, suffix: str) -> tuple[str, str]:
    """The content-named place of *data* in *folder*, and the SHA-256 that names it."""
    digest = hashlib.sha256(data).hexdigest()
    return f"{folder}/{digest[:16]}{suffix}", digest


Kind = TypeVar("Kind", bound=Document)


def parse_document(data: bytes, model: type[Kind], where: str) -> Kind:
    """The document in *data*.

    Raises:
        VersionError: It is damaged, or of a newer format.
    """
    try:
        values = json.loads(data)
        found = values.get("format") if isinstance(values, dict) else None
        if isinstance(found, int) and found > WITH_LABEL_LISTS:
            raise VersionError(
                f"{redact_url(where)} is of format {found}, and this parquetry knows up to {WITH_LABEL_LISTS}. "
                "Upgrade parquetry."
            )
        return model.model_validate(values)
    except (ValidationError, ValueError, RecursionError):
        what = model.__name__.lower()
        raise VersionError(
            f"{redact_url(where)} is damaged: it is not a complete {what}. {REMEDIES.get(what, RESTORE)}"
        ) from None


def read_document(store: Store, path: str, model: type[Kind]) -> Kind:
    """The document at *path*.

    Raises:
        VersionError: It is missing, damaged, or of a newer format.
    """
    where = f"{store.place.url}/{path}"
    try:
        data = store.read_bytes(path)
    except FileNotFoundError:
        raise VersionError(f"{redact_url(where)} is missing. {REMEDIES.get(model.__name__.lower(), RESTORE)}") from None
    return parse_document(data, model, where)
