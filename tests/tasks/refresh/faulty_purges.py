"""Purges in child processes that are killed at their k-th file operation, and what the next purge or night makes of it.

python faulty_purges.py FOLDER STEP    FOLDER holds a source, `pets`, and its output, `out`; k = 1, 1 + STEP, …

Prints one JSON object.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from PIL import Image

import tasks.building.stream
from tasks.one_image.explain_image import explain_image
from tasks.publish.audit import verify_version
from tasks.publish.history import list_versions, read_commit
from tasks.publish.purges import is_unfinished
from tasks.publish.versions import version_files
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.purging.purge import purge
from tasks.refresh.purging.purge_choice import choose_images
from tasks.refresh.refresh import refresh
from tasks.samples import StoreUrl
from tasks.storage import LocalStore
from tests.flows.faulty_nights import DecodersHere, Faults, copy, have_ready, in_child
from tests.steps_here import StepsHere

WORDS = ("walrus-seventeen", "walrus-nineteen", "walrus-broken")
"""In the names of images that go, and in no other."""


def dataset_of(root: Path, output: Path | None = None) -> Dataset:
    config = {
        "name": "pets",
        "source": {"path": str(root / "pets"), "layout": "class_folders"},
        "resize": {"size": [16, 16]},
        "write": {"pixels": "png", "shard_rows": 5},
        "gates": {"max_reject_fraction": 0.5, "max_delete_fraction": 0.5},
        "output": {"path": str(output or root / "out")},
    }
    return Dataset.model_validate(config)


def night(root: Path, output: Path | None = None) -> RunOutcome:
    return refresh(dataset_of(root, output), RefreshOptions(), StepsHere())


def store_of(root: Path) -> LocalStore:
    return LocalStore(StoreUrl(str(root / "out")))


IDS = (f"cat/{WORDS[0]}.png", f"dog/{WORDS[1]}.png", f"dog/{WORDS[2]}.png")


def contents(output: Path) -> tuple[set[str], set[bytes]]:
    """Hashes of sources, and published images and pictures of those left out, of all images that are to go."""
    hashes: set[str] = set()
    images: set[bytes] = set()
    files = [*(output / "_shards").iterdir(), *(output / "rejects").iterdir()]
    tables = [pq.read_table(path).to_pylist() for path in files]
    for row in (row for table in tables for row in table):
        if row["sample_id"] in IDS:
            hashes.add(row["content_sha256"])
            images |= {row["image"]["bytes"]} if "image" in row else {row["picture"]} - {b""}
    return hashes, images


def thumbnail(image: bytes) -> bytes:
    """How a page holds it."""
    sink = io.BytesIO()
    with Image.open(io.BytesIO(image)) as opened:
        opened.save(sink, "JPEG", quality=72)
    return base64.b64encode(sink.getvalue())


def found_in(output: Path, hashes: set[str], images: set[bytes]) -> list[str]:
    """Every place of the output in which something of the images still stands."""
    wanted = [*(word.encode() for word in WORDS), *(one.encode() for one in hashes), *images]
    wanted += [made for image in images for made in (thumbnail(image), base64.b64encode(image))]
    problems = []
    for path in sorted(output.rglob("*")):
        problems += [f"the name {path}" for word in WORDS if word in path.name]
        if path.is_file():
            held = path.read_bytes()
            if path.suffix == ".parquet":  # also what compression hides
                rows = pq.read_table(path).to_pylist()
                held += repr(rows).encode() + b"".join(row.get("picture") or b"" for row in rows)
            problems += [f"{one[:40]!r} in {path.relative_to(output)}" for one in wanted if one in held]
    return problems


def rows_of(store: LocalStore, version: int) -> dict[str, str]:
    rows = [row for file in version_files(store, version) for row in pq.read_table(file).to_pylist()]
    return {row["sample_id"]: row["content_sha256"] for row in rows}


def _stopped(root: Path, at: int) -> dict[str, Any]:
    """A purge that is killed at its so-manieth file operation, in the process that calls it."""
    faults = Faults(root / "out", "kill", at)
    store = store_of(root)
    purge(store, choose_images(store, IDS, {}).purged)
    return {"operations": faults.count}


def _purge_again(root: Path) -> dict[str, Any]:
    store = store_of(root)
    known = [one for one in IDS if one in json.dumps(explain_image(store, one))]
    purge(store, choose_images(store, known, {}).purged)
    return {"unfinished": is_unfinished(store, read_commit(store, list_versions(store)[-1]))}


def _loop(made: Path, step: int) -> tuple[int, list[str]]:
    """How many purges were stopped, each at another file operation, and what was found wrong after them."""
    hashes, images = contents(made / "out")
    findings: list[str] = []
    at = 1
    with tempfile.TemporaryDirectory(dir=made.parent) as folder:
        first = Path(folder) / "first"
        first.mkdir()
        copy(made / "out", first / "out")
        have_ready(lambda: (_purge_again(first), _next_night(first, made)))
        while True:
            root = Path(folder) / "trial"
            root.mkdir()
            copy(made / "out", root / "out")
            (root / "pets").symlink_to(made / "pets")
            told = in_child(partial(_stopped, root, at))
            findings += [f"at {at}: {problem}" for problem in _readers(root)]
            by_run = (at // step) % 2 and list_versions(store_of(root))[-1] == 4
            finish = partial(_next_night, root, made) if by_run else partial(_purge_again, root)
            after = in_child(finish)
            findings += [f"at {at}: {after}"] if after.get("unfinished") else []
            findings += [f"at {at}: {problem}" for problem in found_in(root / "out", hashes, images)]
            findings += [f"at {at}: {problem}" for problem in _readers(root)]
            subprocess.run(["rm", "-rf", str(root)], check=True)  # noqa: S607 - from the path
            if told.get("outcome") != "killed":
                return at, findings
            at += step


def _next_night(root: Path, made: Path) -> dict[str, Any]:
    outcome = night(made, root / "out")
    return {"unfinished": outcome.outcome not in {"published", "unchanged"}, "outcome": outcome.reason}


def _readers(root: Path) -> list[str]:
    """What a reader finds wrong with the newest version; what is left of images is another question."""
    store = store_of(root)
    found = verify_version(store, list_versions(store)[-1]).problems
    latest = json.loads((root / "out" / "latest.json").read_bytes())
    gone = [file["path"] for file in latest["files"] if not (root / "out" / file["path"]).exists()]
    gone = gone if latest["version"] == list_versions(store)[-1] else []
    return [f"{file} {problem}" for file, problem in found if "purge" not in problem] + gone


def main() -> None:
    """Run the loop that the command line asks for."""
    vars(tasks.building.stream)["shared_pool"] = lambda *_: DecodersHere()
    operations, findings = _loop(Path(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.write(json.dumps({"operations": operations, "findings": findings}))


if __name__ == "__main__":
    main()
