"""What a run in this process is given and Prefect does not write down: secrets in a config's place and overrides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from tasks.redaction import redact_text, redact_values


@dataclass(frozen=True, slots=True)
class Given:
    """A config's place, and what is laid over it; `shown` is what Prefect's database may hold of both."""

    config: str
    overrides: Mapping[str, Any]

    @property
    def shown(self) -> Given:
        """The same without queries, users, passwords and keys."""
        return Given(redact_text(self.config), redact_values(self.overrides))


_GIVEN: ContextVar[Given | None] = ContextVar("given", default=None)


@contextmanager
def handed_over(given: Given) -> Iterator[Given]:
    """Yield what the flow's parameters may show of *given*; a flow that is run with them finds the whole."""
    token = _GIVEN.set(given)
    try:
        yield given.shown
    finally:
        _GIVEN.reset(token)


def taken_over(config: str, overrides: Mapping[str, Any] | None) -> Given:
    """What a flow was really given, where these are its parameters."""
    asked = Given(config, dict(overrides or {}))
    given = _GIVEN.get()
    return given if given is not None and given.shown == asked else asked
