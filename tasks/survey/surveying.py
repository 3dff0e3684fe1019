"""`parquetry discover` and `init`: what a source is, and the config that fits it, without one being there yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from pydantic import TypeAdapter, ValidationError

from tasks.config_text.words import unknown_layout, words_for
from tasks.discover import Source, discover_sources
from tasks.discover.auto import AutoSource
from tasks.discover.by_folders.folders import ignored_in, images_under
from tasks.discover.by_tables.origins import origin_of
from tasks.discover.listing.tree import TreeLine, tree_of, tree_of_samples
from tasks.discover.proposals import Unsettled, UnsettledLayoutError
from tasks.discover.words.split_words import SplitWords
from tasks.errors import ConfigError, LayoutError
from tasks.labels import number_notices, order_classes
from tasks.pandas_aside import leave_pandas_aside
from tasks.samples import Discovery, count_values
from tasks.storage import is_url, local_path, redact_url, require_scheme

_ROWS = 3
_BY_FOLDERS = ("class_folders", "split_folders", "hierarchy")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Survey:
    """What a look at a source saw.

    Attributes:
        found: What was discovered; None where it was refused.
        refusal: Why it was refused; None where it was not.
        tree: Its folders.
        images: How many images there are.
        ignored: What is skipped, with counts.
    """

    found: Discovery | None
    refusal: UnsettledLayoutError | None
    tree: Sequence[TreeLine]
    images: int
    ignored: Mapping[str, int]


def survey(path: str, options: Mapping[str, Any], layout: str) -> Survey:
    """What lies at *path*, also where it cannot be settled how it is to be read.

    Raises:
        ConfigError: There is no such layout.
        LayoutError: There is no such source, or no image in it.
    """
    source = _source_at(path, options, layout).telling_origins()
    if not isinstance(source, AutoSource) or source.as_label_file() is not None:
        found = _told(lambda: discover_sources([source], {}))
        return Survey(found, None, tree_of_samples(found), found.listed, found.ignored)
    listing = _told(lambda: images_under(source))
    tree = tree_of(listing)
    try:
        found = _told(lambda: source.discover_in(listing, SplitWords({})))
    except UnsettledLayoutError as error:
        return Survey(None, error, tree, listing.count, ignored_in(listing))
    return Survey(found, None, tree, found.listed, found.ignored)


def discover(path: str, options: Mapping[str, Any], layout: str) -> Discovery:
    """What lies at *path*: a folder or a label file, local or not.

    Raises:
        ConfigError: There is no such layout.
        LayoutError: There is no such source, no image in it, or it can be read in two ways.
    """
    return _told(lambda: discover_sources([_source_at(path, options, layout)], {}))


def place_of(path: str) -> str:
    """Where *path* is, whatever folder a process works in."""
    return path if is_url(path) else str(local_path(path).absolute())


def _source_at(path: str, options: Mapping[str, Any], layout: str) -> Source:
    leave_pandas_aside()
    require_scheme(path)
    try:
        source: Source = TypeAdapter(Source).validate_python(
            {"path": place_of(path), "layout": layout, "storage_options": dict(options)}
        )
    except ValidationError as error:
        [problem, *_] = error.errors()
        if problem["type"] == "union_tag_invalid":
            raise ConfigError(f"--layout: {unknown_layout(problem['ctx'])}") from None
        raise ConfigError(f"{redact_url(path)}: {'.'.join(map(str, problem['loc']))}: {words_for(problem)}") from None
    return source


def _told(look: Callable[[], Result]) -> Result:
    """What *look* returns; its errors speak of a path, not of the config's key."""
    try:
        return look()
    except LayoutError as error:
        if type(error) is not LayoutError:
            raise
        raise LayoutError(str(error).replace("Check `source.path`", "Check the path")) from None


def describe(survey: Survey) -> dict[str, Any]:
    """*survey* as JSON values, by names that scripts may rely on."""
    facts = describe_discovery(survey.found) if survey.found is not None else _of_refusal(survey.refusal)
    tree = [
        {"folder": f"{'  ' * one.depth}{one.name}", "images": one.images, "others": one.others} for one in survey.tree
    ]
    return facts | {"images": survey.images, "ignored": dict(survey.ignored), "tree": tree}


def describe_discovery(discovery: Discovery) -> dict[str, Any]:
    """What was discovered, as `describe` has it, without its folders."""
    samples = discovery.samples
    paths = discovery.class_paths if discovery.levels else order_classes(discovery.class_paths)
    classes = dict.fromkeys(paths, 0) | count_values(samples["label_path"])
    splits = count_values(samples["split"])
    return {
        "layout": discovery.layout,
        "why": discovery.why,
        "images": discovery.listed,
        "classes": classes,
        "splits": splits if set(splits) != {""} else {},
        "ignored": dict(discovery.ignored),
        "rejected": count_values(discovery.rejections["reason"]),
        "evidence": [*discovery.evidence, *_folder_evidence(discovery)],
        "rivals": list(discovery.rivals),
        "proposals": [],
        "notices": [*discovery.notices, *([] if discovery.levels else number_notices(paths))],
        "rows": [_row(sample) for sample in _examples(samples)],
    }


def _folder_evidence(discovery: Discovery) -> list[str]:
    """How many images the folders of classes hold, where folders are the evidence."""
    if discovery.layout not in _BY_FOLDERS or not discovery.samples.num_rows:
        return []
    counts = sorted(count_values(discovery.samples["label_path"]).values())
    each = f"{counts[0]:,} to {counts[-1]:,}" if counts[0] != counts[-1] else f"{counts[0]:,}"
    return [f"folders: {len(counts):,} {'hold' if len(counts) > 1 else 'holds'} images of one class, {each} each"]


def _examples(samples: pa.Table) -> list[Mapping[str, Any]]:
    """A sample of each of the first three classes, or the first three."""
    codes = samples["label_path"].combine_chunks().dictionary_encode().indices.to_numpy()
    _, first = np.unique(codes, return_index=True)
    places = sorted(dict.fromkeys([*sorted(first.tolist())[:_ROWS], *range(min(_ROWS, samples.num_rows))]))
    chosen = sorted(first.tolist())[:_ROWS] if len(first) >= _ROWS else places[:_ROWS]
    found: list[Mapping[str, Any]] = samples.take(pa.array(sorted(chosen), pa.int64())).to_pylist()
    return found


def _row(sample: Mapping[str, Any]) -> dict[str, Any]:
    labels = sample["label_paths"]
    label = ", ".join(labels) if labels is not None else sample["label_path"]
    told = {
        "label_from": origin_of(sample, "label"),
        "split_from": origin_of(sample, "split") if sample["split"] else "",
    }
    place = sample["location"] or sample["sample_id"]
    return {"location": place, "label": label, "split": sample["split"], **told}


def _of_refusal(error: UnsettledLayoutError | None) -> dict[str, Any]:
    """What is known of a source that was not understood."""
    nothing: dict[str, Any] = {"layout": None, "why": str(error).partition("\n")[0], "images": 0, "classes": {}}
    nothing |= {"splits": {}, "ignored": {}, "rejected": {}}
    unsettled = error.unsettled if error is not None else Unsettled()
    proposals = [
        {
            "says": proposal.says,
            "config": dict(proposal.keys),
            "rows": [{"location": row.location, "label": row.label, "split": row.split} for row in proposal.rows],
            "evidence": list(proposal.evidence),
        }
        for proposal in unsettled.proposals
    ]
    told = {"evidence": list(unsettled.evidence), "rivals": [], "proposals": proposals}
    return nothing | told | {"notices": [], "rows": []}
