"""`parquetry discover` and `init`: what a source is, and the config that fits it, without one being there yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from flows.config_words import unknown_layout, words_for
from flows.display.summary import printable, some
from tasks.discover import Source, discover_sources
from tasks.discover.proposals import UnsettledLayoutError
from tasks.errors import ConfigError
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
    return discover_sources([source], {})


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
    """Print what a source is: layout and why, counts, what is passed over, evidence and rivals, the first rows."""
    found = describe(discovery)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("layout", printable(f"{found['layout']}: {found['why']}"))
    table.add_row("images", f"{found['images']:,}")
    table.add_row("classes", printable(f"{len(found['classes'])}: {some(found['classes'])}"))
    for title, key in (("splits", "splits"), ("passed over", "ignored"), ("rejected because", "rejected")):
        if found[key]:
            table.add_row(title, printable(some(found[key])))
    for title, key in (("evidence", "evidence"), ("not taken", "rivals")):
        for sentence in found[key]:
            table.add_row(title, printable(sentence))
    for notice in found["notices"]:
        table.add_row("note", printable(notice))
    console.print(table)
    console.print(_first_rows(discovery.samples))


def _first_rows(samples: pa.Table) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("sample_id", "label_path", "split"):
        table.add_column(column, overflow="ellipsis", no_wrap=True, max_width=60)
    for row in samples.slice(0, _ROWS).to_pylist():
        table.add_row(*(printable(row[column]) for column in ("sample_id", "label_path", "split")))
    return table
