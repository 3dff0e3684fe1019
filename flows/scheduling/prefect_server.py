"""The Prefect server that schedules live on: reached, of a version that fits, with a work pool that is worked."""

from __future__ import annotations

import ssl
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
from prefect import __version__ as client_version
from prefect.client.base import ServerType
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import WorkPool
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import get_current_settings

from tasks.errors import ConfigError, ServerError
from tasks.redaction import is_web
from tasks.storage import redact_url

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

_START = "`prefect server start`"
_STALE_HEARTBEATS = 3
_PATIENCE_S = 60.0
_LOOK_EVERY_S = 0.5
_OWN_IMAGES = ("prefecthq/", "docker.io/prefecthq/")
"""Images of Prefect's hold Prefect alone."""


@contextmanager
def connected_server() -> Iterator[SyncPrefectClient]:
    """Yield a client of the server that Prefect's settings name.

    Raises:
        ServerError: None is named, none answers, or it is of another version.
    """
    url = get_current_settings().api.url
    if not url:
        raise ServerError(
            f"No Prefect server is set, and schedules live on one. Start it with {_START}, then "
            "`export PREFECT_API_URL=http://127.0.0.1:4200/api`."
        )
    require_server(url)
    try:
        with get_client(sync_client=True) as client:
            yield client
    except PrefectHTTPStatusError as error:
        raise ServerError(f"The Prefect server at {redact_url(url)} answers: {detail(error)}") from None
    except httpx.HTTPError as error:
        raise ServerError(
            f"The Prefect server at {redact_url(url)} was lost: {_reason(error)}. Run it again."
        ) from None


def _say(text: str) -> None:
    sys.stderr.write(f"note: {text}\n")


class _NoAnswerError(ServerError):
    """Nobody answers there yet."""


def require_server(url: str, *, patience_s: float = _PATIENCE_S, tell: Callable[[str], None] = _say) -> None:
    """Wait until a Prefect server answers at *url*, which may be starting just now.

    Args:
        url: Of its API.
        patience_s: For how long nobody may answer.
        tell: Is told, once, what is being waited for.

    Raises:
        ServerError: None answers, or one of a version that this client cannot speak to, or that asks for a login.
    """
    if not is_web(url):
        raise ServerError(
            f"PREFECT_API_URL is not the address of a server: {redact_url(url)}. Write one such as http://127.0.0.1:4200/api."
        )
    last = time.monotonic() + patience_s
    is_told = False
    while True:
        try:
            return _look_at_server(url)
        except _NoAnswerError:
            if time.monotonic() >= last:
                raise
        if not is_told:
            tell(f"no Prefect server answers at {redact_url(url)} yet; waiting for up to {patience_s:.0f} s")
            is_told = True
        time.sleep(_LOOK_EVERY_S)


def _look_at_server(url: str) -> None:
    where = redact_url(url)
    try:
        with get_client(httpx_settings=_settings_for(url), sync_client=True) as client:
            found = str(client.api_version()) if client.server_type != ServerType.CLOUD else client_version
            major = client_version.partition(".")[0]
            if found.partition(".")[0] != major:
                raise ServerError(
                    f"The Prefect server at {where} is of version {found[:40]}, and this command of {client_version}. "
                    f"Start one of version {major} with {_START}, or name another one in PREFECT_API_URL."
                )
            client.read_work_pools(limit=1)
    except (RuntimeError, ValueError, httpx.HTTPError) as error:
        if "Unauthorized" in str(error) or "401" in str(error):
            raise ServerError(
                f"The Prefect server at {where} asks for a login: set PREFECT_API_AUTH_STRING, or PREFECT_API_KEY."
            ) from None
        raise _NoAnswerError(
            f"No Prefect server answers at {where} ({_reason(error)}). Start it with {_START}, or name another one: "
            "`export PREFECT_API_URL=http://HOST:4200/api`."
        ) from None


def _settings_for(url: str) -> dict[str, object]:
    """A client's for a look at *url*: over plain http it reads no certificates, which takes 0.05 s, and trusts none."""
    plain = {"verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)} if url.startswith("http:") else {}
    return {"timeout": 10, **plain}


def _reason(error: BaseException) -> str:
    """What went wrong at the bottom of *error*, in a few words."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0][:160]


def detail(error: PrefectHTTPStatusError) -> str:
    """What a server answered, in a line."""
    try:
        found = error.response.json()
    except ValueError:
        found = error.response.text
    words = found.get("detail") or found.get("exception_detail") or found if isinstance(found, dict) else found
    return f"{error.response.status_code} {str(words)[:400]}"


def read_pool(client: SyncPrefectClient, name: str, where: str) -> WorkPool:
    """The work pool *name*, which the config names at *where*.

    Raises:
        ConfigError: There is none.
    """
    try:
        return client.read_work_pool(name)
    except ObjectNotFound:
        there = sorted(pool.name for pool in client.read_work_pools(limit=50))
        known = f"there are {', '.join(there)}" if there else "there is none at all"
        raise ConfigError(
            f"{where}: schedule.work_pool: the server has no work pool {name!r}; {known}. "
            f"Make it with `prefect work-pool create {name} --type process`."
        ) from None


def check_pool_type(pool: WorkPool, variables: Mapping[str, object], where: str) -> None:
    """Raise `ConfigError` where flow runs of *pool* would not find Parquetry."""
    if pool.type == "process":
        return
    if pool.type == "prefect-agent":
        raise ConfigError(
            f"{where}: schedule.work_pool: {pool.name!r} is of the type prefect-agent, whose agents are no more. "
            "Make one with `prefect work-pool create NAME --type process`."
        )
    properties = pool.base_job_template.get("variables", {}).get("properties", {})
    image = str(variables.get("image") or properties.get("image", {}).get("default") or "")
    if "image" in properties and (not image or image.startswith(_OWN_IMAGES)):
        raise ConfigError(
            f"{where}: schedule.work_pool: {pool.name!r} is of the type {pool.type}, whose runs start in a container, "
            f"and its image {image or '(none)'} holds no parquetry. Build one (docs/operations.md) and name it: "
            "`schedule: {job_variables: {image: …}}`."
        )


def pool_problem(client: SyncPrefectClient, pool: WorkPool) -> str:
    """Why nothing that is sent to *pool* would run now, and what helps; empty where it would."""
    if pool.is_paused:
        return f"the work pool {pool.name!r} is paused, so nothing runs: `prefect work-pool resume {pool.name}`"
    if pool.is_push_pool or pool.is_managed_pool or _is_worked(client, pool):
        return ""
    return (
        f"no worker works on the pool {pool.name!r}, so nothing runs: start one with "
        f"`prefect worker start --pool {pool.name}`"
    )


def _is_worked(client: SyncPrefectClient, pool: WorkPool) -> bool:
    """Whether a worker of *pool* gave a sign of life of late."""
    now = datetime.now(UTC)
    for worker in client.read_workers_for_work_pool(pool.name):
        patience = timedelta(seconds=_STALE_HEARTBEATS * (worker.heartbeat_interval_seconds or 30))
        seen = worker.last_heartbeat_time
        if worker.status.value == "ONLINE" and seen is not None and now - seen < patience:
            return True
    return False
