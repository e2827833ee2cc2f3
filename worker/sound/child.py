"""The process that reads a stranger's recording: `python -I -B -m worker.sound.child PARENT`, started by `worker/sound/parent.py` alone.

It closes itself in before it reads a byte, answers in the frames of `wire.py`, and ends. Its environment is empty, its standard error
goes nowhere: whatever a decoder says about a stranger's bytes is nobody's business.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from coordinator.confined import sandbox
from coordinator.confined.frames import write_frame
from coordinator.domain.voice_note import MAX_BYTES, Refusal, SoundRefused
from worker.sound.wire import KIND_OF, Kind

if TYPE_CHECKING:
    from worker.sound.decode import Samples

STATUS = "/proc/self/status"
STATUS_BYTES = 8_192
CPU_S = 40
# Decoding gets the first part of the time: on a slow board a good recording needs a quarter of it. Of the memory a seventh is used.
LIMITS = sandbox.Limits(cpu_s=10, most_cpu_s=CPU_S, memory_bytes=1 << 30)


def main(parent: int) -> None:
    """Reads, makes, tells."""
    layers = sandbox.prepare(LIMITS)
    from worker.sound.decode import decode  # deferred: the limits come before FFmpeg
    from worker.sound.pipeline import make_sound

    out, status = sys.stdout.buffer, _open_status()
    layers += sandbox.close(parent)
    write_frame(out, Kind.LAYERS, json.dumps(layers).encode())
    try:
        made = make_sound(decode_within(sys.stdin.buffer.read(MAX_BYTES + 1), decode))
    except SoundRefused as fault:
        write_frame(out, Kind.REFUSED, fault.code.encode())
        return
    except MemoryError:
        write_frame(out, Kind.REFUSED, Refusal.TOO_COSTLY.encode())
        return
    write_frame(out, Kind.SOUND, json.dumps(made.description | {"peak_kb": _read_peak_kb(status)}).encode())
    for coding, data in made.files.items():
        write_frame(out, KIND_OF[coding], data)


def decode_within(data: bytes, decode: Callable[[bytes], Samples]) -> Samples:
    """Decoding, where a hostile file could do its harm, has a quarter of the processor time that all of it has."""
    samples = decode(data)
    sandbox.allow_cpu(CPU_S)
    return samples


def _open_status() -> int | None:
    """Where the kernel tells how much memory was used; to be opened while anything can be."""
    try:
        return os.open(STATUS, os.O_RDONLY)
    except OSError:  # not Linux
        return None


def _read_peak_kb(status: int | None) -> int:
    """The most memory that was in use, in KiB; 0 where nobody can say. getrusage would count the parent's before the child was one."""
    if status is None:
        return 0
    lines = os.pread(status, STATUS_BYTES, 0).decode().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
