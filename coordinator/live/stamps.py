"""What time does this server answer to probes? A monotonic clock anchored to UTC once, so that a step of the machine's clock moves no page."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

NS_PER_US = 1_000
US_PER_MS = 1_000
ANCHOR_TRIES = 5


def _monotonic_ns() -> int:
    return time.monotonic_ns()


def _utc_ns() -> int:
    return time.time_ns()


@dataclass(frozen=True, slots=True)
class Stamps:
    """`now_ms` is ms since 1970 UTC with µs digits; it never goes back and never jumps."""

    offset_ns: int
    monotonic_ns: Callable[[], int] = _monotonic_ns

    def now_ms(self) -> float:
        return (self.monotonic_ns() + self.offset_ns) // NS_PER_US / US_PER_MS


def anchor(monotonic_ns: Callable[[], int] = _monotonic_ns, utc_ns: Callable[[], int] = _utc_ns) -> Stamps:
    """Reads both clocks as close together as a few tries allow."""
    best_gap_ns, offset_ns = None, 0
    for _ in range(ANCHOR_TRIES):
        before, utc, after = monotonic_ns(), utc_ns(), monotonic_ns()
        if best_gap_ns is None or after - before < best_gap_ns:
            best_gap_ns, offset_ns = after - before, utc - (before + after) // 2
    return Stamps(offset_ns, monotonic_ns)
