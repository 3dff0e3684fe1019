"""The dataset card: a README whose head tells `datasets` which files belong to which version and split."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.label_kinds import kind_of_columns
from tasks.publish.documents import Manifest

_LISTED = 20


def version_name(version: int) -> str:
    """What a version is called as a card's config: ``v000007``."""
    return f"v{version:06}"


def root_card(newest: int, versions: Mapping[int, Manifest]) -> str:
    """The card of the output: the newest version by default, each kept one by its name, and the rejects."""
    manifest = versions[newest]
    configs = [_config("default", manifest)]
    infos = [_info("default", manifest)]
    for number, kept in sorted(versions.items(), reverse=True):
        configs.append(_config(version_name(number), kept))
        infos.append(_info(version_name(number), kept))
    if manifest.rejects is not None:
        configs.append(_rejects(manifest.rejects.path))
    return _page(configs, infos, manifest, newest)


def view_card(version: int, manifest: Manifest) -> str:
    """The card of one version's own folder."""
    configs = [_config("default", manifest, "data")]
    if manifest.rejects is not None:
        configs.append(_rejects("rejects.parquet"))
    return _page(configs, [_info("default", manifest)], manifest, version)


def _config(name: str, manifest: Manifest, folder: str = "") -> dict[str, Any]:
    """The files of a version by split: in the pool, or in *folder*."""
    files: dict[str, list[str]] = defaultdict(list)
    for shard in manifest.shards:
        files[shard.split].append(f"{folder}/{shard.path.rpartition('/')[2]}" if folder else shard.path)
    return {"config_name": name, "data_files": [{"split": split, "path": paths} for split, paths in files.items()]}


def _rejects(path: str) -> dict[str, Any]:
    return {"config_name": "rejects", "data_files": [{"split": "rejects", "path": [path]}]}


def _info(name: str, manifest: Manifest) -> dict[str, Any]:
    features = [_feature(column, kind, manifest.class_names) for column, kind in manifest.columns.items()]
    return {"config_name": name, "features": features}


def _feature(column: str, kind: str, class_names: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    if column == "image":
        return {"name": column, "dtype": "image"}
    if column == "labels":
        return {"name": column, "list": _class_label(class_names.get("label", ()))}
    if column in class_names:
        return {"name": column, "dtype": _class_label(class_names[column])}
    if kind.startswith("list<"):
        return {"name": column, "list": kind.rpartition(": ")[2].rstrip(">")}
    return {"name": column, "dtype": {"double": "float64"}.get(kind, kind)}


def _class_label(names: Sequence[str]) -> dict[str, Any]:
    return {"class_label": {"names": {str(number): name for number, name in enumerate(names)}}}


def _page(configs: list[dict[str, Any]], infos: list[dict[str, Any]], manifest: Manifest, version: int) -> str:
    head = ["---", "configs:", *map(_line, configs), "dataset_info:", *map(_line, infos), "---"]
    return "\n".join([*head, "", *_body(manifest, version), ""])


def _line(value: Mapping[str, Any]) -> str:
    """*value* as one item of a YAML list: JSON is YAML, save that some characters must be escaped in YAML 1.1."""
    text = json.dumps(value, ensure_ascii=False)
    return "- " + "".join(char if _is_plain(char) else json.dumps(char)[1:-1] for char in text)


def _is_plain(char: str) -> bool:
    return " " <= char <= "~" or "\xa0" <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char >= "\U00010000"


def _body(manifest: Manifest, version: int) -> list[str]:
    rows = [f"| {_cell(split)} | {count:,} |" for split, count in manifest.splits.items()]
    largest = sorted(manifest.classes.items(), key=lambda item: (-item[1], item[0]))
    classes = [f"| {_cell(name)} | {count:,} |" for name, count in largest[:_LISTED]]
    has_classes = kind_of_columns(manifest.columns) != "number"
    more = [f"| … {len(largest) - _LISTED} more | |"] if len(largest) > _LISTED else []
    return [
        f"# {_cell(manifest.dataset)}",
        "",
        f"Version {version}: {manifest.rows:,} images in {len(manifest.shards)} shards, "
        + (
            f"{len(manifest.class_names.get('label', []))} classes." if has_classes else "each with a number, `target`."
        ),
        "",
        *["| split | images |", "| --- | ---: |", *rows],
        "",
        *(["| class | images |", "| --- | ---: |", *classes, *more, ""] if has_classes else []),
        "Open it with `datasets`: `load_dataset(FOLDER)` is the newest version, "
        f'`load_dataset(FOLDER, "{version_name(version)}")` this one for as long as it is kept.',
        "",
        "The data of a version are the files listed for it above and in `latest.json` (on a local disk also the folder "
        f"`versions/{version:06}/data`), never all of `_shards/`, which holds the files of every kept version.",
    ]


def _cell(text: str) -> str:
    """*text* in a table of Markdown: no markup, no HTML, no line breaks."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    escaped = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{char}" if char in "\\`*_[]|#!" else char for char in escaped)
