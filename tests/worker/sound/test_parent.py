"""The worker's side: what becomes of a child that is killed, late, silent or a liar, and of the memory of whoever started it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from coordinator.confined.frames import HEADER
from coordinator.confined.sandbox import Layer
from coordinator.domain.voice_note import MAX_BYTES, MAX_OUTPUT_BYTES, Refusal, SoundRefused
from tests.children import children, pretending
from tests.worker.conftest import wait_for
from tests.worker.sound.recordings import WEBM, record, speak
from worker.sound.parent import Processed, SoundFailed, process_sound
from worker.sound.wire import LONGEST, Kind

HERE = Path(__file__).parent
MEMORY_MB = 50
GOOD = b"RIFF\x24\0\0\0WAVE"  # for children that do not look at it


def has_ended(pid: int) -> bool:
    """Gone, or waiting for a burial that nobody may be there for."""
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def is_confined(pid: int) -> bool:
    """Whether it has set its filter of system calls, the last thing but one that it does before it reads."""
    return "Seccomp:\t2" in Path(f"/proc/{pid}/status").read_text()


@pytest.fixture(autouse=True)
def _nobody_is_left() -> Iterator[None]:
    before = children()
    yield
    assert children() - before == set()


async def test_process_good_recording_as_bytes_or_file_is_the_same(tmp_path: Path) -> None:
    data = record(WEBM, speak(3))
    path = tmp_path / "note"
    path.write_bytes(data)

    from_bytes, from_file = await process_sound(data), await process_sound(path)

    assert (from_bytes.sound, from_bytes.files) == (from_file.sound, from_file.files)
    assert 0 < from_bytes.peak_kb < 150 * 1_024


async def test_process_child_killed_half_way_is_not_the_recordings_fault() -> None:
    before = children()
    running = asyncio.ensure_future(process_sound(record(WEBM, speak(60))))

    async def started() -> bool:
        return bool(children() - before)

    await wait_for(started)
    os.kill((children() - before).pop(), signal.SIGKILL)

    with pytest.raises(SoundFailed) as fault:
        await running
    assert fault.value.reason == "ended with -9"


async def test_process_child_not_done_by_its_deadline_is_ended_with_all_it_started() -> None:
    with pytest.raises(SoundFailed) as fault:
        await process_sound(GOOD, deadline=timedelta(seconds=0.3), command=pretending("os.fork()\ntime.sleep(600)"))

    assert fault.value.reason == "deadline"


async def test_process_child_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """Linux sends the signal; the note is a long one, and the child would be busy for seconds."""
    note = tmp_path / "note"
    note.write_bytes(record(WEBM, speak(88)))
    program = (
        "import asyncio, pathlib, sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from worker.sound.parent import process_sound\n"
        "asyncio.run(process_sound(pathlib.Path(sys.argv[2])))\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(HERE.parents[2]), str(note))
    child: list[int] = []

    async def closed_in() -> bool:
        child[:] = children(parent.pid)
        return bool(child) and is_confined(child[0])

    async def gone() -> bool:
        return has_ended(child[0])

    await wait_for(closed_in)
    parent.kill()
    await parent.wait()

    await wait_for(gone, 5)


async def test_process_grandchild_is_ended_with_the_group(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    program = f"pid = os.fork()\nif pid == 0:\n    time.sleep(600)\nopen({str(told)!r}, 'w').write(str(pid))\ntime.sleep(600)"
    running = asyncio.ensure_future(process_sound(GOOD, command=pretending(program)))

    async def started() -> bool:
        return told.exists() and bool(told.read_text())

    async def ended() -> bool:
        return has_ended(int(told.read_text()))

    await wait_for(started)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    await wait_for(ended)


@pytest.mark.parametrize("first", ["", "tell(b'W', b'', 2**20)\n", "tell(b'W', b'', 2**31)\n", "tell(b'L', b'[]')\n"])
async def test_process_child_that_floods_its_pipe_is_ended_and_buried(first: str) -> None:
    """Again and again: whether the pipe was being read at the moment of the kill is a matter of luck."""
    for _ in range(6):
        with pytest.raises(SoundFailed):
            await process_sound(GOOD, command=pretending(first + "while True: os.write(1, b'?' * 65536)"))


async def test_process_child_that_closes_its_pipe_and_lives_on_is_ended() -> None:
    with pytest.raises(SoundFailed):
        await process_sound(GOOD, command=pretending("os.close(1)\ntime.sleep(600)"))


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("", "ended with 0"),
        ("sys.exit(3)", "ended with 3"),
        ("tell(b'S', b'{}')", "ended with 0"),
        ("tell(b'W', b'', 2**31)", "ended with"),
        ("tell(b'S', b'x', 9_000)", "ended with"),
        ("tell(b'?', b'')", "ended with"),
        ("os.write(1, b'hello')", "ended with"),
        ("os.kill(os.getpid(), 15)", "ended with -15"),
        ("os.kill(os.getpid(), 31)", "ended with -31"),  # a filter of the operator's own, before a byte was read
        ("tell(b'R', b'because')", Refusal.CRASHED),
        ("tell(b'R', '\u202e'.encode())", Refusal.CRASHED),
        ("tell(b'R', b'sound_silent')", Refusal.SILENT),
        ("tell(b'L', b'[]'); os.kill(os.getpid(), 11)", Refusal.CRASHED),
        ("tell(b'L', b'[]'); os.kill(os.getpid(), 6)", Refusal.CRASHED),
        ("tell(b'L', b'[]'); os.kill(os.getpid(), 24)", Refusal.TOO_COSTLY),
        ("tell(b'S', b'{}'); tell(b'W', b'w'); tell(b'M', b'm')", Refusal.CRASHED),
        ("tell(b'S', b'[' * 8_000); tell(b'W', b'w'); tell(b'M', b'm')", Refusal.CRASHED),
        ("tell(b'S', b'nonsense'); tell(b'W', b'w'); tell(b'M', b'm')", Refusal.CRASHED),
        ("tell(b'S', b'[]'); tell(b'W', b'w'); tell(b'M', b'm')", Refusal.CRASHED),
        ("tell(b'L', b'nonsense'); tell(b'R', b'sound_silent')", Refusal.SILENT),
        ("tell(b'L', b'[\"armour\", 7]'); tell(b'R', b'sound_silent')", Refusal.SILENT),
    ],
)
async def test_process_child_that_lies_or_dies_is_named(program: str, expected: str | Refusal) -> None:
    with pytest.raises((SoundFailed, SoundRefused)) as fault:
        await process_sound(GOOD, command=pretending(program))

    if isinstance(expected, Refusal):
        assert isinstance(fault.value, SoundRefused)
        assert fault.value.code is expected
    else:
        assert isinstance(fault.value, SoundFailed)
        assert fault.value.reason.startswith(expected)


async def test_process_files_that_are_not_what_they_should_be_are_not_kept() -> None:
    levels = {"webm": [-16, -2], "mp4": [-16, -2]}
    description = json.dumps({"duration_ms": 5_000, "source_lufs": -20, "peaks": [1] * 120, "levels": levels, "peak_kb": 1})
    program = f"tell(b'S', {description.encode()!r}); tell(b'W', b'<script>'); tell(b'M', b'<script>')"

    with pytest.raises(SoundRefused) as fault:
        await process_sound(GOOD, command=pretending(program))

    assert fault.value.code is Refusal.CRASHED


@pytest.mark.parametrize(("size", "code"), [(0, Refusal.EMPTY), (MAX_BYTES + 1, Refusal.TOO_BIG)])
async def test_process_wrong_size_is_refused_before_a_child_is_started(size: int, code: Refusal, tmp_path: Path) -> None:
    path = tmp_path / "note"
    path.write_bytes(bytes(size))

    for source in (bytes(size), path):
        with pytest.raises(SoundRefused) as fault:
            await process_sound(source, command=("/nonexistent",))
        assert fault.value.code is code


async def test_process_says_which_layers_closed_the_child_in() -> None:
    processed: Processed = await process_sound(record(WEBM, speak(2)))

    assert {Layer.LIMITS, Layer.USER} <= processed.layers


def test_process_leaves_the_memory_of_its_parent_alone() -> None:
    """In a process of its own, which has imported nothing else: through hostile files, floods and good ones."""
    run = subprocess.run([sys.executable, HERE / "parent_program.py"], check=True, capture_output=True, text=True, timeout=110)

    told = json.loads(run.stdout.splitlines()[-1])
    assert told["imported"] == []
    assert told["outcomes"] == ["sound_not_audio", "sound_unreadable", "sound_too_long", "ended", "ended", "taken"]
    assert told["grown_kb"] < MEMORY_MB * 1_024


def test_wire_longest_frames_hold_the_outputs() -> None:
    assert HEADER.size == 5
    assert LONGEST[Kind.WEBM] == LONGEST[Kind.MP4] == MAX_OUTPUT_BYTES
