"""The base of every section of the YAML config, and how its plain values become Python's."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from tasks.redaction import credentials_in


class StepConfig(BaseModel):
    """One section: unknown keys are errors, values cannot change after loading.

    Plain YAML values arrive as text (`no`, `001`) and are converted by their field.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def one_or_several(value: object) -> object:
    """*value*, a single text as a list of it."""
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(one_or_several)]
"""Texts, of which a single one needs no list."""


class PlainText(str):
    """A YAML value written without quotes: text, unless its field says otherwise."""

    __slots__ = ()


_MOST_DIGITS = 4000  # beyond which Python makes no number of them
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def resolve_plain(value: Any) -> Any:
    """*value* with its unquoted texts as YAML 1.2 reads them: booleans, integers, floats, else text."""
    if isinstance(value, dict):
        return {str(key): resolve_plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve_plain(item) for item in value]
    return _resolve_scalar(value) if isinstance(value, PlainText) else value


def _resolve_scalar(text: str) -> bool | int | float | str:
    if text in {"true", "True", "TRUE"}:
        return True
    if text in {"false", "False", "FALSE"}:
        return False
    if _INT.fullmatch(text) and len(text) <= _MOST_DIGITS:
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else str(text)


FreeOptions = Annotated[dict[str, Any], BeforeValidator(resolve_plain)]
"""A mapping whose keys are another library's, such as `storage_options`: no field says how its values are meant."""

_FROM = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or use a profile or the machine's role",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS in the environment to the place of a key file",
    "abfs": "set AZURE_STORAGE_ACCOUNT_KEY, _SAS_TOKEN or _CONNECTION_STRING in the environment",
}
_SAME = {"s3a": "s3", "gcs": "gs", "az": "abfs", "abfss": "abfs", "adl": "abfs"}


def _without_credentials(options: dict[str, Any], others: ValidationInfo) -> dict[str, Any]:
    """*options* of the store of `path` beside them; `ValueError` where they hold what looks like a credential."""
    path = str(others.data.get("path", ""))
    for key in credentials_in(options):
        scheme = re.split("://|::", path)[0].lower() if "://" in path else ""
        scheme = _SAME.get(scheme, scheme)
        name = f"FSSPEC_{(scheme or 'file').upper()}"
        by_fsspec = (
            f"set {name} in the environment to JSON of these options"
            if "." in key
            else f"set {name}_{key.upper()} in the environment"
        )
        raise ValueError(
            f"{key!r} looks like a credential, and a config holds none: {_FROM.get(scheme, by_fsspec)}; "
            "so does every machine that builds shards"
        )
    return options


def _with_environment(value: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(value.get("env") or {}, dict):
        raise ValueError("`env` must be a mapping: write env: {NAME: value}")  # noqa: TRY004 - pydantic takes no TypeError
    return value


JobVariables = Annotated[FreeOptions, AfterValidator(_with_environment)]
"""Variables for the job template of a work pool; of `env` it is known what it holds."""
StoreOptions = Annotated[FreeOptions, AfterValidator(_without_credentials)]
"""fsspec's options for the store of the field `path`, which stands before this one."""


def _no_slash(path: object) -> object:
    return path.rstrip("/") or "/" if isinstance(path, str) and path else path


FolderText = Annotated[str, BeforeValidator(_no_slash), Field(min_length=1)]
"""A path or URL, without a slash at its end."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _as_duration(value: object) -> object:
    """``6h`` and the like as a `timedelta`; other values are left to pydantic."""
    if isinstance(value, str) and (match := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd])\s*", value)):
        try:
            return timedelta(seconds=float(match[1]) * _UNITS[match[2]])
        except OverflowError:
            raise ValueError("is too long a time") from None
    return value


Duration = Annotated[timedelta, BeforeValidator(_as_duration)]
"""How long: ``90s``, ``15m``, ``6h``, ``7d``."""
