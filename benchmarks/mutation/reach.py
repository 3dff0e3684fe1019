"""Which tests reach which lines: each file of tests is watched once, and again when it or what it uses has changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from coverage import CoverageData

from benchmarks.mutation.copies import COPY
from benchmarks.mutation.places import Place
from benchmarks.mutation.rooms import ROOMS
from benchmarks.mutation.spent import FOLDER

_KEPT = COPY / "reach"
_RAN = {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}
"""Tests that fail notice nothing, and a file may have none that run by default; all else is to be mended first."""
_NOTES, _LINES = _KEPT / "notes.json", _KEPT / "lines"


@dataclass(frozen=True, slots=True)
class Reach:
    """What tests reach, and what they take.

    Attributes:
        seconds: What each test takes of a processor that passes as the project is.
        modules: What was imported when all had run.
        lines: By file, the tests that reach each of its lines.
    """

    seconds: Mapping[str, float]
    modules: Sequence[str]
    lines: dict[Path, dict[int, list[str]]] = field(default_factory=dict)

    def read(self, paths: Iterable[Path]) -> None:
        """Know what reaches the lines of the files *paths*; the working directory is the project."""
        data = CoverageData(str(_LINES))
        data.read()
        for path in paths:
            self.lines[path] = data.contexts_by_lineno(str(path.resolve()))

    def reaching(self, place: Place) -> list[str]:
        """The tests that reach *place*, quickest first."""
        lines = self.lines[place.path]
        tests = {context.rpartition("|")[0] for line in place.lines for context in lines.get(line, ())}
        return sorted(tests & self.seconds.keys(), key=lambda test: self.seconds[test])


def watched(paths: Sequence[str], processes: int) -> Reach:
    """What the tests below *paths* reach: those are run that are not known; the working directory is the project.

    What is known is kept in ``mutants/reach``, and found out anew when the code of a room changes.
    """
    if not _NOTES.exists() or json.loads(_NOTES.read_text("utf-8"))["code"] != _code():
        shutil.rmtree(_KEPT, ignore_errors=True)
        _KEPT.mkdir(parents=True)
        _note({"code": _code(), "files": {}, "seconds": {}, "modules": []})
    files = {str(path): _version(path) for path in _files_of_tests(paths)}
    known = json.loads(_NOTES.read_text("utf-8"))
    if new := [path for path, version in files.items() if known["files"].get(path) != version]:
        seconds, modules = _run(new, processes)
        kept = {test: took for test, took in known["seconds"].items() if _file_of(test) not in new}
        known |= {"files": known["files"] | {path: files[path] for path in new}, "seconds": kept | seconds}
        known["modules"] = sorted({*known["modules"], *modules})
        _note(known)
    return Reach({test: took for test, took in known["seconds"].items() if _file_of(test) in files}, known["modules"])


def _run(files: Sequence[str], processes: int) -> tuple[dict[str, float], set[str]]:
    """Run the tests of *files*, and note what they reach; return what those take that pass, and what was imported."""
    settings = _KEPT / "coverage.ini"
    rooms = "\n    ".join(room.files for room in ROOMS.values())
    settings.write_text(f"[run]\ndata_file = {_LINES}\ninclude =\n    {rooms}\n", "utf-8")
    words = (
        f"-m pytest -q -n {processes} --dist worksteal -p no:cacheprovider -p benchmarks.mutation.spent --cov".split()
    )
    words += f"--cov-append --cov-context=test --cov-report= --cov-config={settings}".split()
    for path in _said():
        path.unlink()
    ended = subprocess.run([sys.executable, *words, *files], env={**os.environ, FOLDER: str(_KEPT)}, check=False)
    if ended.returncode not in _RAN:
        sys.exit("The tests do not run: see above.")
    said = [json.loads(path.read_text("utf-8")) for path in _said()]
    seconds = {test: took for one in said for test, took in one["seconds"].items()}
    return seconds, {name for one in said for name in one["modules"]}


def _said() -> list[Path]:
    """What the processes of the tests have written."""
    return [path for path in _KEPT.glob("*.json") if path != _NOTES]


def _files_of_tests(paths: Sequence[str]) -> Iterator[Path]:
    for path in map(Path, paths):
        yield from sorted(path.rglob("test_*.py")) if path.is_dir() else [path]


def _version(path: Path) -> str:
    """Another one when the file of tests changes, or one that holds no tests in its folder or above."""
    helpers = (file for folder in path.parents[:-1] for file in sorted(folder.glob("*.py")))
    return _hashed([path, *(file for file in helpers if not file.name.startswith("test_"))])


def _code() -> str:
    return _hashed(path for room in ROOMS.values() for path in room.paths())


def _hashed(paths: Iterable[Path]) -> str:
    return sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def _file_of(test: str) -> str:
    return test.partition("::")[0]


def _note(notes: Mapping[str, object]) -> None:
    _NOTES.write_text(json.dumps(notes), "utf-8")
