"""Lists that say which sample is in which split: `splits.files`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import repeated
from tasks.columns import RejectionColumn, Rejections, Samples
from tasks.discover.by_tables.find_files import FileFinder
from tasks.discover.settings import SourceSettings
from tasks.errors import LabelFileError, LayoutError
from tasks.reasons import Reason
from tasks.samples import Discovery
from tasks.tables import TableSettings, read_table
from tasks.tables.json_tables import whole_value
from tasks.tables.opening import TableFile, table_files
from tasks.tables.plain_tables import LINE

_MOST_COLUMNS = 20
_JSON = (".json", ".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class SplitLists:
    """Which lists name the samples of which split.

    Attributes:
        files: For each split its lists, relative to the source's path (or to the folder of its label file).
        rest: What becomes of samples that no list names and that the source gives no split: ``train``, or rejected.
    """

    files: Mapping[str, Sequence[str]]
    rest: Literal["train", "reject"] = "reject"


def in_listed_splits(discovery: Discovery, source: SourceSettings, lists: SplitLists) -> Discovery:
    """*discovery* of *source* with each sample in the split whose list names it.

    Raises:
        LayoutError: A list is not there, names no sample, or two lists name the same one.
    """
    return _Listed(discovery, source, lists).discovery()


class _Listed:
    def __init__(self, discovery: Discovery, source: SourceSettings, lists: SplitLists) -> None:
        self._found = discovery
        self._lists = lists
        self._samples = discovery.samples
        self._root = discovery.access[0].label_root or source.place
        self._finder = FileFinder(self._samples["location"].combine_chunks(), source.extensions)
        self._notices: list[str] = []

    def discovery(self) -> Discovery:
        names = list(self._lists.files)
        number = np.full(self._samples.num_rows, -1, dtype=np.int64)
        origin = np.full(self._samples.num_rows, -1, dtype=np.int64)
        files = [(place, file) for place, split in enumerate(names) for file in self._lists.files[split]]
        for at, (place, pattern) in enumerate(files):
            for file in table_files(self._root, "" if _is_glob(pattern) else pattern, [pattern]):
                named = self._named(file)
                twice = named[(number[named] >= 0) & (number[named] != place)]
                if len(twice):
                    raise self._in_two(int(twice[0]), files[int(origin[twice[0]])][1], file.name)
                number[named], origin[named] = place, at
        given = self._samples["split"].combine_chunks().to_numpy(zero_copy_only=False).astype(object)
        splits = np.where(number >= 0, np.array([*names, ""], dtype=object)[number], given)
        return self._with_splits(splits)

    def _named(self, file: TableFile) -> npt.NDArray[np.int64]:
        """The samples that *file* names: by that of its columns that names the most."""
        best: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        count = 0
        ambiguous: LabelFileError | None = None
        for texts in self._columns(file):
            folders = pa.repeat(pa.scalar(file.name.rpartition("/")[0]), len(texts))
            try:
                places = self._finder.find(texts, folders, None, "auto", lambda _: file.name).places
            except LabelFileError as error:  # a column of numbers, perhaps
                ambiguous = ambiguous or error
                continue
            found = np.unique(places[places >= 0])
            if len(found) > len(best):
                best, count = found, int((places < 0).sum())
        if not len(best):
            raise ambiguous or LayoutError(
                f"{file.name} names none of the {self._samples.num_rows:,} images, so it is no split's list. Check "
                "`splits.files`."
            )
        if count:
            self._notices.append(f"{file.name}: {count:,} of its entries name no image")
        return best

    def _columns(self, file: TableFile) -> Iterator[pa.Array]:
        if file.bare_name.endswith(_JSON):
            yield pa.array(list(_texts(whole_value(file, ""))), pa.string())
            return
        settings = TableSettings(file=file.name, columns=("line",), delimiter=LINE)
        lines = pc.utf8_trim_whitespace(read_table(self._root, settings).texts("line"))
        yield lines
        for delimiter in (None, ",", "\t", ";"):
            cells = [line.split(delimiter) for line in lines.to_pylist()]
            width = min(max(map(len, cells), default=0), _MOST_COLUMNS)
            for place in range(width if width > 1 else 0):
                column = [row[place].strip(" \"'") for row in cells if place < len(row)]
                yield pa.array(column, pa.string())

    def _in_two(self, row: int, first: str, second: str) -> LayoutError:
        image = self._samples["location"][row].as_py()
        return LayoutError(
            f"{first} and {second} both name {image[:80]!r}, and it cannot be in two splits. Give one of them in "
            "`splits.files`, or mend the lists."
        )

    def _with_splits(self, splits: npt.NDArray[np.object_]) -> Discovery:
        samples = _with_column(self._samples, splits)
        rest = splits == ""
        found = replace(self._found, notices=(*self._found.notices, *self._notices), samples=samples)
        if not rest.any():
            return found
        said = f"{int(rest.sum()):,} images are in no list of `splits.files`"
        if self._lists.rest == "train":
            samples = _with_column(samples, np.where(rest, "train", splits))
            return replace(found, samples=samples, notices=(*found.notices, f"{said} and go to train (`splits.rest`)"))
        rejections = pa.concat_tables([found.rejections, _rejected(samples.filter(pa.array(rest)), found.rejections)])
        return replace(
            found,
            samples=samples.filter(pa.array(~rest)),
            rejections=rejections,
            notices=(*found.notices, f"{said} and are rejected; `splits.rest: train` would keep them"),
        )


def _with_column(samples: Samples, splits: npt.NDArray[np.object_]) -> Samples:
    place = samples.schema.get_field_index("split")
    return samples.set_column(place, samples.schema.field("split"), pa.array(splits, pa.string()))


def _rejected(samples: Samples, like: Rejections) -> Rejections:
    known: dict[RejectionColumn, pa.ChunkedArray] = {
        "sample_id": samples["sample_id"],
        "source": samples["source"],
        "location": samples["location"],
        "label_file": samples["label_file"],
        "label_row": samples["label_row"],
        "source_fingerprint": samples["fingerprint"],
    }
    said: dict[str, str | int] = {
        "stage": "discover",
        "reason": Reason.UNKNOWN_SPLIT.value,
        "detail": "no list of `splits.files` names it; `splits.rest: train` would keep it",
        "attempts": 0,
    }
    columns = [
        known[item.name] if item.name in known else repeated(said.get(item.name, ""), samples.num_rows, item.type)
        for item in like.schema
    ]
    return pa.table(columns, schema=like.schema)


def _is_glob(pattern: str) -> bool:
    return any(mark in pattern for mark in "*?[")


def _texts(value: object) -> Iterator[str]:
    """Every text in *value*, which is what a JSON holds; keys too, where what they lead to is no text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item)
            if not isinstance(item, str | Mapping | list):
                yield str(key)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
