"""What may one client do when, and what follows from each message? Its state machine: no I/O, no clock, the hub carries out the effects.

    new ── hello ──► open ── subscribe, unsubscribe, tick, ping ──► open
     └── 5 s ──► hung up ◄── malformed, out of turn, too many ── any

Each stream of an open session is *catching* until its cursor is where the stream stands, then *live* (`Following`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from coordinator.domain.access import Caller, Right, may_read_stream
from coordinator.live.protocol import (
    CloseCode,
    Hangup,
    Hello,
    Ping,
    Room,
    Subscribe,
    TickSwitch,
    Unsubscribe,
    decode,
    read_cursor,
)
from coordinator.store.eventlog import Position

HELLO_WITHIN_S = 5.0
STREAMS_MOST = 64
BURST_MOST = 60  # messages at once: a page's first probes of the clock are twelve
REFILL_PER_S = 5.0


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The hello was good."""

    language: str
    room: Room | None


@dataclass(frozen=True, slots=True)
class Follow:
    """Bring the client from this position (None: it knows nothing) to the head of the stream, then keep it there."""

    stream: str
    position: Position | None


@dataclass(frozen=True, slots=True)
class Unfollow:
    """Send no more of this stream."""

    stream: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Say that this stream does not exist for the caller."""

    stream: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a probe, ahead of everything else."""

    a: int | float


@dataclass(frozen=True, slots=True)
class Ticking:
    """Start or stop sending ticks."""

    on: bool


Effect = Welcomed | Follow | Unfollow | Refuse | Answer | Ticking


@dataclass(slots=True, eq=False)
class Budget:
    """A bucket of messages that refills with time (seconds of any monotonic clock)."""

    at_s: float
    left: float = BURST_MOST

    def spend(self, at_s: float) -> bool:
        """Takes one message; False when none is left."""
        self.left = min(BURST_MOST, self.left + (at_s - self.at_s) * REFILL_PER_S)
        self.at_s = at_s
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass(slots=True, eq=False)
class Session:
    """One client. `caller` is who it is now; `at_s` everywhere is one monotonic clock in seconds."""

    caller: Caller
    opened_s: float
    greeted: bool = False
    room: Room | None = None
    ticking: bool = False
    streams: set[str] = field(default_factory=set)
    budget: Budget = field(init=False)

    def __post_init__(self) -> None:
        self.budget = Budget(self.opened_s)

    def receive(self, text: str, at_s: float) -> list[Effect]:
        """What follows from a message. Raises Hangup when the socket must go."""
        if not self.budget.spend(at_s):
            raise Hangup(CloseCode.TOO_MANY, "too many messages")
        message = decode(text)
        if isinstance(message, Hello):
            return self._greet(message)
        if not self.greeted:
            raise Hangup(CloseCode.OUT_OF_TURN, "hello comes first")
        match message:
            case Ping(a=a):
                return [Answer(a)]
            case Subscribe(streams=streams):
                return self._subscribe(streams)
            case Unsubscribe(streams=streams):
                return self._unsubscribe(streams)
            case TickSwitch(on=on):
                self.ticking = on
                return [Ticking(on)]

    def check_greeted(self, at_s: float) -> None:
        """Raises Hangup when no hello came in time."""
        if not self.greeted and at_s >= self.opened_s + HELLO_WITHIN_S:  # the sum that the alarm was set by, to the last bit
            raise Hangup(CloseCode.OUT_OF_TURN, "no hello")

    def reauthorise(self, caller: Caller) -> None:
        """Takes the caller's grants as they are now. Raises Hangup when it follows a stream that is no longer its to read."""
        self.caller = caller
        if all(may_read_stream(caller, stream) for stream in self.streams) and self._may_sit_in(self.room):
            return
        raise Hangup(*_refusal(caller))

    def _greet(self, hello: Hello) -> list[Effect]:
        if self.greeted:
            raise Hangup(CloseCode.OUT_OF_TURN, "hello came twice")
        self.greeted = True
        self.room = hello.room
        if not self._may_sit_in(self.room):
            raise Hangup(*_refusal(self.caller))
        return [Welcomed(hello.language, self.room), *self._subscribe(hello.streams)]

    def _may_sit_in(self, room: Room | None) -> bool:
        return room is None or room.group is None or self.caller.may(Right.READ_ROOM, room.group)

    def _subscribe(self, streams: Mapping[str, str | None]) -> list[Effect]:
        if len(self.streams | streams.keys()) > STREAMS_MOST:
            raise Hangup(CloseCode.TOO_MANY, f"at most {STREAMS_MOST} streams")
        return [self._follow_or_refuse(stream, cursor) for stream, cursor in streams.items()]

    def _follow_or_refuse(self, stream: str, cursor: str | None) -> Effect:
        if not may_read_stream(self.caller, stream):
            return Refuse(stream)
        self.streams.add(stream)
        return Follow(stream, read_cursor(cursor))

    def _unsubscribe(self, streams: Iterable[str]) -> list[Effect]:
        gone = [stream for stream in streams if stream in self.streams]
        self.streams.difference_update(gone)
        return [Unfollow(stream) for stream in gone]


def _refusal(caller: Caller) -> tuple[CloseCode, str]:
    return (CloseCode.NOT_ALLOWED, "not allowed") if caller.grants else (CloseCode.NOT_SIGNED_IN, "not signed in")
