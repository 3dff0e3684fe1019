"""A reading of a source by its tables, and what was seen in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.config_keys import SourceKeys, SplitKeys, files_of
from tasks.discover.proposals import Proposal


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of a source by its tables.

    Attributes:
        keys: The section `source` of the config that says it.
        split_names: What the tables call the splits.
        why: Half a sentence.
        labels: For each image that the look reached its labels.
        proposal: The same for a person to choose.
        is_many: Whether images have several labels.
        separator: What separates labels in one cell.
    """

    keys: SourceKeys
    split_names: Mapping[str, str]
    why: str
    proposal: Proposal
    is_many: bool = False
    separator: str = ""


@dataclass(slots=True)
class Evidence:
    """What was seen in tables beside the images.

    Attributes:
        reading: The one that the tables prove; None where they prove none.
        proposals: Readings that they make possible.
        facts: What was seen, in sentences.
        opposed: What speaks against the folders; empty where nothing.
        named: For each table that names images, which.
        understood: Tables that say nothing else than the reading of folders.
        said_splits: For each table whose name says a split, that.
        damaged: Sentences on tables that cannot be read.
        loose: Tables that name images by other words than their paths: by stems, or by ends of longer ones.
        listed: The section `splits` by which lists part the images; empty where none do.
    """

    reading: Reading | None = None
    proposals: list[Proposal] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    opposed: str = ""
    named: dict[str, set[str]] = field(default_factory=dict)
    understood: set[str] = field(default_factory=set)
    said_splits: dict[str, str] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)
    loose: set[str] = field(default_factory=set)
    listed: SplitKeys = field(default_factory=SplitKeys)

    def offers(self, file: str) -> bool:
        """Whether a reading by the table *file* is possible."""
        entries = (entry for one in self.proposals for entry in one.keys["source"].get("tables", ()))
        return any(file in files_of(entry) for entry in entries)
