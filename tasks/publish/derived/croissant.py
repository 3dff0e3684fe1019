"""`croissant.json`: the newest version as hubs and search engines read it, in the Croissant format 1.0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.json_values import JsonObject, indented_json
from tasks.label_kinds import classes_of
from tasks.publish.derived.card_text import meaning_of
from tasks.publish.history import Version
from tasks.publish.manifest import FileEntry, Manifest
from tasks.storage import as_link

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
_OURS = (
    "citeAs column conformsTo equivalentProperty extract field fileProperty fileObject fileSet format includes "
    "isLiveDataset jsonPath key md5 parentField path recordSet references regex repeated replace samplingRate "
    "separator source subField transform"
).split()
_PARQUET = "application/x-parquet"
_TYPES = {
    "string": "sc:Text",
    "int64": "sc:Integer",
    "int32": "sc:Integer",
    "double": "sc:Float",
    "float": "sc:Float",
    "bool": "sc:Boolean",
}
"""By the Arrow type of a column; others are bytes, of which Croissant 1.0 has no type."""


def croissant_json(version: Version, place: str) -> bytes:
    """What *version*, of the output at *place*, is to a hub: its files with their sums, columns, classes and splits.

    The same version gives the same bytes.
    """
    manifest, commit = version.manifest, version.commit
    known = manifest.output
    contact = str(known.get("contact") or "")
    value: JsonObject = {
        "@context": _context(),
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": manifest.dataset,
        "description": str(known.get("about") or "") or _about(manifest),
        **({"license": license_name} if (license_name := str(known.get("license") or "")) else {}),
        "url": as_link(place),
        "version": f"{commit.version}.0.0",
        "datePublished": commit.time,
        **({"creator": {"@type": "sc:Person", "name": contact}} if contact else {}),
        "distribution": [*map(_file, manifest.shards), *_file_sets(manifest.shards)],
        "recordSet": [_splits(manifest), *_classes(manifest), _images(manifest)],
    }
    return indented_json(value).encode()


def _context() -> JsonObject:
    """What the names in the document mean, as the format prescribes."""
    return {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "sc": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "dct": "http://purl.org/dc/terms/",
        "data": {"@id": "cr:data", "@type": "@json"},
        "examples": {"@id": "cr:examples", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "rai": "http://mlcommons.org/croissant/RAI/",
        **{name: f"cr:{name}" for name in _OURS},
        "conformsTo": "dct:conformsTo",
    }


def _about(manifest: Manifest) -> str:
    classes = len(classes_of(manifest.class_names))
    return f"{manifest.rows:,} labelled images" + (f" of {classes:,} classes" if classes else "")


def _file(shard: FileEntry) -> JsonObject:
    return {
        "@type": "cr:FileObject",
        "@id": shard.path,
        "name": shard.path.rpartition("/")[2],
        "contentUrl": shard.path,
        "contentSize": f"{shard.bytes} B",
        "encodingFormat": _PARQUET,
        "sha256": shard.sha256,
    }


def _file_sets(shards: Sequence[FileEntry]) -> Iterator[JsonObject]:
    """All files of the version together, each by its own name: the folder that holds them has those of others, too."""
    yield {
        "@type": "cr:FileSet",
        "@id": "shards",
        "name": "shards",
        "description": "All Parquet files of this version.",
        "encodingFormat": _PARQUET,
        "includes": [shard.path for shard in shards],
    }


def _splits(manifest: Manifest) -> JsonObject:
    return _names("splits", "cr:Split", [split for split, rows in manifest.splits.items() if rows])


def _classes(manifest: Manifest) -> Iterator[JsonObject]:
    if names := classes_of(manifest.class_names):
        yield _names("classes", "sc:Enumeration", names)


def _names(name: str, kind: str, values: Sequence[str]) -> JsonObject:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "dataType": kind,
        "key": {"@id": f"{name}/name"},
        "field": [{"@type": "cr:Field", "@id": f"{name}/name", "name": "name", "dataType": "sc:Text"}],
        "data": [{f"{name}/name": value} for value in values],
    }


def _images(manifest: Manifest) -> JsonObject:
    fields = [_field(column, kind, manifest) for column, kind in manifest.columns.items() if _is_told(column, kind)]
    return {
        "@type": "cr:RecordSet",
        "@id": "images",
        "name": "images",
        "description": "One record for each image.",
        "key": {"@id": "images/sample_id"},
        "field": fields,
    }


def _is_told(column: str, kind: str) -> bool:
    return column == "image" or kind.rpartition(": ")[2].rstrip(">") in _TYPES


def _field(column: str, kind: str, manifest: Manifest) -> JsonObject:
    """One column; that of images by the bytes that are in it."""
    extract: JsonObject = {"column": column}
    transform: JsonObject = {"transform": {"jsonPath": "bytes"}} if column == "image" else {}
    field: JsonObject = {
        "@type": "cr:Field",
        "@id": f"images/{column}",
        "name": column,
        "description": meaning_of(column, manifest),
        "dataType": "sc:ImageObject" if column == "image" else _TYPES[kind.rpartition(": ")[2].rstrip(">")],
        "source": {"fileSet": {"@id": "shards"}, "extract": extract, **transform},
    }
    refers = {"split": "splits/name", "label_name": "classes/name", "label_names": "classes/name"}.get(column)
    is_there = refers == "splits/name" or bool(classes_of(manifest.class_names))
    repeated: JsonObject = {"repeated": True} if kind.startswith("list<") else {}
    references: JsonObject = {"references": {"field": {"@id": refers}}} if refers and is_there else {}
    return {**field, **repeated, **references}
