"""The house: who may import whom, read from the imports themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ORDER = (
    "redaction errors reasons wording ties arrow_columns compressed json_values columns config_keys step_config "
    "label_kinds image_formats file_names samples purged quick_imports one_heap made_once storage progress interrupts "
    "config_text records tables discover labels splits plan fetch images shards building build_shard quality report "
    "publish export refresh one_image demo survey console"
).split()
DISCOVER_ORDER = (
    "settings proposals reading words listing heads sample_rows by_folders by_tables by_records folder_evidence claims "
    "verdict auto"
).split()
FLOWS_ORDER = (
    "prefect_home runners "
    "schedule config handover cluster display run_names prefect_steps refresh_dataset verify_dataset "
    "prune_dataset scheduling commands cli"
).split()
STEPS = {"discover", "labels", "splits", "fetch", "images", "report", "publish"}
MAY_IMPORT_STEPS = {"shards", "building", "build_shard", "export", "refresh", "one_image", "console", "survey"}
MODULES = sorted(path.relative_to(ROOT) for folder in ("flows", "tasks") for path in (ROOT / folder).rglob("*.py"))


@cache
def imports(path: Path) -> tuple[str, ...]:
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def part(module: str) -> str:
    """``records`` of ``tasks.records.embedded``."""
    return module.split(".")[1]


@pytest.mark.parametrize("path", [path for path in MODULES if path.parts[0] == "tasks"], ids=str)
def test_a_module_of_tasks_imports_only_what_stands_above_it(path: Path) -> None:
    own = path.parts[1].removesuffix(".py")
    if own == "__init__":
        return
    for module in imports(path):
        assert not module.startswith("flows"), f"{path} imports {module}"
        if module.startswith("tasks."):
            other = part(module)
            assert ORDER.index(other) <= ORDER.index(own), f"{path} imports {module}, which stands below it"
            is_step = other in STEPS and other != own
            assert not is_step or own in MAY_IMPORT_STEPS or other == "plan", f"{path}: a step imports the step {other}"


@pytest.mark.parametrize("path", [path for path in MODULES if path.parts[1] == "discover"], ids=str)
def test_a_room_of_discovery_imports_only_what_stands_above_it(path: Path) -> None:
    own = path.parts[2].removesuffix(".py")
    if own == "__init__":
        return
    for module in imports(path):
        if module.startswith("tasks.discover"):
            other = module.split(".")[2]
            assert DISCOVER_ORDER.index(other) <= DISCOVER_ORDER.index(own), (
                f"{path} imports {module}, which stands below it"
            )


@pytest.mark.parametrize("path", [path for path in MODULES if path.parts[0] == "flows"], ids=str)
def test_a_module_of_flows_imports_only_what_stands_above_it(path: Path) -> None:
    own = path.parts[1].removesuffix(".py")
    for module in imports(path):
        if module.startswith("flows."):
            other = part(module)
            assert FLOWS_ORDER.index(other) <= FLOWS_ORDER.index(own), f"{path} imports {module}, which stands below it"


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_prefect_is_imported_only_by_flows_and_by_the_task(path: Path) -> None:
    uses = any(module.split(".")[0] == "prefect" for module in imports(path))

    assert not uses or path.parts[0] == "flows" or path == Path("tasks/build_shard.py")


def test_every_part_of_tasks_has_its_place_in_the_order() -> None:
    parts = {path.parts[1].removesuffix(".py") for path in MODULES if path.parts[0] == "tasks"}

    assert parts - {"__init__"} == set(ORDER)


def place_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts[:2])


ROOMS = {place_of(path) for path in MODULES if len(path.parts) > 2}
MOST_FLOORS = 8


@cache
def way_down(place: str) -> tuple[str, ...]:
    """The longest chain of rooms that import each other from *place* down, through loose files of `flows` too."""
    here = [path for path in MODULES if place_of(path) == place]
    below = {".".join(module.split(".")[:2]) for path in here for module in imports(path)} - {place}
    ways = (way_down(other) for other in below if other in ROOMS or other.startswith("flows."))
    return (place,) * (place in ROOMS) + max(ways, key=len, default=())


def test_the_house_grows_no_floors() -> None:
    ways = [way_down(place_of(path)) for path in MODULES]
    longest = (*max(ways, key=len), "the loose files of tasks")

    assert len(longest) <= MOST_FLOORS, " → ".join(longest)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_file_has_one_idea(path: Path) -> None:
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= 300


BORDERS = {  # where YAML, a command line or another library's arguments are read
    "flows/commands/reference.py",
    "flows/refresh_dataset.py",
    "tasks/config_text/config_file.py",
    "tasks/config_text/given_pairs.py",
    "tasks/config_text/yaml_text.py",
    "tasks/step_config.py",
}


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_what_is_behind_the_borders_has_types_with_names(path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    is_nameless = "dict[str, Any]" in text or "Mapping[str, Any]" in text

    assert not is_nameless or path.as_posix() in BORDERS, (
        f"{path} has dict[str, Any] or Mapping[str, Any]: name what it holds"
    )
