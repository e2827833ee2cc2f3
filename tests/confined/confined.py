"""A process that closes itself in by the layers named and then tries every way out: `confined.py all|landlock|… TARGET`.

Prints JSON {"layers": what holds, "tried": {way: "done" or the error's name}}. TARGET is a file that everybody may change.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from coordinator.confined import sandbox

LIMITS = sandbox.Limits(cpu_s=10, most_cpu_s=40, memory_bytes=1 << 30)
CLOSE: dict[str, Callable[[], Any]] = {
    "nothing": lambda: True,
    "limits": lambda: sandbox.limit(LIMITS),
    "namespace": sandbox.leave_network,
    "landlock": sandbox.close_files,
    "seccomp": sandbox.close_calls,
}


def ways(target: Path, port: int, parent: int) -> dict[str, Callable[[], Any]]:
    return {
        "read a file": lambda: target.read_bytes(),
        "write a file": lambda: target.write_bytes(b"x"),
        "fill the pipe's file": lambda: os.write(os.open(target, os.O_WRONLY), bytes(9_000)),
        "list a directory": lambda: list(target.parent.iterdir()),
        "touch a file": lambda: os.utime(target),
        "change a file's mode": lambda: target.chmod(0o666),
        "remove a file": lambda: target.with_name("other").unlink(),
        "connect by TCP": lambda: socket.create_connection(("127.0.0.1", port)),
        "send by UDP": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port)),
        "open a unix socket": lambda: socket.socket(socket.AF_UNIX),
        "signal its parent": lambda: os.kill(parent, 0),
        "start a program": _start_program,
        "start a thread": lambda: threading.Thread(target=int).start(),
        "take 2 GB": lambda: len(bytes(2 << 30)),
        "look into its parent": lambda: _ptrace(parent),
    }


def _start_program() -> None:
    pid = os.fork()
    if pid == 0:
        try:
            os.execv("/bin/true", ["true"])
        except OSError as fault:
            os._exit(fault.errno or 1)
    if refused := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        raise OSError(refused, "execv")


def _ptrace(pid: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(0x4206, pid, 0, 0) != 0:  # PTRACE_SEIZE
        raise OSError(ctypes.get_errno(), "ptrace")


def attempt(do: Callable[[], Any]) -> str:
    try:
        do()
    except OSError as fault:
        return errno.errorcode.get(fault.errno or 0, type(fault).__name__)
    except (MemoryError, RuntimeError) as fault:
        return type(fault).__name__
    return "done"


def main(which: str, target: Path, port: int) -> None:
    parent = os.getppid()
    "x".encode("idna")  # what would be imported on the way
    tried = ways(target, port, parent)
    layers = sandbox.prepare(LIMITS) + sandbox.close(parent) if which == "all" else [which] if CLOSE[which]() else []
    told = {"layers": layers, "tried": {name: attempt(do) for name, do in tried.items()}}
    os.write(1, json.dumps(told).encode())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
