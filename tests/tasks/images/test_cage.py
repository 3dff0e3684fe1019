"""The cage of decoder processes: what an image could do that took its decoder over, and what decoding still needs."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tasks.images.cage import ARCHITECTURES, filter_program
from tasks.images.jobs import ImageJob, Limits
from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.pool import DecoderPool
from tasks.images.process import DecoderProcess

ATTEMPTS = """
import ctypes, json, os, resource, shutil, signal, socket, subprocess, sys, threading
given = json.loads(sys.argv[1])
from tasks.images.cage import shut_cage
libc = ctypes.CDLL(None, use_errno=True)
done = []

def attempt(name, act):
    try:
        result = act()
    except (OSError, ValueError):
        return
    if result != -1:
        done.append(name)

missing = shut_cage()
files = {
    "read a file": lambda: open(given["file"]).read(),
    "read the password file": lambda: open("/etc/passwd").read(),
    "read its parent's environment": lambda: open(f"/proc/{os.getppid()}/environ").read(),
    "list a folder": lambda: os.listdir(given["folder"]),
}
others = {
    "write a file": lambda: open(given["file"], "a").write("x"),
    "make a file": lambda: open(given["folder"] + "/new", "w").close(),
    "truncate a file": lambda: os.truncate(given["file"], 0),
    "delete a file": lambda: os.unlink(given["file"]),
    "rename a file": lambda: os.rename(given["file"], given["file"] + "2"),
    "make a folder": lambda: os.mkdir(given["folder"] + "/made"),
    "change rights": lambda: os.chmod(given["file"], 0),
    "link a file": lambda: os.link(given["file"], given["file"] + "3"),
    "connect to the network": lambda: socket.create_connection(("127.0.0.1", given["port"]), 2),
    "connect to a unix socket": lambda: socket.socket(socket.AF_UNIX).connect(given["socket"]),
    "listen": lambda: socket.create_server(("127.0.0.1", 0)),
    "run a program": lambda: subprocess.run(["/bin/true"], check=True),
    "become a program": lambda: os.execv("/bin/true", ["true"]),
    "fork": lambda: os.fork() or os._exit(0),
    "signal its parent": lambda: os.kill(os.getppid(), 0),
    "trace itself": lambda: libc.ptrace(0, 0, 0, 0),
    "take more memory": lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 62, 1 << 62)),
    "leave its session": lambda: os.setsid(),
}
if "Landlock" not in missing:
    for name, act in files.items():
        attempt(name, act)
if "seccomp" not in missing:
    for name, act in others.items():
        attempt(name, act)
thread = threading.Thread(target=lambda: None)
thread.start()
thread.join()
print(json.dumps({"missing": missing, "done": done}))
"""


@pytest.fixture
def given(tmp_path: Path) -> Any:
    """A file, a folder, a port and a socket that are there to be reached."""
    (tmp_path / "file").write_text("a published shard")
    server, local = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)
    local.bind(str(tmp_path / "socket"))
    local.listen()
    yield {
        "file": str(tmp_path / "file"),
        "folder": str(tmp_path),
        "socket": str(tmp_path / "socket"),
        "port": server.getsockname()[1],
    }
    server.close()
    local.close()


def run_confined(code: str, given: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}", json.dumps(given)],
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_nothing_that_a_decoder_need_not_do_can_be_done(given: dict[str, Any]) -> None:
    found = run_confined(ATTEMPTS, given)

    assert found["done"] == []
    assert Path(given["file"]).read_text() == "a published shard"
    assert sorted(path.name for path in Path(given["folder"]).iterdir()) == ["file", "socket"]
    if found["missing"]:
        pytest.skip(f"this system has no {', '.join(found['missing'])}")


def test_without_the_cage_the_same_things_can_be_done(given: dict[str, Any]) -> None:
    open_cage = ATTEMPTS.replace("missing = shut_cage()", "missing = []")
    for final in ('os.execv("/bin/true", ["true"])', "libc.ptrace(0, 0, 0, 0)"):
        open_cage = open_cage.replace(final, "-1")
    found = run_confined(open_cage, given)

    assert {"read a file", "connect to the network", "run a program", "signal its parent"} <= set(found["done"])


def test_a_decoder_has_none_of_its_parents_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "planted")
    process = DecoderProcess(Limits())
    try:
        assert b"planted" not in Path(f"/proc/{process.process.pid}/environ").read_bytes()
    finally:
        process.end()


def test_every_format_is_decoded_inside() -> None:
    pool = DecoderPool(1, Limits())
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 255, (16, 16, 3), np.uint8))
    deep = Image.fromarray((np.arange(256, dtype=np.uint16) * 257).reshape(16, 16))
    jobs = []
    for image, kinds in ((picture, ("JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF")), (deep, ("PNG", "TIFF"))):
        for kind in kinds:
            buffer = io.BytesIO()
            image.save(buffer, kind)
            jobs.append(ImageJob(buffer.getvalue()))
    array = io.BytesIO()
    np.save(array, np.asarray(deep))
    jobs.append(ImageJob(array.getvalue(), is_array=True))

    found = list(pool.prepare_images(jobs, PixelSpec(size=(8, 8), icc="srgb")))

    assert all(isinstance(item, Prepared) for item in found)
    pool.close()


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_the_filter_is_made_for_each_machine(machine: str) -> None:
    code, numbers = ARCHITECTURES[machine]
    steps = filter_program(code, numbers)

    assert len(steps) < 4096
    assert all(len(step) == 8 for step in steps)
    assert len(set(numbers.values())) == len(numbers)
    for jump, place in ((step[2:4], place) for place, step in enumerate(steps)):
        assert place + 1 + max(jump) < len(steps) or not any(jump)


def test_the_cage_is_shut_for_the_decoder_and_not_for_its_parent() -> None:
    process = DecoderProcess(Limits())
    try:
        status = Path(f"/proc/{process.process.pid}/status").read_text()
    finally:
        process.end()
    if "seccomp" not in process.unconfined:
        assert "Seccomp:\t2" in status
