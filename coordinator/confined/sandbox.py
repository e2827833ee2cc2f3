"""What can a process still do when it reads a stranger's file? Compute, read what is open, and write to its pipe.

    limits      processor time, memory, no file written, no descriptor opened, no process started
    namespace   a network of its own, with nothing in it; where the kernel lets us (often not inside a container)
    user        not root: what was started by root goes on as nobody
    landlock    no file opened, no TCP connection, no signal to others; Linux 5.13, TCP from 6.7, signals from 6.12
    seccomp     no socket of any kind, no program, no thread, no change to a file's owner, mode or times; Linux on x86-64 and arm64

Each layer stands alone, because none is everywhere. `close` says which of them hold, and the parent says aloud which do not. The order
matters: everything that is needed must have been imported before `close`, since nothing can be opened after it.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import sys
from dataclasses import dataclass
from enum import StrEnum

NOBODY = 65_534
CLONE_NEWUSER, CLONE_NEWIPC, CLONE_NEWNET = 0x1000_0000, 0x0800_0000, 0x4000_0000
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
SECCOMP_MODE_FILTER = 2
LANDLOCK_CREATE_RULESET, LANDLOCK_RESTRICT_SELF, LANDLOCK_VERSION_FLAG = 444, 446, 1  # the same numbers on every machine

# include/uapi/linux/landlock.h: rights that exist from each version on, as a mask; what is handled and given to nobody is forbidden
LANDLOCK_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
LANDLOCK_TCP = {4: 0b11}
LANDLOCK_SCOPES = {6: 0b11}  # abstract sockets, signals
LANDLOCK_WHOLE = 6

# include/uapi/linux/bpf_common.h, seccomp.h
LOAD_WORD, JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ARCH_OFFSET, NUMBER_OFFSET = 4, 0
ALLOW, REFUSE_EPERM, KILL = 0x7FFF_0000, 0x0005_0001, 0x8000_0000
X32_CALLS_FROM = 0x4000_0000  # x86-64's third set of numbers, under the same architecture

ARCHITECTURES = {"x86_64": (0, 0xC000_003E), "aarch64": (1, 0xC000_00B7)}  # the column below, AUDIT_ARCH
CALLS: dict[str, tuple[int, int | None]] = {  # refused; None: this machine has no such call
    # sockets
    "socket": (41, 198), "connect": (42, 203), "sendto": (44, 206), "sendmsg": (46, 211), "bind": (49, 200), "listen": (50, 201),
    "socketpair": (53, 199), "sendmmsg": (307, 269),
    # programs, processes, threads
    "clone": (56, 220), "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281), "clone3": (435, 435),
    # looking into others, and signalling them
    "kill": (62, 129), "ptrace": (101, 117), "rt_sigqueueinfo": (129, 138), "tkill": (200, 130), "tgkill": (234, 131),
    "rt_tgsigqueueinfo": (297, 240), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
    # a file's mode, owner and times, which Landlock leaves alone
    "chmod": (90, None), "fchmod": (91, 52), "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "utime": (132, None),
    "utimes": (235, None), "fchownat": (260, 54), "futimesat": (261, None), "fchmodat": (268, 53), "utimensat": (280, 88),
    "fchmodat2": (452, 452),
    # doors that lead round all of this
    "mount": (165, 40), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "unshare": (272, 97),
    "perf_event_open": (298, 241), "setns": (308, 268), "bpf": (321, 280), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
}  # fmt: skip


class Layer(StrEnum):
    """The layers, in the order in which they close."""

    LIMITS = "limits"
    NAMESPACE = "namespace"
    USER = "user"
    LANDLOCK = "landlock"
    SECCOMP = "seccomp"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a process may take: processor time at first, and the most that it can ever be allowed; memory in bytes of addresses."""

    cpu_s: int
    most_cpu_s: int
    memory_bytes: int


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("if_so", ctypes.c_uint8), ("if_not", ctypes.c_uint8), ("value", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("first", ctypes.POINTER(_Instruction)))


def prepare(limits: Limits) -> list[Layer]:
    """Sets what may be set before anything is imported; returns the layers that hold. The process must have one thread."""
    return [layer for layer, holds in ((Layer.LIMITS, limit(limits)), (Layer.NAMESPACE, leave_network())) if holds]


def close(parent: int) -> list[Layer]:
    """Sets the rest, for good, and returns the layers that hold. From here on this process dies with `parent`."""
    layers = [layer for layer, set_ in ((Layer.USER, leave_root), (Layer.LANDLOCK, close_files), (Layer.SECCOMP, close_calls)) if set_()]
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # what is open stays open
    _die_with(parent)
    return layers


def allow_cpu(seconds: int) -> None:
    """Moves the point at which the kernel ends this process, never beyond the most that it was given."""
    most_s = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (seconds if most_s == resource.RLIM_INFINITY else min(seconds, most_s), most_s))


def limit(limits: Limits) -> bool:
    """Processor time, memory, files, processes."""
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.most_cpu_s))
    least = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: 0, resource.RLIMIT_NPROC: 0, resource.RLIMIT_AS: limits.memory_bytes}
    lowered = [_lower(which, to) for which, to in least.items()]  # one that fails does not spare the others
    return all(lowered)


def _lower(which: int, to: int) -> bool:
    try:
        resource.setrlimit(which, (to, to))
    except (ValueError, OSError):  # macOS has no limit of addresses
        return False
    return True


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _is_linux() -> bool:
    return sys.platform.startswith("linux")


def leave_network() -> bool:
    """Root may; others must become the root of a namespace of users first, which many containers forbid."""
    if not _is_linux():
        return False
    unshare, alone = _libc().unshare, CLONE_NEWNET | CLONE_NEWIPC
    return any(unshare(flags) == 0 for flags in (alone, CLONE_NEWUSER | alone))


def leave_root() -> bool:
    """Goes on as nobody; whoever is not root stays who they are."""
    if os.geteuid() != 0:
        return True
    try:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    except OSError:
        return False
    return True


def close_files() -> bool:
    """Landlock with everything handled and nothing granted; True when the kernel knows all that we ask."""
    libc = _libc()
    if not _is_linux() or not _give_up_privileges(libc):
        return False
    version = libc.syscall(LANDLOCK_CREATE_RULESET, None, 0, LANDLOCK_VERSION_FLAG)
    if version < 1:
        return False
    rules = _Ruleset(_newest(LANDLOCK_FILES, version), _newest(LANDLOCK_TCP, version), _newest(LANDLOCK_SCOPES, version))
    size = 8 if version < 4 else 16 if version < 6 else 24  # an older kernel refuses fields that it does not know
    ruleset = libc.syscall(LANDLOCK_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    held = bool(ruleset >= 0) and bool(libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0)
    if ruleset >= 0:
        os.close(ruleset)
    return held and bool(version >= LANDLOCK_WHOLE)


def _newest(masks: dict[int, int], version: int) -> int:
    return max((mask for since, mask in masks.items() if since <= version), default=0)


def close_calls() -> bool:
    """A filter of system calls: CALLS fail, all others go on."""
    libc = _libc()
    if not _is_linux() or platform.machine() not in ARCHITECTURES or not _give_up_privileges(libc):
        return False
    column, architecture = ARCHITECTURES[platform.machine()]
    instructions = _refuse(architecture, [call for numbers in CALLS.values() if (call := numbers[column]) is not None])
    code = (_Instruction * len(instructions))(*instructions)
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(_Program(len(code), code)), 0, 0) == 0)


def _refuse(architecture: int, calls: list[int]) -> list[_Instruction]:
    """Foreign numbering ends the process; each of `calls` fails with EPERM; all else goes on."""
    tests = [
        _Instruction(JUMP_EQUAL, len(calls) - place, 0, call)  # over the remaining tests and ALLOW
        for place, call in enumerate(calls)
    ]
    return [
        _Instruction(LOAD_WORD, 0, 0, ARCH_OFFSET),
        _Instruction(JUMP_EQUAL, 1, 0, architecture),
        _Instruction(RETURN, 0, 0, KILL),
        _Instruction(LOAD_WORD, 0, 0, NUMBER_OFFSET),
        _Instruction(JUMP_AT_LEAST, 0, 1, X32_CALLS_FROM),
        _Instruction(RETURN, 0, 0, KILL),
        *tests,
        _Instruction(RETURN, 0, 0, ALLOW),
        _Instruction(RETURN, 0, 0, REFUSE_EPERM),
    ]


def _give_up_privileges(libc: ctypes.CDLL) -> bool:
    """No program started from here gains anything; Landlock and seccomp ask for it. Twice is harmless."""
    return bool(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)


def _die_with(parent: int) -> None:
    """Linux kills this process when the thread that started it ends; elsewhere its processor time ends it. Last, since a change of user clears it."""
    if _is_linux():
        _libc().prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
