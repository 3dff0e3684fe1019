"""How the process of the command ends."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress


def run_and_leave(run: Callable[[], None]) -> None:
    """Let *run* be all that this process does, and end it once everything that is to be done at its end has been done.

    Threads of Arrow that read through a Python file let go of it a moment after the rows are there. An interpreter that
    is being taken down meanwhile ends such a thread amid C++, and that ends the process by SIGABRT ("terminate called
    without an active exception") although the command is done: about one time in six on a busy machine. So the
    interpreter is not taken down. Python 3.14 makes such threads wait instead.

    Ctrl-C once *run* is over ends the process at once, by the signal and without a word: all has been said by then, and
    what libraries still wait for at their end would be interrupted with a traceback each.
    """
    code = 1

    def leave() -> None:
        """Comes last: functions for the end are called in reverse order."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(code)

    atexit.register(leave)
    try:
        run()
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
        raise SystemExit(code) from None
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
        raise
    else:
        code = 0
    finally:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
