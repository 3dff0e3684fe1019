"""What all commands share: arguments, and how they print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from flows.commands.help_pages import argument, flag, option
from tasks.errors import ConfigError, DatasetError, LayoutError, OutputError, ServerError, UnknownImageError

if TYPE_CHECKING:
    from rich.console import Console

    from tasks.storage import Store


Root = Annotated[str, argument("ROOT", "A published dataset: the folder or URL that `output.path` names.")]
Number = Annotated[int | None, argument("N", "A version's number; by default the newest.")]
Options = Annotated[
    list[str] | None,
    option("KEY=VALUE", "An fsspec option for the store, such as anon=true.", "--storage-option"),
]
AsJson = Annotated[bool, flag("--json", "Print JSON for scripts.")]


def pairs(items: list[str] | None, option: str = "--set") -> dict[str, str]:
    """``KEY=VALUE`` items as a mapping.

    Raises:
        ConfigError: One is no pair.
    """
    found = {}
    for item in items or []:
        key, equals, value = item.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"{option} {item}: write KEY=VALUE, such as --set resize.size='[64, 64]'.")
        found[key.strip()] = value
    return found


def store_options(items: list[str] | None) -> dict[str, Any]:
    """Fsspec's options, as the command line gives them: dotted keys, values as YAML."""
    from tasks.config_text.yaml_text import parse_yaml  # noqa: PLC0415 - `--help` must not wait for it
    from tasks.step_config import resolve_plain  # noqa: PLC0415

    values: dict[str, Any] = {}
    for key, value in pairs(items, "--storage-option").items():
        section = values
        *parents, last = key.split(".")
        for parent in parents:
            section = section.setdefault(parent, {})
            if not isinstance(section, dict):
                raise ConfigError(f"--storage-option {key}: another one gives {parent!r} a value. Keep one of them.")
        if last in section:
            raise ConfigError(f"--storage-option {key}: another one gives {last!r} keys of its own. Keep one of them.")
        section[last] = resolve_plain(parse_yaml(value, f"--storage-option {key}").data)
    return values


def open_root(root: str, options: list[str] | None) -> Store:
    """The output at *root*, as the command line names it."""
    from tasks.pandas_aside import leave_pandas_aside  # noqa: PLC0415 - `--help` must not wait for it
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
    return f"{type(error).__name__}: {error}. This is a defect of parquetry; --debug shows where."


def exit_code_of(error: BaseException) -> int:
    """2 where the command, config, source layout, output or host is wrong; 1 where a run was refused or failed."""
    is_mistake = isinstance(error, ConfigError | LayoutError | OutputError | ServerError | UnknownImageError)
    return 2 if is_mistake else 1
