"""What a config could say of a source that nobody can understand for certain: readings as YAML that runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Self

from tasks.config_keys import ConfigKeys, SourceKeys, with_source
from tasks.errors import LayoutError


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """One image as a reading takes it: its place, its label, and its split where it has one."""

    location: str
    label: str
    split: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One reading of a source that its owner can choose.

    Attributes:
        says: What it would mean, as half a sentence: ``each folder below images/ is a class``.
        keys: The sections of the config that would settle it, without `source.path` where that stays as it is.
        rows: What it would make of three images.
        evidence: What speaks for it and against it, with counts.
    """

    says: str
    keys: ConfigKeys
    rows: tuple[ExampleRow, ...] = ()
    evidence: tuple[str, ...] = ()

    def yaml_lines(self) -> list[str]:
        """Its keys as YAML, two blanks a level."""
        sections: Mapping[str, object] = self.keys
        named = (name for name in ConfigKeys.__annotations__ if name in sections)
        return [line for name in named for line in _yaml(name, sections[name], 0)]


def yaml_lines(keys: Mapping[str, object], *, sections: bool = False) -> list[str]:
    """*keys* as lines of YAML: those of one section, or *sections* with their names."""
    return [line for name, value in keys.items() for line in _yaml(name, value, 0 if sections else 1, 0)]


def _yaml(key: str, value: object, depth: int, indented: int | None = None) -> list[str]:
    """*key* and *value* as lines: sections and lists of mappings as blocks, all else in one line."""
    indent = "  " * (depth if indented is None else indented)
    if isinstance(value, Mapping) and value and depth < 1:
        return [f"{indent}{key}:", *(line for name, item in value.items() for line in _yaml(name, item, depth + 1))]
    if isinstance(value, list | tuple) and value and all(isinstance(item, Mapping) for item in value):
        return [f"{indent}{key}:", *(f"{indent}  - {flow(item)}" for item in value)]
    return [f"{indent}{key}: {flow(value)}"]


def flow(value: object) -> str:
    """*value* in one line of YAML; words that YAML reads as nothing but text stand as they are."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(str(key))}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple | set | frozenset):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, str) and value.isascii() and value.replace("_", "a").isalpha() and value.lower() not in _TAKEN:
        return value
    return json.dumps(value, ensure_ascii=False)


_TAKEN = frozenset("true false yes no on off null y n nan inf".split())


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What is known of a source that no single reading accounts for.

    Attributes:
        proposals: The readings that are possible.
        evidence: What was seen, with counts.
    """

    proposals: tuple[Proposal, ...] = ()
    evidence: tuple[str, ...] = field(default=())


Unsettling = Literal["ambiguous_layout", "no_labels", "rejected"]
"""Why a source is not settled: it can be read in several ways, nothing names its labels, or too many are rejected."""


class UnsettledLayoutError(LayoutError):
    """A source can be understood in several ways, or its labels in none: its `unsettled` says in which.

    Its text is the `reason`, `what` in one sentence or several, and the YAML lines of the first proposals. Where
    `certain` is set, that proposal is the only reading, and only the config may ask for it.
    """

    unsettled: Unsettled = Unsettled()
    reason: Unsettling = "ambiguous_layout"
    what: str = ""
    certain: Proposal | None = None

    @classmethod
    def of(cls, reason: Unsettling, what: str, proposals: Sequence[Proposal], evidence: Iterable[str] = ()) -> Self:
        """The error for *what*, one sentence or several, and *proposals*, the likeliest first."""
        error = cls("\n".join([f"{reason}: {what}", *said(proposals)]))
        error.unsettled = Unsettled(tuple(proposals), tuple(evidence))
        error.reason, error.what = reason, what
        return error

    def offering(self, proposals: Sequence[Proposal], evidence: Iterable[str] | None = None) -> Self:
        """The same error with these *proposals* alone, and other *evidence* where that is given."""
        return type(self).of(
            self.reason, self.what, proposals, self.unsettled.evidence if evidence is None else evidence
        )

    def with_proposals(self, proposals: Sequence[Proposal], evidence: Iterable[str] = ()) -> Self:
        """The same error with *proposals* before its own."""
        return self.offering([*proposals, *self.unsettled.proposals], (*self.unsettled.evidence, *evidence))

    def with_source_keys(self, keys: SourceKeys) -> Self:
        """The same error, each of whose proposals has *keys* in its `source` too."""
        old = self.unsettled.proposals
        proposals = [replace(one, keys=with_source(one.keys, keys)) for one in old]
        made = self.offering(proposals)
        made.certain = next((new for new, one in zip(proposals, old, strict=True) if one is self.certain), None)
        return made

    def after(self, sentences: Sequence[str]) -> Self:
        """The same error, which says *sentences* first."""
        what = " ".join([*sentences, self.what])
        made = type(self).of(self.reason, what, self.unsettled.proposals, self.unsettled.evidence)
        made.certain = self.certain
        return made


def said(proposals: Sequence[Proposal], most: int = 3) -> list[str]:
    """The lines by which a message ends: each proposal's sentence, and the YAML that it is."""
    lines: list[str] = []
    for proposal in proposals[:most]:
        lines += [f"If {proposal.says}:", *(f"  {line}" for line in proposal.yaml_lines())]
    return lines
