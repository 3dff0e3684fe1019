"""The commands of running by itself: `deploy`, `serve`, `automations`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.command_line import AsJson, told
from flows.commands.help_pages import SCHEDULE, argument, command, flag, option
from tasks.console.lines import print_error, print_json, print_line, print_note, print_warning
from tasks.errors import ConfigError

if TYPE_CHECKING:
    from flows.scheduling.scheduled_configs import ReadConfigs, ScheduledConfig

app = typer.Typer()

_SOMEWHERE = "alerts need somewhere to go: --webhook URL (Slack, Mattermost, your own) or --notify TYPE/NAME."

Configs = Annotated[list[str], argument("CONFIG", "YAML files with a `schedule`; paths or URLs.")]
MaybeConfigs = Annotated[list[str] | None, argument("CONFIG", "YAML files with a `schedule`; paths or URLs.")]


@command(app, SCHEDULE, "deploy configs/*.yaml")
def deploy(
    configs: MaybeConfigs = None,
    prune: Annotated[
        str | None,
        option("FOLDER", "Remove the deployments of configs that this folder no longer holds."),
    ] = None,
    replace: Annotated[bool, flag("--replace", "Take over the deployment of another config of the same name.")] = False,
    as_json: AsJson = False,
) -> None:
    """Create or update a scheduled Prefect deployment for each config."""
    from flows.scheduling.scheduled_configs import folder_place, read_configs  # noqa: PLC0415 - `--help` must not wait for it

    if not configs and prune is None:
        raise ConfigError("deploy: name the configs to deploy, or a folder to prune.")
    folder = folder_place(prune) if prune is not None else None
    read = read_configs(configs or [])
    failed = _tell_of_reading(read, as_json=as_json)
    if read.scheduled or folder is not None:
        failed = max(failed, _deploy(read, folder, replace=replace, as_json=as_json))
    raise typer.Exit(failed)


def _tell_of_reading(read: ReadConfigs, *, as_json: bool) -> int:
    """Print what cannot be deployed, and return the exit code that it asks for."""
    for place, name in read.unscheduled:
        _tell("skipped", name, place, "no `schedule` section", as_json=as_json)
    for url, error in read.failed:
        if as_json:
            _tell("failed", "", url, told(error), as_json=True)
        else:
            print_error(told(error))
    return 2 if read.failed else 0


def _deploy(read: ReadConfigs, folder: str | None, *, replace: bool, as_json: bool) -> int:
    """Deploy and prune, and return the exit code: 2 for a wrong config; that nothing would run yet is only told."""
    _make_sure_of_home()
    from flows.scheduling.deployments import deploy_configs, prune_folder  # noqa: PLC0415 - imports Prefect, which is slow

    code, problems = 0, dict[str, None]()
    for done in deploy_configs(read.scheduled, replace=replace) if read.scheduled else ():
        if done.action == "failed" and not as_json:
            print_error(done.detail)
        else:
            _tell(done.action, done.name, done.config, done.detail, as_json=as_json, problem=done.problem)
        code = max(code, 2 if done.action == "failed" else 0)
        if done.problem:
            problems[done.problem] = None
    pruned = list(prune_folder(folder)) if folder is not None else []
    for done in pruned:
        _tell(done.action, done.name, done.config, done.detail, as_json=as_json)
    if folder is not None and not pruned and not as_json:
        print_line(f"nothing to prune: every deployment of a config in {folder} still has its config")
    for problem in problems:
        print_warning(problem)
    return code


def _tell(  # noqa: PLR0913 - the columns of one line
    action: str, name: str, config: str, detail: str, *, as_json: bool, problem: str = ""
) -> None:
    if as_json:
        word = action.replace(" ", "_")
        print_json({"name": name, "action": word, "config": config, "detail": detail, "problem": problem})
    else:
        print_line(f"{action} {name or config}" + (f": {detail}" if detail else ""))


@command(app, SCHEDULE, "serve configs/*.yaml")
def serve(
    configs: Configs,
    limit: Annotated[int, option("N", "Runs at once; the others wait.", min=1)] = 1,
    replace: Annotated[bool, flag("--replace", "Take over the deployment of another config of the same name.")] = False,
) -> None:
    """Run configs on their schedules from this process, without a work pool, until it is stopped."""
    from flows.scheduling.scheduled_configs import read_configs  # noqa: PLC0415 - as above

    read = read_configs(configs)
    if _tell_of_reading(read, as_json=False):
        raise typer.Exit(2)
    if not read.scheduled:
        raise ConfigError("serve: none of these configs has a `schedule` section.")
    _make_sure_of_home()
    from flows.scheduling.serving import serve_configs  # noqa: PLC0415 - imports Prefect, which is slow

    serve_configs(read.scheduled, limit=limit, replace=replace, tell=print_line)


@command(app, SCHEDULE, "automations configs/*.yaml --webhook https://hooks.example.com/x")
def automations(  # noqa: PLR0913, PLR0917 - the options of a command
    configs: MaybeConfigs = None,
    webhook: Annotated[str | None, option("URL", "Where alerts are posted to.", envvar="PARQUETRY_WEBHOOK")] = None,
    notify: Annotated[str | None, option("TYPE/NAME", "A notification block of Prefect's that sends alerts.")] = None,
    grace: Annotated[str, option("TIME", "Alert when a run is later than this (2h, 30m).")] = "2h",
    within: Annotated[
        str | None,
        option("TIME", "Alert when there was no run for this long, whatever the schedule."),
    ] = None,
    remove: Annotated[bool, flag("--remove", "Remove all alerts.")] = False,
    as_json: AsJson = False,
) -> None:
    """Set up alerts for runs that fail, are refused, crash or never start."""
    from flows.scheduling.scheduled_configs import read_configs  # noqa: PLC0415 - as above

    if webhook and notify:
        raise ConfigError("automations: give --webhook or --notify, not both.")
    if configs and not (webhook or notify) and not remove:
        raise ConfigError(f"automations: {_SOMEWHERE}")
    allowed, fixed = _duration(grace, "--grace"), _duration(within, "--within") if within else None
    read = read_configs(configs or [])
    failed = _tell_of_reading(read, as_json=as_json)
    _make_automations(read.scheduled, (webhook, notify), (allowed, fixed), remove=remove, as_json=as_json)
    raise typer.Exit(failed)


def _make_automations(
    configs: tuple[ScheduledConfig, ...],
    to: tuple[str | None, str | None],
    times: tuple[timedelta, timedelta | None],
    *,
    remove: bool,
    as_json: bool,
) -> None:
    _make_sure_of_home()
    from flows.scheduling import automations as made  # noqa: PLC0415 - imports Prefect, which is slow

    (webhook, notify), (grace, within) = to, times

    def patience(config: ScheduledConfig) -> timedelta:
        return within or made.usual_patience(config, grace)

    def alert() -> made.Alert:
        return made.webhook_alert(webhook) if webhook else made.block_alert(str(notify))

    sends = alert if webhook or notify else None
    done: Iterable[Any] = made.remove_automations() if remove else made.make_automations(configs, sends, patience)
    for item in done:
        if as_json:
            print_json({"name": item.name, "action": item.action.replace(" ", "_"), "detail": item.detail})
        else:
            print_line(f"{item.action} {item.name}")
    if sends is None and not remove:
        print_note(f"runs that fail or are refused alert nobody yet; {_SOMEWHERE}")


def _make_sure_of_home() -> None:
    """Before Prefect is imported."""
    from flows.prefect_home import make_sure_of_home  # noqa: PLC0415 - as above

    if notice := make_sure_of_home():
        print_note(notice)


def _duration(text: str, option: str) -> timedelta:
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415

    from tasks.step_config import Duration  # noqa: PLC0415

    try:
        found: timedelta = TypeAdapter(Duration).validate_python(text)
    except ValidationError:
        raise ConfigError(f"{option} {text}: write a time as 90m or 26h.") from None
    if found < timedelta(seconds=10):
        raise ConfigError(f"{option} {text}: at least 10s.")
    return found
