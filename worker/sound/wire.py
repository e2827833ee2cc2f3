"""What does the child say to its parent? In the frames of `coordinator/confined/frames.py`:

    L  which layers of the sandbox hold, JSON list of names; first of all, before a byte of the recording is read
    R  the recording is refused: the code                                                       then the end
    S  the description of the sound, JSON object; W the WebM file; M the MP4 file               then the end

The recording comes in on standard input, whole. Both sides import this.
"""

from __future__ import annotations

from enum import Enum

from coordinator.domain.voice_note import MAX_OUTPUT_BYTES, Coding


class Kind(Enum):
    """The letters."""

    LAYERS = b"L"
    REFUSED = b"R"
    SOUND = b"S"
    WEBM = b"W"
    MP4 = b"M"


LONGEST = {Kind.LAYERS: 1_024, Kind.REFUSED: 64, Kind.SOUND: 8_192, Kind.WEBM: MAX_OUTPUT_BYTES, Kind.MP4: MAX_OUTPUT_BYTES}
KIND_OF = {Coding.WEBM: Kind.WEBM, Coding.MP4: Kind.MP4}
