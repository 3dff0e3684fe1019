"""The `run` section: where a run's work is done."""

from __future__ import annotations

import importlib.util
import socket
from typing import Annotated, Literal

from pydantic import Field, model_validator

from tasks.errors import ConfigError
from tasks.step_config import Duration, StepConfig

_CONNECT_S = 5.0
_GREETING = b"compression"
"""Stands in the first message of every Dask process to whoever connects over tcp."""

ONE_AHEAD = 1
"""So many shards more are handed out than are built at once: it fetches its first images until it is its turn."""

Address = Annotated[str, Field(pattern=r"^((tcp|tls|ws|wss|ucx)://)?([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$")]


class RunSettings(StepConfig):
    """Where the work of a run is done.

    Attributes:
        runner: ``threads``: on this machine; ``dask``: on a Dask cluster, which needs ``parquetry[dask]``.
        address: The address of a running Dask scheduler, such as ``tcp://10.0.0.5:8786``. Its workers build the shards.
        workers: How many Dask worker processes to start on this machine for the run, where there is no `address`.
        image_processes: How many decoder processes run on each machine; ``auto`` is one for each core.
        deadline: After this time (``6h``, ``90m``) no further shard is begun and nothing is published. The next run
            goes on from there.
        shards_in_hand: How many shards are built at once, while the next one fetches its first images. More needs more
            memory and is seldom faster.
    """

    runner: Literal["threads", "dask"] = "threads"
    address: Address | None = None
    workers: int | None = Field(default=None, ge=1, le=256)
    image_processes: Literal["auto"] | Annotated[int, Field(ge=1, le=1024)] = "auto"
    shards_in_hand: int = Field(default=2, ge=1, le=64)
    deadline: Duration | None = None

    @model_validator(mode="after")
    def _runner_has_what_it_needs(self) -> RunSettings:
        if self.runner == "threads" and (self.address or self.workers):
            raise ValueError("`address` and `workers` are a Dask cluster's: set `runner: dask`")
        if self.runner == "dask" and (self.address is None) == (self.workers is None):
            raise ValueError(
                "`runner: dask` takes one of two: `address: tcp://HOST:8786` of a running scheduler, or `workers: 2` "
                "for a cluster on this machine"
            )
        return self

    @property
    def decoder_processes(self) -> int:
        """How many decoder processes a machine gets; 0 for one a core, which is counted there."""
        return 0 if self.image_processes == "auto" else self.image_processes


def check_runner(settings: RunSettings) -> None:
    """Raise `ConfigError` where the cluster that *settings* name is not there; needs neither Prefect nor Dask."""
    if settings.runner != "dask":
        return
    if any(importlib.util.find_spec(name) is None for name in ("distributed", "prefect_dask")):
        raise ConfigError(
            "run.runner: dask needs packages that are not installed. Install them: pip install 'parquetry[dask]'."
        )
    if settings.address is not None:
        _refuse_other(settings.address)


def _refuse_other(address: str) -> None:
    """Raise where nothing listens at *address*, or something that does not greet as Dask does."""
    scheme, _, place = address.rpartition("://")
    host, _, port = place.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S) as connection:
            greets = scheme not in {"", "tcp"} or _GREETING in connection.recv(256)
    except TimeoutError:
        raise _no_scheduler(address, f"no answer within {_CONNECT_S:.0f} s") from None
    except (OSError, OverflowError) as error:
        raise _no_scheduler(address, getattr(error, "strerror", None) or str(error)) from None
    if not greets:
        raise _no_scheduler(address, "what listens there is something else")


def _no_scheduler(address: str, reason: str) -> ConfigError:
    return ConfigError(
        f"run.address: no Dask scheduler listens at {address}: {reason}. Start one there with `dask scheduler`, or "
        "set `run.workers: 2` instead of `address` for a cluster on this machine."
    )
