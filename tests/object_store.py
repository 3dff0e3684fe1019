"""An object store for tests: moto's S3, a process of its own on loopback."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def s3_server(log: Path) -> Iterator[str]:
    """The endpoint of an S3 server that is there while this lasts; what it says goes to *log*."""
    with log.open("wb") as file:
        command = [sys.executable, str(Path(__file__).with_name("s3_process.py")), "-H", "127.0.0.1", "-p", "0"]
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    try:
        while not (found := re.search(r"Running on (http://127\.0\.0\.1:\d+)", log.read_text())):
            assert process.poll() is None, log.read_text()
        yield found[1]
    finally:
        process.terminate()
        process.wait()
