"""Takes from this process for good what no decoder needs: the files of others, the network, other programs.

By Landlock (files, TCP, the memory of other processes) and seccomp (sockets, programs), where the kernel has
them; elsewhere nothing is taken, and the limits of `__main__.py` hold alone. Called through ctypes: the
packages for it are drafts, or want a library that is not everywhere.
"""

import ctypes
import os
import platform
import struct
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

# linux/landlock.h: system calls (the same on every architecture), kinds of rule, and rights by the version
# of the interface that brought them.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
PATH_BENEATH = 1
READ_FILE, READ_DIR = 1 << 2, 1 << 3
FILE_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
TCP_RIGHTS = {4: 0b11}
SCOPES = {6: 0b11}  # abstract sockets and signals

# linux/prctl.h, linux/seccomp.h, linux/filter.h
SET_NO_NEW_PRIVS, SET_SECCOMP, FILTER = 38, 22, 2
LOAD, EQUALS, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOWED, FORBIDDEN, KILLED = 0x7FFF0000, 0x00050000 | 1, 0x80000000  # the second: with EPERM
X32 = 0x40000000  # another way to say the same calls, on x86_64
# Numbers of socket, execve, execveat, ptrace, process_vm_readv, process_vm_writev, io_uring_setup,
# pidfd_getfd, by architecture with its mark.
CALLS = {
    "x86_64": (0xC000003E, (41, 59, 322, 101, 310, 311, 425, 438)),
    "aarch64": (0xC00000B7, (198, 221, 281, 117, 270, 271, 425, 438)),
}
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")

_libc = ctypes.CDLL(None, use_errno=True)


def confine() -> set[str]:
    """Confine this process and its children; the names of what held."""
    if sys.platform != "linux" or _libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return set()
    return {name for name, hold in (("landlock", _hold_files), ("seccomp", _hold_calls)) if hold()}


def _hold_files() -> bool:
    """Leave to it the reading of code and libraries alone; files that it is handed open stay open."""
    version = _libc.syscall(CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False
    rights = [_of(version, told) for told in (FILE_RIGHTS, TCP_RIGHTS, SCOPES)]
    rules = struct.pack("QQQ", *rights)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    ruleset = _libc.syscall(CREATE_RULESET, rules, len(rules), 0)
    if ruleset < 0:
        return False
    try:
        for path in _readable():
            _allow(ruleset, path)
        return not _libc.syscall(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _of(version: int, rights: dict[int, int]) -> int:
    """All rights that this version of the interface knows; to name others is an error."""
    return sum(bits for since, bits in rights.items() if since <= version)


def _readable() -> Iterator[Path]:
    code = Path(__file__).parent.parent
    yield code
    yield Path(sys.base_prefix, "lib")
    yield from map(Path, {*sysconfig.get_paths().values(), *LIBRARIES})


def _allow(ruleset: int, path: Path) -> None:
    with suppress(OSError):
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rights = READ_FILE | (READ_DIR if path.is_dir() else 0)
        _libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", rights, folder), 0)
        os.close(folder)


def _hold_calls() -> bool:
    if platform.machine() not in CALLS:
        return False
    mark, numbers = CALLS[platform.machine()]
    last = len(numbers) + 1
    steps = [
        (LOAD, 0, 0, 4),  # the architecture
        (EQUALS, 1, 0, mark),
        (RETURN, 0, 0, KILLED),
        (LOAD, 0, 0, 0),  # the number of the call
        (AT_LEAST, last, 0, X32),
        *((EQUALS, last - at, 0, number) for at, number in enumerate(numbers, 1)),
        (RETURN, 0, 0, ALLOWED),
        (RETURN, 0, 0, FORBIDDEN),
    ]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    told = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(program)))
    return not _libc.prctl(SET_SECCOMP, FILTER, told, 0, 0)
