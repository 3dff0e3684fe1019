from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tasks.publish.commits import commit_version, write_rejects
from tasks.publish.derived.repair import refresh_derived
from tasks.publish.documents import Commit, content_path
from tasks.publish.history import read_history
from tasks.publish.manifest import FileEntry, Manifest
from tasks.publish.runs import Run, new_run_id
from tasks.publish.settings import OutputSettings
from tasks.reasons import Reason
from tasks.samples import Rejection, StoreUrl, named_image, rejection_row, rejections_table
from tasks.shards.schema import PublishedPixels, shard_schema
from tasks.shards.settings import WriteSettings
from tasks.shards.writer import ShardWriter
from tasks.storage import Store, open_store

SPEC: PublishedPixels = {"pixels": "png"}


@dataclass(frozen=True)
class Output:
    """An output that is published to without a source."""

    place: StoreUrl
    source: str = "/nowhere"

    @property
    def root(self) -> Path:
        return Path(self.place.url)

    @property
    def store(self) -> Store:
        return open_store(self.place)

    @property
    def settings(self) -> OutputSettings:
        return OutputSettings(path=self.place.url, storage_options=dict(self.place.options))

    def run(self) -> Run:
        return Run(new_run_id(), self.store, read_history(self.store), time.monotonic())

    def write_shard(
        self, ids: Sequence[str], names: Sequence[str], split: str = "train", contents: Mapping[str, str] | None = None
    ) -> FileEntry:
        """A shard of one image for each of *ids*, whose class is its first word; some have the *contents* of others."""
        with self.store.temporary("runs/made") as folder:
            schema = shard_schema({"label": names}, SPEC)
            with ShardWriter(self.store, folder, split, schema, WriteSettings(pixels="png")) as writer:
                for sample_id in ids:
                    content = (contents or {}).get(sample_id, sample_id)
                    writer.add(_row(sample_id, names, split) | {"content_sha256": content}, 100)
                writer.finish()
        if self.place.is_local:
            self.store.delete_tree("runs/made")
        (made,) = writer.files
        return FileEntry(path=made.name, rows=made.rows, bytes=made.bytes, sha256=made.sha256, split=made.split)

    def publish(
        self,
        *shards: FileEntry,
        names: Sequence[str] = ("cat", "dog"),
        run: Run | None = None,
        pixels: Mapping[str, Any] = SPEC,
    ) -> Commit:
        """The next version, of *shards*."""
        run = run or self.run()
        manifest = self.manifest(shards, names).model_copy(update={"pixel_spec": dict(pixels)})
        commit, warnings = commit_version(run, manifest, {"label": names})
        assert warnings == []
        assert refresh_derived(self.store, self.settings) == []
        return commit

    def manifest(self, shards: Sequence[FileEntry], names: Sequence[str]) -> Manifest:
        known: dict[str, Any] = {key: {} for key in ("counts", "classes", "reasons", "warnings", "libraries")}
        splits: dict[str, int] = {}
        for shard in shards:
            splits[shard.split] = splits.get(shard.split, 0) + shard.rows
        image = named_image(f"bad-{''.join(shard.sha256[:8] for shard in shards[:1])}", location="bad.png")
        image |= {"fingerprint": "f"}
        left_out = rejections_table([rejection_row(image, Rejection(Reason.NOT_AN_IMAGE, "no image"))])
        return Manifest(
            **known,
            dataset="pets",
            parent=None,
            splits=splits,
            class_names={"label": list(names)},
            columns={field.name: str(field.type) for field in shard_schema({"label": names}, SPEC)},
            pixel_spec={**SPEC},
            layout="class_folders",
            why="",
            notices=[],
            config={"source": [{"path": self.source}], "output": {"keep_versions": 7, "grace_days": 3}},
            config_sha256="",
            gates=[],
            shards=list(shards),
            rejects=write_rejects(self.store, left_out),
        )


def as_format_1(output: Output) -> None:
    """Make of *output* what was written before the pool had its name of today: `shards/`, and format 1 everywhere."""
    store = output.store
    names: dict[str, tuple[str, str]] = {}
    for file in store.list_files("manifests"):
        values = json.loads(store.read_bytes(file.path)) | {"format": 1}
        for shard in values["shards"]:
            shard["path"] = shard["path"].replace("_shards/", "shards/")
        data = json.dumps(values, ensure_ascii=False, indent=1).encode()
        names[file.path] = content_path("manifests", data, ".json")
        store.replace(names[file.path][0], data)
        store.delete([file.path])
    for file in store.list_files("commits"):
        commit = Commit.model_validate_json(store.read_bytes(file.path))
        manifest, digest = names[commit.manifest]
        older = commit.model_copy(update={"format": 1, "manifest": manifest, "manifest_sha256": digest})
        store.replace(file.path, older.to_bytes())
    for file in store.list_files("_shards"):
        store.link(file.path, file.path.replace("_shards/", "shards/"))
    store.delete(file.path for file in store.list_files("_shards"))
    for path in ("README.md", "latest.json"):
        data = store.read_bytes(path).replace(b"_shards/", b"shards/")
        store.replace(path, data.replace(b'"format": 2', b'"format": 1'))


def _row(sample_id: str, names: Sequence[str], split: str) -> dict[str, Any]:
    label = sample_id.partition("/")[0]
    sink = io.BytesIO()
    Image.new("RGB", (8, 8), (len(sample_id), sum(sample_id.encode()) % 200, 3)).save(sink, "PNG")
    facts = {"sample_id": sample_id, "split": split, "label_name": label, "label": names.index(label)}
    sizes = dict.fromkeys(["width", "height", "orig_width", "orig_height"], 8)
    texts = {"orig_format": "PNG", "source_uri": sample_id, "source_fingerprint": "f", "content_sha256": sample_id}
    return facts | sizes | texts | {"image": {"bytes": sink.getvalue(), "path": sample_id}}


@pytest.fixture
def output(tmp_path: Path) -> Output:
    """An output with nothing in it."""
    return Output(StoreUrl(str(tmp_path / "out")))


@pytest.fixture
def two(output: Output) -> Output:
    """An output with two versions: the first of one shard, the second of that one and another."""
    first = output.write_shard(["cat/1", "dog/1"], ["cat", "dog"])
    output.publish(first)
    second = output.write_shard(["cat/2", "dog/2"], ["cat", "dog"], "test")
    output.publish(first, second)
    return output
