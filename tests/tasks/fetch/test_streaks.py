"""Addresses that are bad by themselves hold up no others; what happens to everybody at a host is about the host."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.fetch.answers import FetchFailure
from tasks.fetch.hosts import Host
from tasks.fetch.settings import FetchSettings
from tasks.fetch.streaks import Streak
from tasks.reasons import Reason

EVERYBODY = 73
"""Addresses in a row of which it is about the host, whatever happened before."""
BROKEN = FetchFailure(Reason.HTTP_ERROR, "the server answered 500", is_transient=True)


def answered(streak: Streak, number: int, *, is_bad: bool) -> bool:
    """Whether it is about the host once the address *number* got its answer."""
    if is_bad:
        streak.note(f"/{number}")
    else:
        streak.note_other()
    return streak.is_of_host


@given(st.integers(1, 3000), st.floats(0, 0.3), st.integers())
def test_some_bad_addresses_say_nothing_of_their_host_however_many_images_there_are(
    size: int, share: float, seed: int
) -> None:
    streak, random = Streak(), Random(seed)
    assert not any(answered(streak, number, is_bad=random.random() < share) for number in range(size))


@given(st.lists(st.booleans(), max_size=300))
def test_what_happens_to_everybody_is_about_the_host_whatever_happened_before(before: list[bool]) -> None:
    streak = Streak()
    for number, is_bad in enumerate(before):
        answered(streak, number, is_bad=is_bad)
    told = [answered(streak, len(before) + number, is_bad=True) for number in range(EVERYBODY)]
    assert told[-1]
    assert told == sorted(told)


@pytest.mark.parametrize(("good", "needed"), [(0, 19), (4, 11), (1000, 8)])
def test_the_more_was_good_before_the_fewer_are_asked_in_vain(good: int, needed: int) -> None:
    streak = Streak()
    for number in range(good):
        answered(streak, number, is_bad=False)
    assert [answered(streak, good + number, is_bad=True) for number in range(needed)].index(True) == needed - 1


@given(st.integers(0, 20), st.integers(1, 200))
def test_one_address_that_is_asked_for_by_many_rows_says_nothing_of_its_host(good: int, rows: int) -> None:
    streak = Streak()
    for number in range(good):
        answered(streak, number, is_bad=False)
    for _ in range(rows):
        streak.note("/queue")
    assert not streak.is_of_host


@given(st.integers(1, 300), st.floats(0, 0.3), st.integers())
def test_addresses_that_never_come_are_no_reason_to_leave_their_host_alone(size: int, share: float, seed: int) -> None:
    """Slowed down to one request at once, each of which takes its time, and five attempts at what is bad."""
    host, random, moment = Host(FetchSettings()), Random(seed), 0.0
    for number in range(size):
        is_bad = random.random() < share
        for attempt in range(5 if is_bad else 1):
            moment += 10.0
            if is_bad:
                host.note_trouble(BROKEN, f"/{number}", moment, is_first=not attempt)
            else:
                host.note_good()
            assert not host.is_closed(moment)


@pytest.mark.parametrize(("good", "needed"), [(0, 19), (1000, 8)])
def test_a_host_that_has_nothing_good_for_anybody_is_left_alone_after_a_while(good: int, needed: int) -> None:
    host = Host(FetchSettings())
    for _ in range(good):
        host.note_good()
    for number in range(100):
        host.note_trouble(BROKEN, f"/{number}", 100.0)
    assert not host.is_closed(100.0)  # it may be starting
    host = Host(FetchSettings())
    for _ in range(good):
        host.note_good()
    told = []
    for number in range(needed):
        host.note_trouble(BROKEN, f"/{number}", 100.0 + 3 * number)
        told.append(host.is_closed(100.0 + 3 * number))
    assert told.index(True) == needed - 1


def test_an_ill_host_is_asked_for_one_new_image_a_second_besides_those_that_failed() -> None:
    host = Host(FetchSettings(per_host=2))
    host.retrying = 2
    assert host.admits(1.0)
    host.note_trouble(BROKEN, "/0", 1.0)
    assert [host.admits(moment) for moment in (1.0, 1.2, 1.9, 2.0, 2.5, 3.1)] == [True, False, False, True, False, True]
    host.note_good()
    assert host.admits(3.2)


def test_a_host_that_was_slowed_down_is_asked_for_more_again_as_images_come() -> None:
    busy = FetchFailure(Reason.HTTP_ERROR, "the server answered 503", is_transient=True, slows=True)
    host, counts = Host(FetchSettings(per_host=16)), []
    for second in range(4):
        host.note_trouble(busy, "/busy", 10.0 + second)
    for good in (0, 1, 2, 3, 8, 1000):
        for _ in range(good):
            host.note_good()
        counts.append(host.turns.admitted)
    assert counts == [1, 2, 3, 4, 5, 16]
