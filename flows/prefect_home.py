"""Where Prefect keeps what is its own: a folder that can be written, made sure of before Prefect is imported."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from urllib.request import getproxies_environment
from uuid import uuid4

from tasks.errors import ConfigError

_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


def make_sure_of_home() -> str:
    """Have HOME and PREFECT_HOME name folders that can be used; what a person should know of it, empty where nothing.

    A service may have no home at all, and a container one that cannot be written. Then Prefect's records are kept in
    this user's temporary folder.

    Raises:
        ConfigError: That one cannot be written, either.
    """
    wanted = _wanted()
    problem = _problem(wanted) if wanted is not None else "this user has no home folder"
    notice = ""
    if problem:
        folder = _temporary_home()
        if wanted is not None and (wanted / "profiles.toml").is_file():
            os.environ.setdefault("PREFECT_PROFILES_PATH", str(wanted / "profiles.toml"))
        os.environ["PREFECT_HOME"] = str(folder)
        notice = (
            f"Prefect keeps its records in {folder}, since {problem}. If they are to last, set PREFECT_HOME to a "
            "folder that can be written."
        )
    if _user_home() is None:
        os.environ["HOME"] = os.environ["PREFECT_HOME"]  # Prefect asks for it when it is imported
    reach_this_machine_directly()
    return notice


def reach_this_machine_directly() -> None:
    """Have the environment say that no proxy leads to this machine, where it names one."""
    if not getproxies_environment():
        return
    told = os.environ.get("no_proxy", os.environ.get("NO_PROXY", ""))
    hosts = [host for host in _THIS_MACHINE if host not in {part.strip() for part in told.split(",")}]
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(filter(None, [told, *hosts]))


def _wanted() -> Path | None:
    """The folder that Prefect would use."""
    named = os.environ.get("PREFECT_HOME")
    home = _user_home()
    if not named:
        return home / ".prefect" if home is not None else None
    if named.startswith("~") and home is None:
        return None
    return Path(named).expanduser()


def _user_home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None


def _problem(folder: Path) -> str:
    """Why *folder* cannot be used; empty where it can."""
    trial = folder / f".parquetry-{uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.touch()
        trial.unlink()
    except OSError as error:
        return f"{folder} cannot be written ({error.strerror})"
    return ""


def _temporary_home() -> Path:
    """This user's own folder among the temporary ones; the next run finds the database that this one leaves in it."""
    try:
        folder = Path(tempfile.gettempdir(), f"parquetry-prefect-{os.getuid()}")
        folder.mkdir(mode=0o700, exist_ok=True)
        is_other = folder.lstat().st_uid != os.getuid()
    except OSError as error:
        raise _no_home(error.strerror or str(error)) from None
    if is_other or (problem := _problem(folder)):
        raise _no_home(f"{folder} is another user's" if is_other else problem)
    return folder


def _no_home(reason: str) -> ConfigError:
    return ConfigError(
        "There is no folder for what Prefect writes down: neither PREFECT_HOME nor the user's home can be written, and "
        f"no temporary one can be made ({reason}). Set PREFECT_HOME to a folder that can be written."
    )
