"""The base of every section of the YAML config."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class StepConfig(BaseModel):
    """One section: unknown keys are errors, values cannot change after loading.

    Plain YAML values arrive as text (`no`, `001`) and are converted by their field.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
