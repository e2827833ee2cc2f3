"""How loud is a recording, and how does it become as loud as all others? ITU-R BS.1770, with a limiter that sees the true peaks.

FFmpeg's filters run here: only the child process (and tests in theirs) may import this module.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import av.filter
import numpy as np
from av.audio.frame import AudioFrame

from coordinator.domain.voice_note import RATE_HZ, Refusal, SoundRefused
from worker.sound.decode import Samples

OVERSAMPLED_HZ = 4 * RATE_HZ
BLOCK = RATE_HZ // 2
CLOSE_ENOUGH_LU = 0.3
STILL_GOOD_LU = 0.7  # where no gain brings it closer; a file may be 1 LU off
ROUNDS = 5  # the limiter takes loudness away, so the gain is found by trying
LEAST_YIELD = 0.2  # of a decibel, for each that is given: less, and it is the limiter that is being heard
HOPELESS_LU = 20.0  # a single knock makes a quiet voice measure this much louder than it is
FLOOR_DB = -120.0
RUMBLE_BELOW_HZ = 50  # no voice is lower; hands on a phone, wind, a direct current are, and ears and meters hardly mind them

# 12 kHz at −140 dB, under everything that goes through a filter: in digital silence filters end up with numbers so close to zero that a
# processor takes ten times as long for each, and a minute of clicks would cost ten seconds.
CARRIER = np.resize(np.array([1e-7, 1e-7, -1e-7, -1e-7], np.float32), BLOCK)

Chain = Sequence[tuple[str, str]]  # filters with their arguments, in order


@dataclass(frozen=True, slots=True)
class Level:
    """Loudness over the whole, and the highest true peak."""

    lufs: float
    true_peak_db: float


def without_rumble(samples: Samples) -> Samples:
    """The recording without what lies below any voice. The limiter would fight with it, at great cost, for nothing that is heard."""
    return _collect(samples, [("highpass", f"f={RUMBLE_BELOW_HZ}")])


def measure(samples: Samples) -> Level:
    """Loudness and true peak of a whole recording, each to a tenth of a unit."""
    told = _last_words(samples, "metadata=1:peak=true:framelog=quiet:dualmono=true")
    peak = max((float(value) for name, value in told.items() if "true_peak" in name), default=0.0)
    return Level(_lufs(told), 20 * math.log10(peak) if peak > 0 else FLOOR_DB)


def measure_lufs(samples: Samples) -> float:
    """Loudness alone, for half the work."""
    return _lufs(_last_words(samples, "metadata=1:framelog=quiet:dualmono=true"))


def _lufs(told: Mapping[str, str]) -> float:
    return float(told.get("lavfi.r128.I", FLOOR_DB))


def _last_words(samples: Samples, arguments: str) -> Mapping[str, str]:
    told: Mapping[str, str] = {}
    for frame in _filter(samples, [("ebur128", arguments)]):
        told = frame.metadata or told
    return told


def level(samples: Samples, lufs: float, target_lufs: float, ceiling_db: float) -> Samples:
    """The recording (of loudness `lufs`) brought to `target_lufs`, or as near as it comes, its true peaks held under `ceiling_db`.

    Raises SoundRefused when that is not near enough.
    """
    gain_db = target_lufs - lufs
    if target_lufs - measure_lufs(_clip(samples, gain_db, ceiling_db)) > HOPELESS_LU:
        raise SoundRefused(Refusal.UNEVEN)
    levelled, missing, gained_db = samples, HOPELESS_LU, 0.0
    for attempt in range(ROUNDS):
        levelled, missed = _limit(samples, gain_db, ceiling_db), missing
        missing = target_lufs - measure_lufs(levelled)
        if abs(missing) <= CLOSE_ENOUGH_LU:
            return levelled
        yields = (missed - missing) / gained_db if attempt else 1.0
        if yields < LEAST_YIELD:
            break
        gained_db = missing / min(yields, 1.0)
        gain_db += gained_db
    if abs(missing) > STILL_GOOD_LU:
        raise SoundRefused(Refusal.UNEVEN)
    return levelled


def _clip(samples: Samples, gain_db: float, ceiling_db: float) -> Samples:
    """Louder than any limiter leaves it, and quickly made: whoever is too quiet even so is all knocks and clicks."""
    most = _ratio(ceiling_db)
    clipped: Samples = samples * np.float32(_ratio(gain_db))
    return np.clip(clipped, -most, most, out=clipped)


def _ratio(db: float) -> float:
    return float(10 ** (db / 20))


def _limit(samples: Samples, gain_db: float, ceiling_db: float) -> Samples:
    chain = [
        ("volume", f"{gain_db:.3f}dB:precision=float"),
        ("aresample", str(OVERSAMPLED_HZ)),
        ("alimiter", f"limit={_ratio(ceiling_db):.4f}:attack=5:release=60:level=0:latency=1"),
        ("aresample", str(RATE_HZ)),
    ]
    return _collect(samples, chain)


def _collect(samples: Samples, chain: Chain) -> Samples:
    """All that comes out of a chain, of the length of what went in."""
    plain = ("aformat", "sample_fmts=flt:channel_layouts=mono")
    filtered = np.concatenate([frame.to_ndarray().reshape(-1) for frame in _filter(samples, [*chain, plain])])
    return filtered[: samples.size].astype(np.float32, copy=False)


def _filter(samples: Samples, chain: Chain) -> Iterator[AudioFrame]:
    """What comes out of a chain of filters, frame by frame."""
    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add_abuffer(sample_rate=RATE_HZ, format="flt", layout="mono", time_base=Fraction(1, RATE_HZ))
    sink = graph.add("abuffersink")
    graph.link_nodes(source, *(graph.add(name, arguments) for name, arguments in chain), sink).configure()
    for start in range(0, samples.size, BLOCK):
        block = samples[start : start + BLOCK]
        graph.push(frame_of(block + CARRIER[: block.size], start))
        yield from _ready(graph)
    graph.push(None)
    yield from _ready(graph)


def _ready(graph: av.filter.Graph) -> Iterator[AudioFrame]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        assert isinstance(frame, AudioFrame)
        yield frame


def frame_of(block: Samples, start: int, sample_format: str = "flt") -> AudioFrame:
    """One of FFmpeg's frames, whose first sample is number `start`."""
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(block).reshape(1, -1), format=sample_format, layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
    return frame
