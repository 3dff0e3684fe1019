"""The pool of decoder processes: what one image does to its process is no other image's concern."""

from __future__ import annotations

import io
import os
import signal
import threading

import psutil
import pytest
from PIL import Image

from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.pool import DecoderPool, ImageJob, Limits
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
    pool = DecoderPool(1, Limits(seconds=0.3))
    noise = io.BytesIO()
    Image.effect_noise((9000, 7000), 90).save(noise, "PNG", compress_level=1)
    jobs = [ImageJob(png(1)), ImageJob(noise.getvalue()), ImageJob(png(2))]

    found = list(pool.prepare_images(jobs, PixelSpec(size=(8, 8), pixels="raw")))

    assert [isinstance(item, Prepared) for item in found] == [True, False, True]
    assert isinstance(found[1], Rejection)
    assert found[1].reason == Reason.DECODER_LIMIT
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
