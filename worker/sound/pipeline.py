"""What is done with a recording, from the stranger's bytes to the two files? Every promise about them is measured on the files themselves.

FFmpeg runs here: only the child process (and tests in theirs) may import this module.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from coordinator.domain.voice_note import (
    LIMITER_DB,
    MAX_TRUE_PEAK_DB,
    PEAKS,
    RATE_HZ,
    SILENT_BELOW_LUFS,
    TARGET_LUFS,
    Coding,
    Refusal,
    SoundRefused,
    is_level,
)
from worker.sound.decode import Samples, decode
from worker.sound.encode import encode
from worker.sound.loudness import Level, level, measure, measure_lufs, without_rumble

ATTEMPTS = 3
METERS_APART_DB = 0.3  # a meter that interpolates more finely finds this much more at the edge of a click


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a recording: a description that `read_sound` reads, and the files."""

    description: dict[str, Any]
    files: dict[Coding, bytes]


def make_sound(samples: Samples) -> Made:
    """The two files of a decoded recording. Raises SoundRefused."""
    samples = without_rumble(samples)
    over = max(1.0, float(np.abs(samples).max()))  # meters end a little above full scale
    samples /= np.float32(over)
    lufs = measure_lufs(samples)
    source_lufs = lufs + 20 * math.log10(over)
    if source_lufs < SILENT_BELOW_LUFS:
        raise SoundRefused(Refusal.SILENT)
    levelled = level(samples, lufs, TARGET_LUFS, LIMITER_DB)
    written = {coding: _write(samples, lufs, levelled, coding) for coding in Coding}
    description = {
        "duration_ms": samples.size * 1_000 // RATE_HZ,
        "source_lufs": round(source_lufs, 2),
        "peaks": read_peaks(levelled),
        "levels": {coding.value: [round(found.lufs, 2), round(found.true_peak_db, 2)] for coding, (_, found) in written.items()},
    }
    return Made(description, {coding: data for coding, (data, _) in written.items()})


def _write(samples: Samples, lufs: float, levelled: Samples, coding: Coding) -> tuple[bytes, Level]:
    """One file, read back and measured; levelled anew when its encoder went over the ceiling or took too much away."""
    target_lufs, ceiling_db = TARGET_LUFS, LIMITER_DB
    for attempt in range(ATTEMPTS):
        data = encode(levelled, coding)
        found = measure(decode(data))
        over_db = found.true_peak_db + METERS_APART_DB - MAX_TRUE_PEAK_DB
        if is_level(found.lufs, found.true_peak_db) and over_db <= 0:
            return data, found
        if attempt + 1 < ATTEMPTS:
            target_lufs += TARGET_LUFS - found.lufs
            ceiling_db -= max(over_db + METERS_APART_DB, 0)
            levelled = level(samples, lufs, target_lufs, ceiling_db)
    raise SoundRefused(Refusal.UNEVEN)


def read_peaks(samples: Samples) -> list[int]:
    """PEAKS highest levels, 0–255, of as many equal parts."""
    highest = [float(np.abs(part).max()) for part in np.array_split(samples, PEAKS)]
    return [round(255 * min(peak, 1.0)) for peak in highest]
