"""What has its places in documents: forgetting one of them fails here by name."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tasks.label_kinds import LABEL_COLUMNS, LabelKind
from tasks.publish.documents import Commit
from tasks.publish.manifest import Manifest
from tasks.reasons import Reason
from tasks.refresh.outcome import RunOutcome
from tasks.report.document import Report
from tasks.report.gates import GateFacts, Gates, check_gates
from tasks.report.reject_words import MEANINGS
from tasks.report.relabelled import NOTHING
from tasks.samples import REJECTION_SCHEMA
from tasks.shards.schema import shard_schema

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_has_its_line_in_the_reference(reason: Reason) -> None:
    line = next((line for line in page("reference.md").splitlines() if line.startswith(f"| `{reason.value}` |")), "")

    assert line, f"docs/reference.md has no line for {reason.value}"
    assert [cell.strip() for cell in line.split("|")[2:5]] == [
        reason.stage,
        "yes" if reason.retry else "",
        MEANINGS[reason],
    ]


def test_the_reference_has_no_reason_that_is_none() -> None:
    table = page("reference.md").partition("## Reject reasons")[2].partition("\n## ")[0]

    assert {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")} == set(Reason)


def test_the_keys_of_run_are_those_of_the_reference() -> None:
    table = page("reference.md").partition("## `run --json`")[2].partition("\n## ")[0]
    named = {
        word
        for line in table.splitlines()
        if line.startswith("| `")
        for word in re.findall(r"`(\w+)`", line.split("|")[1])
    }

    assert named == set(RunOutcome("", "failed", "", "").as_json())


def test_the_columns_of_rejects_are_those_of_the_reference() -> None:
    text = page("reference.md").partition("## Reject reasons")[2].partition("| reason |")[0]

    assert set(REJECTION_SCHEMA.names) <= set(re.findall(r"`(\w+)`", text))


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(set(Commit.model_fields), id="commits"),
        pytest.param(set(Manifest.model_fields), id="manifests"),
        pytest.param(set(Report.__annotations__), id="reports"),
    ],
)
def test_the_format_names_each_key(keys: set[str]) -> None:
    assert not keys - set(re.findall(r"`(\w+)`", page("format.md")))


@pytest.mark.parametrize("kind", ["single", "many", "number"])
def test_the_format_names_what_a_shard_has(kind: LabelKind) -> None:
    classes = {} if kind == "number" else {LABEL_COLUMNS[kind]: ["cat"]}
    schema = shard_schema(classes, {"pixels": "jpeg", "measures": "grey"}, ("photographer",), kind)
    named = set(re.findall(r"`([\w.]+)`", page("format.md")))

    assert not {*schema.names, *(key.decode() for key in schema.metadata or {})} - named - {"photographer"}


def test_each_gate_is_judged_and_documented() -> None:
    facts: dict[str, Any] = {field.name: 1 for field in fields(GateFacts)}
    targets = pa.chunked_array([[1.5]])
    night: dict[str, Any] = {"nights": (), "tonight": {"changes": {}, "account": {}}}
    other: dict[str, Any] = {"relabelled": NOTHING, "doubts": (), "targets": targets}
    seen = GateFacts(**facts | {"classes": {"cat": 1}, "new_classes": ()} | other | night)
    gates = Gates(max_new_classes=0, min_per_class=1, target_range=[0, 1], max_leaks=0, max_suspects=0, learn=True)
    judged = {result.gate for result in check_gates(gates, seen)}

    assert judged == set(Gates.model_fields)
    assert all(f"gates.{name}`" in page("configuration.md") for name in judged)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{path.name} leads to {target}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_files_that_a_page_names_are_there(path: Path) -> None:
    for name in re.findall(r"`((?:flows|tasks|tests|benchmarks|configs)/[\w/.]*)`", path.read_text(encoding="utf-8")):
        assert (ROOT / name).exists(), f"{path.name} names {name}"


def defined_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return named | {target.id for target in targets if isinstance(target, ast.Name)}


def test_architecture_names_each_room() -> None:
    tops = [place for folder in ("flows", "tasks", "tasks/discover") for place in (ROOT / folder).iterdir()]
    rooms = {f"{path.relative_to(ROOT)}/" for path in tops if (path / "__init__.py").is_file()}
    loose = {f"flows/{path.name}" for path in (ROOT / "flows").glob("[!_]*.py")}

    assert not (rooms | loose) - set(re.findall(r"`([\w/.]+)`", page("architecture.md")))


def test_the_tour_names_functions_that_are_there() -> None:
    stops = re.findall(r"`((?:flows|tasks)/[\w/]+\.py)`\s+`(\w+)`", page("architecture.md"))

    assert len(stops) > 20
    for path, name in stops:
        assert name in defined_in(ROOT / path), f"docs/architecture.md: {path} has no {name}"
