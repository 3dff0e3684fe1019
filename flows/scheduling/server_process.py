"""The process of a temporary Prefect server: Prefect's own, which ends when nobody uses it any more.

It is started by its path, with the folder of its locks and then Prefect's arguments, and imports nothing of ours.

Garbage is collected in a thread of its own. A cursor of SQLite that is collected waits for its connection, which may
wait for the database's lock in turn. In the thread of the event loop, which alone can let go of that lock, both would
wait until SQLite gives up after 60 seconds ("database is locked"), and every run with them.

What the server makes before it listens stays, and is never looked through: that took a seventh of its start.
"""

from __future__ import annotations

import fcntl
import gc
import os
import runpy
import signal
import socket
import sys
import threading
import time
from pathlib import Path

_LOOK_EVERY_S = 1.0
_ENDING_S = 10.0
_NEW_OBJECTS = 100_000


def end_when_unused(folder: Path, port: int) -> None:
    """Wait until no process holds the lock of users, which a killed one does not; then end this one. Tidy up meanwhile.

    Whoever starts to use the server holds the other lock meanwhile, so that it does not end under their hands.
    """
    is_starting = True
    while True:
        time.sleep(_LOOK_EVERY_S)
        is_starting = is_starting and not listens(port)
        tidy_up(is_starting=is_starting)
        with (folder / "start.lock").open("a") as starting, (folder / "users.lock").open("a") as users:
            try:
                fcntl.flock(starting, fcntl.LOCK_EX | fcntl.LOCK_NB)
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            (folder / "server.json").unlink(missing_ok=True)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(_ENDING_S)
            os._exit(1)


def listens(port: int) -> bool:
    """Whether connections to *port* of this machine are taken."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tidy_up(*, is_starting: bool) -> None:
    """Collect garbage where much is new; of a server that *is_starting* leave aside whatever is there."""
    if is_starting:
        gc.freeze()
    elif gc.get_count()[0] > _NEW_OBJECTS:
        gc.collect()


if __name__ == "__main__":
    gc.disable()
    watched = (Path(sys.argv.pop(1)), int(sys.argv[sys.argv.index("--port") + 1]))
    os.chdir(watched[0])  # the folder that the run was started in may be gone
    threading.Thread(target=end_when_unused, args=watched, daemon=True).start()
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)
