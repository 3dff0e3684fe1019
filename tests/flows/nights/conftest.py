"""Whole nights in this process, below Prefect: the same steps as the flow, their shards built one after another."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from flows.config import DatasetConfig, load_config
from tasks.publish import runs as publish_runs
from tasks.publish.versions import version_files
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.refresh import refresh
from tasks.samples import REJECTION_SCHEMA
from tasks.storage import Store, open_store
from tests.steps_here import StepsHere


@dataclass
class Nights:
    """A dataset, and its nights.

    Attributes:
        folder: Holds the source, the output and the config.
        sections: Of the config.
        clock: What the runs take for the time.
    """

    folder: Path
    sections: dict[str, Any]
    clock: _Clock
    outcomes: list[RunOutcome] = field(default_factory=list)

    @property
    def config(self) -> DatasetConfig:
        path = self.folder / "nights.yaml"
        path.write_text(json.dumps(self.sections), encoding="utf-8")
        return load_config(str(path))

    @property
    def store(self) -> Store:
        return open_store(self.config.store)

    def change(self, section: str, **values: Any) -> None:
        """Change keys of the config."""
        self.sections[section] = {**self.sections.get(section, {}), **values}

    def run(self, days: float = 1, **asked: Any) -> dict[str, Any]:
        """One run, *days* after the one before; `run --json` of it."""
        self.clock.forward(days)
        dataset = self.config
        wanted = dataset.options(**{"full": False, "limit": 0, "accept": (), "rehash": False, **asked})
        outcome = refresh(dataset, wanted, StepsHere())
        self.outcomes.append(outcome)
        assert outcome.account.balances
        return outcome.as_json()

    def twin(self, name: str) -> Nights:
        """The same dataset, published to another place."""
        output = {**self.sections["output"], "path": str(self.folder / name)}
        return Nights(self.folder, {**self.sections, "output": output}, self.clock)

    def rows(self, version: int | None = None) -> pd.DataFrame:
        """The rows of a version, by sample id."""
        tables = [self._read(path) for path in self._paths(version)]
        frame = pa.concat_tables([table.replace_schema_metadata(None) for table in tables]).to_pandas()
        assert frame["sample_id"].is_unique
        frame["pixels"] = [image["bytes"] for image in frame["image"]]
        return frame.set_index("sample_id").sort_index()

    def _read(self, path: str) -> pa.Table:
        with self.store.open(path) as file:
            return pq.read_table(file)

    def _paths(self, version: int | None) -> list[str]:
        root = self.store.place.url
        return [path.removeprefix(f"{root}/") for path in version_files(self.store, version)]

    def shards(self, version: int | None = None) -> frozenset[str]:
        return frozenset(self._paths(version))

    def report(self) -> dict[str, Any]:
        """The report of the newest version."""
        return self._json(self.manifest()["report"]["path"])

    def manifest(self) -> dict[str, Any]:
        newest = max(file.path for file in self.store.list_files("commits"))
        return self._json(self._json(newest)["manifest"])

    def _json(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.store.read_bytes(path))
        return found

    def rejects(self) -> dict[str, Mapping[str, Any]]:
        """What the newest version says of images left out, by sample id."""
        entry = self.manifest()["rejects"]
        if entry is None:
            return {}
        table = self._read(entry["path"]).cast(REJECTION_SCHEMA)
        return {row["sample_id"]: row for row in table.to_pylist()}

    def account(self) -> Mapping[str, int]:
        return asdict(self.outcomes[-1].account)


class _Clock:
    def __init__(self) -> None:
        self.moment = dt.datetime.now(dt.UTC)

    def forward(self, days: float) -> None:
        self.moment += dt.timedelta(days=days)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    made = _Clock()

    class Patched(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Self:
            return cls.fromtimestamp(made.moment.timestamp(), tz)

    monkeypatch.setattr(publish_runs, "datetime", Patched)
    return made


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Twenty-four images of three classes, all different."""
    root = tmp_path / "source"
    for number in range(24):
        draw(root / f"class{number % 3}" / f"{number:02}.png", number)
    return root


@pytest.fixture
def nights(tmp_path: Path, source: Path, clock: _Clock) -> Nights:
    """Nights of a dataset of class folders, with shards of six rows and every gate open."""
    sections: dict[str, Any] = {
        "name": f"nights-{tmp_path.name}"[:100],
        "source": {"path": str(source)},
        "resize": {"size": [8, 8]},
        "write": {"shard_rows": "6", "pixels": "png"},
        "output": {"path": str(tmp_path / "out")},
        "gates": {"max_reject_fraction": "1", "max_delete_fraction": "1"},
        "run": {"image_processes": "1"},
    }
    return Nights(tmp_path, sections, clock)


def draw(path: Path, number: int) -> None:
    """An image that no other number gives."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (20 + number % 7, 16), (number * 6 % 256, number % 256, number // 256)).save(path)


def pick(outcome: Mapping[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(outcome[name] for name in names)


@pytest.fixture(name="draw")
def draw_fixture() -> Any:
    return draw


@pytest.fixture(name="pick")
def pick_fixture() -> Any:
    return pick


@pytest.fixture
def labels() -> Any:
    """Writes a CSV of rows."""

    def write(path: Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        path.write_text("\n".join(",".join(map(str, row)) for row in [columns, *rows]) + "\n", encoding="utf-8")

    return write
