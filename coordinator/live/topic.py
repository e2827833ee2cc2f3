"""What does a hub hold of one stream? Where it stands, its recent frames, who is live at its head and who is still catching up.

A viewer that is live stands exactly where the topic stands, so "push only if seq is the cursor plus one" is checked once for all of them.
Every step from one event to the next is checked against the tag of the event before it: what a viewer got is always the beginning of a
log that existed, and a log that was set back is noticed at the first step.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from coordinator.live.frames import Viewer
from coordinator.live.protocol import Reset, encode_event
from coordinator.live.session import Session
from coordinator.store.eventlog import Event, Position
from coordinator.store.tables import to_microseconds

RING_MOST_FRAMES = 1_000
RING_MOST_BYTES = 1024 * 1024
BATCH_FRAMES = 100
BATCH_BYTES = 64 * 1024


class Broken(Exception):
    """The log cannot be continued from a position; `reason` is a Reset's."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it goes out."""

    position: Position
    frame: bytes


@dataclass(slots=True, eq=False)
class Member:
    """One connection, as the hub keeps it: how to reach it, what it may, what it follows."""

    viewer: Viewer
    session: Session
    follows: dict[str, Subscription] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Subscription:
    """One viewer on one stream. `position` is what it was sent last while it is catching up; live, it stands where the topic stands."""

    member: Member
    topic: Topic
    position: Position | None
    live: bool = False
    doubts: int = 0  # how often in a row its position and the log did not fit together
    task: asyncio.Task[None] | None = None


def continue_after(position: Position, events: Sequence[Event]) -> list[Event]:
    """The events after `position`, out of those from `position` itself on, in order. Raises Broken when they do not follow on it."""
    if position.seq == 0:
        following = list(events)
    elif not events or events[0].seq != position.seq:
        raise Broken(Reset.GONE if events and events[0].seq > position.seq else Reset.REWOUND)
    elif events[0].tag != position.tag:
        raise Broken(Reset.REWOUND)
    else:
        following = list(events[1:])
    if any(event.seq != position.seq + i for i, event in enumerate(following, start=1)):
        raise Broken(Reset.GONE)
    return following


def make_entry(event: Event) -> Entry:
    """The event with its frame, encoded here once for everybody."""
    return Entry(Position(event.seq, event.tag), encode_event(event, to_microseconds(event.at)))


def cut_batch(entries: Sequence[Entry]) -> list[Entry]:
    """As many from the beginning as a reader gets before it must have taken most of them; at least one if there is one."""
    size = 0
    for count, entry in enumerate(entries):
        size += len(entry.frame)
        if count and (count >= BATCH_FRAMES or size > BATCH_BYTES):
            return list(entries[:count])
    return list(entries)


class Ring:
    """The latest frames of a stream without a hole, from just after `start` on."""

    def __init__(self, start: Position) -> None:
        self.start = start
        self._entries: deque[Entry] = deque()
        self._bytes = 0

    def append(self, entry: Entry) -> None:
        """Adds the next entry; the oldest leave when it is over its bounds."""
        self._entries.append(entry)
        self._bytes += len(entry.frame)
        while len(self._entries) > RING_MOST_FRAMES or self._bytes > RING_MOST_BYTES:
            oldest = self._entries.popleft()
            self._bytes -= len(oldest.frame)
            self.start = oldest.position

    def after(self, position: Position) -> list[Entry] | None:
        """A batch of what follows `position`; None when the ring does not reach back to it, or knows another event there."""
        index = position.seq - self.start.seq
        if index < 0 or index > len(self._entries) or self._position(index) != position:
            return None
        return cut_batch(list(islice(self._entries, index, index + BATCH_FRAMES)))

    def _position(self, index: int) -> Position:
        return self.start if index == 0 else self._entries[index - 1].position


class Topic:
    """One stream in this process. Only the tail moves `delivered`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.delivered: Position | None = None  # not known until the tail has looked
        self.ring = Ring(Position(0, ""))
        self.subscriptions: set[Subscription] = set()
        self.live: set[Subscription] = set()
        self.idle_rounds = 0

    def begin(self, position: Position) -> None:
        """Stands at `position` from now on, with an empty past: at first, and after the log was set back."""
        self.delivered = position
        self.ring = Ring(position)

    def extend(self, events: Sequence[Event]) -> None:
        """Sends the next events to everybody who is live. They must follow on `delivered` (`continue_after`)."""
        for event in events:
            entry = make_entry(event)
            self.delivered = entry.position
            self.ring.append(entry)
            for subscription in self.live:
                subscription.member.viewer.write(entry.frame)

    def admit(self, subscription: Subscription) -> bool:
        """Makes a viewer live if it stands where the topic stands: one step of the loop, so that nothing can come between."""
        if self.delivered is None or subscription.position != self.delivered:
            return False
        subscription.live = True
        self.live.add(subscription)
        return True

    def remove(self, subscription: Subscription) -> None:
        """Forgets a viewer and stops what was catching it up."""
        self.subscriptions.discard(subscription)
        self.pause(subscription)

    def pause(self, subscription: Subscription) -> None:
        """Takes a viewer out of the live ones and stops what was catching it up."""
        self.live.discard(subscription)
        subscription.live = False
        if subscription.task is not None:
            subscription.task.cancel()
            subscription.task = None
