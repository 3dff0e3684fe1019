"""The pool of decoder processes: what one image does to its process is no other image's concern."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

import psutil
import pytest
from PIL import Image

from tasks.errors import DatasetError
from tasks.images import worker
from tasks.images.jobs import Batch, Outcome
from tasks.images.messages import Inbox
from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.pool import DecoderPool, ImageJob, Limits
from tasks.images.process import DecoderProcess, LostError
from tasks.reasons import Reason
from tasks.samples import Rejection

SPEC = PixelSpec(size=(8, 8), pixels="raw")


def png(number: int, size: int = 20) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (size, size), (number % 256, number // 256, 0)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def pool() -> DecoderPool:
    return DecoderPool(2, Limits())


def test_results_come_in_the_order_of_the_jobs(pool: DecoderPool) -> None:
    found = list(pool.prepare_images((ImageJob(png(number)) for number in range(300)), SPEC))

    assert [item.data[0] + 256 * item.data[1] for item in found if isinstance(item, Prepared)] == list(range(300))
    pool.close()


def test_a_killed_process_loses_no_image(pool: DecoderPool) -> None:
    results = pool.prepare_images((ImageJob(png(number)) for number in range(600)), SPEC)
    first = next(results)
    for process in pool.process_ids:
        os.kill(process, signal.SIGKILL)

    found = [first, *results]

    assert len(found) == 600
    assert all(isinstance(item, Prepared) for item in found)
    pool.close()


def test_a_late_image_costs_itself_alone() -> None:
    pool = DecoderPool(1, Limits(seconds=0.1))
    noise = io.BytesIO()
    Image.effect_noise((4000, 4000), 90).save(noise, "PNG", compress_level=1)
    jobs = [ImageJob(png(number)) for number in range(20)]
    jobs[7] = ImageJob(noise.getvalue())  # the results of those before it wait for others as it begins

    found = list(pool.prepare_images(jobs, PixelSpec(size=(8, 8), pixels="raw")))

    assert [number for number, item in enumerate(found) if isinstance(item, Rejection)] == [7]
    assert isinstance(found[7], Rejection)
    assert found[7].reason == Reason.DECODER_LIMIT
    assert [item.data[0] for item in found if isinstance(item, Prepared)] == [*range(7), *range(8, 20)]
    pool.close()


def slow_png() -> bytes:
    """An image that takes a decoder much longer than those around it."""
    noise = io.BytesIO()
    Image.effect_noise((3000, 3000), 90).save(noise, "PNG", compress_level=1)
    return noise.getvalue()


def wait_for(condition: Callable[[], object]) -> None:
    """Return once *condition* holds."""
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def test_a_process_that_is_stopped_for_longer_than_an_image_may_take_is_no_images_fault() -> None:
    pool = DecoderPool(1, Limits(seconds=0.25))
    found: list[Outcome] = []
    jobs = [ImageJob(png(1)), *(ImageJob(png(number, 300)) for number in range(40))]
    reader = threading.Thread(target=lambda: found.extend(pool.prepare_images(jobs, SPEC)))
    reader.start()
    wait_for(lambda: pool.process_ids)
    process = psutil.Process(pool.process_ids[0])
    process.suspend()
    time.sleep(1.5)  # what passes while it is stopped is the matter
    process.resume()
    reader.join(60)

    assert len(found) == 41
    assert all(isinstance(item, Prepared) for item in found)
    assert pool.process_ids == [process.pid], "and it was not replaced"
    pool.close()


def test_processes_that_are_killed_again_and_again_lose_no_image() -> None:
    pool = DecoderPool(1, Limits())
    found: list[Outcome] = []
    jobs = [ImageJob(slow_png()), *(ImageJob(png(number)) for number in range(5))]
    reader = threading.Thread(target=lambda: found.extend(pool.prepare_images(jobs, SPEC)))
    reader.start()
    killed: set[int] = set()
    while len(killed) < 3 and reader.is_alive():
        for process in pool.process_ids:
            if process not in killed:
                os.kill(process, signal.SIGKILL)
                killed.add(process)
    reader.join(120)

    assert [isinstance(item, Prepared) for item in found] == [True] * 6
    pool.close()


def test_an_image_that_ends_its_process_by_itself_is_left_out_once_it_did_so_twice() -> None:
    pool = DecoderPool(1, Limits())
    held = deque([Batch([ImageJob(png(1)), ImageJob(png(2))], {})])
    batch = held[0]
    (single,) = pool._workers

    for is_own in (False, True, False, True):
        assert not batch.results
        single._judge(held, LostError("ended its decoder process (exit code -11)", is_own=is_own))

    assert isinstance(batch.results[0], Rejection)
    assert batch.results[0].reason == Reason.DECODER_LIMIT
    assert not batch.is_suspect, "the next image begins without a fault"
    pool.close()


@pytest.mark.parametrize(
    "message",
    [b"", b"\1cut", b"\2" + bytes(99), b"\0no JSON", b'\0["no reason", ""]', b"\0[1]", b"\0null", b"\1" + b"\xff" * 99],
)
def test_a_process_that_sends_what_is_no_result_is_lost(message: bytes) -> None:
    process = DecoderProcess.__new__(DecoderProcess)
    process._inbox = Inbox(0)
    process._inbox.take = lambda: message  # type: ignore[method-assign]

    with pytest.raises(LostError) as lost:
        process.receive()

    assert lost.value.is_own


def test_a_machine_without_processes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_PAUSES_S", (0.0,))
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    pool = DecoderPool(1, Limits())

    with pytest.raises(DatasetError, match="image_processes"):
        list(pool.prepare_images([ImageJob(png(1))], SPEC))
    pool.close()


def test_memory_is_limited() -> None:
    pool = DecoderPool(1, Limits(memory=1 << 28))
    large = io.BytesIO()
    Image.new("RGB", (12_000, 12_000)).save(large, "PNG", compress_level=1)

    found = list(pool.prepare_images([ImageJob(large.getvalue()), ImageJob(png(1))], PixelSpec(max_pixels=10**9)))

    assert isinstance(found[0], Rejection)
    assert found[0].reason == Reason.DECODER_LIMIT
    assert isinstance(found[1], Prepared)
    pool.close()


def test_many_threads_share_one_pool(pool: DecoderPool) -> None:
    counts: list[int] = []

    def work() -> None:
        counts.append(len(list(pool.prepare_images((ImageJob(png(number)) for number in range(50)), SPEC))))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts == [50] * 6
    pool.close()


def test_closing_ends_the_processes(pool: DecoderPool) -> None:
    assert list(pool.prepare_images([ImageJob(png(1))], SPEC))
    processes = [psutil.Process(process) for process in pool.process_ids]

    pool.close()

    assert processes
    assert not psutil.wait_procs(processes, timeout=10)[1]
