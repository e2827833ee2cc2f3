"""Broken recordings by the hundred: no crash, no hang, no exception but a refusal. `make soak` tries 5,000."""

from __future__ import annotations

import json
import random
import struct
import subprocess
import sys
from collections import Counter
from pathlib import Path

from coordinator.domain.voice_note import Refusal
from tests.conftest import SOAK
from tests.worker.sound.recordings import RECIPES, record, speak

PROGRAM = Path(__file__).parent / "many.py"
COUNT = 5_000 if SOAK else 300
CUTS = 24
SAYS_ITS_LENGTH = {"mp4 aac", "m4a alac", "wav 16 bit", "wav float", "flac"}
IN_ONE_CHILD = 50  # so that its limits of processor time and memory stay those of a single one
MOST_CPU_MS = 3_000
SEEDS = ("webm opus, as Chromium records", "ogg opus, as Firefox records", "ogg vorbis", "mp4 aac", "mp4 aac in fragments, as Safari records",
         "m4a alac", "mp3", "wav 16 bit", "wav float", "flac", "matroska flac")  # fmt: skip


def seed_files() -> list[bytes]:
    return [record(RECIPES[name], speak(1.5, rate_hz=RECIPES[name].rate_hz, channels=2 if "vorbis" in name else 1)) for name in SEEDS]


def break_(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """One way out of seven in which a file may be broken, a few times over."""
    for _ in range(rng.choice((1, 1, 2, 5))):
        start, length = rng.randrange(len(data)), rng.choice((1, 4, 64, 1_024))
        match rng.randrange(7):
            case 0:
                data = data[:start] + bytes(b ^ rng.randrange(256) for b in data[start : start + length]) + data[start + length :]
            case 1:
                place = rng.randrange(min(len(data), 600))  # where the numbers are that others hang on
                data = data[:place] + rng.choice((b"\0", b"\xff", b"\x80", b"\x7f")) * rng.choice((1, 2, 4, 8)) + data[place + 4 :]
            case 2:
                data = data[: start + 16]
            case 3:
                data = data[:start] + data[start + length :]
            case 4:
                data = data[:start] + data[max(0, start - length) : start] * rng.randrange(1, 20) + data[start:]
            case 5:
                data = data[:start] + bytes(length) + data[start + length :]
            case _:
                data = data[:start] + rng.choice(others)[start:]
    return data


def make_many(files: list[bytes]) -> tuple[int, list[tuple[str, int]]]:
    """The child's exit code, and (outcome, ms) of each file that it got to."""
    sent = b"".join(struct.pack(">I", len(data)) + data for data in files)
    ended = subprocess.run([sys.executable, "-B", PROGRAM], input=sent, check=False, capture_output=True, timeout=600)
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    return ended.returncode, [(str(name), int(ms)) for name, ms in told]


def test_make_broken_files_are_taken_or_refused_and_nothing_else(rng: random.Random) -> None:
    seeds = seed_files()
    code, told = make_many(seeds)
    assert (code, [name for name, _ in told]) == (0, ["taken"] * len(seeds))

    outcomes: Counter[str] = Counter()
    for start in range(0, COUNT, IN_ONE_CHILD):
        files = [break_(rng.choice(seeds), seeds, rng) for _ in range(min(IN_ONE_CHILD, COUNT - start))]
        code, told = make_many(files)
        assert (code, len(told)) == (0, len(files)), f"died of file {len(told)} of those from {start}"
        assert max(ms for _, ms in told) <= MOST_CPU_MS
        outcomes.update(name for name, _ in told)

    print(outcomes)
    assert outcomes.total() == COUNT
    assert outcomes.keys() <= {"taken", *(code.value for code in Refusal)}
    assert len(outcomes) >= 5, "broken in too few ways"


def test_make_recordings_cut_anywhere_are_refused_or_what_was_there_is_taken() -> None:
    """A recorder that writes no length may be cut anywhere; whatever says how long it is, is refused when much of that is missing."""
    for name in SEEDS:
        whole = record(RECIPES[name], speak(3, rate_hz=RECIPES[name].rate_hz, channels=2 if "vorbis" in name else 1))
        cuts = [*range(0, 64, 7), *(len(whole) * part // CUTS for part in range(1, CUTS)), len(whole) - 1]

        code, told = make_many([whole[:cut] for cut in cuts])

        assert (code, len(told)) == (0, len(cuts)), f"{name} died of its cut {len(told)}"
        outcomes = dict(zip(cuts, (outcome for outcome, _ in told), strict=True))
        assert set(outcomes.values()) <= {"taken", *(refusal.value for refusal in Refusal)}, name
        assert "taken" not in {outcome for cut, outcome in outcomes.items() if cut < len(whole) // 8}, name
        if name in SAYS_ITS_LENGTH:
            assert "taken" not in {outcome for cut, outcome in outcomes.items() if cut < len(whole) // 3}, name
