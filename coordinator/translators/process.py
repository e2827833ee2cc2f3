"""How is a program given something and heard once, and never left behind? One process in a group of its own, fed and read by pipes.

Whatever ends the waiting (its answer, too much of it, the time limit, a cancelled task, `kill`), the whole group is killed then: a program
that is a shell script, as Apertium is, would leave its pipeline running otherwise.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, cast

REAP_S = 2.0  # for a killed process to be gone; what hangs in the kernel for longer is not waited for
STDOUT = 1


class SaidTooMuch(Exception):
    """A program wrote more than it was allowed."""


class Failed(Exception):
    """A program could not be started, or ended with another code than 0."""


class Talk(asyncio.SubprocessProtocol):
    """One run of a program. `answered` holds its whole output once it has ended, or why there is none, as a value: nobody may be listening."""

    def __init__(self, most_bytes: int) -> None:
        self.answered: asyncio.Future[bytes | SaidTooMuch | Failed] = asyncio.get_running_loop().create_future()
        self.gone = asyncio.Event()
        self._most_bytes = most_bytes
        self._output = bytearray()
        self._transport: asyncio.SubprocessTransport | None = None
        self._heard_all = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        self._output += cast(bytes, data)
        if len(self._output) > self._most_bytes:
            self._settle(SaidTooMuch())
            self.kill()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == STDOUT:
            self._heard_all = True
            self._settle_if_over()

    def process_exited(self) -> None:
        self.kill()  # what it left behind would keep the pipe open
        self.gone.set()
        self._settle_if_over()

    def kill(self) -> None:
        """Ends the process and all that it started in its group; nothing once it is gone, when its number may be another's."""
        if self._transport is None or self.gone.is_set():
            return
        try:
            os.killpg(self._transport.get_pid(), signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # gone, or (on macOS) gone but not yet reaped
            pass

    def _settle_if_over(self) -> None:
        if self._transport is None or not self._heard_all or not self.gone.is_set():
            return
        self._settle(bytes(self._output) if self._transport.get_returncode() == 0 else Failed())

    def _settle(self, answer: bytes | SaidTooMuch | Failed) -> None:
        if not self.answered.done():
            self.answered.set_result(answer)


async def run(
    command: Sequence[str | Path], given: bytes, *, environ: Mapping[str, str], directory: Path, most_bytes: int, running: set[Talk]
) -> bytes:
    """What `command` writes to its standard output when `given` is its standard input; what it writes to the other is dropped.

    `environ` is all of its environment. While it runs, its Talk stands in `running`, for whoever must end it from outside. The caller sets
    the time limit (`asyncio.timeout`). Raises Failed, SaidTooMuch; whatever happens, no process of the group is left.
    """
    talk = Talk(most_bytes)
    # A pipe of our own: some event loops give a socket, which a shell script cannot open again as /dev/stdin.
    read_end, write_end = os.pipe()
    feeding = os.fdopen(write_end, "wb", buffering=0)
    try:
        transport = await _start(talk, command, read_end, environ, directory)
    except OSError:
        feeding.close()
        raise Failed from None
    except BaseException:
        feeding.close()
        raise
    finally:
        os.close(read_end)
    running.add(talk)
    try:
        await _feed(feeding, given)
        answer = await talk.answered
    finally:
        running.discard(talk)
        talk.kill()
        try:
            await _wait_until_gone(talk)
        finally:
            transport.close()  # afterwards: it would reap a process whose end its watcher waits for
    if isinstance(answer, bytes):
        return answer
    raise answer


async def _start(
    talk: Talk, command: Sequence[str | Path], stdin: int, environ: Mapping[str, str], directory: Path
) -> asyncio.SubprocessTransport:
    transport, _ = await asyncio.get_running_loop().subprocess_exec(
        lambda: talk,
        *map(str, command),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(environ),
        cwd=directory,
        start_new_session=True,
    )
    return transport


async def _feed(pipe: IO[bytes], given: bytes) -> None:
    """Has `given` written as fast as it is read, and the pipe closed then, or when nobody reads any more."""
    transport, _ = await asyncio.get_running_loop().connect_write_pipe(asyncio.BaseProtocol, pipe)
    transport.write(given)
    transport.close()


async def _wait_until_gone(talk: Talk) -> None:
    try:
        async with asyncio.timeout(REAP_S):
            await talk.gone.wait()
    except TimeoutError:
        pass
