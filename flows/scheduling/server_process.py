"""The process of a temporary Prefect server: Prefect's own, which ends when nobody uses it any more.

It is started by its path, with the folder of its locks and then Prefect's arguments, and imports nothing of ours.

Garbage is collected in a thread of its own. A cursor of SQLite that is collected waits for its connection, which may
wait for the database's lock in turn. In the thread of the event loop, which alone can let go of that lock, both would
wait until SQLite gives up after 60 seconds ("database is locked"), and every run with them.
"""

from __future__ import annotations

import fcntl
import gc
import os
import runpy
import signal
import sys
import threading
import time
from pathlib import Path

_LOOK_EVERY_S = 1.0
_ENDING_S = 10.0
_NEW_OBJECTS = 100_000


def end_when_unused(folder: Path) -> None:
    """Wait until no process holds the lock of users, which a killed one does not; then end this one. Tidy up meanwhile.

    Whoever starts to use the server holds the other lock meanwhile, so that it does not end under their hands.
    """
    while True:
        time.sleep(_LOOK_EVERY_S)
        if gc.get_count()[0] > _NEW_OBJECTS:
            gc.collect()
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


if __name__ == "__main__":
    gc.disable()
    threading.Thread(target=end_when_unused, args=(Path(sys.argv.pop(1)),), daemon=True).start()
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)
