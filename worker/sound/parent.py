"""How does the worker have a recording made into sound, without touching it? In a child process that is closed in, timed, and not believed.

Nothing of FFmpeg is imported here. What comes back is bounded before it is kept, and read as hostile: see `read_sound`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from coordinator.domain.voice_note import Coding, Refusal, Sound, SoundRefused, check_size, read_sound
from worker.sound.sandbox import Layer
from worker.sound.wire import HEADER, KIND_OF, Kind, read_header

DEADLINE = timedelta(seconds=120)  # by the clock, on a machine that is busy with other things; processor time is limited in the child
COMMAND = (sys.executable, "-I", "-B", "-m", "worker.sound.child")
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}  # a thread pool for nothing would cost a second
FED_BYTES = 64 * 1_024
BURIED_WITHIN_S = 10  # longer only if something that it started got away with its pipe
FILES_OPENING: dict[Coding, bytes] = {Coding.WEBM: b"\x1aE\xdf\xa3", Coding.MP4: b"\0\0\0"}

# Signals by which a decoder dies of what it reads. SIGKILL is not among them: that is the kernel short of memory, or an operator.
OF_THE_FILE = {
    signal.SIGXCPU: Refusal.TOO_COSTLY,
    signal.SIGXFSZ: Refusal.CRASHED,
    signal.SIGSEGV: Refusal.CRASHED,
    signal.SIGBUS: Refusal.CRASHED,
    signal.SIGILL: Refusal.CRASHED,
    signal.SIGFPE: Refusal.CRASHED,
    signal.SIGABRT: Refusal.CRASHED,
    signal.SIGSYS: Refusal.CRASHED,
    signal.SIGTRAP: Refusal.CRASHED,
}

log = structlog.get_logger(__name__)


class SoundFailed(Exception):
    """The child was killed, or not done by its deadline: the recording is not to blame and may be tried again. `reason` says which."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Processed:
    """What came of a recording: the sound, its two files, the child's highest memory (0 where unknown), and which layers closed it in."""

    sound: Sound
    files: Mapping[Coding, bytes]
    peak_kb: int
    layers: frozenset[Layer]


async def process_sound(source: bytes | Path, *, deadline: timedelta = DEADLINE, command: Sequence[str] = COMMAND) -> Processed:
    """The sound made of a recording, given as bytes or as a file. Must be awaited in the main thread, with which the child dies.

    Raises SoundRefused (never to be tried again) and SoundFailed. No process is left behind, even when this is cancelled.
    """
    check_size(_size_of(source))
    try:
        async with asyncio.timeout(deadline.total_seconds()), _child(source, command) as process:
            frames = await _read_all(process)
    except TimeoutError:
        raise SoundFailed("deadline") from None
    return _conclude(frames, process.returncode)


def _size_of(source: bytes | Path) -> int:
    return source.stat().st_size if isinstance(source, Path) else len(source)


@asynccontextmanager
async def _child(source: bytes | Path, command: Sequence[str]) -> AsyncIterator[Process]:
    """The child with the recording on its way in; afterwards it and whatever it may have started are gone."""
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
    """Writes the recording piece by piece; a child that wants no more of it has its reasons."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for start in range(0, len(data), FED_BYTES):
            process.stdin.write(memoryview(data)[start : start + FED_BYTES])
            await process.stdin.drain()
        process.stdin.close()
        await process.stdin.wait_closed()


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


async def _read_all(process: Process) -> dict[Kind, bytes]:
    """The frames up to the end of the stream, one of each kind at most. A child that breaks the rules is not listened to any further.

    At the end of its stream a child has ended, or closed it and lives on: it is killed in either case, which does the first no harm.
    """
    assert process.stdout is not None
    frames: dict[Kind, bytes] = {}
    with contextlib.suppress(asyncio.IncompleteReadError, ValueError):
        while True:
            kind, length = read_header(await process.stdout.readexactly(HEADER.size))
            if kind in frames:
                break
            frames[kind] = await process.stdout.readexactly(length)
    return frames


def _conclude(frames: Mapping[Kind, bytes], code: int | None) -> Processed:
    """What the frames and the way of ending amount to."""
    layers = _read_layers(frames[Kind.LAYERS]) if Kind.LAYERS in frames else frozenset()
    if Kind.REFUSED in frames:
        raise SoundRefused(_read_refusal(frames[Kind.REFUSED]))
    if frames.keys() >= {Kind.SOUND, *KIND_OF.values()}:
        return _read_processed(frames, layers)
    if Kind.LAYERS in frames and code is not None and code < 0 and (refusal := OF_THE_FILE.get(signal.Signals(-code))):
        raise SoundRefused(refusal)  # before that frame it had not read a byte
    raise SoundFailed(f"ended with {code}")


def _read_processed(frames: Mapping[Kind, bytes], layers: frozenset[Layer]) -> Processed:
    files = {coding: frames[kind] for coding, kind in KIND_OF.items()}
    try:
        raw: dict[str, Any] = json.loads(frames[Kind.SOUND])
        sound = read_sound(raw, {coding: (hashlib.sha256(data).hexdigest(), len(data)) for coding, data in files.items()})
        peak_kb = int(raw["peak_kb"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise SoundRefused(Refusal.CRASHED) from None
    if not all(files[coding].startswith(opening) for coding, opening in FILES_OPENING.items()):
        raise SoundRefused(Refusal.CRASHED)
    return Processed(sound, files, peak_kb, layers)


def _read_refusal(payload: bytes) -> Refusal:
    try:
        return Refusal(payload.decode("ascii", errors="replace"))
    except ValueError:
        return Refusal.CRASHED


def _read_layers(payload: bytes) -> frozenset[Layer]:
    """The layers that hold; those that do not are said in the log, so that nobody trusts what is not there."""
    try:
        said = set(json.loads(payload))
    except (ValueError, TypeError, RecursionError):
        said = set()
    layers = frozenset(layer for layer in Layer if layer.value in said)
    if missing := [layer.value for layer in Layer if layer not in layers]:
        log.warning("sound.sandbox_weaker", missing=missing)
    return layers
