"""The child, for many recordings: closes itself in like it, then makes sound of each that comes and says what it made of it.

Standard input: files, each after its length in four bytes. Standard output: a line of JSON for each, [outcome, milliseconds of processor
time]. The outcome is a refusal's code, "taken", or the name of an exception that nobody should see.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from coordinator.confined import sandbox
from coordinator.domain.voice_note import Refusal, SoundRefused
from worker.sound.child import LIMITS
from worker.sound.decode import decode
from worker.sound.pipeline import make_sound

ONE_FILE_CPU_S = 10


def outcome(data: bytes) -> str:
    try:
        make_sound(decode(data))
    except SoundRefused as fault:
        return fault.code.value
    except MemoryError:  # as the child says it
        return Refusal.TOO_COSTLY.value
    except Exception as fault:  # noqa: BLE001 - that there is none is what the test asks
        return type(fault).__name__
    return "taken"


def main() -> None:
    sandbox.prepare(LIMITS)
    sandbox.close(os.getppid())
    while header := sys.stdin.buffer.read(4):
        data = sys.stdin.buffer.read(struct.unpack(">I", header)[0])
        before = time.process_time()
        resource.setrlimit(resource.RLIMIT_CPU, (int(before) + ONE_FILE_CPU_S, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        told = outcome(data)
        os.write(1, json.dumps([told, round(1_000 * (time.process_time() - before))]).encode() + b"\n")


if __name__ == "__main__":
    main()
