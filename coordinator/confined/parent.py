"""How is a stranger's file read without touching it? In a child process that closes itself in, is timed, heard, and ended whatever it does.

Who starts it says which letters it may answer with and how long each may be; what the answer amounts to is theirs to judge. A child reads
the file from its standard input, and answers in the frames of `frames.py`, first of all which layers of its sandbox hold.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio import StreamWriter
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Generic

import structlog

from coordinator.confined.frames import HEADER, Kind, read_header
from coordinator.confined.sandbox import Layer

ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}  # a thread pool for nothing would cost a second
FED_BYTES = 64 * 1_024
BURIED_WITHIN_S = 10  # longer only if something that it started got away with its pipe

log = structlog.get_logger(__name__)


class Death(Enum):
    """Of what a child can die that is the file's doing."""

    TOO_COSTLY = "too_costly"
    CRASHED = "crashed"


# Signals by which a reader dies of what it reads. SIGKILL is not among them: that is the kernel short of memory, or an operator.
DEATHS: dict[int, Death] = {
    signal.SIGXCPU: Death.TOO_COSTLY,
    signal.SIGXFSZ: Death.CRASHED,
    signal.SIGSEGV: Death.CRASHED,
    signal.SIGBUS: Death.CRASHED,
    signal.SIGILL: Death.CRASHED,
    signal.SIGFPE: Death.CRASHED,
    signal.SIGABRT: Death.CRASHED,
    signal.SIGSYS: Death.CRASHED,
    signal.SIGTRAP: Death.CRASHED,
}


@dataclass(frozen=True, slots=True)
class Heard(Generic[Kind]):
    """What a child said, at most one frame of each kind, and how it ended: its exit code, negative for a signal, None when unknown."""

    frames: Mapping[Kind, bytes]
    code: int | None

    def death(self) -> Death | None:
        """What it died of, if the file is to blame."""
        return None if self.code is None else DEATHS.get(-self.code)


def module_command(module: str) -> tuple[str, ...]:
    """The command of a child that is one of our modules: without the directory it is started in, and without the user's own packages."""
    return (sys.executable, "-I", "-B", "-m", module)


async def ask_child(source: bytes | Path, command: Sequence[str], longest: Mapping[Kind, int], deadline: timedelta) -> Heard[Kind]:
    """What a child says of the file. `longest`: the frames that it may send, with the most bytes of each.

    Must be awaited in the main thread, with which the child dies. Raises TimeoutError when it is not done by its deadline, by the clock.
    No process is left behind, even when this is cancelled.
    """
    async with asyncio.timeout(deadline.total_seconds()), _child(source, command) as process:
        frames = await _read_all(process, longest)
    return Heard(frames, process.returncode)


@asynccontextmanager
async def _child(source: bytes | Path, command: Sequence[str]) -> AsyncIterator[Process]:
    """The child with the file on its way in; afterwards it and whatever it may have started are gone."""
    with contextlib.ExitStack() as stack:
        stdin = stack.enter_context(source.open("rb")) if isinstance(source, Path) else PIPE
        process = await asyncio.create_subprocess_exec(
            *command, str(os.getpid()), stdin=stdin, stdout=PIPE, stderr=DEVNULL, env=ENVIRONMENT, cwd="/", start_new_session=True
        )
    feeding = asyncio.ensure_future(_feed(process, source)) if isinstance(source, bytes) else None
    try:
        yield process
    finally:
        _kill(process)
        if feeding is not None:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
        await _bury(process)


async def _feed(process: Process, data: bytes) -> None:
    """Writes the file piece by piece; a child that wants no more of it has its reasons."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for start in range(0, len(data), FED_BYTES):
            process.stdin.write(memoryview(data)[start : start + FED_BYTES])
            await process.stdin.drain()
        process.stdin.close()


def _kill(process: Process) -> None:
    """Ends the whole group, which bears the child's number as long as the child has not been waited for."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


async def _bury(process: Process) -> None:
    """Waits for a process that was killed or has ended. What it still had to say is read and dropped: asyncio sees no end before that."""
    assert process.stdout is not None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BURIED_WITHIN_S):
            while await process.stdout.read(FED_BYTES):
                pass
            await process.wait()
            if process.stdin is not None:
                await _close(process.stdin)


async def _close(stdin: StreamWriter) -> None:
    """Drops what nobody reads any more; asyncio keeps the pipe open beyond its loop's end otherwise.

    Shielded, as whoever is cancelled while waiting cancels what asyncio itself has to set once the pipe is gone.
    """
    stdin.close()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        await asyncio.shield(stdin.wait_closed())


async def _read_all(process: Process, longest: Mapping[Kind, int]) -> dict[Kind, bytes]:
    """The frames up to the end of the stream, one of each kind at most. A child that breaks the rules is not listened to any further.

    At the end of its stream a child has ended, or closed it and lives on: it is killed in either case, which does the first no harm.
    """
    assert process.stdout is not None
    frames: dict[Kind, bytes] = {}
    with contextlib.suppress(asyncio.IncompleteReadError, ValueError):
        while True:
            kind, length = read_header(await process.stdout.readexactly(HEADER.size), longest)
            if kind in frames:
                break
            frames[kind] = await process.stdout.readexactly(length)
    return frames


def read_layers(payload: bytes) -> frozenset[Layer]:
    """The layers that hold; those that do not are said in the log, so that nobody trusts what is not there."""
    try:
        said = set(json.loads(payload))
    except (ValueError, TypeError, RecursionError):
        said = set()
    layers = frozenset(layer for layer in Layer if layer.value in said)
    if missing := [layer.value for layer in Layer if layer not in layers]:
        log.warning("confined.sandbox_weaker", missing=missing)
    return layers
