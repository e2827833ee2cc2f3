"""Which recordings may become a voice note, what is one when it has been made, and what can be done to it?

The limits and the reasons for saying no stand here; `worker/sound/` reads the bytes by them. Loudness is that of ITU-R BS.1770 with a single
channel counted as two (it comes out of two loudspeakers), levels are true peaks at four times the rate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from coordinator.errors import Conflict, Problem, problem

# what may come in
MAX_BYTES = 6 * 2**20
MIN_DURATION_MS = 1_000
MAX_DURATION_MS = 90_500  # of samples that were decoded, whatever the container claims; half a second for the button
MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 96_000
MAX_CHANNELS = 2
MAX_STREAMS = 3  # the sound, and pictures of a cover
MAX_PACKETS = 40_000  # 90 s in Opus frames of 2.5 ms
MAX_BAD_PACKETS = 5
MAX_SAMPLE = 100.0  # 40 dB over full scale: no microphone wrote that
SILENT_BELOW_LUFS = -55.0
LOUDEST_LUFS = 50.0  # nothing within MAX_SAMPLE is louder
QUIET_BELOW_LUFS = -35.0  # raised all the same, and its noise with it: the speaker is told
TRUNCATED_OVER = 1.2  # a container that promised this much more than it held, and a second, was cut off on its way
CODECS = frozenset(
    {"aac", "alac", "flac", "libopus", "libvorbis", "mp3", "mp3float", "opus", "pcm_f32le", "pcm_s16le", "pcm_s24le", "vorbis"}
)

# what goes out
RATE_HZ = 48_000
TARGET_LUFS = -16.0
TOLERANCE_LU = 1.0
MAX_TRUE_PEAK_DB = -1.5
LIMITER_DB = -3.5  # what is between the two is what a lossy encoder adds
PEAKS = 120
MAX_OUTPUT_BYTES = 2**20  # 90 s of the larger one are 600 KB

SHA256 = re.compile(r"[0-9a-f]{64}")


class Refusal(StrEnum):
    """Why a recording was not taken. The words are stored and have a translated sentence each: extend, never rename."""

    EMPTY = "sound_empty"
    """There are no bytes."""
    TOO_BIG = "sound_too_big"
    """More than MAX_BYTES."""
    NOT_AUDIO = "sound_not_audio"
    """The first bytes are of no container that is taken here: text, a playlist, a picture, an archive."""
    UNREADABLE = "sound_unreadable"
    """The container's beginning is right, but it cannot be opened or nothing in it decodes."""
    TRUNCATED = "sound_truncated"
    """It ends long before the length that it claims."""
    DAMAGED = "sound_damaged"
    """Too many packets do not decode, the format changes half-way, or samples are not numbers."""
    HAS_VIDEO = "sound_has_video"
    """There is a moving picture in it."""
    NO_AUDIO = "sound_no_audio"
    """A container without any sound."""
    MANY_TRACKS = "sound_many_tracks"
    """More than one sound, or other streams beside it."""
    CODEC = "sound_codec"
    """A coding of sound that is not among CODECS."""
    RATE = "sound_rate"
    """Fewer or more samples a second than MIN_RATE_HZ and MAX_RATE_HZ."""
    CHANNELS = "sound_channels"
    """More than MAX_CHANNELS."""
    TOO_SHORT = "sound_too_short"
    """Less than MIN_DURATION_MS."""
    TOO_LONG = "sound_too_long"
    """More than MAX_DURATION_MS."""
    SILENT = "sound_silent"
    """Quieter than SILENT_BELOW_LUFS: a microphone that was off."""
    UNEVEN = "sound_uneven"
    """It cannot be brought to TARGET_LUFS under MAX_TRUE_PEAK_DB: knocks or clicks in silence."""
    TOO_COSTLY = "sound_too_costly"
    """Reading it takes more packets, processor time or memory than any recording of this length needs."""
    CRASHED = "sound_crashed"
    """The decoder died of it."""


FORMATS = ("WebM", "Ogg", "MP4", "M4A", "WAV", "FLAC", "MP3")
REMEDIES: Mapping[Refusal, tuple[object, ...]] = {
    Refusal.TOO_BIG: (MAX_BYTES // 2**20,),
    Refusal.NOT_AUDIO: FORMATS,
    Refusal.UNREADABLE: FORMATS,
    Refusal.CODEC: FORMATS,
    Refusal.RATE: (MIN_RATE_HZ, MAX_RATE_HZ),
    Refusal.TOO_LONG: (MAX_DURATION_MS // 1_000,),
}


def explain(code: Refusal) -> Problem:
    """The refusal as a fault of the field `sound`, with what would be accepted."""
    return problem("sound", code.value, "", *REMEDIES.get(code, ()))


class SoundRefused(Exception):
    """This recording will never be taken, however often it is tried. `code` says why."""

    def __init__(self, code: Refusal) -> None:
        self.code = code
        super().__init__(str(code))


class Demuxer(StrEnum):
    """The readers of containers that are ever used, by FFmpeg's names."""

    MATROSKA = "matroska"  # WebM
    OGG = "ogg"
    MP4 = "mp4"
    WAV = "wav"
    FLAC = "flac"
    MP3 = "mp3"


SNIFFED_BYTES = 128
MP3_FRAME = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")  # eleven bits of synchronisation, MPEG 1, 2 or 2.5, layer III


def sniff(head: bytes) -> Demuxer:
    """The one reader for a file that begins with `head` (SNIFFED_BYTES of it are enough). Raises SoundRefused.

    FFmpeg is never left to guess: that is how playlists, concat scripts and rows of pictures get opened.
    """
    if not head:
        raise SoundRefused(Refusal.EMPTY)
    if head[:4] == b"\x1aE\xdf\xa3" and (b"webm" in head[:80] or b"matroska" in head[:80]):
        return Demuxer.MATROSKA
    if head[:4] == b"OggS":
        return Demuxer.OGG
    if head[4:8] == b"ftyp":
        return Demuxer.MP4
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return Demuxer.WAV
    if head[:4] == b"fLaC":
        return Demuxer.FLAC
    if head[:3] == b"ID3" or MP3_FRAME.match(head):
        return Demuxer.MP3
    raise SoundRefused(Refusal.NOT_AUDIO)


class Coding(StrEnum):
    """The two files made of each recording: one is free and small, the other plays on older Apple devices too."""

    WEBM = "webm"  # Opus
    MP4 = "mp4"  # AAC

    @property
    def content_type(self) -> str:
        """As served."""
        return f"audio/{self.value}"


@dataclass(frozen=True, slots=True)
class Encoded:
    """One of the two files: its digest (hex) and size, and how loud it is when decoded again."""

    sha256: str
    size_bytes: int
    lufs: float
    true_peak_db: float


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording that was taken. `peaks` are PEAKS highest levels, 0–255, in order; `source_lufs` is how loud it came."""

    duration_ms: int
    source_lufs: float
    peaks: tuple[int, ...]
    encoded: Mapping[Coding, Encoded]

    @property
    def lufs(self) -> float:
        """The loudness of that file which is farther from TARGET_LUFS."""
        return max((each.lufs for each in self.encoded.values()), key=lambda lufs: abs(lufs - TARGET_LUFS))

    @property
    def true_peak_db(self) -> float:
        """The highest level of either file."""
        return max(each.true_peak_db for each in self.encoded.values())


def is_quiet(source_lufs: float) -> bool:
    """Whether a recording came so quiet that its noise was raised with it: say so, and offer to record again nearer to the microphone."""
    return source_lufs < QUIET_BELOW_LUFS


def check_size(size_bytes: int) -> None:
    """Raises SoundRefused when so many bytes are none or too many."""
    if size_bytes <= 0:
        raise SoundRefused(Refusal.EMPTY)
    if size_bytes > MAX_BYTES:
        raise SoundRefused(Refusal.TOO_BIG)


def check_stream(codec: str, rate_hz: int, channels: int) -> None:
    """Raises SoundRefused when the one sound of a container is of a kind that is not taken."""
    if codec not in CODECS:
        raise SoundRefused(Refusal.CODEC)
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise SoundRefused(Refusal.RATE)
    if not 1 <= channels <= MAX_CHANNELS:
        raise SoundRefused(Refusal.CHANNELS)


def check_duration(duration_ms: float, claimed_ms: float | None) -> None:
    """Raises SoundRefused when so much sound is too short, too long, or much less than its container claims (None: it claims nothing)."""
    if duration_ms > MAX_DURATION_MS:
        raise SoundRefused(Refusal.TOO_LONG)
    if claimed_ms is not None and claimed_ms > duration_ms * TRUNCATED_OVER + 1_000:
        raise SoundRefused(Refusal.TRUNCATED)
    if duration_ms < MIN_DURATION_MS:
        raise SoundRefused(Refusal.TOO_SHORT)


def is_level(lufs: float, true_peak_db: float) -> bool:
    """Whether a file may go out: as loud as all others, and nowhere over the ceiling."""
    return abs(lufs - TARGET_LUFS) <= TOLERANCE_LU and true_peak_db <= MAX_TRUE_PEAK_DB


def read_sound(raw: Mapping[str, Any], files: Mapping[Coding, tuple[str, int]]) -> Sound:
    """The `Sound` that a child process describes, every figure of it within bounds. Raises ValueError.

    The child has read a stranger's bytes, so it is believed no more than they are: `files` holds digest and size as the parent saw them.
    """
    duration_ms, peaks = int(raw["duration_ms"]), _read_peaks(raw["peaks"])
    source_lufs = float(raw["source_lufs"])
    encoded = {coding: Encoded(*files[coding], *_read_level(raw["levels"][coding.value])) for coding in Coding}
    if not MIN_DURATION_MS <= duration_ms <= MAX_DURATION_MS or not SILENT_BELOW_LUFS <= source_lufs <= LOUDEST_LUFS:
        raise ValueError("out of bounds")
    if any(not SHA256.fullmatch(each.sha256) or not 0 < each.size_bytes <= MAX_OUTPUT_BYTES for each in encoded.values()):
        raise ValueError("no file")
    return Sound(duration_ms, source_lufs, peaks, encoded)


def _read_peaks(raw: Sequence[Any]) -> tuple[int, ...]:
    peaks = tuple(int(peak) for peak in raw[: PEAKS + 1])
    if len(peaks) != PEAKS or not all(0 <= peak <= 255 for peak in peaks):
        raise ValueError("no peaks")
    return peaks


def _read_level(raw: Sequence[Any]) -> tuple[float, float]:
    lufs, true_peak_db = (float(figure) for figure in raw)
    if not is_level(lufs, true_peak_db):
        raise ValueError("not level")
    return lufs, true_peak_db


class VoiceState(StrEnum):
    """Where a voice note stands. Whether a worker has it in hand is not said here: the job's row knows."""

    UPLOADED = "uploaded"  # arrived whole, not read yet
    REFUSED = "refused"  # by its `Refusal`
    READY = "ready"  # its own group may hear it
    OFFERED = "offered"  # the group it speaks to may hear it, and is asked
    PUBLISHED = "published"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class VoiceCommand(StrEnum):
    """What is done to a voice note: the first two by the worker, the third and the last by the speaker's group, the others by its hearers'."""

    KEEP = "keep"
    REFUSE = "refuse"
    OFFER = "offer"
    PUBLISH = "publish"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


TRANSITIONS: dict[tuple[VoiceState, VoiceCommand], VoiceState] = {
    (VoiceState.UPLOADED, VoiceCommand.KEEP): VoiceState.READY,
    (VoiceState.UPLOADED, VoiceCommand.REFUSE): VoiceState.REFUSED,
    (VoiceState.READY, VoiceCommand.OFFER): VoiceState.OFFERED,
    (VoiceState.READY, VoiceCommand.PUBLISH): VoiceState.PUBLISHED,
    (VoiceState.OFFERED, VoiceCommand.PUBLISH): VoiceState.PUBLISHED,
    (VoiceState.OFFERED, VoiceCommand.DECLINE): VoiceState.DECLINED,
    (VoiceState.PUBLISHED, VoiceCommand.DECLINE): VoiceState.DECLINED,
    **{
        (state, VoiceCommand.WITHDRAW): VoiceState.WITHDRAWN
        for state in VoiceState
        if state not in {VoiceState.REFUSED, VoiceState.WITHDRAWN}
    },
}


def next_state(state: VoiceState, command: VoiceCommand) -> VoiceState:
    """The state after `command`. Raises Conflict `voice_state` when it cannot be done (any more)."""
    target = TRANSITIONS.get((state, command))
    if target is None:
        raise Conflict("voice_state", state=state, command=command)
    return target
