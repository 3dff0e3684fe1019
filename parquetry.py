"""The door of the command, and of what a worker runs: our `flows` and `tasks` are found, whatever else is called so.

Projects have packages of these names on PYTHONPATH or in the working folder. Here they go behind ours on the path,
which decoder processes and the workers of a local cluster inherit.
"""

from __future__ import annotations

import importlib
import signal
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

_OWN = Path(__file__).resolve().parent
_PACKAGES = ("flows", "tasks")
_FLOWS = frozenset({"refresh_dataset", "verify_dataset", "prune_dataset"})
"""What a deployment's entrypoint may name here: each stands in the module of `flows` that is called as it is."""


def find_own_packages() -> None:
    """Put every place that has a `flows` or `tasks` which is not ours behind the place of ours.

    Raises:
        ImportError: Another one is imported already, so that ours cannot be.
    """
    own = next((place for place in sys.path if _is_own(place)), str(_OWN))
    ahead = sys.path[: sys.path.index(own)] if own in sys.path else list(sys.path)
    foreign = [place for place in ahead if _holds_one(place)]
    sys.path[:] = [place for place in sys.path if place not in foreign]
    sys.path += foreign if own in sys.path else [own, *foreign]
    for name in _PACKAGES:
        other = getattr(sys.modules.get(name), "__file__", None)
        if other and Path(other).resolve().parent.parent != _OWN:
            raise ImportError(
                f"parquetry needs its own package {name!r}, and {other} is imported under that name already. "
                "Run parquetry in an environment of its own."
            )


def _is_own(place: str) -> bool:
    return Path(place).resolve() == _OWN


def _holds_one(place: str) -> bool:
    found = [PathFinder.find_spec(name, [place]) for name in _PACKAGES]
    return any(spec is not None and spec.loader is not None for spec in found)


def main() -> None:
    """Run the command; Ctrl-C while its code is read ends it without a word."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from flows.cli import main as run  # noqa: PLC0415 - only now it is sure to be ours
    from tasks.console.leaving import run_and_leave  # noqa: PLC0415

    signal.signal(signal.SIGINT, handler)
    run_and_leave(run)


def __getattr__(name: str) -> Any:
    """The flow *name*, which a worker asks for."""
    if name in _FLOWS:
        return getattr(importlib.import_module(f"flows.{name}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


find_own_packages()

if __name__ == "__main__":
    main()
