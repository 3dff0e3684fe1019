"""What a card says to a person: what the dataset is, its classes and columns, how it is opened, what was rejected."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from tasks.label_kinds import LABEL_COLUMNS, classes_of, kind_of_columns
from tasks.publish.history import Version
from tasks.publish.manifest import Manifest
from tasks.shards.schema import PublishedPixels
from tasks.wording import counted, size_text

_TENSORS = {"label": "tf.int64", "labels": "tf.int32", "target": "tf.float64"}
_LISTED = 20
_REASONS = 8
_MEANINGS = {
    "image": "the encoded image, and its relative path",
    "pixels": "uint8, height × width × channels",
    "channels": "1, 3 or 4",
    "label": "the class's id; -1 where there is none",
    "label_name": "the class's name",
    "labels": "the ids of the classes, ascending",
    "label_names": "their names, in the same order",
    "target": "the number; NaN where there is none",
    "split": "the split",
    "sample_id": "stable from version to version, unique",
    "width": "of the published image, in pixels",
    "height": "of the published image, in pixels",
    "orig_width": "of the source image, upright, in pixels",
    "orig_height": "of the source image, upright, in pixels",
    "orig_format": "of the source image",
    "source_uri": "where it came from, without query and credentials",
    "source_fingerprint": "what the listing knew of its bytes",
    "content_sha256": "of the source image's bytes",
    "phash": "perceptual hash of the source image: near duplicates differ in few of its bits",
    "mean": "brightness of the source image, 0 to 255",
    "deviation": "how far its brightness is spread",
    "sharpness": "variance of its Laplacian: low where it is blurred",
    "warning": "`blank`, `extension_mismatch`, both, or empty",
    "label_path": "the whole label of a hierarchy, levels joined by `/`",
}


def card_text(version: Version, place: str, folder: str, page: str) -> list[str]:
    """The body of a card, in lines of Markdown.

    Args:
        version: The version that it tells of.
        place: The root of the output, as a person opens it.
        folder: The folder of that version that holds its Parquet and nothing else; empty on object stores.
        page: Where its page is, as seen from the card; empty where there is none.
    """
    manifest, commit = version.manifest, version.commit
    about = str(manifest.output.get("about") or "")
    return [
        f"# {cell(manifest.dataset)}",
        "",
        *([cell(about), ""] if about else []),
        *_summary(manifest, commit.version, commit.time),
        *([f"[What changed, with pictures of it and of every class]({page})", ""] if page else []),
        *_table(["split", "images"], [[cell(split), f"{count:,}"] for split, count in manifest.splits.items()]),
        *_classes(manifest),
        *_openers(manifest, commit.version, place, folder),
        *_columns(manifest),
        *_rejected(manifest, place),
        *_near(manifest, place),
        *_facts(manifest),
    ]


def _summary(manifest: Manifest, number: int, time: str) -> list[str]:
    has_classes = kind_of_columns(manifest.columns) != "number"
    names = len(classes_of(manifest.class_names))
    classes = f"{names:,} {'class' if names == 1 else 'classes'}" if has_classes else "each with a number, `target`"
    size = size_text(sum(shard.bytes for shard in manifest.shards))
    what = f"{counted(manifest.rows, 'image')} in {counted(len(manifest.shards), 'shard')}, {size}, {classes}"
    return [f"Version {number}, of {time}: {what}. {_pixels(manifest.pixels)}", ""]


def _pixels(spec: PublishedPixels) -> str:
    """What the images are, in a sentence; empty where the spec does not say."""
    if not {"pixels", "mode", "size", "color"} <= spec.keys():
        return ""
    kind, mode = spec["pixels"], spec["mode"]
    if kind == "original":
        return "Images are the source's own bytes, checked and not encoded again."
    quality = f" of quality {spec.get('quality')}" if kind in {"jpeg", "webp"} else ""
    width, height = spec["size"]
    sizes = {
        "none": "in their own size",
        "shorter": f"whose shorter side has {width} pixels",
        "longer": f"whose longer side has {width} pixels",
    }
    size = sizes.get(mode, f"of {width} × {height} pixels ({mode})")
    colour = "" if spec["color"] == "keep" else f", {spec['color']}"
    return f"Images are {'raw pixels' if kind == 'raw' else kind.upper()}{quality} {size}{colour}."


def _classes(manifest: Manifest) -> Iterator[str]:
    names = classes_of(manifest.class_names)
    if kind_of_columns(manifest.columns) == "number" or not names:
        return
    rows = [[str(number), cell(name), f"{manifest.classes.get(name, 0):,}"] for number, name in enumerate(names)]
    yield from _table(["id", "class", "images"], rows[:_LISTED], shown_of=len(rows))
    if len(rows) > _LISTED:
        yield "All ids and names stand at the head of this file, and in `latest.json` as `class_names`."
        yield ""


def _openers(manifest: Manifest, number: int, place: str, folder: str) -> Iterator[str]:
    label = LABEL_COLUMNS[kind_of_columns(manifest.columns)]
    pixels = "image" if "image" in manifest.columns else "pixels"
    names = json.dumps(["sample_id", label, "split"])
    if not manifest.rows:
        yield from ["## Open it", "", "This version holds no image, so there is no file to open.", ""]
        return
    yield from ["## Open it", "", "```python", f"ROOT = {json.dumps(place, ensure_ascii=False)}"]
    if folder:
        yield f'DATA = f"{{ROOT}}/{folder}"  # this version; {{ROOT}}/latest.json names the newest'
        yield 'files = f"{DATA}/*.parquet"'
    else:
        yield from [
            "import json, fsspec",
            "store, path = fsspec.url_to_fs(ROOT)",
            'newest = json.loads(store.cat_file(f"{path}/latest.json"))',
            'files = [f"{ROOT}/{file[\'path\']}" for file in newest["files"]]',
        ]
    yield from ["", "import pandas as pd", f"table = pd.read_parquet({'DATA' if folder else 'files'}, columns={names})"]
    yield from ["", "import polars as pl", f"lazy = pl.scan_parquet(files).select({names})"]
    yield from ["", "import duckdb", "relation = duckdb.read_parquet(files)"]
    config = f'"v{number:06}"'
    yield from ["", "from datasets import load_dataset"]
    if folder:
        yield f"rows = load_dataset(ROOT, {config}, streaming=True)  # without it, a copy of all goes into the cache"
    else:
        yield 'rows = load_dataset("parquet", data_files={"all": files}, streaming=True)'
    yield from ["", "from torch.utils.data import DataLoader"]
    yield f'first = rows[next(iter(rows))].select_columns(["{pixels}", "{label}"]).with_format("torch")'
    yield "loader = DataLoader(first, batch_size=32)"
    yield from _more_openers(pixels, label, "DATA" if folder else "files")
    yield from ["```", ""]
    yield (
        "`load_dataset(ROOT)` is the newest version; `parquetry pin` keeps one for good. Never open all of `_shards/`: "
        "it holds the files of every kept version."
    )
    yield ""


def _more_openers(pixels: str, label: str, files: str) -> Iterator[str]:
    """How Daft, Ray and TensorFlow open what *files* names, with images in the column *pixels*, labels in *label*."""
    names, kind = json.dumps([pixels, label]), _TENSORS[label]
    data = 'row["pixels"]' if pixels == "pixels" else 'row["image"]["bytes"]'
    yield from ["", "import daft", f"frame = daft.read_parquet(files).select({names[1:-1]})"]
    yield from ["", "import ray", f"blocks = ray.data.read_parquet({files}, columns={names})"]
    there = "DATA" if files == "DATA" else "[file.split('://')[-1] for file in files], filesystem=store"
    yield from [
        "",
        "import pyarrow.dataset as ds, tensorflow as tf",
        f"batches = lambda: ds.dataset({there}).to_batches(columns={names}, batch_size=64)",
        f'pairs = lambda: (({data}, row["{label}"]) for batch in batches() for row in batch.to_pylist())',
        f"tensors = tf.data.Dataset.from_generator(pairs, output_types=(tf.string, {kind}))",
    ]


def _columns(manifest: Manifest) -> Iterator[str]:
    rows = [[f"`{cell(name)}`", cell(kind), meaning_of(name, manifest)] for name, kind in manifest.columns.items()]
    yield from ["## Columns", "", *_table(["column", "type", ""], rows, numbers=False)]


def meaning_of(name: str, manifest: Manifest) -> str:
    """What the column *name* holds, in words."""
    if name in _MEANINGS:
        return _MEANINGS[name]
    return (
        "the class's id at this level; -1 where there is none" if name in manifest.class_names else "of the label file"
    )


def _rejected(manifest: Manifest, place: str) -> Iterator[str]:
    yield from ["## Rejected images", ""]
    if manifest.rejects is None:
        yield from ["No image that the source lists was rejected.", ""]
        return
    reasons = sorted(manifest.reasons.items(), key=lambda item: (-item[1], item[0]))
    rows = [[f"`{cell(reason)}`", f"{count:,}"] for reason, count in reasons[:_REASONS]]
    yield from _table(["reason", "images"], rows, shown_of=len(reasons))
    yield f'Each with its place and reason: `{place}/{manifest.rejects.path}`, or `load_dataset(ROOT, "rejects")`.'
    yield ""


def _near(manifest: Manifest, place: str) -> Iterator[str]:
    """How many images look alike, where anybody looked."""
    if not manifest.near:
        return
    counts = {name: manifest.near.get(name, 0) for name in ("pairs", "leaks", "suspects")}
    yield from ["## Near duplicates", ""]
    if not counts["pairs"]:
        yield from ["No two images look alike.", ""]
        return
    yield (
        f"{counts['pairs']:,} pairs of images look alike (at most {manifest.near.get('distance')} of the 64 bits of "
        f"their `phash` differ): {counts['leaks']:,} of them lie in two splits, {counts['suspects']:,} have two labels."
    )
    if manifest.quality is not None:
        yield f"Each with its images, splits and labels: `{place}/{manifest.quality.path}`."
    yield ""


def _facts(manifest: Manifest) -> Iterator[str]:
    """Where it came from, and how it was made."""
    output = manifest.output
    paths = [str(source.get("path", "")) for source in manifest.sources]
    facts = {
        "license": str(output.get("license") or "not stated: `output.license` in the config"),
        "contact": str(output.get("contact") or ""),
        "source": ", ".join(path for path in paths if path),
        "layout": f"{manifest.layout}: {manifest.why}" if manifest.why else manifest.layout,
        "config": manifest.config_sha256[:16],
        "made by": ", ".join(f"{name} {version}" for name, version in manifest.libraries.items()),
    }
    rows = [
        [name, cell(value) if name != "license" or output.get("license") else value] for name, value in facts.items()
    ]
    yield from ["## How it was made", "", *_table(["", ""], [row for row in rows if row[1]], numbers=False)]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, shown_of: int = 0, numbers: bool = True) -> list[str]:
    """A table, the last column of which has numbers, and an empty line; nothing where there are no rows."""
    if not rows:
        return []
    ends = ["---"] * (len(head) - 1) + ["---:" if numbers else "---"]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    more = [f"| … {shown_of - len(rows):,} more |{' |' * (len(head) - 1)}"] if shown_of > len(rows) else []
    return [f"| {' | '.join(head)} |", f"| {' | '.join(ends)} |", *lines, *more, ""]


def cell(text: str) -> str:
    """*text* in a table of Markdown: no markup, no HTML, no line breaks."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    escaped = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|#!])", r"\\\1", escaped)
