"""A decoder process: takes batches of images, gives back each as soon as it is done, and ends with its parent."""

from __future__ import annotations

import gc
import json
import os
import queue
import resource
import signal
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypedDict

from tasks.images.cage import shut_cage
from tasks.images.decode import confine_pillow
from tasks.images.kernel import has_simd
from tasks.images.messages import Inlet, Outbox
from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.png_pixels import unfilters_png
from tasks.images.prepare import prepare_array, prepare_image
from tasks.images.rejected import RejectedImageError
from tasks.images.turbo import has_turbo

Item = tuple[bytes, str, bool]
"""An image's bytes, its name, and whether the bytes are a ``.npy`` file."""
_REQUEST_BYTES = 64


def main(requests_fd: int, results_fd: int, memory: int) -> None:
    """Serve until the parent closes its end of *requests_fd*."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    has_simd(), has_turbo(), unfilters_png()  # loads them, as long as files can be read
    unconfined = [*_limit(memory), *shut_cage()]
    batches: queue.SimpleQueue[_Batch] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(Inlet(requests_fd), batches), daemon=True).start()
    results = Outbox(results_fd)
    results.put(json.dumps({"unconfined": unconfined}).encode())
    results.flush()
    while True:
        batch = batches.get()
        confine_pillow(allow_truncated=batch.spec.allow_truncated)
        for item in batch.items:
            results.put(*pack_result(_prepare(item, batch.spec)))
            if batch.is_careful:
                results.flush()
        results.flush()


def fork_on_demand(control_fd: int) -> None:
    """Fork a decoder process for each request, and tell its exit code, until the parent closes its end of *control_fd*.

    ``fork MEMORY`` comes with the handles of requests and of results, and is answered with the number of the process;
    ``reap NUMBER`` with the exit code of one that has ended, whose number is kept until then.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    has_simd(), has_turbo(), unfilters_png()  # once, for all that are forked
    gc.freeze()  # what is never looked through stays one copy for all
    control = socket.socket(fileno=control_fd)
    while True:
        request, handles, _, _ = socket.recv_fds(control, _REQUEST_BYTES, 2)
        if not request:
            os._exit(0)
        what, number = request.split()
        if what == b"reap":
            answer = _exit_code(int(number))
        elif not (answer := os.fork()):
            control.close()
            main(handles[0], handles[1], int(number))
        for handle in handles:
            os.close(handle)
        control.send(b"%d" % answer)


def _exit_code(process_id: int) -> int:
    """Of the process, which has ended; where one before this has forked it, it counts as killed."""
    try:
        return os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1])
    except ChildProcessError:
        return -signal.SIGKILL


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
    """What comes ahead of the bytes of a batch.

    Attributes:
        spec: What images become.
        items: Of each image its name, whether it is ``.npy``, and how many bytes it has.
        is_careful: Whether each result goes out before the next image is begun, so that it is known which one it is
            that ends the process.
    """

    spec: Mapping[str, object]
    items: list[tuple[str, bool, int]]
    is_careful: bool


class _Batch(NamedTuple):
    """Images to prepare; the fields are those of `BatchHead`."""

    spec: PixelSpec
    items: list[Item]
    is_careful: bool


def _read(requests: Inlet, batches: queue.SimpleQueue[_Batch]) -> None:
    """Take batches in while others are worked on; at the parent's end this process ends too, whatever it does."""
    try:
        while True:
            head: BatchHead = json.loads(requests.message())
            items = [(requests.read(size), name, is_array) for name, is_array, size in head["items"]]
            batches.put(_Batch(spec_from_json(head["spec"]), items, head["is_careful"]))
    except (EOFError, OSError):
        os._exit(0)


def spec_from_json(values: Mapping[str, object]) -> PixelSpec:
    """The spec that `dataclasses.asdict` and JSON made into *values*."""
    make: Callable[..., PixelSpec] = PixelSpec
    return make(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


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


_REJECTED, _PREPARED = b"\0", b"\1"
_FACTS = struct.Struct("<IIBIIIBB")
"""Width and height, channels, those of the source, and the lengths of thumb, format and warning."""


def pack_result(result: Prepared | RejectedImageError) -> tuple[bytes, ...]:
    """*result* as the parts of one message."""
    if isinstance(result, RejectedImageError):
        return _REJECTED, json.dumps([str(result.args[0]), result.detail]).encode("utf-8", "replace")
    kind, warning = result.orig_format.encode(), result.warning.encode()
    size, source = (result.width, result.height, result.channels), (result.orig_width, result.orig_height)
    facts = _FACTS.pack(*size, *source, len(result.thumb), len(kind), len(warning))
    return _PREPARED, facts, kind, warning, result.thumb, result.data


def unpack_result(message: bytes) -> Prepared | tuple[str, str]:
    """What `pack_result` packed; a rejection as reason and detail.

    Raises:
        ValueError, TypeError, struct.error: It is nothing of the kind: the image has taken its decoder over.
    """
    if message[:1] == _REJECTED:
        reason, detail = json.loads(message[1:])
        return str(reason), str(detail)
    if message[:1] != _PREPARED:
        raise ValueError("no result begins so")
    width, height, channels, across, down, thumb, kind, warning = _FACTS.unpack_from(message, 1)
    start = 1 + _FACTS.size
    said, shown = start + kind, start + kind + warning
    data = shown + thumb
    names = message[start:said].decode(), message[said:shown].decode()
    return Prepared(message[data:], width, height, channels, across, down, *names, message[shown:data])
