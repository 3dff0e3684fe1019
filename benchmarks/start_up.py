"""Where the seconds go before the first shard: `--help` beside a bare Python, and a tiny run with and without a server.

python -m benchmarks.start_up
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import measure
from flows.scheduling.server import shared_server
from tasks.demo import draw_demo


def main() -> None:
    """Measure, and print a line each."""
    command = [sys.executable, "-P", "-m", "flows.cli"]
    bare = min(measure([sys.executable, "-c", ""]).seconds for _ in range(5))
    shown = min(measure([*command, "--help"]).seconds for _ in range(5))
    _say(f"--help: {shown:.2f} s; a bare python: {bare:.2f} s")
    with tempfile.TemporaryDirectory() as made:
        config = draw_demo(Path(made, "demo"))[0]
        environment = os.environ | {"PREFECT_HOME": str(Path(made, "home"))}
        environment.pop("PREFECT_API_URL", None)
        for kind in ("an empty home", "a home with a database"):
            cost = measure([*command, "run", "--json", "--full", config], environment)
            _say(f"60 images, no server, {kind}: {cost.seconds:.1f} s")
        with shared_server(Path(made, "home")) as api_url:
            cost = measure([*command, "run", "--json", "--full", config], environment | {"PREFECT_API_URL": api_url})
            _say(f"60 images, with a server: {cost.seconds:.1f} s")
        imports = measure([sys.executable, "-c", "import flows.commands.local_run, flows.refresh_dataset"])
        _say(f"importing Prefect and all of parquetry: {imports.seconds:.1f} s")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
