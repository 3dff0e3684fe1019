"""What a command line gives as ``KEY=VALUE``: keys of a config, options of a store."""

from __future__ import annotations

from typing import Any

from tasks.errors import ConfigError


def pairs(items: list[str] | None, option: str = "--set") -> dict[str, str]:
    """``KEY=VALUE`` items as a mapping.

    Raises:
        ConfigError: One is no pair.
    """
    found = {}
    for item in items or []:
        key, equals, value = item.partition("=")
        if not equals or not key.strip():
            example = ", such as --set resize.size='[64, 64]'" if option == "--set" else ""
            raise ConfigError(f"{option} {item}: write KEY=VALUE{example}.")
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
