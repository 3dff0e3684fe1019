"""What a Dask worker says of itself. This module travels there as code, so it imports only what any worker has."""

from __future__ import annotations

from collections.abc import Sequence


def installed_versions(distributions: Sequence[str]) -> dict[str, str]:
    """The version of Python and of each of *distributions* in this process; empty where it is not installed."""
    import importlib.metadata  # noqa: PLC0415 - a function that travels brings its imports along
    import sys  # noqa: PLC0415

    found = {"python": f"{sys.version_info[0]}.{sys.version_info[1]}"}
    for name in distributions:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = ""
    return found


def failed_import(module: str) -> str:
    """Why *module* cannot be imported here; empty if it can."""
    import importlib  # noqa: PLC0415 - as above

    try:
        importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - whatever stands in the way there is to be told here
        return f"{type(error).__name__}: {error}"
    return ""


def failed_connection(host: str, port: int, timeout_s: float) -> str:
    """Why nothing answers at *host* and *port*, as seen from here; empty if something does."""
    import socket  # noqa: PLC0415 - as above

    try:
        socket.create_connection((host, port), timeout=timeout_s).close()
    except OSError as error:
        return str(error)
    return ""
