"""How does a stranger's file become samples? One forced reader, one sound in it, and an end to everything that is counted.

FFmpeg runs here: only the child process (and tests in theirs) may import this module.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

import av
import av.logging

# PyAV would import these when it meets a container, and then nothing can be opened any more.
import av.subtitles.codeccontext
import av.subtitles.stream
import av.video.codeccontext
import av.video.stream
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from numpy.typing import NDArray

from coordinator.domain.voice_note import (
    MAX_BAD_PACKETS,
    MAX_DURATION_MS,
    MAX_PACKETS,
    MAX_SAMPLE,
    MAX_STREAMS,
    RATE_HZ,
    SNIFFED_BYTES,
    Demuxer,
    Refusal,
    SoundRefused,
    check_duration,
    check_size,
    check_stream,
    sniff,
)

Samples = NDArray[np.float32]  # one channel, RATE_HZ

MAX_SAMPLES = MAX_DURATION_MS * RATE_HZ // 1_000
PROBED = {"probesize": "1000000", "analyzeduration": "2000000"}  # bytes and µs that are looked at before the first packet
UNKNOWN_LENGTHS = (0, 0xFFFF_FFFF)  # what a recorder writes that cannot go back to the beginning
OGG_BEGINNING = b"OggS\0\x02"  # the first page of each stream, whether side by side or one after the other
MP3_LENGTHS = (b"Xing", b"Info", b"VBRI")  # without one of these FFmpeg guesses the length from the first frame
MP3_LENGTH_WITHIN = 4_096

# FFmpeg's words repeat what is in the file.
av.logging.set_level(av.logging.PANIC)


def decode(data: bytes) -> Samples:
    """All samples of the one sound in `data`, mixed to one channel. Raises SoundRefused; MemoryError when a limit of the process is met."""
    check_size(len(data))
    demuxer = sniff(data[:SNIFFED_BYTES])
    if demuxer is Demuxer.WAV and _is_cut_wav(data):
        raise SoundRefused(Refusal.TRUNCATED)
    with _open(data, demuxer) as container:
        stream = _only_sound(container)
        if demuxer is Demuxer.OGG and data.count(OGG_BEGINNING) > 1:  # FFmpeg would read the first and leave the others
            raise SoundRefused(Refusal.MANY_TRACKS)
        collected = _Collected()
        _read(container, stream, collected)
        claimed_ms = container.duration / 1_000 if container.duration and _claims_length(data, demuxer) else None
    samples = collected.samples
    if not samples.size and collected.bad:
        raise SoundRefused(Refusal.UNREADABLE)
    check_duration(samples.size * 1_000 / RATE_HZ, claimed_ms)
    return samples


def _open(data: bytes, demuxer: Demuxer) -> InputContainer:
    try:
        return av.open(io.BytesIO(data), "r", format=demuxer.value, metadata_errors="replace", options=PROBED, io_open=_open_nothing)
    except MemoryError:
        raise
    except (av.FFmpegError, ValueError, OverflowError) as fault:
        raise SoundRefused(Refusal.UNREADABLE) from fault


def _open_nothing(*_: object) -> NoReturn:
    """What a container says lies elsewhere stays there."""
    raise PermissionError


def _only_sound(container: InputContainer) -> AudioStream:
    """The one sound. A cover is a stream too, and is left aside."""
    streams = list(container.streams)
    if any(each.type == "video" and not each.disposition & av.stream.Disposition.attached_pic for each in streams):
        raise SoundRefused(Refusal.HAS_VIDEO)
    sounds = container.streams.audio
    if not sounds:
        raise SoundRefused(Refusal.NO_AUDIO)
    if len(sounds) > 1 or len(streams) > MAX_STREAMS:
        raise SoundRefused(Refusal.MANY_TRACKS)
    context = sounds[0].codec_context
    if context is None:  # FFmpeg has no decoder for it
        raise SoundRefused(Refusal.CODEC)
    check_stream(context.name, context.sample_rate or 0, context.channels or 0)
    context.thread_count = 1
    return sounds[0]


class _Collected:
    """Samples as they come, and how many packets there were. The room for the longest note is asked for once and filled as needed."""

    def __init__(self) -> None:
        self._room: Samples = np.empty(MAX_SAMPLES, np.float32)
        self._resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
        self._size = 0
        self._packets = 0
        self.bad = 0

    @property
    def samples(self) -> Samples:
        return self._room[: self._size]

    def take(self, packet: Packet[AudioStream]) -> None:
        """Decodes one packet; a few that do not decode are let pass."""
        self._packets += 1
        if self._packets > MAX_PACKETS:
            raise SoundRefused(Refusal.TOO_COSTLY)
        try:
            self._resample(packet.decode())
        except MemoryError:
            raise
        except (av.FFmpegError, ValueError):  # ValueError: the format changes inside the stream
            self.note_bad()

    def note_bad(self) -> None:
        """Counts what could not be read."""
        self.bad += 1
        if self.bad > MAX_BAD_PACKETS:
            raise SoundRefused(Refusal.DAMAGED if self._size else Refusal.UNREADABLE)

    def finish(self) -> None:
        """Takes what the resampler still held."""
        if self._size:
            self._keep(self._resampler.resample(None))

    def _resample(self, frames: Iterable[Any]) -> None:
        for frame in frames:
            frame.pts = None  # samples are counted, timestamps never believed: a gap of ten hours is one number
            self._keep(self._resampler.resample(frame))

    def _keep(self, frames: Iterable[AudioFrame]) -> None:
        for frame in frames:
            new = frame.to_ndarray().reshape(-1)
            if not np.all(np.abs(new) <= MAX_SAMPLE):  # false for NaN too
                raise SoundRefused(Refusal.DAMAGED)
            end = self._size + new.size
            if end > MAX_SAMPLES:
                raise SoundRefused(Refusal.TOO_LONG)
            self._room[self._size : end] = new
            self._size = end


def _read(container: InputContainer, stream: AudioStream, collected: _Collected) -> None:
    """Decodes packet by packet until the file ends, or ends to make sense."""
    packets = container.demux(stream)
    for packet in _until_fault(packets, collected):
        collected.take(packet)
    collected.finish()


def _until_fault(packets: Iterator[Packet[AudioStream]], collected: _Collected) -> Iterator[Packet[AudioStream]]:
    try:
        yield from packets
    except MemoryError:
        raise
    except (av.FFmpegError, ValueError):
        collected.note_bad()


def _is_cut_wav(data: bytes) -> bool:
    said = int.from_bytes(data[4:8], "little")
    return said not in UNKNOWN_LENGTHS and said + 8 > len(data) + 1  # a missing byte of padding is forgiven


def _claims_length(data: bytes, demuxer: Demuxer) -> bool:
    return demuxer is not Demuxer.MP3 or any(mark in data[:MP3_LENGTH_WITHIN] for mark in MP3_LENGTHS)
