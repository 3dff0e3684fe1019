"""What flow runs are called."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import urlsplit

from prefect.runtime import deployment, flow_run


def dataset_name() -> str:
    """What the run is called before its config is read: the deployment's name, else the config's file."""
    place = str(flow_run.parameters.get("config", ""))
    return str(deployment.name or PurePosixPath(urlsplit(place).path).stem or "dataset")
