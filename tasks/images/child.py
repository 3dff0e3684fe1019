"""A decoder process: takes batches of images, gives back each as soon as it is done, and ends with its parent."""

from __future__ import annotations

import json
import os
import queue
import resource
import signal
import threading
from collections.abc import Mapping
from typing import Any, TypedDict

from tasks.images.cage import shut_cage
from tasks.images.decode import confine_pillow
from tasks.images.kernel import has_simd
from tasks.images.messages import Inbox, send_messages
from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.prepare import prepare_array, prepare_image
from tasks.images.rejected import RejectedImageError
from tasks.images.turbo import has_turbo

Item = tuple[bytes, str, bool]
"""An image's bytes, its name, and whether the bytes are a ``.npy`` file."""


def main(requests_fd: int, results_fd: int, memory: int) -> None:
    """Serve until the parent closes its end of *requests_fd*."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    has_simd(), has_turbo()  # loads them, as long as files can be read
    unconfined = [*_limit(memory), *shut_cage()]
    batches: queue.SimpleQueue[tuple[PixelSpec, list[Item]]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(Inbox(requests_fd), batches), daemon=True).start()
    send_messages(results_fd, [json.dumps({"unconfined": unconfined}).encode()])
    while True:
        spec, items = batches.get()
        confine_pillow(allow_truncated=spec.allow_truncated)
        for item in items:
            send_messages(results_fd, [pack_result(_prepare(item, spec))])


def _limit(memory: int) -> list[str]:
    """Limit what this process may take; what the system did not allow of it, by name."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - pathlib costs every child 3 ms
            pages = int(file.read().split()[0])
        limit = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    except (OSError, ValueError):
        return ["the limit of memory"]
    return []


class BatchHead(TypedDict):
    """What comes ahead of the bytes of a batch: what images become; of each its name, and whether it is ``.npy``."""

    spec: Mapping[str, object]
    items: list[tuple[str, bool]]


def _read(requests: Inbox, batches: queue.SimpleQueue[tuple[PixelSpec, list[Item]]]) -> None:
    """Take batches in while others are worked on; at the parent's end this process ends too, whatever it does."""
    try:
        while True:
            head: BatchHead = json.loads(requests.wait())
            spec = spec_from_json(head["spec"])
            batches.put((spec, [(requests.wait(), name, is_array) for name, is_array in head["items"]]))
    except (EOFError, OSError):
        os._exit(0)


def spec_from_json(values: Mapping[str, object]) -> PixelSpec:
    """The spec that `dataclasses.asdict` and JSON made into *values*."""
    plain: Mapping[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in values.items()}
    return PixelSpec(**plain)


def _prepare(item: Item, spec: PixelSpec) -> Prepared | RejectedImageError:
    data, name, is_array = item
    try:
        return prepare_array(data, spec) if is_array else prepare_image(data, name, spec)
    except RejectedImageError as error:
        return error
    except MemoryError:
        return RejectedImageError("decoder_limit", "needs more memory than `validation.memory` allows")
    except Exception as error:  # noqa: BLE001 - whatever one image does, the next ones are not to suffer
        return RejectedImageError("decode_error", f"{type(error).__name__}: {error}")


def pack_result(result: Prepared | RejectedImageError) -> bytes:
    """*result* as one message: the length of a JSON head in four bytes, the head, the thumb, the image."""
    if isinstance(result, RejectedImageError):
        head, data = json.dumps([str(result.args[0]), result.detail]).encode("utf-8", "replace"), b""
    else:
        head = json.dumps([*result[1:-1], len(result.thumb)]).encode()
        data = result.thumb + result.data
    return len(head).to_bytes(4, "big") + head + data


def unpack_result(message: bytes) -> Prepared | tuple[str, str]:
    """What `pack_result` packed; a rejection as reason and detail."""
    end = 4 + int.from_bytes(message[:4], "big")
    values = json.loads(message[4:end])
    if len(values) == 2:
        return str(values[0]), str(values[1])
    start = end + values[-1]
    values[-1] = message[end:start]
    return Prepared(message[start:], *values)
