"""The cage of a decoder process: once it is shut, an image that takes the decoder over can reach nothing.

Three locks of the kernel, each set by a plain call: no new privileges; Landlock, which leaves reading below the folders
of Python's own code; and a seccomp filter, which leaves the calls that decoding needs.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

from PIL import Image

_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # on every architecture
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_LANDLOCK, _SECCOMP, _PRIVILEGES = "Landlock", "seccomp", "no_new_privs"
_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/etc/ld.so.cache")


def shut_cage() -> list[str]:
    """Confine this process for good; what the system lacks of it, by name. No thread may run yet."""
    libc = ctypes.CDLL(None, use_errno=True)
    missing = []
    if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        missing.append(_PRIVILEGES)
    if not _landlock(libc):
        missing.append(_LANDLOCK)
    if not _seccomp(libc):
        missing.append(_SECCOMP)
    return missing


def _landlock(libc: ctypes.CDLL) -> bool:
    """Allow reading below the folders of code, and no other file, no TCP, no signal to others; whether it could."""
    version = libc.syscall(_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False
    files = (1 << 13) - 1 | (version >= 2) << 13 | (version >= 3) << 14 | (version >= 5) << 15
    fields = (files, 3 if version >= 4 else 0, 3 if version >= 6 else 0)[: 1 + (version >= 4) + (version >= 6)]
    attributes = struct.pack(f"{len(fields)}Q", *fields)
    rules = libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        for path in _readable_paths():
            _allow_reading(libc, rules, path)
        return bool(libc.syscall(_RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(rules)


def _readable_paths() -> set[str]:
    """The folders of the interpreter's code and libraries, of installed packages, of Pillow, numpy and our own."""
    code = os.path.dirname  # pathlib and sysconfig would cost every child some milliseconds
    paths = {*_LIBRARIES, code(os.__file__), code(code(__file__)), code(Image.__file__)}
    paths.update(f"{prefix}/lib" for prefix in (sys.base_prefix, sys.base_exec_prefix) if prefix != "/")
    for entry in sys.path:
        if entry.endswith(("site-packages", "dist-packages", "lib-dynload", ".zip")):
            paths.add(entry)
        else:
            paths.update((f"{entry}/numpy", f"{entry}/numpy.libs", f"{entry}/pillow.libs"))
    return paths


def _allow_reading(libc: ctypes.CDLL, rules: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = _READ_FILE | _READ_DIR if os.path.isdir(path) else _READ_FILE  # noqa: PTH112 - as it was opened
        libc.syscall(_ADD_RULE, rules, 1, struct.pack("=Qi", rights, place), 0)
    finally:
        os.close(place)


_ALLOW, _REFUSE, _UNKNOWN = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
_LOAD, _EQUAL, _ALL_BITS, _RETURN = 0x20, 0x15, 0x54, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_OF_A_THREAD = 0x00010000 | 0x00000100  # CLONE_THREAD | CLONE_VM

_NAMES = """read write futex mmap munmap madvise brk mremap mprotect close fstat lseek newfstatat statx pread64 readv
writev clock_gettime clock_getres clock_nanosleep nanosleep poll ppoll stat lstat access faccessat faccessat2 readlink
readlinkat getdents64 getcwd dup fcntl rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack sched_yield
sched_getaffinity getpid getppid gettid getuid getgid geteuid getegid uname sysinfo times getrlimit getrusage
set_tid_address set_robust_list rseq membarrier arch_prctl getrandom exit exit_group""".split()
_X86_64 = {
    "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8, "mmap": 9,
    "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15,
    "pread64": 17, "readv": 19, "writev": 20, "access": 21, "sched_yield": 24, "mremap": 25, "madvise": 28, "dup": 32,
    "nanosleep": 35, "getpid": 39, "clone": 56, "exit": 60, "uname": 63, "fcntl": 72, "getcwd": 79, "readlink": 89,
    "getrlimit": 97, "getrusage": 98, "sysinfo": 99, "times": 100, "getuid": 102, "getgid": 104, "geteuid": 107,
    "getegid": 108, "getppid": 110, "sigaltstack": 131, "arch_prctl": 158, "gettid": 186, "futex": 202,
    "sched_getaffinity": 204, "getdents64": 217, "set_tid_address": 218, "clock_gettime": 228, "clock_getres": 229,
    "clock_nanosleep": 230, "exit_group": 231, "tgkill": 234, "openat": 257, "newfstatat": 262, "readlinkat": 267,
    "faccessat": 269, "ppoll": 271, "set_robust_list": 273, "prlimit64": 302, "getrandom": 318, "membarrier": 324,
    "statx": 332, "rseq": 334, "clone3": 435, "faccessat2": 439,
}  # fmt: skip
_AARCH64 = {
    "getcwd": 17, "dup": 23, "fcntl": 25, "faccessat": 48, "openat": 56, "close": 57, "getdents64": 61, "lseek": 62,
    "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67, "ppoll": 73, "readlinkat": 78, "newfstatat": 79,
    "fstat": 80, "exit": 93, "exit_group": 94, "set_tid_address": 96, "futex": 98, "set_robust_list": 99,
    "nanosleep": 101, "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115, "sched_getaffinity": 123,
    "sched_yield": 124, "tgkill": 131, "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135,
    "rt_sigreturn": 139, "times": 153, "uname": 160, "getrlimit": 163, "getrusage": 165, "getpid": 172, "getppid": 173,
    "getuid": 174, "geteuid": 175, "getgid": 176, "getegid": 177, "gettid": 178, "sysinfo": 179, "brk": 214,
    "munmap": 215, "mremap": 216, "clone": 220, "mmap": 222, "mprotect": 226, "madvise": 233, "prlimit64": 261,
    "getrandom": 278, "membarrier": 283, "statx": 291, "rseq": 293, "clone3": 435, "faccessat2": 439,
}  # fmt: skip
ARCHITECTURES = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}
"""For each machine that the filter knows, how the kernel names it, and its numbers of calls."""


def _seccomp(libc: ctypes.CDLL) -> bool:
    """Refuse every call but those that decoding needs; whether the system let it."""
    known = ARCHITECTURES.get(os.uname().machine)
    if known is None or sys.maxsize < 1 << 32:
        return False
    steps = filter_program(*known)
    program = ctypes.create_string_buffer(b"".join(steps))
    head = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(program))
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, head, 0, 0) == 0)


def filter_program(architecture: int, numbers: dict[str, int]) -> list[bytes]:
    """The filter's instructions: its calls by *numbers*, for processes of *architecture* alone."""
    steps = [_step(_LOAD, _ARCHITECTURE), _step(_EQUAL, architecture, 1, 0), _step(_RETURN, _REFUSE)]
    steps.append(_step(_LOAD, _NUMBER))
    for name in _NAMES:
        if name in numbers:
            steps += [_step(_EQUAL, numbers[name], 0, 1), _step(_RETURN, _ALLOW)]
    steps += [_step(_EQUAL, numbers["clone3"], 0, 1), _step(_RETURN, _UNKNOWN)]  # so that threads take clone
    steps += _where(numbers["openat"], 2, _WRITING, 0)
    steps += _where(numbers["open"], 1, _WRITING, 0) if "open" in numbers else []
    steps += _where(numbers["clone"], 0, _OF_A_THREAD, _OF_A_THREAD)
    steps += _where(numbers["tgkill"], 0, 0xFFFFFFFF, os.getpid())
    steps += _where(numbers["prlimit64"], 2, 0xFFFFFFFF, 0, both=True)
    steps.append(_step(_RETURN, _REFUSE))
    return steps


def _where(number: int, argument: int, mask: int, wanted: int, *, both: bool = False) -> list[bytes]:
    """Allow the call *number* only where its *argument*, under *mask*, is what is *wanted*; with *both* all 64 bits."""
    steps: list[bytes] = []
    for half in (4, 0) if both else (0,):
        steps += [_step(_LOAD, _ARGUMENTS + 8 * argument + half), _step(_ALL_BITS, mask)]
        steps += [_step(_EQUAL, wanted, 1, 0), _step(_RETURN, _REFUSE)]
    steps.append(_step(_RETURN, _ALLOW))
    return [_step(_EQUAL, number, 0, len(steps)), *steps]


def _step(code: int, value: int, if_so: int = 0, if_not: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_so, if_not, value)
