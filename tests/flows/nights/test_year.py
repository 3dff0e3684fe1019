"""A year in small: random changes, failures, deaths and rollbacks; the newest version is always what a dict says."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tasks.fetch.answers import FetchFailure
from tasks.fetch.files import LocalFiles
from tasks.publish.life import release, roll_back
from tasks.reasons import Reason
from tasks.storage.local import LocalStore

CLASSES = ("ant", "bee", "cat", "dog")


class _DiedError(BaseException):
    """The process ends here, without a word to anybody."""


@dataclass
class World:
    """A source, and what its dataset must be.

    Attributes:
        root: The source's folder.
        images: Path to the number that its image is drawn from; -1 for what is no image.
        failing: Paths that cannot be read now.
        published: Path to the number whose image the newest version has.
    """

    root: Path
    draw: Callable[[Path, int], None]
    random: random.Random
    images: dict[str, int] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    published: dict[str, int] = field(default_factory=dict)
    drawn: int = 0
    ticks: int = 10**9

    def change(self) -> None:
        """Something happens to the source."""
        happenings = [self.add, self.add, self.redraw, self.touch, self.move, self.delete, self.copy, self.spoil]
        for _ in range(self.random.choice([0, 1, 1, 2, 4])):
            self.random.choice(happenings)()
        self.failing = {path for path in self.failing & self.published.keys() if self.random.random() < 0.5}
        known = sorted(self.published.keys() & self.images.keys())
        if known and self.random.random() < 0.15:
            self.failing.add(self.random.choice(known))

    def pick(self) -> str:
        return self.random.choice(sorted(self.images))

    def place(self) -> str:
        self.drawn += 1
        return f"{self.random.choice(CLASSES)}/{self.drawn:04}.png"

    def put(self, path: str, number: int) -> None:
        self.images[path] = number
        if number < 0:
            (self.root / path).parent.mkdir(exist_ok=True)
            (self.root / path).write_bytes(b"this is no image")
        else:
            self.draw(self.root / path, number)
        self.tick(path)

    def tick(self, path: str) -> None:
        """A time of change of its own, as coarse clocks do not give it."""
        self.ticks += 1
        os.utime(self.root / path, (self.ticks, self.ticks))

    def add(self) -> None:
        path = self.place()
        self.put(path, self.drawn)

    def redraw(self) -> None:
        self.drawn += 1
        self.put(self.pick(), self.drawn)

    def spoil(self) -> None:
        self.put(self.pick(), -1)

    def touch(self) -> None:
        self.tick(self.pick())

    def copy(self) -> None:
        path, number = self.place(), self.images[self.pick()]
        self.put(path, number)

    def move(self) -> None:
        old, new = self.pick(), self.place()
        (self.root / new).parent.mkdir(exist_ok=True)
        (self.root / old).rename(self.root / new)
        self.images[new] = self.images.pop(old)

    def delete(self) -> None:
        if len(self.images) > 4:
            path = self.pick()
            (self.root / path).unlink()
            del self.images[path]

    def publish(self) -> None:
        """What a night that goes through publishes: rows that cannot be read stay as they are."""
        whole = {path: number for path, number in self.images.items() if number >= 0 and path not in self.failing}
        stale = {path: self.published[path] for path in self.failing & self.published.keys() & self.images.keys()}
        self.published = whole | stale


@dataclass
class _Death:
    """Where the process dies: at shard or commit number *left* from 0; never where it is below 0."""

    left: int
    is_dead: bool = False

    def count(self) -> None:
        self.left -= 1
        if self.left == -1:
            self.is_dead = True
            raise _DiedError


@contextmanager
def troubled(world: World, death: int) -> Iterator[None]:
    """Reading fails where *world* says so, and the process dies at its shard or commit *death*, cleaning up nothing."""
    end = _Death(death)
    read, adopt, create, clean = LocalFiles.read, LocalStore.adopt, LocalStore.create, LocalStore.delete_tree

    def reading(self: LocalFiles, location: str) -> Any:
        if location in world.failing:
            raise FetchFailure(Reason.UNREACHABLE, "no connection", is_transient=False)
        return read(self, location)

    def adopting(self: LocalStore, made: Path, name: str) -> Any:
        end.count()
        return adopt(self, made, name)

    def creating(self: LocalStore, path: str, data: bytes) -> Any:
        if path.startswith("commits/"):
            end.count()
        return create(self, path, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalFiles, "read", reading)
        patch.setattr(LocalStore, "adopt", adopting)
        patch.setattr(LocalStore, "create", creating)
        patch.setattr(LocalStore, "delete_tree", lambda self, path: None if end.is_dead else clean(self, path))
        yield


def sha(number: int, cache: dict[int, str], world: World) -> str:
    if number not in cache:
        path = world.root.parent / "one.png"
        world.draw(path, number)
        cache[number] = hashlib.sha256(path.read_bytes()).hexdigest()
    return cache[number]


def live(nights: Any, world: World, count: int) -> None:
    """*count* nights, each held against the model."""
    dice, hashes, history = world.random, dict[int, str](), list[dict[str, int]]()
    for _ in range(count):
        world.change()
        nights.change("write", shard_rows=str(dice.choice([5, 5, 5, 9])))
        if dice.random() < 0.03:
            nights.change("resize", size=dice.choice([[8, 8], [6, 6]]))
            world.failing.clear()  # pixels that are made anew keep nothing
        death = dice.choice([0, 1, 2, 3]) if dice.random() < 0.1 else -1
        outcome = _night(nights, world, death)
        if outcome:
            world.publish()
        if outcome == "published":
            history.append(dict(world.published))
        _compare(nights, world, hashes)
        if outcome and not world.failing:
            _compare_with_a_new_build(nights)
        if len(history) > 2 and dice.random() < 0.04:
            _roll_back(nights, world, history)


def _night(nights: Any, world: World, death: int) -> str:
    """One night, and what became of it; empty where it died."""
    try:
        with troubled(world, death):
            outcome = nights.run()
    except _DiedError:
        return ""
    assert outcome["outcome"] in {"published", "unchanged"}, outcome
    return str(outcome["outcome"])


def _compare(nights: Any, world: World, hashes: dict[int, str]) -> None:
    """The newest version has the rows of the model, each with its class and its bytes."""
    rows = nights.rows() if list(nights.store.list_files("commits")) else None
    there = {} if rows is None else dict(zip(rows.index, rows["content_sha256"], strict=True))
    assert there == {path: sha(number, hashes, world) for path, number in world.published.items()}
    if rows is not None:
        assert rows["label_name"].tolist() == [path.partition("/")[0] for path in rows.index]


def _compare_with_a_new_build(nights: Any) -> None:
    """A build from nothing gives the same rows, of the same pixels."""
    other = nights.twin("new")
    other.run(days=0)
    columns = ["label_name", "content_sha256", "pixels"]
    assert nights.rows()[columns].equals(other.rows()[columns])
    shutil.rmtree(other.folder / "new")


def _roll_back(nights: Any, world: World, history: list[dict[str, int]]) -> None:
    """Back to a version of late; runs are refused until the release, and then go on from there."""
    number = len(history) - world.random.choice([1, 2])
    roll_back(nights.store, number)
    assert nights.run(days=0)["reason"].startswith("held")
    release(nights.store)
    world.published = dict(history[number - 1])
    world.failing.clear()
    history += [dict(world.published)] * 2


@pytest.fixture
def world(source: Path, draw: Any) -> World:
    """An empty source but for eight images."""
    shutil.rmtree(source)
    made = World(source, draw, random.Random(2026))
    for _ in range(8):
        made.add()
    return made


def test_a_week_goes_as_the_model_says(nights: Any, world: World) -> None:
    live(nights, world, 7)


@pytest.mark.faults
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_year_goes_as_the_model_says(nights: Any, world: World, seed: int) -> None:
    world.random.seed(seed)
    live(nights, world, 365 // 3 + 1)
