"""The config that `init` prints: the reading that was taken, or every reading that is possible, to choose one."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tasks.discover.proposals import Proposal, UnsettledLayoutError, flow, yaml_lines
from tasks.samples import Discovery
from tasks.storage import is_url, local_path, redact_url
from tasks.survey.described import describe_discovery
from tasks.wording import some

_TARGET = (
    "resize: {size: [224, 224], mode: crop}   # or stretch, pad, shorter, longer, none",
    "write: {pixels: jpeg, quality: 90}       # or png, webp, raw, original",
    "output:",
)
_MORE = (
    "gates: {max_reject_fraction: 0.05, max_delete_fraction: 0.1}   # a run that crosses one publishes nothing",
    'schedule: {cron: "0 2 * * *", work_pool: nightly}   # for `parquetry deploy` and `parquetry serve`',
    "All keys: docs/configuration.md",
)
RATIOS = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""How a config parts the images that the source puts into no split."""
_SCHEMAS = (Path(__file__).parents[1] / "schema.json", Path(__file__).parents[2] / "configs" / "schema.json")
"""Where the schema of configs is in an installed package, and in a checkout."""

_PLAIN = re.compile(r"(?=.*[^\W\d_])[\w./](?:[\w./ ()+~@=,-]|:(?=/))*(?<! )")
_NO_TEXT = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


@dataclass(frozen=True, slots=True)
class Target:
    """What a config is written for.

    Attributes:
        source: Where the images are, as it was typed.
        output: Where the dataset will be published, as it was typed.
        file: Where the config itself will lie; None where nobody knows.
    """

    source: str
    output: str
    file: Path | None = None

    def placed(self, place: str) -> str:
        """*place* for the config: relative to its folder where it was typed as a relative path."""
        if is_url(place) or local_path(place).is_absolute():
            return place if is_url(place) else str(local_path(place))
        folder = self.file.absolute().parent if self.file else Path.cwd()
        return os.path.relpath(local_path(place).absolute(), folder)

    @property
    def head(self) -> list[str]:
        """The line by which editors know the keys."""
        schema = next((place for place in _SCHEMAS if place.is_file()), None)
        return [f"# yaml-language-server: $schema={schema}"] if schema else []

    @property
    def tail(self) -> list[str]:
        """What else a config may say, and the next command."""
        config = shlex.quote(os.path.relpath(self.file)) if self.file else "CONFIG.yaml"
        return ["", *_comments(_MORE), f"# Next: parquetry plan {config}, then: parquetry run {config}"]


def starting_config(target: Target, discovery: Discovery) -> str:
    """A commented YAML for what *discovery* found, which runs as it is."""
    found = describe_discovery(discovery)
    lines = [
        *target.head,
        *_comments([f"{found['images']:,} images: {found['why']}", *found["notices"]]),
        f"name: {value_of(name_of(target.source))}",
        "source:",
        f"  path: {value_of(with_label_file(target.placed(target.source), label_file_of(discovery)))}",
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
        lines += ["splits:", f"  ratios: {flow(RATIOS)}"]
    return "\n".join([*lines, *_TARGET, *_output_lines(target), *target.tail, ""])


def choosing_config(target: Target, options: Mapping[str, object], error: UnsettledLayoutError) -> str:
    """A YAML for a source that can be read in several ways: each as a block that runs without its comment signs.

    The reading that only a config may ask for, where it is the one, stands there without them.
    """
    proposals = error.unsettled.proposals
    certain = error.certain
    head = str(error).partition("\n")[0]
    how = "Take away the first # and the blank behind it from each line of the one block that is right:"
    lines = [
        *target.head,
        *_comments([head, *error.unsettled.evidence]),
        f"name: {value_of(name_of(target.source))}",
        *_TARGET,
        *_output_lines(target),
        *([] if certain is not None else _comments([how])),
        "source:",
        f"  path: {value_of(target.placed(target.source))}",
        *_options_lines(options),
    ]
    for proposal in proposals:
        block = list(_block(proposal))
        lines += ["", *(block if proposal is certain else [f"# {line}" for line in block])]
    return "\n".join([*lines, *target.tail, ""])


def _block(proposal: Proposal) -> Iterator[str]:
    """The keys of *proposal* as they follow `source.path`, behind what it says, its evidence and its rows."""
    yield from _comments([f"If {proposal.says}:", *proposal.evidence])
    for row in proposal.rows:
        yield from _comments([f"  {row.location} → {row.label or 'no label'}{f' ({row.split})' if row.split else ''}"])
    yield from (f"  {line}" for line in yaml_lines(proposal.keys.get("source", {})))
    yield from yaml_lines({key: value for key, value in proposal.keys.items() if key != "source"}, sections=True)


def _comments(texts: Iterable[str]) -> list[str]:
    return [f"# {''.join(char if char.isprintable() else ' ' for char in text)}" for text in texts]


def value_of(text: str) -> str:
    """*text* as a YAML value: in double quotes where it would not be plain text otherwise."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NO_TEXT:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in escaped) + '"'


def _options_lines(options: Mapping[str, object]) -> list[str]:
    return [f"  storage_options: {json.dumps(dict(options))}"] if options else []


def _output_lines(target: Target) -> list[str]:
    return [f"  path: {value_of(target.placed(target.output))}", "  # dedupe: content   # equal files become one row"]


def label_file_of(discovery: Discovery) -> str:
    """The name of the label file that was read; empty where the folder itself was, or tables of its own."""
    access = discovery.access[0]
    if access.label_root is None or not access.record_formats or discovery.layout == "tables":
        return ""
    return next(iter(access.record_formats))


def with_label_file(place: str, name: str) -> str:
    """*place*, a source as it was typed, with the label file *name* that was found in it."""
    is_named = not name or f"/{place}".partition("?")[0].endswith(f"/{name}")
    return place if is_named else f"{place.rstrip('/')}/{name}"


def name_of(source: str) -> str:
    """A dataset's name out of its source's: letters, digits and hyphens."""
    place = redact_url(source if is_url(source) else str(local_path(source).absolute())).rstrip("/")
    stem = place.rpartition("/")[2].partition(".")[0]
    if stem.lower() in {"metadata", "labels", "annotations", "train", "images", ""}:
        stem = place.rpartition("/")[0].rpartition("/")[2] or stem
    name = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "-" for char in stem).strip("-._")
    return name or "dataset"
