"""What does a voice note of a minute cost the machine that reads it, against a Python that only imports what reads it?

Processor time and highest memory of the child process, from its start to its end, both files made, read back and measured. The recording
is a machine's voice where there is one, else what stands in for it in the tests.
"""

from __future__ import annotations

import asyncio
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.figures import Figure, Promise, take_in_turns
from tests.worker.sound.recordings import WEBM, Sound, decode_plainly, record, speak
from worker.sound.parent import Processed, process_sound

ROUNDS = 3
SECONDS = 60
CPU = Promise("must", 4)
MEMORY = Promise("must", 150)
FLOOR_PROGRAM = "import av, numpy"
WORDS = "We stand with you. When the clock reads zero, our square will be silent together with yours, from one shore to the other. "
MB = 1_024  # KiB


def measure() -> list[Figure]:
    """Processor time and memory."""
    data, spoken = record(WEBM, make_minute()), "espeak-ng" if shutil.which("espeak-ng") else "made up"
    notes: list[Processed] = []

    def note() -> float:
        before = _children_cpu_s()
        notes.append(asyncio.run(process_sound(data)))
        return _children_cpu_s() - before

    cpu_s = take_in_turns({"note": note, "floor": _floor}, ROUNDS)
    peak_mb, levels = max(each.peak_kb for each in notes) / MB, notes[0].sound
    said = f"voice {spoken}, {levels.lufs:.1f} LUFS, {levels.true_peak_db:.1f} dBTP"
    name = f"python: {FLOOR_PROGRAM}"
    return [
        Figure("sound: note of 60 s, processor", cpu_s["note"], "s", cpu_s["floor"], name, CPU, said),
        Figure("sound: note of 60 s, memory", peak_mb, "MB", _floor_mb(), name, MEMORY),
    ]


def make_minute() -> Sound:
    """What is said in a minute."""
    if (espeak := shutil.which("espeak-ng")) is None:
        return speak(SECONDS)
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run([espeak, "-w", file.name, WORDS * 12], check=True)
        return decode_plainly(Path(file.name).read_bytes())[:, : SECONDS * 48_000]


def _floor() -> float:
    before = _children_cpu_s()
    subprocess.run([sys.executable, "-I", "-c", FLOOR_PROGRAM], check=True, env={"OPENBLAS_NUM_THREADS": "1"})
    return _children_cpu_s() - before


def _floor_mb() -> float:
    program = f"{FLOOR_PROGRAM}; print(next(int(l.split()[1]) for l in open('/proc/self/status') if l.startswith('VmHWM')))"
    told = subprocess.run([sys.executable, "-I", "-c", program], check=True, capture_output=True, env={"OPENBLAS_NUM_THREADS": "1"})
    return int(told.stdout) / MB


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
