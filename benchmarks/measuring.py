"""Runs a command and says what it cost: seconds, CPU seconds of it and its children, peak memory of the tree."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took.

    Attributes:
        seconds: From start to end.
        cpu_s: User and system time of the process and of all descendants that were waited for.
        peak_mb: Highest sum of the tree's proportional set sizes, sampled 20 times a second, in megabytes.
        output: Its standard output.
    """

    seconds: float
    cpu_s: float
    peak_mb: float
    output: str


def measure(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> Cost:
    """Run *command* to its end; a non-zero exit raises `subprocess.CalledProcessError`.

    It may keep bytecode, as an installation does: without it, a third of a small run would go into compiling ours.
    """
    kept = {key: value for key, value in (environment or os.environ).items() if key != "PYTHONDONTWRITEBYTECODE"}
    before = os.times()
    started = time.perf_counter()
    process = subprocess.Popen(command, env=kept, stdout=subprocess.PIPE, text=True)
    peak = _Peak(process.pid)
    output, _ = process.communicate()
    peak.stop()
    after = os.times()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(time.perf_counter() - started, cpu, peak.bytes / 1e6, output)


class _Peak:
    """Watches a process tree until `stop`."""

    def __init__(self, pid: int) -> None:
        self.bytes = 0
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            self.bytes = max(self.bytes, self._sum())

    def _sum(self) -> int:
        total = 0
        with suppress(psutil.Error):
            for process in [self._process, *self._process.children(recursive=True)]:
                with suppress(psutil.Error):
                    total += process.memory_full_info().pss
        return total
