"""What the last `make mutation` came to: how many broken places of each room its tests noticed, and those they did not.

python -m benchmarks.mutation [FOLDER]    FOLDER is where the broken copies lie, by default `mutants`
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

_SURVIVED, _NOTICED_BY_NO_TEST = 0, {5, 33}
_BROKEN_OFF = {2}


def results(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Of each broken place that was tried its room, its name, and ``killed``, ``survived`` or ``no test``."""
    for path in sorted(folder.rglob("*.py.meta")):
        module = path.relative_to(folder).with_suffix("").with_suffix("")
        room = "/".join(module.parts[:2]) if module.parts[1] != "publish" else str(module)
        for name, code in json.loads(path.read_text("utf-8"))["exit_code_by_key"].items():
            if code is not None and code not in _BROKEN_OFF:
                ended = "survived" if code == _SURVIVED else "no test" if code in _NOTICED_BY_NO_TEST else "killed"
                yield room, name, ended


def main(folder: Path) -> None:
    """Print a line for each room, and the places that no test noticed."""
    found = list(results(folder))
    rooms = sorted({room for room, *_ in found})
    lines = [(room, Counter(ended for one, _, ended in found if one == room)) for room in rooms]
    lines.append(("all", Counter(ended for *_, ended in found)))
    for room, counts in lines:
        share = f"{counts['killed'] / counts.total():.1%}" if counts.total() else "none tried"
        sys.stdout.write(f"{room}: {counts['killed']} of {counts.total()} killed, {share}\n")
    for _, name, ended in found:
        if ended != "killed":
            sys.stdout.write(f"  {ended}: {name}\n")


if __name__ == "__main__":
    main(Path(*sys.argv[1:2] or ["mutants"]))
