"""How does a segment travel through Apertium? In its stream format, one NUL after each, with the same escapes as its own text deformatter.

    uno[\n]dos.[]\0       reserved signs escaped, white space that must stay as it is in [brackets], the mark `.[]` at the end

The mark is a sentence's end that is taken off again: without it the tagger guesses worse, and some pairs lose the last word before a NUL.
With `apertium -z` each part of the pipeline answers NUL by NUL, so segments can neither run together nor change places.
"""

from __future__ import annotations

import re

END = ".[]"
RESERVED = re.compile(r"[\\^$/\[\]{}<>@]")
# Runs of white space and line breaks, and the tilde, which the generator swallows outside brackets.
AS_IT_IS = re.compile(r"[ \t\n\r\v\f~]*[\t\n\r\v\f~][ \t\n\r\v\f~]*| {2,}")
UNITS = re.compile(r"\\(.)|[\[\]]", re.DOTALL)
DOUBTS = "*@#"  # how Apertium marks words that it did not know, could not transfer or could not build; some pairs do so even with -u


def write_stream(segments: list[str]) -> bytes:
    """The segments, none of which holds a NUL, for the standard input of `apertium -z -f none`."""
    return "".join(f"{_encode(segment)}{END}\0" for segment in segments).encode()


def read_stream(output: bytes, segments: list[str]) -> list[str]:
    """The answers, in order. They are fewer or more than the segments when the pipeline broke; that is the caller's to judge.

    Raises UnicodeDecodeError.
    """
    *parts, rest = output.decode().split("\0")
    parts += [rest] if rest else []
    while len(parts) > len(segments) and not parts[-1]:  # parts of the pipeline flush once more at the end
        parts.pop()
    doubted = [*segments, *([""] * (len(parts) - len(segments)))]
    return [_undoubted(_decode(part), segment) for part, segment in zip(parts, doubted, strict=False)]


def _encode(segment: str) -> str:
    return AS_IT_IS.sub(lambda found: f"[{found[0]}]", RESERVED.sub(r"\\\g<0>", segment))


def _decode(part: str) -> str:
    return UNITS.sub(lambda found: found[1] or "", part.removesuffix(END))


def _undoubted(answer: str, segment: str) -> str:
    """The answer without marks of doubt, unless the segment had such signs itself."""
    return "".join(c for c in answer if c not in DOUBTS or c in segment)
