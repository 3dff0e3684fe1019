"""How fast `parquetry verify` reads, beside a bare SHA-256 of the same bytes in the same process.

python -m benchmarks.verify [MEGABYTES]
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tasks.publish.manifest import FileEntry
from tasks.publish.verify import file_problem
from tasks.samples import StoreUrl
from tasks.storage import LocalStore

_ROUNDS = 5


def main() -> None:
    """Measure, and print a line each: CPU seconds, so that other work on the machine does not count."""
    size = int(sys.argv[1] if len(sys.argv) > 1 else 256) << 20
    with tempfile.TemporaryDirectory() as made:
        data = os.urandom(size)
        Path(made, "shard").write_bytes(data)
        entry = FileEntry(path="shard", rows=0, bytes=size, sha256=hashlib.sha256(data).hexdigest())
        store = LocalStore(StoreUrl(made))
        verified = min(_cpu_s(lambda: file_problem(store, entry)) for _ in range(_ROUNDS))
        bare = min(_cpu_s(lambda: hashlib.sha256(data)) for _ in range(_ROUNDS))
    sys.stdout.write(f"verify: {size / 1e6 / verified:,.0f} MB/s a core\n")
    sys.stdout.write(f"sha256: {size / 1e6 / bare:,.0f} MB/s a core\n")
    sys.stdout.write(f"verify takes {verified / bare:.2f} x the time of sha256 alone\n")


def _cpu_s(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


if __name__ == "__main__":
    main()
