"""The page of a version, or of a run that published none: one file of HTML that needs nothing beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
from markupsafe import Markup, escape

from tasks.report import changed_rows, page_parts
from tasks.report.album import Album, Shrink, read_album
from tasks.report.changed_rows import Change, Shown
from tasks.report.page_facts import PageFacts
from tasks.report.page_head import figures, head_of, ways_on
from tasks.report.page_lines import Sections
from tasks.report.quality_rows import ShownPairs, flagged_of, pairs_of, plots_of
from tasks.storage import Store
from tasks.wording import plain

if TYPE_CHECKING:
    from jinja2 import Template

_PICTURED = 360
"""So many pictures of classes are shown in all, at most six of each class."""


_ORDER = [(name, "ascending") for name in ("label_file", "label_row", "sample_id", "stage", "reason")]
"""Of what is left out: the same, whether a page is made by the run or again of what is published."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The rows that a page shows, before their pictures are there."""

    changes: Sequence[Change] = ()
    samples: Mapping[str, Sequence[Shown]] = field(default_factory=dict)
    twins: Mapping[str, Shown] = field(default_factory=dict)
    pairs: Sequence[ShownPairs] = ()
    flagged: Mapping[str, Sequence[Shown]] = field(default_factory=dict)

    def shown(self) -> Iterator[Shown]:
        for row in (row for change in self.changes for row in change.shown):
            yield row
            if row.before is not None:
                yield row.before
        yield from (row for rows in self.samples.values() for row in rows)
        yield from self.twins.values()
        yield from (row for kind in self.pairs for pair in kind.pairs for row in (pair.one, pair.other))
        yield from (row for rows in self.flagged.values() for row in rows)


def make_page(store: Store, facts: PageFacts, shrink: Shrink) -> bytes:
    """The page, in UTF-8; pictures that cannot be had are left out, and it says so.

    Args:
        store: The output, which holds the shards.
        facts: What it is made of.
        shrink: What makes small pictures of images that are as their sources have them.
    """
    facts = replace(facts, rejections=facts.rejections.sort_by(_ORDER))
    chosen = _choose(facts)
    places = [(row.file, row.row) for row in chosen.shown() if not row.is_old]
    old_places = [(row.file, row.row) for row in chosen.shown() if row.is_old]
    album = read_album(store, facts.rows.files, places, shrink) if facts.rows else Album()
    old_album = read_album(store, facts.before.files, old_places, shrink) if facts.before else Album()
    pictures = {False: album.pictures, True: old_album.pictures}
    history = facts.report.get("history", ())
    by_split = changed_rows.class_splits(facts.rows.table, facts.kind) if facts.rows and facts.has_classes else {}
    sections: Sections = {
        "changes": [page_parts.pictured(change, pictures) for change in chosen.changes],
        "classes": list(page_parts.class_rows(facts, chosen.samples, by_split, pictures)) if facts.has_classes else [],
        "samples": [page_parts.picture(row, pictures) for row in chosen.samples.get("", ()) if not facts.has_classes],
        "hidden": page_parts.names_hidden(facts),
        "splits": page_parts.splits(facts),
        "gates": [page_parts.gate_row(gate, history) for gate in facts.report.get("gates", ())],
        "reasons": page_parts.reasons(facts),
        "rejects": [
            [page_parts.reject_row(row, chosen.twins, pictures) for row in rows]
            for rows in page_parts.rejects_shown(facts)
        ],
        "measures": list(page_parts.measures(facts.report.get("images") or {})),
        "near": facts.report.get("near") or {},
        "pairs": [page_parts.pictured_pairs(kind, pictures) for kind in chosen.pairs],
        "flagged": list(page_parts.flagged(facts, chosen.flagged, pictures)),
        "plots": list(plots_of(facts.report.get("images") or {})),
        "lost": _lost(facts, [*facts.missing, *album.lost, *old_album.lost]),
    }
    top = {"head": head_of(facts), "figures": list(figures(facts)), "ways": ways_on(sections, facts)}
    return _template().render(sections, facts=facts, **top).encode("utf-8", "replace")


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - an unchanged run makes no page

    from tasks.report.kept_code import KeptCode  # noqa: PLC0415 - as above

    folder = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(folder),
        bytecode_cache=KeptCode(folder / "__pycache__"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_printable,
    )
    environment.filters |= {
        "n": lambda value: f"{value:,}",
        "g": lambda value: f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}",
        "told": _told,
        "soft": _soft,
    }
    return environment.get_template("page.html")


def _told(text: str) -> Markup:
    """A sentence in which what stands between backticks is shown as what can be typed."""
    parts = [escape(_printable(part)) for part in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 and number < len(parts) - 1 else part
        for number, part in enumerate(parts)
    )


def _soft(text: str) -> Markup:
    """A name that may be broken behind what joins its words, rather than within one."""
    parts = re.split(r"(?<=[_/.\-])(?=\w)", str(_printable(text)))
    return Markup("<wbr>").join(escape(part) for part in parts)


def _printable(value: Any) -> Any:
    """Text of which nothing turns the direction of what follows, or is there without being seen."""
    return value if type(value) is not str or value.isprintable() else plain(value)


def _choose(facts: PageFacts) -> _Chosen:
    if facts.rows is None:
        return _Chosen(_planned_changes(facts))
    rows, kind = facts.rows.table, facts.kind
    left_out = facts.rejections["sample_id"]
    changes = changed_rows.changes_between(facts.before.table, rows, left_out, kind) if facts.before else []
    if facts.has_classes:
        names = page_parts.names_shown(facts)
        each = max(1, min(6, _PICTURED // max(1, len(names))))
        samples = changed_rows.samples_of_classes(rows, names[:_PICTURED], each, kind)
    else:
        samples = {"": changed_rows.first_samples(rows, changed_rows.MOST, kind)}
    copies = facts.rejections.filter(pc.equal(facts.rejections["stage"], "dataset"))["content_sha256"]
    contents = [digest for digest in copies.slice(0, changed_rows.MOST).to_pylist() if digest]
    twins = changed_rows.by_content(rows, contents, kind) if contents else {}
    return _Chosen(changes, samples, twins, pairs_of(facts), flagged_of(facts))


def _planned_changes(facts: PageFacts) -> Sequence[Change]:
    """What is known of the changes of a run that stopped before it built a version."""
    if facts.before is None or facts.unlisted is None:
        return ()
    return changed_rows.unlisted(facts.before.table, facts.unlisted, facts.kind)


def _lost(facts: PageFacts, lost: Sequence[str]) -> str:
    """Why pictures are left out; empty where none are for want of a shard."""
    if facts.rows is None and facts.missing:
        return (
            "The shards of this version are no longer there, so there are no pictures; the counts come from its report."
        )
    if lost:
        shown = ", ".join(lost[:3]) + (" and others" if len(lost) > 3 else "")
        return f"What stands in files that are missing or damaged is left out: {shown}. `parquetry verify` says more."
    return ""
