"""The config that `init` prints: the reading that was taken, or every reading that is possible, to choose one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flows.commands.discovering import describe
from flows.display.summary import some
from tasks.discover.proposals import Proposal, UnsettledLayoutError, yaml_lines
from tasks.samples import Discovery
from tasks.storage import is_url, local_path, redact_url

_TARGET = (
    "resize: {size: [224, 224], mode: crop}   # or stretch, pad, shorter, longer, none",
    "write: {pixels: jpeg, quality: 90}       # or png, webp, raw, original",
    "output:",
)


def starting_config(source: str, output: str, discovery: Discovery) -> str:
    """A commented YAML for what *discovery* found, which runs as it is."""
    found = describe(discovery)
    lines = [
        *_comments([f"{found['images']:,} images: {found['why']}", *found["notices"]]),
        f"name: {_quoted(_name_of(source))}",
        "source:",
        f"  path: {_quoted(_place_of(source, discovery))}",
        *_options_lines(discovery.access[0].root.options),
        f"  layout: {found['layout']}",
        *(f"  {line}" for line in yaml_lines(discovery.keys.get("source", {}))),
        *([f"  levels: {json.dumps(list(discovery.levels))}   # names for the levels"] if discovery.levels else []),
        *_comments([f"classes: {some(found['classes'])}"]),
    ]
    if found["splits"]:
        lines += _comments([f"splits, as the source names them: {some(found['splits'])}"])
        if names := discovery.keys.get("splits", {}).get("names"):
            lines += ["splits:", f"  names: {json.dumps(names, ensure_ascii=False)}"]
    else:
        lines += ["splits:", "  ratios: {train: 0.8, validation: 0.1, test: 0.1}"]
    return "\n".join([*lines, *_TARGET, f"  path: {_quoted(_absolute(output))}", ""])


def choosing_config(source: str, output: str, options: Mapping[str, Any], error: UnsettledLayoutError) -> str:
    """A YAML for a source that can be read in several ways: each as a block that runs without its comment signs.

    The reading that only a config may ask for, where it is the one, stands there without them.
    """
    proposals = error.unsettled.proposals
    certain = error.certain
    head = str(error).partition("\n")[0]
    how = "Take away the first # and the blank behind it from each line of the one block that is right:"
    lines = [
        *_comments([head, *error.unsettled.evidence]),
        f"name: {_quoted(_name_of(source))}",
        *_TARGET,
        f"  path: {_quoted(_absolute(output))}",
        *([] if certain is not None else _comments([how])),
        "source:",
        f"  path: {_quoted(_absolute(source))}",
        *_options_lines(options),
    ]
    for proposal in proposals:
        block = list(_block(proposal))
        lines += ["", *(block if proposal is certain else [f"# {line}" for line in block])]
    return "\n".join([*lines, ""])


def _block(proposal: Proposal) -> Iterator[str]:
    """The keys of *proposal* as they follow `source.path`, behind what it says, its evidence and its rows."""
    yield from _comments([f"If {proposal.says}:", *proposal.evidence])
    for row in proposal.rows:
        yield from _comments([f"  {row.location} → {row.label or 'no label'}{f' ({row.split})' if row.split else ''}"])
    yield from (f"  {line}" for line in yaml_lines(proposal.keys.get("source", {})))
    yield from yaml_lines({key: value for key, value in proposal.keys.items() if key != "source"}, sections=True)


def _comments(texts: Iterable[str]) -> list[str]:
    return [f"# {''.join(char if char.isprintable() else ' ' for char in text)}" for text in texts]


def _quoted(text: str) -> str:
    """*text* as a YAML value in double quotes."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in plain) + '"'


def _options_lines(options: Mapping[str, Any]) -> list[str]:
    return [f"  storage_options: {json.dumps(dict(options))}"] if options else []


def _place_of(source: str, discovery: Discovery) -> str:
    """What was read: *source*, or the label file that was found in it."""
    access = discovery.access[0]
    if access.label_root is None or not access.record_formats or discovery.layout == "tables":
        return _absolute(source)
    name = next(iter(access.record_formats))
    place = _absolute(source)
    return place if place.partition("?")[0].endswith(f"/{name}") else f"{place.rstrip('/')}/{name}"


def _absolute(place: str) -> str:
    return place if is_url(place) else str(local_path(place).absolute())


def _name_of(source: str) -> str:
    """A dataset's name out of its source's: letters, digits and hyphens."""
    place = redact_url(_absolute(source)).rstrip("/")
    stem = place.rpartition("/")[2].partition(".")[0]
    if stem.lower() in {"metadata", "labels", "annotations", "train", "images", ""}:
        stem = place.rpartition("/")[0].rpartition("/")[2] or stem
    name = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "-" for char in stem).strip("-._")
    return name or "dataset"
