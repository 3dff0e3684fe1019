"""`parquetry discover` and `init`: what a source is, and the config that fits it, without one being there yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from flows.config_words import unknown_layout, words_for
from flows.display.printing import facts, printable, show
from flows.display.summary import some
from tasks.discover import Source, discover_sources
from tasks.discover.proposals import UnsettledLayoutError
from tasks.errors import ConfigError, LayoutError
from tasks.labels import number_notices, order_classes
from tasks.samples import Discovery, count_values
from tasks.storage import is_url, local_path, redact_url, require_scheme

_ROWS = 5


def discover(path: str, options: Mapping[str, Any], layout: str) -> Discovery:
    """What lies at *path*: a folder or a label file, local or not.

    Raises:
        ConfigError: There is no such layout.
        LayoutError: There is no such source, no image in it, or it can be read in two ways.
    """
    require_scheme(path)
    place = path if is_url(path) else str(local_path(path).absolute())
    try:
        source: Source = TypeAdapter(Source).validate_python(
            {"path": place, "layout": layout, "storage_options": dict(options)}
        )
    except ValidationError as error:
        [problem, *_] = error.errors()
        if problem["type"] == "union_tag_invalid":
            raise ConfigError(f"--layout: {unknown_layout(problem['ctx'])}") from None
        raise ConfigError(f"{redact_url(path)}: {'.'.join(map(str, problem['loc']))}: {words_for(problem)}") from None
    try:
        return discover_sources([source], {})
    except LayoutError as error:
        if type(error) is not LayoutError:
            raise
        raise LayoutError(str(error).replace("Check `source.path`", "Check the path")) from None


def describe(discovery: Discovery) -> dict[str, Any]:
    """*discovery* as JSON values, by names that scripts may rely on."""
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
        "evidence": list(discovery.evidence),
        "rivals": list(discovery.rivals),
        "proposals": [],
        "notices": [*discovery.notices, *([] if discovery.levels else number_notices(paths))],
    }


def describe_refusal(error: UnsettledLayoutError) -> dict[str, Any]:
    """What is known of a source that was not understood, by the names of `describe`."""
    proposals = [
        {
            "says": proposal.says,
            "config": dict(proposal.keys),
            "rows": [{"location": row.location, "label": row.label, "split": row.split} for row in proposal.rows],
            "evidence": list(proposal.evidence),
        }
        for proposal in error.unsettled.proposals
    ]
    nothing: dict[str, Any] = {"layout": None, "why": str(error).partition("\n")[0], "images": 0, "classes": {}}
    nothing |= {"splits": {}, "ignored": {}, "rejected": {}, "rivals": [], "notices": []}
    return nothing | {"evidence": list(error.unsettled.evidence), "proposals": proposals}


def print_discovery(console: Console, discovery: Discovery) -> None:
    """Print what a source is: layout and why, counts, what is skipped, evidence and rivals, the first rows."""
    found = describe(discovery)
    rows = [
        ("layout", f"{found['layout']}: {found['why']}"),
        ("images", f"{found['images']:,}"),
        ("classes", f"{len(found['classes'])}: {some(found['classes'])}"),
    ]
    counts = (("splits", "splits"), ("skipped", "ignored"), ("rejected because", "rejected"))
    rows += [(title, some(found[key])) for title, key in counts if found[key]]
    for title, key in (("evidence", "evidence"), ("not taken", "rivals"), ("note", "notices")):
        rows += [(title, sentence) for sentence in found[key]]
    show(console, facts(rows), "", _first_rows(discovery.samples))


def _first_rows(samples: pa.Table) -> Table:
    columns = ("sample_id", "label_path", "split")
    table = Table(*columns, box=None, pad_edge=False)
    for row in samples.slice(0, _ROWS).to_pylist():
        table.add_row(*(printable(row[column]) for column in columns))
    return table
