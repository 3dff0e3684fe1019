"""Decoder processes that are forked from one: as confined and as easily replaced as those that are started."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image

from tasks.images import pool as pools
from tasks.images.fork_server import Forked, ForkServer, NotForkedError, can_fork
from tasks.images.jobs import Batch
from tasks.images.messages import wide_pipe
from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.pool import DecoderPool, ImageJob, Limits
from tasks.images.process import DecoderProcess, LostError, start_process

pytestmark = pytest.mark.skipif(not can_fork(), reason="this system has no handles of processes")
SPEC = PixelSpec(size=(8, 8), pixels="raw")


def png(number: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20), (number % 256, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def server() -> Iterator[ForkServer]:
    made = ForkServer(start_process)
    yield made
    made.close()


@pytest.fixture
def pool() -> Iterator[DecoderPool]:
    made = DecoderPool(2, Limits())
    yield made
    made.close()


def server_of(pool: DecoderPool) -> int:
    parents = {psutil.Process(pid).ppid() for pid in pool.process_ids}
    assert len(parents) == 1, "all are forked from one"
    return parents.pop()


def both_started(pool: DecoderPool) -> None:
    for _ in range(100):
        if len(pool.process_ids) == 2:
            return
        assert len(list(pool.prepare_images((ImageJob(png(number)) for number in range(200)), SPEC))) == 200
    raise AssertionError("one of them never started")


def test_decoders_are_forked_from_one_process_that_ends_with_them(pool: DecoderPool) -> None:
    both_started(pool)
    parent = psutil.Process(server_of(pool))
    decoders = [psutil.Process(pid) for pid in pool.process_ids]

    pool.close()

    assert parent.pid != os.getpid()
    assert not psutil.wait_procs([parent, *decoders], timeout=10)[1]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of forking beside threads, which is the matter here
def test_a_process_that_was_forked_from_the_run_leaves_its_decoders_alone(pool: DecoderPool) -> None:
    both_started(pool)
    decoders = pool.process_ids

    other = os.fork()
    if not other:
        pool.close()
        os._exit(0)
    os.waitpid(other, 0)

    both_started(pool)
    assert pool.process_ids == decoders


def test_a_killed_server_loses_no_image_and_is_started_anew(pool: DecoderPool) -> None:
    both_started(pool)
    first = server_of(pool)
    results = pool.prepare_images((ImageJob(png(number)) for number in range(600)), SPEC)
    found = [next(results)]
    for process in (first, *pool.process_ids):
        os.kill(process, signal.SIGKILL)
    found += results

    assert [item.data[0] for item in found if isinstance(item, Prepared)] == [number % 256 for number in range(600)]
    both_started(pool)
    assert server_of(pool) != first


def test_a_server_that_hangs_is_replaced(server: ForkServer) -> None:
    process = DecoderProcess(Limits(), server)
    hung = server.process_id
    assert hung is not None
    server._control.settimeout(0.2)  # type: ignore[union-attr]
    os.kill(hung, signal.SIGSTOP)

    process.process.kill()
    assert process.end() == -signal.SIGKILL
    again = DecoderProcess(Limits(), server)

    assert server.process_id not in {hung, None}
    again.process.kill()
    assert again.end() == -signal.SIGKILL


def test_the_exit_code_of_what_another_server_forked_counts_as_killed(server: ForkServer) -> None:
    process = DecoderProcess(Limits(), server)
    os.kill(server.process_id or 0, signal.SIGKILL)
    with pytest.raises(NotForkedError):
        server.fork(0, 0, 1)
    other = DecoderProcess(Limits(), server)
    os.kill(process.process.pid, signal.SIGKILL)

    assert process.end() == -signal.SIGKILL
    assert other.process.poll() is None, "and the server goes on"
    other.process.kill()
    other.end()


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGTERM])
def test_how_a_process_ended_is_known(server: ForkServer, number: signal.Signals) -> None:
    process = DecoderProcess(Limits(), server)
    assert isinstance(process.process, Forked)
    with pytest.raises(subprocess.TimeoutExpired):
        process.process.wait(0)
    os.kill(process.process.pid, number)

    assert process.process.wait(30) == -number
    assert process.process.poll() == -number
    process.process.kill()
    with pytest.raises(LostError) as lost:
        process.send(Batch([ImageJob(png(1))], {}))
    assert lost.value.is_own is (number == signal.SIGSEGV)


def test_a_forked_decoder_is_confined_as_one_that_is_started(server: ForkServer) -> None:
    forked, started = DecoderProcess(Limits(), server), DecoderProcess(Limits())
    told = []
    for process in (forked, started):
        lines = Path(f"/proc/{process.process.pid}/status").read_text().splitlines()
        told.append(
            [line for line in lines if line.startswith(("NoNewPrivs", "Seccomp", "SigIgn", "SigBlk", "Threads"))]
        )
        limits = Path(f"/proc/{process.process.pid}/limits").read_text().splitlines()
        told[-1] += [line for line in limits if line.startswith(("Max core", "Max file size"))]
        handles = sorted(
            str(handle.readlink()).split(":")[0] for handle in Path(f"/proc/{process.process.pid}/fd").iterdir()
        )
        told[-1].append(str(handles))
        process.process.kill()
        process.end()

    assert forked.unconfined == started.unconfined
    assert told[0] == told[1]


def test_a_server_ends_with_its_parent() -> None:
    code = (
        "import os, time\nfrom tasks.images.pool import *\nfrom tasks.images.pixel_spec import PixelSpec\n"
        "pool = DecoderPool(1, Limits())\nlist(pool.prepare_images([ImageJob(b'x')], PixelSpec()))\n"
        "print(pool._server.process_id, *pool.process_ids, flush=True)\ntime.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        ids = [int(number) for number in parent.stdout.readline().split()]
        processes = [psutil.Process(number) for number in ids]
        parent.kill()

    assert len(processes) == 2
    assert not psutil.wait_procs(processes, timeout=30)[1]


def test_what_forked_processes_cost_is_counted_where_they_were_asked_for(pool: DecoderPool) -> None:
    before = os.times()
    both_started(pool)
    noise = io.BytesIO()
    Image.effect_noise((1000, 1000), 90).save(noise, "PNG")
    jobs = [ImageJob(noise.getvalue()) for _ in range(20)]
    assert len(list(pool.prepare_images(jobs, SPEC))) == 20
    cost = sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pool.process_ids)
    pool.close()
    after = os.times()

    assert after.children_user + after.children_system - before.children_user - before.children_system >= cost > 0


def test_a_system_without_such_handles_starts_each_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "can_fork", lambda: False)
    pool = DecoderPool(1, Limits())

    (found,) = pool.prepare_images([ImageJob(png(1))], SPEC)

    assert isinstance(found, Prepared)
    assert psutil.Process(pool.process_ids[0]).ppid() == os.getpid()
    pool.close()


def test_requests_that_find_no_server_say_so() -> None:
    def fail(_work: str, _handles: tuple[int, ...]) -> subprocess.Popen[bytes]:
        raise OSError("no room")

    ends = wide_pipe()
    with pytest.raises(NotForkedError, match="no room"):
        ForkServer(fail).fork(*ends, 1 << 30)
    for end in ends:
        os.close(end)
