"""What a run says of itself at its end: the same facts for a person, for a script and for Prefect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from tasks.errors import RefusedError
from tasks.json_values import Json

STOPPED = "stopped: "
"""How the reason of a run begins that a signal stopped: it was refused nothing, and nothing failed."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where every image of a run went, and what it took; the manifest holds the same counts under the same names.

    `listed + carried = written + rejected + deduplicated` holds for every version.

    Attributes:
        listed: Images that the source lists.
        carried: Rows kept although the listing no longer shows them.
        written: Rows of the version.
        rejected: Images left out, each with a reason.
        deduplicated: Images left out because another row stands for them.
        images_fetched: Images whose bytes were asked for.
        images_decoded: Distinct images that went to the decoder to be written.
        rows_copied: Rows taken over as they were encoded in an older shard.
        shards_built: Shards written anew.
        shards_kept: Shards that stay as they were.
        bytes_written: Bytes of the shards built.
    """

    listed: int = 0
    carried: int = 0
    written: int = 0
    rejected: int = 0
    deduplicated: int = 0
    images_fetched: int = 0
    images_decoded: int = 0
    rows_copied: int = 0
    shards_built: int = 0
    shards_kept: int = 0
    bytes_written: int = 0

    @property
    def balances(self) -> bool:
        """Whether every image is accounted for exactly once."""
        return self.listed + self.carried == self.written + self.rejected + self.deduplicated


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The rows of a version by split, class and reject reason, how the source was understood, and what changed.

    Attributes:
        layout: How the source was read.
        why: What made it so.
        notices: Sentences for a person.
        splits: Rows by split.
        classes: Rows by class.
        reasons: Images left out, by reason.
        drift: What changed against the version before, a line each.
        left_out: The first images left out: place, label file and line, reason, detail.
        page: Where the page of the version, or of the refused run, is; empty where there is none.
        near: Pairs of near duplicates, as a manifest has them; empty where images are not measured.
    """

    layout: str = ""
    why: str = ""
    notices: tuple[str, ...] = ()
    splits: Mapping[str, int] = field(default_factory=dict)
    classes: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    drift: tuple[str, ...] = ()
    left_out: tuple[Mapping[str, str], ...] = ()
    page: str = ""
    near: Mapping[str, int] = field(default_factory=dict)

    def with_notices(self, notices: Iterable[str]) -> Breakdown:
        """The same with further *notices* before the others."""
        return replace(self, notices=(*notices, *self.notices))


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The end of one run.

    Attributes:
        name: The dataset.
        outcome: What became of it; only ``"published"`` changed what readers see.
        reason: One line for a person: why, and what to do where it did not go well.
        root: The output.
        version: The newest version's number; `None` where there is none.
        seconds: How long the run took.
        account: Where every image went.
        breakdown: The rows by split, class and reason.
        is_source_bad: It was refused for what stands in a label file, so that this is to be mended.
    """

    name: str
    outcome: Literal["published", "unchanged", "refused", "failed"]
    reason: str
    root: str
    version: int | None = None
    seconds: float = 0.0
    account: Account = Account()
    breakdown: Breakdown = Breakdown()
    is_source_bad: bool = False

    @property
    def headline(self) -> str:
        """One line for a person: what became of the run, the dataset, what and where; one that was stopped says so."""
        return f"{self.word} {self.name}: {self.reason.removeprefix(STOPPED)}"

    @property
    def word(self) -> str:
        """What became of it, in a word: the outcome, or ``stopped``."""
        return "stopped" if self.is_stopped else self.outcome

    @property
    def is_stopped(self) -> bool:
        """Whether a signal stopped it."""
        return self.outcome == "refused" and self.reason.startswith(STOPPED)

    @property
    def exit_code(self) -> int:
        """What a command ends with: 0 done; 1 refused or failed; 2 where the config or the source is to be mended."""
        if self.outcome in {"published", "unchanged"}:
            return 0
        return 2 if self.is_source_bad else 1

    def as_json(self) -> dict[str, Json]:
        """The contract of `run --json`: flat, stable names."""
        head: dict[str, Json] = {key: getattr(self, key) for key in ("name", "outcome", "reason", "root", "version")}
        shown = self.breakdown
        near = {
            "near_duplicates": shown.near.get("pairs"),
            "leaks": shown.near.get("leaks"),
            "suspects": shown.near.get("suspects"),
        }
        said = {"notices": list(shown.notices), "drift": list(shown.drift), "page": shown.page}
        return head | asdict(self.account) | {"seconds": round(self.seconds, 3)} | said | near

    def as_dict(self) -> dict[str, Json]:
        """Everything, as JSON values."""
        values: dict[str, Json] = asdict(self)
        return values


class RunRefusedError(RefusedError):
    """A run that a rule stopped, as the data of its final state: Prefect wants an exception there.

    Attributes:
        outcome: What became of the run.
    """

    outcome: RunOutcome
