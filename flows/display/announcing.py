"""The end of a run in Prefect's terms: a state, one log line, an event, and artifacts that show what became of it."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.client.schemas import State
from prefect.events import emit_event
from prefect.logging import get_run_logger
from prefect.runtime import deployment, flow_run
from prefect.states import Cancelled, Completed, Failed

from tasks.errors import (
    ConfigError,
    DatasetError,
    LayoutError,
    MissingConfigError,
    OutputError,
    StoppedError,
    VersionError,
)
from tasks.json_values import JsonObject
from tasks.redaction import redact_text
from tasks.refresh.outcome import RunOutcome, RunRefusedError
from tasks.refresh.outcome_text import markdown_summary, rejects_line
from tasks.refresh.published_facts import handover_facts, published_report
from tasks.report.markdown import drift_markdown
from tasks.samples import StoreUrl
from tasks.storage import as_link
from tasks.wording import one_line


class _KnownFailures(logging.Filter):
    """Lets no traceback through of what was said in one line already: Prefect's engine logs it again at its end.

    Nor what it logs of a step that ended as failed without an exception: that is said with the step's state, too.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.exc_info:
            return True
        return record.exc_info[1] is not None and not isinstance(record.exc_info[1], DatasetError)


_KNOWN_FAILURES = _KnownFailures()


def silence_known_failures() -> None:
    """Keep Prefect from logging tracebacks of refusals and of failures that a user can act on."""
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(name).addFilter(_KNOWN_FAILURES)


def announce(outcome: RunOutcome, config: str, store: StoreUrl) -> State[JsonObject]:
    """Say what became of a run, and return the state that it ends in: Published, Unchanged, Refused or Cancelled."""
    refused = outcome.outcome == "refused" and not outcome.is_stopped
    reason = redact_text(_refusal(outcome, config)) if refused else outcome.reason
    said = f"refused {outcome.name} at {outcome.root}: {reason}" if refused else outcome.headline
    line = one_line(redact_text(said))
    get_run_logger().log(logging.WARNING if refused else logging.INFO, line)
    _show(replace(outcome, reason=reason), store, line)
    facts: JsonObject = {"root": outcome.root, "config": config, "version": outcome.version}
    emit(outcome.outcome, outcome.name, line, {**facts, **handover_facts(outcome, store)})
    if outcome.is_stopped:
        return Cancelled(message=line, data=StoppedError(line))
    if not refused:
        return Completed(name=outcome.outcome.capitalize(), message=line, data=outcome.as_dict())
    error = RunRefusedError(line)
    error.outcome = outcome
    return Failed(name="Refused", message=line, data=error)


def _refusal(outcome: RunOutcome, config: str) -> str:
    """Why a run was refused, and the command that helps, as it can be typed."""
    command = f"`parquetry run {config}"
    reason = outcome.reason.replace("`parquetry run CONFIG", command).replace("`--accept", f"{command} --accept")
    return f"{reason}{_on_prefect(outcome.reason)}"


def _on_prefect(reason: str) -> str:
    """The same remedy for whoever looks at Prefect: the deployment run again, with the gates that are accepted."""
    gates = list(dict.fromkeys(re.findall(r"--accept (\w+)", reason)))
    if not gates or not deployment.name:
        return ""
    given = json.dumps(gates)
    return f". Or: `prefect deployment run '{flow_run.flow_name}/{deployment.name}' -p 'accept={given}'`"


def announce_failure(error: DatasetError, name: str, config: str, root: str) -> State[Any]:
    """Say why a run failed, in one line, and return the state that it ends in."""
    place = f" at {root}" if root else ""
    line = one_line(f"failed {name}{place}: {error}{_remedy(error, config, root)}")
    get_run_logger().error(line)
    emit("failed", name, line, {"root": root, "config": config, "version": None})
    return Failed(message=line, data=error)


def _remedy(error: DatasetError, config: str, root: str) -> str:
    """The command that helps, where the message names none."""
    if isinstance(error, MissingConfigError):
        folder = config.rpartition("/")[0] or "."
        return f" If it moved: `parquetry deploy NEW-PLACE`; if it is gone: `parquetry deploy --prune {folder}`."
    if "`parquetry" in str(error):
        return ""
    if isinstance(error, VersionError):
        return f" See `parquetry verify {root}`."
    command = "check" if isinstance(error, ConfigError) else "plan"
    fits = isinstance(error, ConfigError | LayoutError | OutputError)
    return f" See `parquetry {command} {config}`." if fits else f" Again: `parquetry run {config}`."


def emit(word: str, name: str, line: str, facts: JsonObject) -> None:
    """Emit ``parquetry.<word>`` for the dataset: automations look for these events."""
    resource = {"prefect.resource.id": f"parquetry.dataset.{name}", "prefect.resource.name": name}
    emit_event(event=f"parquetry.{word}", resource=resource, payload={"dataset": name, "reason": line, **facts})


def _show(outcome: RunOutcome, store: StoreUrl, line: str) -> None:
    """Make the artifacts; the run has done its work, so one that cannot be made is no failure."""
    slug = artifact_slug(outcome.name)
    _made(lambda: create_markdown_artifact(markdown_summary(outcome), key=f"summary-{slug}", description=line))
    if outcome.breakdown.left_out:
        rows = [dict(row) for row in outcome.breakdown.left_out]
        _made(lambda: create_table_artifact(rows, key=f"rejects-{slug}", description=rejects_line(outcome, len(rows))))
    if page := outcome.breakdown.page:
        what = f"version {outcome.version}" if outcome.outcome == "published" else "the refused run"
        text, place = f"The page of {what} of {outcome.name}", as_link(page)
        _made(lambda: create_link_artifact(place, link_text=text, key=f"report-{slug}", description=line))
    report = published_report(outcome, store)
    if report.get("parent"):
        _made(lambda: create_markdown_artifact(drift_markdown(report), key=f"drift-{slug}", description=line))


def _made(make: Callable[[], Any]) -> UUID | None:
    try:
        found: UUID = make()
    except (httpx.HTTPError, RuntimeError, OSError) as error:
        get_run_logger().warning("An artifact was not made, since Prefect's server did not take it: %s", type(error))
        return None
    return found


def artifact_slug(name: str) -> str:
    """*name* as the key of an artifact may hold it."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "dataset"
