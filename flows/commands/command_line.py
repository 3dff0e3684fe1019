"""What all commands share: arguments, and how they print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from flows.commands.help_pages import argument, flag, option
from tasks.errors import (
    ConfigError,
    DatasetError,
    LayoutError,
    OutputError,
    ServerError,
    UnknownImageError,
    UnknownVersionError,
)

if TYPE_CHECKING:
    from rich.console import Console

    from tasks.storage import Store


Root = Annotated[str, argument("ROOT", "A published dataset: the folder or URL that `output.path` names.")]
Number = Annotated[int | None, argument("N", "A version's number; by default the newest.")]
Options = Annotated[
    list[str] | None,
    option("KEY=VALUE", "An fsspec option for the store, such as anon=true.", "--storage-option"),
]
_MISTAKES = (ConfigError, LayoutError, OutputError, ServerError, UnknownImageError, UnknownVersionError)
"""What is wrong with a command, a config, a source, an output or the host, and not with a dataset."""
AsJson = Annotated[bool, flag("--json", "Print JSON for scripts.")]


def open_root(root: str, options: list[str] | None) -> Store:
    """The output at *root*, as the command line names it."""
    from tasks.config_text.given_pairs import store_options  # noqa: PLC0415 - `--help` must not wait for it
    from tasks.quick_imports import leave_pandas_aside  # noqa: PLC0415
    from tasks.samples import StoreUrl  # noqa: PLC0415
    from tasks.storage import is_url, local_path, open_store  # noqa: PLC0415

    leave_pandas_aside()
    place = root.rstrip("/") if is_url(root) else str(local_path(root).absolute())
    return open_store(StoreUrl(place, store_options(options)))


def console(*, stderr: bool = False) -> Console:
    """Where to print tables."""
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=stderr)


def told(error: BaseException) -> str:
    """*error* for a person; one that nobody foresaw is called what it is."""
    if isinstance(error, DatasetError):
        return str(error)
    if wrong := _wrong_settings(error):
        return f"A setting of Prefect is wrong: {wrong}. Mend it in the environment, or by `prefect config set`."
    return f"{type(error).__name__}: {error}. This is a defect of parquetry; --debug shows where."


def exit_code_of(error: BaseException) -> int:
    """2 where the command, config, source layout, output or host is wrong; 1 where a run was refused or failed."""
    return 2 if isinstance(error, _MISTAKES) or _wrong_settings(error) else 1


def _wrong_settings(error: BaseException) -> str:
    """Which of Prefect's settings *error* says are wrong, as it read them of the environment; empty for others."""
    from pydantic import ValidationError  # noqa: PLC0415 - `--help` must not wait for it

    if not isinstance(error, ValidationError) or not error.title.endswith("Settings"):
        return ""
    section = error.title.removesuffix("Settings").upper()
    found = [item for item in error.errors(include_url=False) if item["type"] != "default_factory_not_called"]
    return "; ".join(
        f"{'_'.join(['PREFECT', *filter(None, [section]), *(str(part).upper() for part in item['loc'])])}: "
        f"{item['msg'][:200]}, not {str(item['input'])[:60]!r}"
        for item in found[:3]
    )
