"""Messages through pipes: whole, in order, however they are cut on the way, until the other end is gone."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator

import pytest

from tasks.images.messages import Inbox, Inlet, Outbox, message_of, send_parts, wide_pipe


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = wide_pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


MESSAGES = [bytes([number % 256]) * size for number, size in enumerate([0, 1, 9, 70_000, 3 << 20, 5, 0] * 200)]


def send_messages(end: int, messages: list[bytes]) -> None:
    send_parts(end, [part for message in messages for part in message_of(message)])


def send_some_at_a_time(end: int, messages: list[bytes]) -> None:
    outbox = Outbox(end)
    for message in messages:
        half = len(message) // 2
        outbox.put(message[:half], message[half:])
    outbox.flush()


@pytest.mark.parametrize("send", [send_messages, send_some_at_a_time])
@pytest.mark.parametrize("reader", [Inbox, Inlet])
def test_messages_of_any_size_come_whole_and_in_their_order(
    pipe: tuple[int, int], send: Callable[[int, list[bytes]], None], reader: type[Inbox | Inlet]
) -> None:
    sender = threading.Thread(target=send, args=(pipe[1], MESSAGES))
    sender.start()
    inlet = reader(pipe[0])
    wait = inlet.wait if isinstance(inlet, Inbox) else inlet.message

    assert all(wait() == message for message in MESSAGES)
    sender.join()


def test_bytes_are_taken_out_by_their_number_whatever_one_reading_brings(pipe: tuple[int, int]) -> None:
    chance = random.Random(2)
    sizes = [chance.choice([0, 1, 7, 900, 32_768, 32_769, 100_000]) for _ in range(400)]
    parts = [chance.randbytes(size) for size in sizes]
    sender = threading.Thread(target=send_parts, args=(pipe[1], parts))
    sender.start()
    inlet = Inlet(pipe[0])

    assert all(inlet.read(len(part)) == part for part in parts)
    sender.join()


def test_small_messages_wait_for_others_and_long_ones_do_not(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[0], False)
    outbox = Outbox(pipe[1])
    outbox.put(b"small")
    with pytest.raises(BlockingIOError):
        os.read(pipe[0], 1)

    outbox.put(b"long" * 20_000)
    inbox = Inbox(pipe[0])

    assert [inbox.wait(), inbox.wait()] == [b"small", b"long" * 20_000]


def test_a_message_is_not_there_before_its_last_byte(pipe: tuple[int, int]) -> None:
    inbox = Inbox(pipe[0])
    packed = (5).to_bytes(8, "big") + b"image"
    for place in range(len(packed)):
        assert inbox.take() is None
        os.write(pipe[1], packed[place : place + 1])
        inbox.fill()

    assert inbox.take() == b"image"
    assert inbox.take() is None


def test_what_one_reading_brings_is_kept(pipe: tuple[int, int]) -> None:
    send_messages(pipe[1], [b"one", b"", b"three"])
    inbox = Inbox(pipe[0])
    inbox.fill()

    assert [inbox.take(), inbox.take(), inbox.take(), inbox.take()] == [b"one", b"", b"three", None]


def test_the_end_of_the_other_process_is_the_end(pipe: tuple[int, int]) -> None:
    send_messages(pipe[1], [b"last"])
    os.write(pipe[1], b"half")
    os.close(pipe[1])
    inbox = Inbox(pipe[0])

    assert inbox.wait() == b"last"
    with pytest.raises(EOFError):
        inbox.wait()


def test_an_end_within_what_is_asked_for_is_the_end_too(pipe: tuple[int, int]) -> None:
    os.write(pipe[1], b"half")
    os.close(pipe[1])

    with pytest.raises(EOFError):
        Inlet(pipe[0]).read(5)
