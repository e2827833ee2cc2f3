"""Recordings as phones and browsers make them, written here with FFmpeg's encoders from a sound that stands in for speech."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from numpy.typing import NDArray

Sound = NDArray[np.float32]  # channels × samples

RATE_HZ = 48_000
CODEC_FORMATS = {
    "aac": "fltp",
    "libopus": "flt",
    "vorbis": "fltp",
    "libmp3lame": "fltp",
    "flac": "s16",
    "alac": "s16p",
    "pcm_s16le": "s16",
    "pcm_s16be": "s16",
    "pcm_s24le": "s32",
    "pcm_f32le": "flt",
    "pcm_u8": "u8",
    "pcm_mulaw": "s16",
    "pcm_f64le": "dbl",
    "adpcm_ima_wav": "s16p",
    "mp2": "s16",
    "ac3": "fltp",
    "wmav2": "fltp",
}
STEREO_ONLY = {"vorbis"}  # as FFmpeg writes it  # fmt: skip


VERSE_S = 10  # longer ones say the same again


def speak(seconds: float, *, seed: int = 1, rate_hz: int = RATE_HZ, channels: int = 1, peak: float = 0.3, noise: float = 0.002) -> Sound:
    """Syllables of a gliding voice with breaks between them, over a little noise; the same for the same seed."""
    verse = _speak(min(seconds, VERSE_S), seed, rate_hz, peak, noise)
    return np.tile(np.resize(verse, int(seconds * rate_hz)), (channels, 1))


@cache
def _speak(seconds: float, seed: int, rate_hz: int, peak: float, noise: float) -> Sound:
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    pitch = 120 + 25 * np.sin(2 * np.pi * 0.37 * t) + 10 * np.sin(2 * np.pi * 2.1 * t)
    phase = 2 * np.pi * np.cumsum(pitch) / rate_hz
    voice = np.sum([np.sin(k * phase + k) / k**0.8 for k in range(1, 24)], axis=0)
    syllables = np.clip(np.sin(2 * np.pi * 3.3 * t) + 0.4 * np.sin(2 * np.pi * 0.31 * t), 0, None) ** 0.7
    spoken = voice * syllables
    mixed: Sound = (spoken / np.abs(spoken).max() * peak + noise * rng.standard_normal(t.size)).astype(np.float32)
    return mixed


@dataclass(frozen=True)
class Recipe:
    """How a recording is written: container, codec, and what else a recorder puts into it."""

    container: str
    codec: str
    rate_hz: int = RATE_HZ
    bit_rate: int = 48_000
    options: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    cover: bool = False
    codec_options: Mapping[str, str] = field(default_factory=dict)

    def with_tags(self, metadata: Mapping[str, str], *, cover: bool = False) -> Recipe:
        return replace(self, metadata=metadata, cover=cover)


WEBM = Recipe("webm", "libopus")
RECIPES = {
    "webm opus, as Chromium records": WEBM,
    "webm opus without a length, as a stream": Recipe("webm", "libopus", options={"live": "1"}),
    "ogg opus, as Firefox records": Recipe("ogg", "libopus"),
    "ogg vorbis": Recipe("ogg", "vorbis", codec_options={"strict": "experimental"}),
    "mp4 aac": Recipe("mp4", "aac"),
    "mp4 aac in fragments, as Safari records": Recipe("mp4", "aac", options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}),
    "mp4 opus": Recipe("mp4", "libopus"),
    "m4a aac at 44.1 kHz": Recipe("ipod", "aac", 44_100),
    "m4a alac": Recipe("ipod", "alac", 44_100),
    "mp3": Recipe("mp3", "libmp3lame", 44_100),
    "mp3 without a length": Recipe("mp3", "libmp3lame", 44_100, options={"write_xing": "0", "id3v2_version": "0"}),
    "mp3 at 16 kHz": Recipe("mp3", "libmp3lame", 16_000),
    "wav 16 bit": Recipe("wav", "pcm_s16le"),
    "wav 24 bit at 96 kHz": Recipe("wav", "pcm_s24le", 96_000),
    "wav float": Recipe("wav", "pcm_f32le"),
    "wav at 8 kHz": Recipe("wav", "pcm_s16le", 8_000),
    "flac": Recipe("flac", "flac"),
    "matroska flac": Recipe("matroska", "flac"),
}


def record(recipe: Recipe, sound: Sound, *, tracks: int = 1, video: bool = False) -> bytes:
    """The file of a sound (at the recipe's rate); `tracks` of the same, a moving picture if asked for."""
    with tempfile.NamedTemporaryFile() as file:  # some muxers go back, and read what they wrote
        with av.open(file.name, "w", format=recipe.container, options=dict(recipe.options)) as container:
            container.metadata.update(recipe.metadata)
            streams = [_add_sound(container, recipe, len(sound)) for _ in range(tracks)]
            pictures = [_add_picture(container, recipe, moving=video)] if video or recipe.cover else []
            for picture in pictures:
                for frame in _pictures(picture, 10 if video else 1):
                    container.mux(picture.encode(frame))
                container.mux(picture.encode(None))
            for stream in streams:
                for frame in _frames(stream, sound, recipe):
                    container.mux(stream.encode(frame))
                container.mux(stream.encode(None))
        return Path(file.name).read_bytes()


def _add_sound(container: Any, recipe: Recipe, channels: int) -> AudioStream:
    layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}.get(channels, f"{channels} channels")
    stream: AudioStream = container.add_stream(recipe.codec, rate=recipe.rate_hz, layout=layout, options=dict(recipe.codec_options))
    if not recipe.codec.startswith(("pcm", "flac", "alac", "adpcm")):
        stream.bit_rate = recipe.bit_rate
    return stream


def _add_picture(container: Any, recipe: Recipe, *, moving: bool) -> Any:
    codec = {"webm": "libvpx", "matroska": "libvpx"}.get(recipe.container, "mpeg4") if moving else "mjpeg"
    picture = container.add_stream(codec, rate=1 if not moving else 10)
    picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p" if moving else "yuvj420p"
    if not moving:
        picture.disposition = av.stream.Disposition.attached_pic
    return picture


def _pictures(stream: Any, count: int) -> Sequence[Any]:
    pictures = [av.VideoFrame.from_ndarray(np.full((64, 64, 3), 20 * i, np.uint8), format="rgb24") for i in range(count)]
    for i, picture in enumerate(pictures):
        picture.pts = i
    return pictures


def _frames(stream: AudioStream, sound: Sound, recipe: Recipe) -> Sequence[Any]:
    """The sound in the codec's sample format and frame size."""
    layout = stream.layout.name
    resampler = av.AudioResampler(
        format=CODEC_FORMATS[recipe.codec], layout=layout, rate=recipe.rate_hz, frame_size=stream.codec_context.frame_size or 1_024
    )
    whole = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout=layout)
    whole.sample_rate, whole.pts = recipe.rate_hz, 0
    return [*resampler.resample(whole), *resampler.resample(None)]


def decode_plainly(data: bytes) -> Sound:
    """All samples of a file as one channel at RATE_HZ, by FFmpeg's own choice of reader: what a listener gets."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    with av.open(io.BytesIO(data)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)] + resampler.resample(None)
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).reshape(1, -1)
