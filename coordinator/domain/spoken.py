"""What are the words of a voice note, line by line, and when is each of them heard?

A note may have no sound: it was written, and a browser reads its words at its own pace. Then no line has a time.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from coordinator.domain.group import read_language
from coordinator.domain.spotlight import make_sections
from coordinator.domain.text import read_line, text_of
from coordinator.domain.translation import Section
from coordinator.errors import Faults, Invalid, problem

LINE_CHARS = 300
LINES_MOST = 40  # of a minute and a half
SIGNS_MOST = 1_200  # the same, read aloud
SIGNS_OF_WIDE = 3  # a sign of Chinese, Japanese or Korean takes as long as three of an alphabet
Times = tuple[tuple[int, int], ...]  # milliseconds from the beginning of the sound, a pair for each line


@dataclass(frozen=True, slots=True)
class Spoken:
    """The words of a voice note as its speaker's group wrote them: a section for each line, and when each is heard."""

    language: str
    sections: tuple[Section, ...]
    times: Times  # empty where there is no sound


def read_spoken(raw: Mapping[str, object], *, languages: Collection[str], duration_ms: int | None) -> Spoken:
    """Words from a form or JSON body: `language`, `words` (a sentence a line), `times` (a line each: "start end" in seconds; absent: spread).

    With `duration_ms` None there is no sound: the words must be short enough to be read aloud. Raises Invalid with every fault.
    """
    faults = Faults()
    language = faults.read("language", read_language, text_of(raw, "language"), languages)
    lines = faults.read("words", _read_lines if duration_ms is not None else _read_written_lines, text_of(raw, "words"))
    faults.check()
    times = faults.read("times", read_times, text_of(raw, "times"), lines, duration_ms) if duration_ms is not None else ()
    faults.check()
    return Spoken(language, make_sections({f"line.{number}": line for number, line in enumerate(lines, 1)}), times)


def _read_lines(raw: str) -> tuple[str, ...]:
    lines = tuple(read_line(line, longest=LINE_CHARS) for line in raw.splitlines() if line.strip())
    if not lines:
        raise Invalid(problem("", "missing"))
    if len(lines) > LINES_MOST:
        raise Invalid(problem("", "too_many_lines", len(lines), LINES_MOST))
    return lines


def _read_written_lines(raw: str) -> tuple[str, ...]:
    lines = _read_lines(raw)
    count = sum(count_signs(line) for line in lines)
    if count > SIGNS_MOST:
        raise Invalid(problem("", "too_many_signs", count, SIGNS_MOST))
    return lines


def count_signs(line: str) -> int:
    """How long a line is when it is read aloud, in signs of an alphabet."""
    return sum(SIGNS_OF_WIDE if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line)


TIME = re.compile(r"(\d{1,2}(?:\.\d{1,3})?)\s+(\d{1,2}(?:\.\d{1,3})?)")


def read_times(raw: str, lines: Sequence[str], duration_ms: int) -> Times:
    """When each line is heard; spread by length when nothing is said. Problem: times_unfit, unless they rise, one pair for each line."""
    if not raw.strip():
        return spread_times(lines, duration_ms)
    pairs = [TIME.fullmatch(line.strip()) for line in raw.splitlines() if line.strip()]
    times = tuple((round(float(pair[1]) * 1_000), round(float(pair[2]) * 1_000)) for pair in pairs if pair)
    ends = [0, *(instant for pair in times for instant in pair), duration_ms]
    if len(times) != len(lines) or len(pairs) != len(lines) or sorted(ends) != ends or any(start == end for start, end in times):
        raise Invalid(problem("", "times_unfit", "", len(lines), f"{duration_ms / 1_000:.1f}"))
    return times


def spread_times(lines: Sequence[str], duration_ms: int) -> Times:
    """Times by the length of the lines, without a hole, from the beginning to the end."""
    heard, whole = 0, sum(len(line) for line in lines)
    bounds = [0]
    for line in lines:
        heard += len(line)
        bounds.append(duration_ms * heard // whole)
    return tuple(itertools.pairwise(bounds))
