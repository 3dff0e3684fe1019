"""The config's reference, made from its models: a JSON Schema for editors, and a page for people.

python -m flows.commands.reference    writes configs/schema.json and docs/configuration.md
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flows.config import DatasetConfig
from tasks.config_text.reference import keys_of, schema_of

_HEAD = """# Configuration

One YAML file describes one dataset. Every key has a default except `name`, `source.path` and `output.path`. An unknown
key is an error that names the nearest known one and the line. Plain values are read as their key needs them: `no`, `on`
and `001` stay as they are written. Relative paths are relative to the config's folder. Credentials never stand in a
config: they come from the environment.

`source` is one source, or a list of several, each with a `name` of its own. Which keys a source has depends on its
`layout`; `layout: auto` takes them all.

The dozen keys that people change first stand in the config of the [quickstart](quickstart.md), with a word on each.
"""


def config_schema() -> dict[str, Any]:
    """The JSON Schema of a config (draft 2020-12)."""
    schema = schema_of(DatasetConfig)
    source = schema["properties"]["source"]
    schema["properties"]["source"] = {
        "anyOf": [source["items"], source],
        "title": "Source",
        "description": source["description"],
    }
    schema.setdefault("$schema", "https://json-schema.org/draft/2020-12/schema")
    return schema


def config_page() -> str:
    """The reference of every key, as Markdown."""
    return f"{_HEAD}\n{keys_of(DatasetConfig)}"


def main() -> None:
    """Write both files, below the working directory."""
    schema = json.dumps(config_schema(), indent=1, ensure_ascii=False)
    Path("configs/schema.json").write_text(f"{schema}\n", encoding="utf-8")
    Path("docs/configuration.md").write_text(config_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
