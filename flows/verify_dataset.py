"""The flow that reads published files again, a part of them each day, and fails where one is damaged."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas import State

from flows.config import load_config
from flows.display.announcing import announce_failure, artifact_slug, silence_known_failures
from flows.display.endings import badly, well
from flows.prefect_steps import PrefectSteps
from flows.run_names import dataset_name
from tasks.errors import DatasetError
from tasks.json_values import JsonObject
from tasks.publish.audit import Verified, verify_version
from tasks.redaction import redact_url
from tasks.storage import open_store
from tasks.wording import counted, size_text

_NAMED = 3


def _run_name() -> str:
    return f"verify {dataset_name()}"


@flow(name="verify-dataset", flow_run_name=_run_name, persist_result=False, result_serializer="json")
def verify_dataset(config: str, parts: int = 7, part: int | None = None) -> State[JsonObject]:
    """Read files of the newest version again, and hold them against their sums.

    Args:
        config: The place of the dataset's YAML config: a path or any fsspec URL.
        parts: In how many runs all files are read.
        part: The part to read, from 1; by default today's, so that daily runs read all files in *parts* days.

    Returns:
        A final state named Verified, or Damaged, which is a failed one and names the files.
    """
    silence_known_failures()
    name, root = dataset_name(), ""
    chosen = part or datetime.now(UTC).date().toordinal() % parts + 1
    try:
        dataset = load_config(config)
        name, root = dataset.name, redact_url(dataset.output.path)
        steps, store = PrefectSteps(dataset.run), open_store(dataset.store)
        found = steps.step(f"verify part {chosen}/{parts}", lambda: verify_version(store, None, (chosen, parts)))
    except DatasetError as error:
        return announce_failure(error, name, config, root)
    return _said(name, root, found, f"part {chosen} of {parts}")


def _said(name: str, root: str, found: Verified, part: str) -> State[JsonObject]:
    facts: JsonObject = {"root": root, "version": found.version, "files": found.files, "bytes": found.bytes}
    read = f"version {found.version}, {part}: {counted(found.files, 'file')}, {size_text(found.bytes)}"
    if not found.problems:
        return well("Verified", name, f"{read} as they were written", facts)
    rows: list[dict[str, str]] = [{"file": file, "problem": problem} for file, problem in found.problems]
    create_table_artifact(rows, key=f"damage-{artifact_slug(name)}", description=f"Damaged files below {root}")
    named = "; ".join(f"{file} {problem}" for file, problem in found.problems[:_NAMED])
    more = f"; and {len(found.problems) - _NAMED} more" if len(found.problems) > _NAMED else ""
    remedy = f"`parquetry verify {root}` reads all of it, `parquetry rollback {root} N` returns to a whole version"
    return badly("Damaged", name, f"{named}{more}. {remedy}", {**facts, "problems": rows[:100]})
