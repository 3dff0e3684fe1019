"""Nights without Prefect, each in a child process that is killed, or meets an error, at its k-th file operation.

python faulty_nights.py CONFIG                     one night, with no fault
python faulty_nights.py CONFIG FOLDER FAULT STEP

CONFIG's output holds a version, and its source has changed since. For k = 1, 1 + STEP, … the output is copied to FOLDER
and a night goes wrong there; what readers see then, and what an undisturbed night makes of it, is held against a night
that nothing happened to. The first night that ends before its k-th operation ends the loop. Prints one JSON object.

FAULT is `kill`, or the name of an error and how often it comes: `EIO-once`, `ENOSPC-for-good`.
"""

from __future__ import annotations

import errno
import hashlib
import importlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pydantic import BaseModel

import tasks.building.stream
from flows.config import load_config
from tasks.errors import DatasetError
from tasks.images.prepare import prepare_image
from tasks.images.rejected import RejectedImageError
from tasks.publish import check_output
from tasks.publish.audit import verify_version
from tasks.publish.history import list_versions
from tasks.publish.retention import prune
from tasks.publish.versions import output_settings, version_files
from tasks.reasons import Reason
from tasks.refresh.refresh import refresh
from tasks.samples import Rejection, StoreUrl
from tasks.storage import LocalStore
from tests.steps_here import StepsHere

_CHANGES = "link rename replace unlink mkdir rmdir utime fsync".split()


class Faults:
    """Counts the file operations of this process, and makes the k-th go wrong."""

    def __init__(self, root: Path, fault: str, at: int) -> None:
        self.count = 0
        self._root = root
        self._at = at
        name, _, often = fault.partition("-")
        self._error = getattr(errno, name, 0)
        self._for_good = often == "for-good"
        for change in _CHANGES:
            setattr(os, change, self._watched(getattr(os, change)))
        plainly = io.open
        io.open = lambda file, mode="r", *rest, **more: (  # type: ignore[assignment]
            self._opened(file, mode)
            if set("xwa") & set(mode) and str(self._root) in str(file)
            else plainly(file, mode, *rest, **more)
        )

    def _watched(self, change: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **named: Any) -> Any:
            self.step()
            return change(*arguments, **named)

        return watched

    def _opened(self, file: Path, mode: str) -> io.BufferedWriter:
        self.step()
        return io.BufferedWriter(_File(self, file, mode.replace("b", "")))

    def step(self) -> None:
        """One operation more."""
        self.count += 1
        if self.count == self._at or (self._for_good and self.count > self._at):
            if not self._error:
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(self._error, os.strerror(self._error))


class _File(io.FileIO):
    def __init__(self, faults: Faults, path: Path, mode: str) -> None:
        super().__init__(path, mode)
        self._faults = faults

    def write(self, data: Any) -> int:
        self._faults.step()
        return super().write(data)


class DecodersHere:
    """Decodes in this process: what is tested here is not the decoder."""

    def prepare_images(self, jobs: Any, spec: Any) -> Iterator[Any]:
        for job in jobs:
            try:
                yield prepare_image(job.data, job.name, spec)
            except RejectedImageError as error:
                yield Rejection(Reason(str(error.args[0])), error.detail)


def night(config: str, root: Path) -> dict[str, Any]:
    """A whole run; its outcome, or the error that a person would see."""
    try:
        dataset = load_config(config, {"output.path": str(root)})
        check_output(dataset.output, dataset.name, [source.place for source in dataset.sources])
        options = dataset.options(full=False, limit=0, accept=(), rehash=False)
        return refresh(dataset, options, StepsHere()).as_json()
    except DatasetError as error:
        return {"outcome": "failed", "reason": str(error)}
    except Exception as error:  # noqa: BLE001 - it is what is looked for
        return {"outcome": "traceback", "reason": repr(error)}


def _faulty(config: str, root: Path, fault: str, at: int) -> dict[str, Any]:
    """A night that meets a fault; its outcome, and how many operations it took."""
    faults = Faults(root, fault, at)
    return night(config, root) | {"operations": faults.count}


def in_child(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What *work* returns, done in a child; ``killed`` where it did not live to tell."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        told = json.dumps(work()).encode()
        with os.fdopen(writing, "wb", closefd=False) as pipe:
            pipe.write(told)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    found: dict[str, Any] = json.loads(told) if told else {"outcome": "killed", "operations": 0}
    return found


def have_ready(work: Callable[[], object]) -> None:
    """Import here what *work* imports in a child, and build the models that wait for their first use.

    Each child would do both anew, and they are a third of what a night of few images takes.
    """

    def told() -> dict[str, Any]:
        work()
        return {"modules": sorted(sys.modules)}

    for name in in_child(told)["modules"]:
        with suppress(ImportError):
            importlib.import_module(name)
    for model in _models(BaseModel):
        model.model_rebuild()


def _models(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in kind.__subclasses__():
        if model.__module__.startswith(("tasks.", "flows.")):
            yield model
        yield from _models(model)


def rows(root: Path, version: int | None) -> list[list[str]]:
    """Label, split and pixels of every row."""
    store = LocalStore(StoreUrl(str(root)))
    found = []
    for file in version_files(store, version):
        for row in pq.read_table(file).to_pylist():
            digest = hashlib.sha256(row["image"]["bytes"]).hexdigest()
            found.append([row["sample_id"], row["label_name"], row["split"], digest])
    return sorted(found)


def look(root: Path) -> dict[str, Any]:
    """What readers find: by the commits, by `latest.json` and by the newest view; problems are sentences."""
    store = LocalStore(StoreUrl(str(root)))
    problems = [": ".join(problem) for problem in verify_version(store, None).problems]
    latest = json.loads((root / "latest.json").read_bytes())
    found = {file["path"]: hashlib.sha256((root / file["path"]).read_bytes()).hexdigest() for file in latest["files"]}
    problems += [f"{file} of latest.json" for file in latest["files"] if found[file["path"]] != file["sha256"]]
    view = sorted(path for path in (root / "versions").iterdir())[-1]
    names = {path.name for path in (view / "data").iterdir()}
    expected = {Path(file).name for file in version_files(store, int(view.name))}
    if names != expected:
        problems.append(f"{view} holds {names}, not {expected}")
    return {"version": list_versions(store)[-1], "rows": rows(root, None), "problems": problems}


def left_over(root: Path) -> list[str]:
    """Temporary files."""
    return [str(path.relative_to(root)) for path in root.rglob("*") if "tmp" in path.name or path.parent.name == "runs"]


def size(root: Path) -> int:
    """Bytes of the pool, once everything that may go has gone."""
    store = LocalStore(StoreUrl(str(root)))
    prune(store, output_settings(store).model_copy(update={"grace_days": -1}))
    return sum(
        file.bytes for folder in ("_shards", "rejects", "manifests", "reports") for file in store.list_files(folder)
    )


def copy(base: Path, root: Path) -> None:
    """Copy an output, with the links that are in it."""
    subprocess.run(["cp", "-a", str(base), str(root)], check=True)  # noqa: S607 - from the path


def trial(config: str, base: Path, root: Path, fault: str, at: int) -> tuple[str, list[str]]:
    """How the night ended, ``undisturbed`` where it never met its fault; and what was found wrong."""
    shutil.rmtree(root, ignore_errors=True)
    copy(base, root)
    before = look_before(base)

    told = in_child(partial(_faulty, config, root, fault, at))
    after = look(root)
    found = [f"after the fault: {problem}" for problem in after["problems"]]
    if after["version"] == before["version"] and after["rows"] != before["rows"]:
        found.append("the old version has other rows")
    if told["outcome"] == "published" and after["version"] == before["version"]:
        found.append(f"a lie: {told}")
    if told["outcome"] == "failed" and after["version"] != before["version"]:
        found.append(f"a lie: {told}")
    if told["outcome"] == "traceback":
        found.append(str(told))
    again = in_child(lambda: night(config, root))
    if again["outcome"] not in {"published", "unchanged"}:
        found.append(f"the next night: {again}")
    found += [f"the next night left {path}" for path in left_over(root)]
    healed = in_child(lambda: look(root))
    found += [f"after the next night: {problem}" for problem in healed["problems"]]
    if healed["rows"] != look_undisturbed(config, base)["rows"]:
        found.append("the next night has other rows")
    met = told["outcome"] == "killed" or told["operations"] >= at
    return told["outcome"] if met else "undisturbed", [f"{fault} at {at}: {problem}" for problem in found]


@cache
def look_before(base: Path) -> dict[str, Any]:
    """What readers find in *base*, of which every night that goes wrong has a copy."""
    return look(base)


_UNDISTURBED: dict[str, Any] = {}


def look_undisturbed(config: str, base: Path) -> dict[str, Any]:
    """What a night makes of *base* that nothing happens to."""
    if not _UNDISTURBED:
        root = base.with_name("undisturbed")
        copy(base, root)
        told = in_child(lambda: night(config, root))
        copy(base, base.with_name("first"))
        have_ready(lambda: night(config, base.with_name("first")))
        _UNDISTURBED.update(look(root) | {"told": told, "bytes": size(root)})
    return _UNDISTURBED


def many_kills(config: str, base: Path, root: Path, ats: Sequence[int]) -> list[str]:
    """What is left in one output after many kills and one night."""
    copy(base, root)
    for at in ats:
        in_child(partial(_faulty, config, root, "kill", at))
    in_child(lambda: night(config, root))
    ratio = in_child(lambda: {"bytes": size(root)})["bytes"] / look_undisturbed(config, base)["bytes"]
    found = [f"{len(ats)} kills left {path}" for path in left_over(root)]
    return [*found, f"{ratio:.3f} x the bytes"] if ratio > 1.05 else found


def main() -> None:
    """Run the loop that the command line asks for."""
    config = sys.argv[1]
    vars(tasks.building.stream)["shared_pool"] = lambda *_: DecodersHere()
    output = Path(load_config(config, {}).output.path)
    if len(sys.argv) == 2:
        sys.stdout.write(json.dumps(night(config, output)))
        return
    folder, fault, step = Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    folder.mkdir(parents=True)
    base = folder / "base"
    copy(output, base)
    look_undisturbed(config, base)
    findings: list[str] = []
    ends: Counter[str] = Counter()
    at = 1
    while not ends["undisturbed"]:
        end, found = trial(config, base, folder / "trial", fault, at)
        ends[end] += 1
        findings += found
        at += step
    if fault == "kill":
        findings += many_kills(config, base, folder / "many", range(2, at, max(step, at // 30)))
    sys.stdout.write(json.dumps({"ends": ends, "findings": findings}))


if __name__ == "__main__":
    main()
