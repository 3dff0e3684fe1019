from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator

import pytest

from tasks.quick_imports import collector_aside


@pytest.fixture(autouse=True)
def collected_again() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_the_collector_rests_meanwhile_and_leaves_aside_what_was_made() -> None:
    before = gc.get_freeze_count()

    with collector_aside():
        made = [[number] for number in range(1000)]
        assert not gc.isenabled()

    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(made)


def test_the_collector_works_again_after_what_failed() -> None:
    with pytest.raises(ImportError), collector_aside():
        importlib.import_module("tasks.no_such_module")

    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_aside():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
