"""How the process of the command ends."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

SCRIPT = """
import atexit, os, signal, sys, threading
sys.path.insert(0, {root!r})
from tasks.console.leaving import run_and_leave

class Late:
    def __del__(self):
        print("taken down")

def run():
    sys.late = Late()
    atexit.register(print, "registered")
    threading.Thread(target=sys.stdout.write, args=("thread\\n",)).start()
    sys.stdout.write("done\\n")
    {end}

run_and_leave(run)
"""


def leave(root: str, end: str) -> subprocess.CompletedProcess[str]:
    script = SCRIPT.format(root=root, end=end)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)


def test_what_is_registered_for_the_end_is_done_and_then_the_process_is_gone(pytestconfig: pytest.Config) -> None:
    root = str(pytestconfig.rootpath)

    done = leave(root, "sys.exit(3)")

    assert done.returncode == 3
    assert sorted(done.stdout.split()) == ["done", "registered", "thread"]


def test_the_exit_code_is_that_of_the_command(pytestconfig: pytest.Config) -> None:
    root = str(pytestconfig.rootpath)

    assert leave(root, "pass").returncode == 0
    assert leave(root, "sys.exit('why')").returncode == 1
    failed = leave(root, "raise ValueError('why')")
    assert failed.returncode == 1
    assert "ValueError: why" in failed.stderr


@pytest.mark.parametrize("register", ["atexit.register", "threading._register_atexit"])
def test_ctrl_c_while_libraries_end_ends_the_process_without_a_word(pytestconfig: pytest.Config, register: str) -> None:
    interrupted = f"{register}(os.kill, os.getpid(), signal.SIGINT); sys.exit(0)"

    ended = leave(str(pytestconfig.rootpath), interrupted)

    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")


def test_ctrl_c_that_nobody_took_ends_the_process_without_a_word(pytestconfig: pytest.Config) -> None:
    ended = leave(str(pytestconfig.rootpath), "os.kill(os.getpid(), signal.SIGINT)")

    assert (ended.returncode, ended.stderr) == (130, "")
