"""When do two stretches of time share an instant, and when are several of them one?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

T = TypeVar("T", int, datetime)


def overlaps(span: tuple[T, T], start: T, end: T) -> bool:
    """Whether both [start, end) and the span, likewise without its end, hold the same instant; an empty one holds none."""
    return max(span[0], start) < min(span[1], end)


def join(spans: Iterable[tuple[T, T]], parts: Callable[[T, T], bool]) -> list[tuple[T, T]]:
    """The spans in order; two are one unless what lies between the end of the one and the start of the other `parts` them."""
    joined: list[tuple[T, T]] = []
    for start, end in sorted(spans):
        if joined and not parts(joined[-1][1], start):
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined
