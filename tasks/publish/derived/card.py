"""The dataset card: a README whose head tells `datasets` which files belong to which version and split."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from tasks.json_values import JsonObject
from tasks.publish.derived.card_text import card_text
from tasks.publish.history import Version
from tasks.publish.manifest import Manifest

_LICENSE = re.compile(r"[a-z0-9][a-z0-9.-]{1,40}")
"""What hubs take for the short name of a licence."""
_ODD = re.compile("[^ -~\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML 1.1 takes only escaped."""


def version_name(version: int) -> str:
    """What a version is called as a card's config: ``v000007``."""
    return f"v{version:06}"


def root_card(newest: int, versions: Mapping[int, Version], place: str, *, has_views: bool) -> str:
    """The card of the output: the newest version by default, each kept one by its name, and the rejects.

    Args:
        newest: The newest version's number.
        versions: Those that are kept, by number.
        place: The root of the output, as a person opens it.
        has_views: Whether each version has a folder of its own.
    """
    manifest = versions[newest].manifest
    configs = [_config("default", manifest)]
    infos = [_info("default", manifest)]
    for number, kept in sorted(versions.items(), reverse=True):
        configs.append(_config(version_name(number), kept.manifest))
        infos.append(_info(version_name(number), kept.manifest))
    if manifest.rejects is not None:
        configs.append(_rejects(manifest.rejects.path))
    page = manifest.page.path if manifest.page else ""
    folder = f"versions/{newest:06}/data" if has_views else ""
    return _page(configs, infos, manifest, card_text(versions[newest], place, folder, page))


def view_card(version: Version, place: str) -> str:
    """The card of one version's own folder, in the output at *place*."""
    manifest = version.manifest
    configs = [_config("default", manifest, "data")]
    if manifest.rejects is not None:
        configs.append(_rejects("rejects.parquet"))
    folder, page = f"versions/{version.commit.version:06}/data", "report.html" if manifest.page else ""
    return _page(configs, [_info("default", manifest)], manifest, card_text(version, place, folder, page))


def _config(name: str, manifest: Manifest, folder: str = "") -> JsonObject:
    """The files of a version by split: in the pool, or in *folder*."""
    files: dict[str, list[str]] = defaultdict(list)
    for shard in manifest.shards:
        files[shard.split].append(f"{folder}/{shard.path.rpartition('/')[2]}" if folder else shard.path)
    return {"config_name": name, "data_files": [{"split": split, "path": paths} for split, paths in files.items()]}


def _rejects(path: str) -> JsonObject:
    return {"config_name": "rejects", "data_files": [{"split": "rejects", "path": [path]}]}


def _info(name: str, manifest: Manifest) -> JsonObject:
    features = [_feature(column, kind, manifest.class_names) for column, kind in manifest.columns.items()]
    return {"config_name": name, "features": features}


def _feature(column: str, kind: str, class_names: Mapping[str, Sequence[str]]) -> JsonObject:
    if column == "image":
        return {"name": column, "dtype": "image"}
    if column in class_names:
        shape = "list" if kind.startswith("list<") else "dtype"
        return {"name": column, shape: _class_label(class_names[column])}
    if kind.startswith("list<"):
        return {"name": column, "list": kind.rpartition(": ")[2].rstrip(">")}
    return {"name": column, "dtype": {"double": "float64"}.get(kind, kind)}


def _class_label(names: Sequence[str]) -> JsonObject:
    return {"class_label": {"names": {str(number): name for number, name in enumerate(names)}}}


def _page(configs: Sequence[JsonObject], infos: Sequence[JsonObject], manifest: Manifest, text: Sequence[str]) -> str:
    known = str(manifest.output.get("license") or "")
    license_line = [f"license: {json.dumps(known)}"] if _LICENSE.fullmatch(known) else []
    head = ["---", "configs:", *map(_line, configs), "dataset_info:", *map(_line, infos), *license_line, "---"]
    return "\n".join([*head, "", *text, ""])


def _line(value: JsonObject) -> str:
    """*value* as one item of a YAML list: JSON is YAML, save that some characters must be escaped in YAML 1.1."""
    text = json.dumps(value, ensure_ascii=False)
    return "- " + _ODD.sub(lambda found: json.dumps(found[0])[1:-1], text)
