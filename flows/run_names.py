"""What flow runs are called."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import urlsplit

from prefect.runtime import deployment, flow_run

from flows.handover import name_given


def dataset_name() -> str:
    """What the run is called before its config is read: the deployment's name, else the config's file.

    Prefect's runtime asks the server for either, over a connection of its own; a command knows the dataset's name.
    """
    name = name_given() or deployment.name
    return str(name or PurePosixPath(urlsplit(_place_asked()).path).stem or "dataset")


def _place_asked() -> str:
    return str(flow_run.parameters.get("config", ""))
