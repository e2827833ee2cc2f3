"""What does the child say to its parent? Frames on its standard output: a letter, a length in four bytes, and so many bytes.

    L  which layers of the sandbox hold, JSON list of names; first of all, before a byte of the recording is read
    R  the recording is refused: the code                                                       then the end
    S  the description of the sound, JSON object; W the WebM file; M the MP4 file               then the end

The recording comes in on standard input, whole. Both sides import this; neither believes the other's lengths.
"""

from __future__ import annotations

import struct
from enum import Enum
from typing import BinaryIO

from coordinator.domain.voice_note import MAX_OUTPUT_BYTES, Coding

HEADER = struct.Struct(">cI")


class Kind(Enum):
    """The letters."""

    LAYERS = b"L"
    REFUSED = b"R"
    SOUND = b"S"
    WEBM = b"W"
    MP4 = b"M"


LONGEST = {Kind.LAYERS: 1_024, Kind.REFUSED: 64, Kind.SOUND: 8_192, Kind.WEBM: MAX_OUTPUT_BYTES, Kind.MP4: MAX_OUTPUT_BYTES}
KIND_OF = {Coding.WEBM: Kind.WEBM, Coding.MP4: Kind.MP4}


def write_frame(stream: BinaryIO, kind: Kind, payload: bytes) -> None:
    """Writes one frame and flushes it."""
    stream.write(HEADER.pack(kind.value, len(payload)))
    stream.write(payload)
    stream.flush()


def read_header(header: bytes) -> tuple[Kind, int]:
    """Kind and length of the frame that follows. Raises ValueError for a letter that is none, or a length over the kind's limit."""
    letter, length = HEADER.unpack(header)
    kind = Kind(letter)
    if length > LONGEST[kind]:
        raise ValueError(f"{kind.name} of {length} bytes")
    return kind, length
