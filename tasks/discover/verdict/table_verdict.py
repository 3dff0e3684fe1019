"""A reading by tables, read to its end and held against every image before it is taken."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow.compute as pc

from tasks.config_keys import splits_named
from tasks.discover.by_tables.tables import TablesSource
from tasks.discover.folder_evidence.contradictions import ALONE, folders_alone
from tasks.discover.folder_evidence.folder_choice import FolderChoice
from tasks.discover.listing.listing import Listing
from tasks.discover.proposals import Proposal, UnsettledLayoutError
from tasks.discover.reading import Evidence, Reading
from tasks.discover.verdict.accounted import unaccounted
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LayoutError
from tasks.samples import Discovery
from tasks.storage import redact_url

_MOST_REJECTED = 0.02


@dataclass(frozen=True, slots=True)
class Taken:
    """A reading by tables that accounts for every image.

    Attributes:
        discovery: What it makes of the source.
    """

    discovery: Discovery


class TableVerdict:
    """Decides whether what tables say is taken.

    Args:
        evidence: It.
        make: Makes the source that some keys say.
        words: For splits.
    """

    def __init__(self, evidence: Evidence, make: Callable[[Reading], TablesSource], words: SplitWords) -> None:
        self._evidence = evidence
        self._make = make
        self._words = words

    def taken(self, listing: Listing, choice: FolderChoice | None) -> Taken | None:
        """The reading that the tables prove; None where they prove none.

        Raises:
            UnsettledLayoutError: They prove one that only the config can ask for: several labels for an image.
        """
        reading = self._evidence.reading
        if reading is None:
            return None
        looked = choice.listing if choice is not None and "ignore" in reading.keys else listing
        found = self._read(reading, looked)
        if found is None:
            if choice is not None:
                self._evidence.opposed = self._evidence.opposed or self._evidence.facts[-1]
            return None
        source = self._make(reading)
        if reading.is_many and source.label_reading.kind != "many":
            error = UnsettledLayoutError.of(
                "ambiguous_layout",
                f"{redact_url(source.path)}: images have several labels, as {reading.why}. Say so in `labels`:",
                [reading.proposal, *self.others()],
                self._evidence.facts,
            )
            error.certain = reading.proposal
            raise error
        return Taken(found)

    def _read(self, reading: Reading, listing: Listing) -> Discovery | None:
        """What *reading* makes of *listing*; None where it leaves images out or cannot read its tables."""
        source = self._make(reading)
        if reading.is_many:
            source = source.reading_labels(replace(source.label_reading, kind="many", separator=reading.separator))
        try:
            found = source.discover_in(listing, self._words.with_names(reading.split_names))
        except LayoutError as error:
            self._evidence.facts.append(f"{reading.why}, but: {error}")
            return None
        if found.rejections.num_rows > _MOST_REJECTED * max(found.samples.num_rows, 1):
            self._evidence.facts.append(f"{reading.why}, but {found.rejections.num_rows:,} rows name no image")
            return None
        if not reading.is_many and len(pc.unique(found.samples["label_path"])) == 1:
            self._evidence.facts.append(f"{reading.why}, but all images have the same")
            return None
        published = {*found.samples["location"].to_pylist(), *found.rejections["location"].to_pylist()}
        if odd := unaccounted(self._evidence.named, listing, published, self._words):
            self._evidence.facts.append(f"{reading.why}, but {len(odd):,} images have no label there, such as {odd[0]}")
            return None
        keys = reading.keys.copy()
        keys.pop("layout", None)
        return replace(
            found,
            why=reading.why,
            notices=(*found.notices, *self._evidence.damaged),
            evidence=tuple(self._evidence.facts),
            rivals=tuple(f"{one.says}: less sure" for one in self.others()),
            keys={"source": keys, **splits_named(reading.split_names)},
        )

    def others(self) -> Sequence[Proposal]:
        """The proposals besides the reading that the tables prove."""
        reading = self._evidence.reading
        return [one for one in self._evidence.proposals if reading is None or one.keys != reading.proposal.keys]

    @property
    def named(self) -> Mapping[str, Collection[str]]:
        """For each table the images that it names."""
        return self._evidence.named

    @property
    def has_proposals(self) -> bool:
        """Whether tables make readings possible that they do not prove."""
        return bool(self._evidence.proposals or self._evidence.opposed)

    def refusal(
        self, error: UnsettledLayoutError | None, path: str, choice: FolderChoice | None = None
    ) -> UnsettledLayoutError:
        """*error*, where there is one, with the proposals of tables before its own, and *choice* behind them."""
        evidence = self._evidence
        old = error.unsettled if error is not None else None
        lead = f"{redact_url(path)}:" if error is None else f"{error.what.rstrip(':.')}."
        named = "; ".join(evidence.facts[:3])
        beside = f"Tables lie beside the images ({named}):" if named else "These readings are possible:"
        what = f"{lead} {evidence.opposed + '. ' if evidence.opposed else ''}{beside}"
        proposals = [*evidence.proposals, *(old.proposals if old else ())]
        if choice is not None and all(one.says != ALONE for one in proposals):
            proposals.append(folders_alone(choice))
        facts = [*evidence.facts, *(old.evidence if old else ())]
        return UnsettledLayoutError.of("ambiguous_layout", what, proposals, facts)
