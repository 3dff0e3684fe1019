"""Prefect automations that tell of bad nights: failed, refused, dead without a word, or not there at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from prefect.blocks.core import Block
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ActionTypes, CallWebhook, ChangeFlowRunState, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from pydantic import SecretStr

from flows.scheduling.prefect_server import connected_server
from flows.scheduling.scheduled_configs import ScheduledConfig
from tasks.errors import ConfigError

FLOW = "refresh-dataset"
TAG = "parquetry"
FOLLOWS = "parquetry-then"
"""The tag of automations that are no alerts: they start what follows a version."""

BLOCK = "parquetry-alerts"
SILENCE_S = 45
"""A run without a sign of life for so long is dead: more than the 30 s between two of them, and less than a minute."""

_ENDS = ("Completed", "Failed", "Cancelled", "Crashed", "TimedOut", "Published", "Unchanged", "Refused")
"""Names of the states that a run may end in: Prefect calls its events after names, not after types."""

Alert = Callable[[str, str], ActionTypes]
"""Makes the action that sends a subject and a body, both of which may hold Jinja expressions."""


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one automation.

    Attributes:
        name: Its name on the server.
        action: created, changed, left alone or removed.
        detail: One line for a person: what it does.
    """

    name: str
    action: str
    detail: str = ""


def make_automations(
    configs: Sequence[ScheduledConfig],
    alert: Callable[[], Alert] | None,
    patience: Callable[[ScheduledConfig], timedelta],
) -> Iterator[Made]:
    """Make the automations that are missing, change those that are other, leave the rest alone.

    Args:
        configs: For each of them one that tells of a night that did not happen.
        alert: Makes what sends alerts; `None` makes only the one that needs none: dead runs become Crashed.
        patience: How long a config's dataset may be neither published nor unchanged.

    Raises:
        ServerError: There is no server that fits.
        ConfigError: The block that is to send alerts is not there.
    """
    with connected_server() as client:
        yield make_automation(client, crashed_by_silence())
        if alert is None:
            return
        send = alert()
        for automation in (failed(send), refused(send)):
            yield make_automation(client, automation)
        for config in configs:
            yield make_automation(client, missing_night(config.name, patience(config), send))


def remove_automations() -> Iterator[Made]:
    """Delete every automation of ours."""
    with connected_server() as client:
        for found in client.read_automations():
            if TAG in found.tags:
                client.delete_automation(found.id)
                yield Made(found.name, "removed")


def delete_missing_night(client: SyncPrefectClient, dataset: str) -> None:
    """Delete the automation that tells of nights of *dataset* that did not happen."""
    for found in client.read_automations_by_name(_missing_night_name(dataset)):
        client.delete_automation(found.id)


def usual_patience(config: ScheduledConfig, grace: timedelta) -> timedelta:
    """The longest time between two runs of *config*'s schedule, and *grace* for the run itself."""
    return config.schedule.longest_gap(datetime.now(UTC)) + grace


def webhook_alert(url: str) -> Alert:
    """Alerts as a POST of ``{"text": …}`` to *url*, which is stored encrypted in a block of the server's."""
    headers: Any = {"Content-Type": "application/json"}
    block_id = Webhook(method="POST", url=SecretStr(url), headers=headers).save(BLOCK, overwrite=True)

    def send(subject: str, body: str) -> ActionTypes:
        return CallWebhook(block_document_id=block_id, payload=f'{{"text": {_as_json(f"{subject}: {body}")}}}')

    return send


def block_alert(slug: str) -> Alert:
    """Alerts through the notification block *slug*, such as ``slack-webhook/ops``.

    Raises:
        ConfigError: There is no such block.
    """
    try:
        block_id = cast(Block, Block.load(slug))._block_document_id
    except (ValueError, RuntimeError):
        kind = slug.partition("/")[0]
        raise ConfigError(
            f"--notify {slug}: the server has no such block. `prefect block ls` lists them; "
            f"`prefect block create {kind}` makes one."
        ) from None
    if block_id is None:
        raise ConfigError(f"--notify {slug}: the block is not saved.")

    def send(subject: str, body: str) -> ActionTypes:
        return SendNotification(block_document_id=block_id, subject=subject, body=body)

    return send


def _as_json(template: str) -> str:
    """A Jinja template as one that renders to a JSON string: what it inserts cannot end the string."""
    parts: list[str] = []
    rest = template
    while rest:
        text, opened, rest = rest.partition("{{")
        expression, _, rest = rest.partition("}}")
        parts += [json.dumps(text)] if text else []
        parts += [f"({expression.strip()})"] if opened else []
    return "{{ (" + " ~ ".join(parts) + ") | tojson }}"


def crashed_by_silence() -> AutomationCore:
    """A run that neither ended nor gave a sign of life becomes Crashed, so that the next one may begin."""
    ends = {f"prefect.flow-run.{name}" for name in _ENDS}
    return AutomationCore(
        name="parquetry: dead runs become Crashed",
        description="Its process, or its process and its worker, were killed, or their machine is gone.",
        tags=[TAG],
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat"} | ends,
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            match_related=ResourceSpecification({"prefect.resource.id": [f"prefect.tag.{TAG}"]}),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=SILENCE_S),
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                name="Crashed",
                message="No sign of life, so its process is gone. The published version is as it was.",
            )
        ],
    )


def failed(alert: Alert) -> AutomationCore:
    """Tells of runs that failed, crashed or ran out of time."""
    return _telling(
        "parquetry: failed",
        "A refresh failed or crashed; the published version is as it was.",
        alert("{{ flow_run.name }}", "{{ flow_run.state.name }}: {{ flow_run.state.message }}"),
        _each(
            {f"prefect.flow-run.{name}" for name in ("Failed", "Crashed", "TimedOut")},
            "prefect.flow-run.*",
            {"prefect.resource.role": ["flow"], "prefect.resource.name": [FLOW]},
        ),
    )


def refused(alert: Alert) -> AutomationCore:
    """Tells of runs that a rule kept from publishing."""
    return _telling(
        "parquetry: refused",
        "A gate, a hold or another rule kept a refresh from publishing.",
        alert("refused {{ event.payload.dataset }}", "{{ event.payload.reason }}"),
        _each({"parquetry.refused"}, "parquetry.dataset.*"),
    )


def _telling(name: str, description: str, action: ActionTypes, trigger: EventTrigger) -> AutomationCore:
    return AutomationCore(name=name, description=description, tags=[TAG], trigger=trigger, actions=[action])


def _each(events: set[str], resource: str, related: Mapping[str, str | list[str]] | None = None) -> EventTrigger:
    """Fires at once, for each of *events* of *resource* that has something *related*."""
    return EventTrigger(
        posture=Posture.Reactive,
        threshold=1,
        within=timedelta(0),
        expect=events,
        match=ResourceSpecification({"prefect.resource.id": [resource]}),
        match_related=ResourceSpecification(dict(related or {})),
    )


def missing_night(dataset: str, patience: timedelta, alert: Alert) -> AutomationCore:
    """Tells of a dataset that was neither published nor found unchanged for *patience*, whatever the cause."""
    hours = patience / timedelta(hours=1)
    silence = f"neither published nor found unchanged for {hours:.4g} hours."
    return _telling(
        _missing_night_name(dataset),
        f"{dataset} was {silence}",
        alert(f"{dataset} did not happen", f"{silence} Is a worker on? `prefect work-pool ls`, `prefect flow-run ls`"),
        EventTrigger(
            posture=Posture.Proactive,
            threshold=1,
            within=patience,
            expect={"parquetry.published", "parquetry.unchanged"},
            match=ResourceSpecification({"prefect.resource.id": [f"parquetry.dataset.{dataset}"]}),
        ),
    )


def _missing_night_name(dataset: str) -> str:
    return f"parquetry: {dataset} did not happen"


def make_automation(client: SyncPrefectClient, wanted: AutomationCore) -> Made:
    """Make the automation *wanted*, or change the one of its name, or leave it alone where it is the same."""
    there = client.read_automations_by_name(wanted.name)
    for spare in there[1:]:
        client.delete_automation(spare.id)
    if not there:
        client.create_automation(wanted)
        return Made(wanted.name, "created", wanted.description)
    if _facts(there[0]) == _facts(wanted):
        return Made(wanted.name, "left alone", wanted.description)
    client.update_automation(there[0].id, wanted)
    return Made(wanted.name, "changed", wanted.description)


def _facts(automation: AutomationCore) -> Mapping[str, object]:
    """What an automation does, without the ids that the server gives; people may have disabled it."""
    values = automation.model_dump(mode="json", include={"description", "tags", "trigger", "actions"})
    values["trigger"].pop("id", None)
    for key, value in values["trigger"].items():
        if isinstance(value, list):
            values["trigger"][key] = sorted(value)
    return values
