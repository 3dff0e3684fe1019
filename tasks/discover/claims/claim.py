"""What can be claimed of images: labels, a split, or numbers to predict, with the tables that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tasks.config_keys import TableKeys
from tasks.discover.claims.column_roles import LabelColumn, part_alike

Entries = list[TableKeys]


@dataclass(slots=True)
class SplitClaim:
    """A split for each of some images.

    Attributes:
        entries: The tables that say it, each with the columns `location` and `split`, or with one split.
        by_file: For each image its split.
        names: What the tables call the splits.
        says: Where it stands.
    """

    entries: Entries
    by_file: dict[str, str]
    names: dict[str, str]
    says: str


@dataclass(slots=True)
class LabelClaim:
    """Labels for some images.

    Attributes:
        entries: The tables that say it.
        column: What it is in the tables.
        by_file: For each image its labels.
        says: Where it stands.
        is_sure: Whether the column is the label without doubt.
        splits: The splits that the same tables say; None where they say none.
        has_boxes: Whether the tables outline what is in an image, file by file.
        nulls: What stands in the column for no label.
    """

    entries: Entries
    column: LabelColumn
    by_file: dict[str, tuple[str, ...]]
    says: str
    is_sure: bool
    splits: SplitClaim | None = None
    has_boxes: bool = False
    nulls: tuple[str, ...] = ()

    @property
    def is_many(self) -> bool:
        """Whether images have several labels, or none."""
        counts = {len(labels) for labels in self.by_file.values()}
        is_a_set = self.has_boxes or bool(self.column.one_hot)
        return self.column.is_many or max(counts, default=0) > 1 or (is_a_set and 0 in counts)

    @property
    def names_several(self) -> bool:
        """Whether it names more than one class."""
        return len({label for labels in self.by_file.values() for label in labels}) > 1

    @property
    def has_bare(self) -> bool:
        """Whether images that it names have no label."""
        return not self.column.one_hot and not all(self.by_file.values())

    @property
    def is_one_box(self) -> bool:
        """Whether boxes could give an image several labels, and give each just one."""
        return self.has_boxes and not self.is_many

    def of_sets(self) -> LabelClaim:
        """The same, where each image has a set of labels."""
        says = f"{self.says}, and an image may have several"
        return replace(self, column=replace(self.column, is_many=True), says=says)


@dataclass(slots=True)
class Claims:
    """All that tables claim.

    Attributes:
        labels: Each claim of labels.
        splits: Each claim of splits.
        numbers: Columns that hold a number to predict, with the tables that name them, and what these call splits.
        folds: Tables that part the same images in several ways.
        is_whole: Whether all tables were read to their ends.
    """

    labels: list[LabelClaim] = field(default_factory=list)
    splits: list[SplitClaim] = field(default_factory=list)
    numbers: list[tuple[str, Entries, Mapping[str, str]]] = field(default_factory=list)
    folds: list[str] = field(default_factory=list)
    is_whole: bool = True


def labels_by_file(files: Sequence[str], values: Sequence[Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """For each image the labels of all its rows."""
    found: dict[str, tuple[str, ...]] = {}
    rows = [file for file in files if file]
    for file, labels in zip(rows, values, strict=True):
        found[file] = tuple(dict.fromkeys((*found.get(file, ()), *labels)))
    return found


def contradict(one: LabelClaim, other: LabelClaim) -> bool:
    """Whether two claims part the images that both name in different ways."""
    shared = [file for file in one.by_file if file in other.by_file]
    if not shared:
        return False
    mine, others = [one.by_file[file] for file in shared], [other.by_file[file] for file in shared]
    is_renamed = set(mine) & set(others) and mine != others  # the same words for other images
    return bool(is_renamed) or not part_alike(mine, others)
