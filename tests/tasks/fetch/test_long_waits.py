"""A few addresses that are told to come much later hold up no others; a host that tells everybody so is left alone."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.fetch.long_waits import LongWaits

EVERYBODY = 73
"""Addresses in a row of which no host says so unless it means all."""


def answered(waits: LongWaits, number: int, *, is_long: bool) -> bool:
    """Whether the host is left alone once the address *number* got its answer."""
    if is_long:
        return waits.note(f"/{number}")
    waits.note_other()
    return False


@given(st.integers(1, 3000), st.floats(0, 0.3), st.integers())
def test_some_addresses_that_wait_hold_up_no_other_however_many_there_are(size: int, share: float, seed: int) -> None:
    waits, random = LongWaits(), Random(seed)
    assert not any(answered(waits, number, is_long=random.random() < share) for number in range(size))


@given(st.lists(st.booleans(), max_size=300))
def test_a_host_that_tells_everybody_to_wait_is_left_alone_whatever_it_said_before(before: list[bool]) -> None:
    waits = LongWaits()
    for number, is_long in enumerate(before):
        answered(waits, number, is_long=is_long)
    told = [answered(waits, len(before) + number, is_long=True) for number in range(EVERYBODY)]
    assert told[-1]
    assert told == sorted(told)


@pytest.mark.parametrize(("good", "needed"), [(0, 19), (4, 11), (1000, 8)])
def test_the_more_was_good_before_the_fewer_are_asked_in_vain(good: int, needed: int) -> None:
    waits = LongWaits()
    for number in range(good):
        answered(waits, number, is_long=False)
    assert [answered(waits, good + number, is_long=True) for number in range(needed)].index(True) == needed - 1


@given(st.integers(0, 20), st.integers(1, 200))
def test_one_address_that_is_asked_for_by_many_rows_holds_up_no_other(good: int, rows: int) -> None:
    waits = LongWaits()
    for number in range(good):
        answered(waits, number, is_long=False)
    assert not any(waits.note("/queue") for _ in range(rows))
