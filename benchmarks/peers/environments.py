"""An environment of its own for each peer, kept from run to run; or the reason why there is none."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PEERS: Mapping[str, tuple[str, ...]] = {
    "datasets": ("datasets>=5.2", "Pillow"),
    "webdataset": ("webdataset", "Pillow"),
    "streaming": ("mosaicml-streaming", "Pillow"),
    "litdata": ("litdata", "Pillow"),
    "daft": ("daft", "Pillow"),
    "img2dataset": ("img2dataset", "Pillow"),
}
"""What is installed for each, from wherever pip is set up to look."""

_MOST_S = 1800


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer, or why it is not here.

    Attributes:
        python: The interpreter of its environment.
        version: Of it.
        reason: Why it cannot be run; empty where it can.
    """

    python: Path
    version: str = ""
    reason: str = ""


def install(name: str, folder: Path) -> Peer:
    """The peer *name* in its environment in *folder*, which is made where it is not there or not whole."""
    home = folder / name
    python, whole = home / "bin" / "python", home / "version"
    if whole.exists():
        return Peer(python, version=whole.read_text(encoding="utf-8"))
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install", *PEERS[name]]
    try:
        made = subprocess.run(pip, capture_output=True, text=True, timeout=_MOST_S, check=False)
    except subprocess.TimeoutExpired:
        return Peer(python, reason=f"its installation took more than {_MOST_S} s")
    if made.returncode:
        return Peer(python, reason=f"it cannot be installed: {_last(made.stderr)}")
    found = _version(python, name)
    if not found.reason:
        whole.write_text(found.version, encoding="utf-8")
    return found


def _version(python: Path, name: str) -> Peer:
    """Whether what runs the job can be imported, and the version of what was installed for it."""
    distribution = PEERS[name][0].partition(">")[0]
    module = f"benchmarks.peers.by_{name}"
    script = f"import importlib.metadata as m, {module}; print(m.version({distribution!r}))"
    told = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False)
    if told.returncode:
        return Peer(python, reason=f"it cannot be imported: {_last(told.stderr)}")
    return Peer(python, version=told.stdout.split()[-1])


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no reason was given"
