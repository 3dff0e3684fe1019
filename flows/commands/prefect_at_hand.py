"""Prefect for a run of the command: imported, with a server, and with the settings that fit a process of one run.

Importing Prefect is most of what a small run costs. Where a flow is part of a worker or of somebody else's program,
Prefect was imported before.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.prefect_home import make_sure_of_home
from tasks.console.lines import print_note
from tasks.quick_imports import collector_aside, defer

_SENDING_S = 10.0
UNUSED = frozenset(
    "coolname fastapi h2.connection h2.events h2.exceptions h2.settings jsonschema "
    "prefect.blocks.notifications prefect.blocks.webhook".split()
)
"""Imported for what a run does not do: names for runs that have none, HTTP/2, alerts, the schemas of blocks.

Of FastAPI Prefect takes the encoder of parameters, which is a module of its own.
"""
OPTIONAL = frozenset({"httpx._main"})
"""The command line of httpx, which httpx does without where what it needs is not installed."""
NO_AUTHORITY = Path(__file__).with_name("no_authority.pem")
"""A certificate of nobody, valid on the first day of 1970 alone."""


def starting_prefect() -> str:
    """What is waited for while Prefect starts, in a few words."""
    home = Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()
    if os.environ.get("PREFECT_API_URL") or (home / "prefect.db").exists():
        return "starting Prefect"
    return "starting Prefect for the first time: it makes its database, which takes some seconds"


@contextmanager
def prefect_at_hand() -> Iterator[None]:
    """Prefect, ready to run flows: silent on this console, with a server, its heartbeats off."""
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    if notice := make_sure_of_home():
        print_note(notice)
    defer(UNUSED, OPTIONAL)
    with collector_aside():
        importlib.import_module("flows.refresh_dataset")
    from prefect.settings import (  # noqa: PLC0415 - Prefect is imported only once there is something to run
        PREFECT_API_URL,
        get_current_settings,
        temporary_settings,
    )

    settings = get_current_settings()
    if settings.api.url:
        from flows.scheduling.prefect_server import require_server  # noqa: PLC0415 - as above

        require_server(settings.api.url)
        with settings_of_a_run():
            yield
        return
    from flows.scheduling.server import shared_server  # noqa: PLC0415 - as above

    with shared_server(settings.home) as api_url, temporary_settings({PREFECT_API_URL: api_url}), settings_of_a_run():
        try:
            yield
        finally:
            _send_what_is_queued()


@contextmanager
def settings_of_a_run() -> Iterator[None]:
    """Prefect's settings as they are, less heartbeats; `temporary_settings` would read all of them anew, for 0.1 s.

    The server's version was looked at. Over plain http no certificate is asked for, and a server that sends its clients
    on to https was refused: instead of the hundreds of authorities that each of Prefect's clients reads anew, for
    0.02 s, it is given one that has expired.
    """
    from prefect.context import SettingsContext, get_settings_context  # noqa: PLC0415 - as above

    context = get_settings_context()
    settings = context.settings
    changed = {
        "flows": settings.flows.model_copy(update={"heartbeat_frequency": None}),
        "client": settings.client.model_copy(update={"server_version_check_enabled": False}),
    }
    if str(settings.api.url).startswith("http:"):
        changed["api"] = settings.api.model_copy(update={"ssl_cert_file": str(NO_AUTHORITY)})
    with SettingsContext(profile=context.profile, settings=settings.model_copy(update=changed)):
        yield


def _send_what_is_queued() -> None:
    """Wait for Prefect's logs and events to reach the server, which will be gone afterwards."""
    from prefect.events.worker import EventsWorker  # noqa: PLC0415 - as above
    from prefect.logging.handlers import APILogWorker  # noqa: PLC0415

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=_SENDING_S)
