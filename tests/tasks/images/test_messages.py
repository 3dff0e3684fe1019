"""Messages through pipes: whole, in order, however they are cut on the way, until the other end is gone."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from tasks.images.messages import Inbox, send_messages, wide_pipe


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = wide_pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


def test_messages_of_any_size_come_whole_and_in_their_order(pipe: tuple[int, int]) -> None:
    messages = [bytes([number % 256]) * size for number, size in enumerate([0, 1, 9, 70_000, 3 << 20, 5, 0] * 200)]
    sender = threading.Thread(target=send_messages, args=(pipe[1], messages))
    sender.start()
    inbox = Inbox(pipe[0])

    assert all(inbox.wait() == message for message in messages)
    sender.join()


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
