"""What passes between a command and the flow that it runs in its own process, beside what Prefect writes down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from tasks.errors import DatasetError
from tasks.redaction import redact_text, redact_values
from tasks.refresh.outcome import RunOutcome


@dataclass(frozen=True, slots=True)
class Given:
    """A config's place, and what is laid over it; `shown` is what Prefect's database may hold of both.

    Attributes:
        config: The place, with all secrets in it.
        overrides: Dotted keys of the config and their values, with all secrets in them.
        name: The dataset's name, which whoever gives this has read; empty where nobody has.
        ended: What the run came to, once it has: it stands whatever becomes of the state that Prefect is told.
    """

    config: str
    overrides: Mapping[str, object]
    name: str = field(default="", compare=False)
    ended: list[RunOutcome | DatasetError] = field(default_factory=list, compare=False)

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


def name_given() -> str:
    """The name of the dataset that a command of this process runs; empty where Prefect began the run by itself."""
    given = _GIVEN.get()
    return given.name if given is not None else ""


def taken_over(config: str, overrides: Mapping[str, object] | None) -> Given:
    """What a flow was really given, where these are its parameters."""
    asked = Given(config, dict(overrides or {}))
    given = _GIVEN.get()
    return given if given is not None and given.shown == asked else asked
