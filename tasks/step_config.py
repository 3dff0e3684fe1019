"""The base of every section of the YAML config, and how its plain values become Python's."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class StepConfig(BaseModel):
    """One section: unknown keys are errors, values cannot change after loading.

    Plain YAML values arrive as text (`no`, `001`) and are converted by their field.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class PlainText(str):
    """A YAML value written without quotes: text, unless its field says otherwise."""

    __slots__ = ()


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
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else str(text)


FreeOptions = Annotated[dict[str, Any], BeforeValidator(resolve_plain)]
"""A mapping whose keys are another library's, such as `storage_options`: no field says how its values are meant."""
