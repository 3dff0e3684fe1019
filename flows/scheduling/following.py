"""`schedule.then`: a Prefect automation that starts another deployment for each version that is published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.responses import DeploymentResponse
from prefect.events.actions import RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound

from flows.scheduling.automations import FOLLOWS, Made, make_automation
from flows.scheduling.scheduled_configs import ScheduledConfig
from tasks.errors import ConfigError

GIVEN = ("root", "version", "files", "manifest_sha256")
"""What the deployment is given, as far as its flow has parameters of these names; as the event has it."""


def follow(client: SyncPrefectClient, config: ScheduledConfig) -> Iterator[Made]:
    """Make, change or remove the automation that *config* asks for.

    Raises:
        ConfigError: There is no such deployment, or its flow needs what it would not be given.
    """
    then = config.schedule.then
    if then is None:
        yield from stop_following(client, config.name)
        return
    deployment = _deployment(client, config, then)
    yield make_automation(client, automation_of(config.name, then, deployment))


def stop_following(client: SyncPrefectClient, dataset: str) -> Iterator[Made]:
    """Delete the automation that follows *dataset*, where there is one."""
    for found in client.read_automations_by_name(name_of(dataset)):
        client.delete_automation(found.id)
        yield Made(found.name, "removed")


def name_of(dataset: str) -> str:
    """What the automation is called that follows *dataset*."""
    return f"parquetry: after {dataset}"


def _deployment(client: SyncPrefectClient, config: ScheduledConfig, then: str) -> DeploymentResponse:
    where = config.line("then")
    try:
        found = client.read_deployment_by_name(then)
    except ObjectNotFound:
        raise ConfigError(
            f"{where}: schedule.then: the server has no deployment {then!r}. `prefect deployment ls` lists them; "
            "deploy it first, then this config again."
        ) from None
    schema = found.parameter_openapi_schema or {}
    lacking = set(schema.get("required") or ()) - set(GIVEN) - set(found.parameters or {})
    if lacking:
        raise ConfigError(
            f"{where}: schedule.then: the flow of {then!r} needs the parameters {', '.join(sorted(lacking))}, and is "
            f"given {', '.join(GIVEN)}. Give them default values in the flow or in its deployment."
        )
    return found


def automation_of(dataset: str, then: str, deployment: DeploymentResponse) -> AutomationCore:
    """Starts *deployment*, called *then*, for each version of *dataset* that is published, by whatever run."""
    return AutomationCore(
        name=name_of(dataset),
        description=f"Starts {then} for each version of {dataset} that is published.",
        tags=[FOLLOWS],
        trigger=EventTrigger(
            expect={"parquetry.published"},
            match=ResourceSpecification({"prefect.resource.id": [f"parquetry.dataset.{dataset}"]}),
            posture=Posture.Reactive,
            threshold=1,
            within=timedelta(0),
        ),
        actions=[
            RunDeployment(source="selected", deployment_id=deployment.id, parameters=_parameters(deployment)),
        ],
    )


def _parameters(deployment: DeploymentResponse) -> dict[str, object]:
    """Those of `GIVEN` that the flow has, as templates that give numbers and lists as such."""
    schema = deployment.parameter_openapi_schema or {}
    known = schema.get("properties") or {}
    return {name: _from_event(name) for name in GIVEN if name in known}


def _from_event(name: str) -> dict[str, object]:
    template = {"__prefect_kind": "jinja", "template": f"{{{{ event.payload.{name} | tojson }}}}"}
    return {"__prefect_kind": "json", "value": template}
