from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tasks.made_once import made_once


def test_threads_that_ask_at_once_get_one_thing() -> None:
    made: list[str] = []
    both_make = threading.Barrier(2)

    @made_once
    def make(name: str) -> object:
        made.append(name)
        with suppress(threading.BrokenBarrierError):
            both_make.wait(timeout=0.2)  # for the other one, should it come in as well
        return object()

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.submit(make, "pool"), threads.submit(make, "pool")
        assert first.result() is second.result()

    assert made == ["pool"]


def test_what_differs_is_made_for_each() -> None:
    @made_once
    def make(name: str) -> list[str]:
        return [name]

    assert make("a") is make("a")
    assert make("a") == ["a"]
    assert make("b") == ["b"]
