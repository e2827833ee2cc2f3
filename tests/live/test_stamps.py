"""The server's own time: anchored once, never moved by a step of the machine's clock."""

from __future__ import annotations

from coordinator.live.stamps import anchor


class Clocks:
    """A monotonic clock and UTC, both in ns, that move only when told."""

    def __init__(self) -> None:
        self.monotonic = 1_000_000_000
        self.utc = 1_795_312_800_123_456_789
        self.reads = 0

    def read_monotonic(self) -> int:
        return self.monotonic

    def read_utc(self) -> int:
        return self.utc

    def read_monotonic_slowly(self) -> int:
        """Every other read takes long, as when the machine was busy; one pair of reads is close together."""
        self.reads += 1
        self.monotonic += 50_000_000 if self.reads % 2 == 0 and self.reads != 4 else 0
        return self.monotonic


def test_stamps_are_ms_with_us_digits() -> None:
    clocks = Clocks()
    stamps = anchor(clocks.read_monotonic, clocks.read_utc)

    assert stamps.now_ms() == 1_795_312_800_123.456


def test_stamps_follow_the_monotonic_clock() -> None:
    clocks = Clocks()
    stamps = anchor(clocks.read_monotonic, clocks.read_utc)

    clocks.monotonic += 1_500_000

    assert stamps.now_ms() == 1_795_312_800_124.956


def test_step_of_utc_moves_no_stamp() -> None:
    clocks = Clocks()
    stamps = anchor(clocks.read_monotonic, clocks.read_utc)
    before = stamps.now_ms()

    clocks.utc += 95 * 10**9

    assert stamps.now_ms() == before


def test_anchor_takes_the_closest_pair_of_reads() -> None:
    clocks = Clocks()

    stamps = anchor(clocks.read_monotonic_slowly, clocks.read_utc)

    assert stamps.offset_ns == clocks.utc - 1_050_000_000  # of the second try, when the monotonic clock had moved once
