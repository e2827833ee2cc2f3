"""What does a confined child say to its parent? Frames on its standard output: a letter, a length in four bytes, and so many bytes.

What the letters mean is each reader's own (an Enum of single bytes); neither side believes the other's lengths.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from enum import Enum
from typing import BinaryIO, TypeVar

HEADER = struct.Struct(">cI")

Kind = TypeVar("Kind", bound=Enum)


def write_frame(stream: BinaryIO, kind: Enum, payload: bytes) -> None:
    """Writes one frame and flushes it."""
    stream.write(HEADER.pack(kind.value, len(payload)))
    stream.write(payload)
    stream.flush()


def read_header(header: bytes, longest: Mapping[Kind, int]) -> tuple[Kind, int]:
    """Kind and length of the frame that follows. Raises ValueError for a letter that is none of `longest`, or a length over its limit."""
    letter, length = HEADER.unpack(header)
    kind = next((known for known in longest if known.value == letter), None)
    if kind is None or length > longest[kind]:
        raise ValueError(f"{letter!r} of {length} bytes")
    return kind, length
