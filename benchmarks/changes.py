"""The lines that a release puts into CHANGELOG.md, from the files in `changes/`.

python -m benchmarks.changes    prints them under their headings
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "changes"
KINDS = ("added", "changed", "deprecated", "removed", "fixed", "security")
NAME = re.compile(rf"({'|'.join(KINDS)})-[a-z0-9]+(-[a-z0-9]+)*\.md")


def lines(folder: Path = FOLDER) -> Iterator[str]:
    """Headings and lines as they stand in CHANGELOG.md."""
    for kind in KINDS:
        files = sorted(folder.glob(f"{kind}-*.md"))
        if files:
            yield from ("", f"### {kind.capitalize()}", "")
        for file in files:
            first, *more = file.read_text("utf-8").strip().splitlines()
            yield from (f"- {first}", *(f"  {line}" for line in more))


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()).strip() + "\n")
