"""A worker's memory through hostile files: prints what became of each, what was imported, and by how much its highest memory grew."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from coordinator.domain.voice_note import MAX_BYTES, SoundRefused
from worker.sound.parent import COMMAND, SoundFailed, process_sound

ROOT = Path(__file__).parents[3]
FLOOD = (sys.executable, "-I", "-c", "import os\nwhile True: os.write(1, b'\\xff' * 65536)")
LONG_FRAME = (
    sys.executable, "-I", "-c",
    "import os, struct\nos.write(1, struct.pack('>cI', b'W', 2**20))\nwhile True: os.write(1, b'\\xff' * 65536)",
)  # fmt: skip
MAKE_FILES = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tests.worker.sound.bad import silence_in_opus
from tests.worker.sound.recordings import WEBM, record, speak
to = Path(sys.argv[2])
(to / "silence").write_bytes(silence_in_opus(2))
(to / "good").write_bytes(record(WEBM, speak(60)))
"""


def read_highest_kb() -> int:
    lines = io.StringIO(Path("/proc/self/status").read_text())
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


async def outcome(source: Path, command: tuple[str, ...] = COMMAND) -> str:
    try:
        await process_sound(source, command=command)
    except SoundRefused as fault:
        return fault.code.value
    except SoundFailed as fault:
        return fault.reason.split()[0]
    return "taken"


async def main(directory: Path) -> None:
    subprocess.run([sys.executable, "-c", MAKE_FILES, str(ROOT), str(directory)], check=True)  # noqa: ASYNC221 - nothing else runs here
    (directory / "zeros").write_bytes(bytes(MAX_BYTES))
    (directory / "wav").write_bytes(b"RIFF\x24\0\0\0WAVE" + b"\x7f" * (MAX_BYTES - 12))
    before = read_highest_kb()
    outcomes = [
        await outcome(directory / "zeros"),
        await outcome(directory / "wav"),
        await outcome(directory / "silence"),
        await outcome(directory / "zeros", FLOOD),
        await outcome(directory / "zeros", LONG_FRAME),
        await outcome(directory / "good"),
    ]
    imported = sorted({"av", "numpy"} & sys.modules.keys())
    print(json.dumps({"outcomes": outcomes, "imported": imported, "grown_kb": read_highest_kb() - before}))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(main(Path(made)))
