"""What a hub keeps of one stream: a ring without a hole, and events that follow on each other or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.live.topic import (
    BATCH_BYTES,
    BATCH_FRAMES,
    RING_MOST_BYTES,
    RING_MOST_FRAMES,
    Broken,
    Entry,
    Ring,
    continue_after,
    cut_batch,
)
from coordinator.store.eventlog import ZERO_TAG, Event, Position
from tests.conftest import NOON


def tag(seq: int) -> str:
    return ZERO_TAG if seq == 0 else f"{seq:08x}"


def at(seq: int) -> Position:
    return Position(seq, tag(seq))


def event(seq: int, tag_: str | None = None) -> Event:
    return Event("public", seq, (tag_ or tag(seq)) + "0" * 24, "action.edited", {}, NOON)


def entry(seq: int, size: int = 1) -> Entry:
    return Entry(at(seq), b"x" * size)


@given(start=st.integers(0, 5), length=st.integers(0, 1_200), asked=st.integers(0, 1_300))
def test_ring_answers_with_what_follows_or_not_at_all(start: int, length: int, asked: int) -> None:
    ring = Ring(at(start))
    for seq in range(start + 1, start + length + 1):
        ring.append(entry(seq))

    batch = ring.after(at(asked))

    oldest = max(start, start + length - RING_MOST_FRAMES)
    if not oldest <= asked <= start + length:
        assert batch is None
    else:
        assert batch is not None
        assert [e.position.seq for e in batch] == list(range(asked + 1, min(start + length, asked + BATCH_FRAMES) + 1))


def test_ring_does_not_know_a_position_of_another_past() -> None:
    ring = Ring(at(3))
    ring.append(entry(4))

    assert ring.after(Position(3, "ffffffff")) is None
    assert ring.after(Position(4, "ffffffff")) is None
    assert ring.after(at(4)) == []


def test_ring_is_bounded_in_bytes() -> None:
    ring = Ring(at(0))
    for seq in range(1, 6):
        ring.append(entry(seq, RING_MOST_BYTES // 4))

    assert ring.after(at(0)) is None
    assert ring.after(at(1)) is not None


@given(st.lists(st.integers(1, BATCH_BYTES * 2), min_size=1, max_size=300))
def test_batch_is_a_beginning_within_its_bounds_and_never_empty(sizes: list[int]) -> None:
    entries = [entry(i, size) for i, size in enumerate(sizes, start=1)]

    batch = cut_batch(entries)

    assert batch == entries[: len(batch)]
    assert 1 <= len(batch) <= BATCH_FRAMES
    assert len(batch) == 1 or sum(len(e.frame) for e in batch) <= BATCH_BYTES


@pytest.mark.parametrize(
    ("position", "events", "following"),
    [
        (at(0), [], []),
        (at(0), [event(1), event(2)], [event(1), event(2)]),
        (at(1), [event(1)], []),
        (at(1), [event(1), event(2), event(3)], [event(2), event(3)]),
    ],
)
def test_events_that_follow_are_returned(position: Position, events: list[Event], following: list[Event]) -> None:
    assert continue_after(position, events) == following


@pytest.mark.parametrize(
    ("position", "events", "reason"),
    [
        (at(2), [], "rewound"),  # the log ends before
        (at(2), [event(2, "ffffffff"), event(3)], "rewound"),  # another past
        (at(2), [event(3)], "gone"),  # not kept any more
        (at(0), [event(2)], "gone"),
        (at(1), [event(1), event(3)], "gone"),  # a hole
        (at(1), [event(1), event(2), event(2)], "gone"),
    ],
)
def test_events_that_do_not_follow_are_refused(position: Position, events: list[Event], reason: str) -> None:
    with pytest.raises(Broken) as caught:
        continue_after(position, events)

    assert caught.value.reason == reason
