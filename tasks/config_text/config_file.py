"""The file of a config: read from wherever it lies, laid over, and its paths made independent of where it is used."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec

from tasks.config_text.yaml_text import MAX_BYTES, YamlText, parse_yaml
from tasks.errors import ConfigError, DatasetError, MissingConfigError
from tasks.storage import is_read_once, is_url, local_path, open_local, redact_url, require_scheme

_VARIABLE = re.compile(r"\$\{\w+\}")


def read_config_text(url: str) -> str:
    """The text of the config at *url*, a local path or any fsspec URL.

    Raises:
        ConfigError: It is not there, cannot be read or is no UTF-8.
    """
    require_scheme(url)
    try:
        if not is_url(url):
            with open_local(local_path(url)) as local:
                return _decoded(local.read(MAX_BYTES + 1), url)
        with fsspec.open(url, "rb") as file:
            return _decoded(file.read(MAX_BYTES + 1), url)
    except FileNotFoundError:
        raise MissingConfigError(f"{redact_url(url)}: no such config file.{_beside(url)}") from None
    except IsADirectoryError:
        raise ConfigError(f"{url}: is a folder. Name the YAML files in it, such as {url.rstrip('/')}/*.yaml.") from None
    except DatasetError:
        raise
    except Exception as error:  # noqa: BLE001 - each store's client has errors of its own
        raise ConfigError(f"{redact_url(url)}: cannot be read: {str(error)[:200]}") from None


def _beside(url: str) -> str:
    """The YAML file whose name is most like that of *url*, in the same local folder."""
    if is_url(url):
        return ""
    place = local_path(url)
    names = sorted(path.name for path in place.parent.glob("*.y*ml")) if place.parent.is_dir() else []
    near = get_close_matches(place.name, names, n=1)
    return f" Did you mean {place.with_name(near[0])}?" if near else ""


def _decoded(content: bytes, url: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{redact_url(url)}:{line}: is not UTF-8 text. Save it as UTF-8.") from None


def mapping_of(parsed: YamlText, url: str) -> dict[str, Any]:
    """The keys of *parsed*, the config at *url*.

    Raises:
        ConfigError: It holds something else than keys.
    """
    if not isinstance(parsed.data, dict):
        raise ConfigError(f"{url}:1: a config is a mapping that begins with `name:`, `source:` and `output:`.")
    return parsed.data


def lay_over(data: dict[str, Any], key: str, value: Any) -> None:
    """Lay one override over *data*, in place."""
    *parents, last = key.split(".")
    for parent in parents:
        below = data.setdefault(parent, {})
        if not isinstance(below, dict):
            raise ConfigError(f"--set {key}: {parent!r} is not a section with keys of its own.")
        data = below
    data[last] = parse_yaml(value, f"--set {key}").data if isinstance(value, str) else value


def resolve_paths(data: dict[str, Any], url: str) -> None:
    """Make `source.path` and `output.path` independent of the working directory, in place."""
    sources = data.get("source")
    for section in [*(sources if isinstance(sources, list) else [sources]), data.get("output")]:
        if isinstance(section, dict) and isinstance(section.get("path"), str) and section["path"]:
            section["path"] = _resolved(section["path"], url)


def variable_problem(place: str) -> str:
    """What is wrong with *place*, which a config says, where it hopes for a variable to be filled in; else empty."""
    found = _VARIABLE.search(place)
    if found is None:
        return ""
    return f"{found[0]} is not filled in, since configs have no variables: write it out, or give the key by `--set`."


def _resolved(path: str, config_url: str) -> str:
    if is_url(path):
        return path.rstrip("/")
    if is_url(config_url) and not path.startswith(("/", "~")):
        scheme, _, rest = config_url.partition("://")
        return f"{scheme}://{PurePosixPath(rest).parent / path}"
    has_no_folder = is_url(config_url) or is_read_once(config_url)  # a pipe's is the system's
    folder = Path.cwd() if has_no_folder else local_path(config_url).parent
    return str((folder / local_path(path)).absolute())
