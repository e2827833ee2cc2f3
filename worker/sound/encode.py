"""How are samples written as the two files that are kept? With nothing in them but sound, and the same bytes for the same samples.

FFmpeg runs here: only the child process (and tests in theirs) may import this module.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import av
from av.audio.stream import AudioStream

from coordinator.domain.voice_note import RATE_HZ, Coding
from worker.sound.decode import Samples
from worker.sound.loudness import frame_of


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one of the files is written."""

    codec: str
    sample_format: str
    frame_samples: int
    bit_rate: int
    codec_options: Mapping[str, str]
    container_options: Mapping[str, str]


BITEXACT = {"fflags": "+bitexact"}  # no name of the program, no time, no random number
RECIPES = {
    # "voip" throws clicks that were not there, so "audio"; measured with the limiter's ceiling in mind
    Coding.WEBM: Recipe("libopus", "flt", 960, 32_000, {"application": "audio", "vbr": "constrained", "compression_level": "5"}, BITEXACT),
    # the other coder of AAC overshoots by 4 dB; the index comes first, so that a player may seek before it has everything
    Coding.MP4: Recipe("aac", "fltp", 1_024, 48_000, {"aac_coder": "fast"}, BITEXACT | {"movflags": "+faststart"}),
}


def encode(samples: Samples, coding: Coding) -> bytes:
    """The whole file, made in memory."""
    recipe, written = RECIPES[coding], io.BytesIO()

    def open_again(*_: object) -> io.BytesIO:
        """Moving the index to the front reads the file while it is still being written."""
        return io.BytesIO(written.getvalue())

    with av.open(written, "w", format=coding.value, container_options=dict(recipe.container_options), io_open=open_again) as container:
        options = {"flags": "+bitexact", **recipe.codec_options}
        stream = container.add_stream(recipe.codec, rate=RATE_HZ, layout="mono", options=options)
        assert isinstance(stream, AudioStream)
        stream.bit_rate = recipe.bit_rate
        for start in range(0, samples.size, recipe.frame_samples):
            block = samples[start : start + recipe.frame_samples]
            container.mux(stream.encode(frame_of(block, start, recipe.sample_format)))
        container.mux(stream.encode(None))
    return written.getvalue()
