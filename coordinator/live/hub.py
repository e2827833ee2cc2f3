"""Who gets which event when? Joins viewers to streams, tells them of heads, and lets go of those who may not stay.

`catchup.py` brings a viewer to the head, `topic.py` keeps it there, `tail.py` hears of what is new. Nothing here sleeps or reads a clock;
`assembly.py` says when each method is called.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from coordinator.domain.access import NOBODY, Caller
from coordinator.live.catchup import CatchUp, Snapshots
from coordinator.live.frames import Viewer
from coordinator.live.protocol import CloseCode, Denied, Hangup, Heartbeat, Retry, Welcome, encode
from coordinator.live.session import Effect, Follow, Refuse, Session, Unfollow, Welcomed
from coordinator.live.tail import Tail
from coordinator.live.topic import Member, Subscription, Topic
from coordinator.store.database import Database
from coordinator.store.eventlog import Event, Position

SOCKETS_PER_SESSION_MOST = 16
IDLE_ROUNDS_MOST = 60  # looks at the log (about a second each) before a stream without viewers is forgotten
COME_BACK_WITHIN_MS = (500, 10_000)
REVOKED = "link.revoked"

LoadCallers = Callable[[Collection[str]], Awaitable[Mapping[str, Caller]]]


def draw_come_back_ms() -> int:
    """When a client that is sent away should come back: drawn anew for each, so that they do not come at once."""
    return random.randint(*COME_BACK_WITHIN_MS)  # noqa: S311 - jitter, not a secret


class Hub:
    """All viewers of this process. Methods without `async` never wait; none is safe outside the loop's thread."""

    def __init__(
        self, database: Database, snapshot: Snapshots, load_callers: LoadCallers, *, now_ms: Callable[[], float], heartbeat_s: float
    ) -> None:
        self._load_callers = load_callers
        self._now_ms = now_ms
        self.heartbeat_s = heartbeat_s
        self.members: dict[Member, None] = {}  # oldest first
        self.topics: dict[str, Topic] = {}
        self.tail = Tail(database, self.topics, self._reset_topic, self._notice)
        self.listeners: list[Callable[[Event], None]] = []  # told of each delivered event, once per process
        self.grants_changed = asyncio.Event()
        self.counts: Counter[str] = Counter()  # for /metrics
        self._catch_up = CatchUp(database, self.tail, snapshot, self._lose, self.counts)

    # --- coming and going ---------------------------------------------------------------------------------------------

    def join(self, viewer: Viewer, session: Session) -> Member:
        """Keeps a connection from here on. A session's oldest socket makes room when it has too many."""
        member = Member(viewer, session)
        self.members[member] = None
        session_id = session.caller.session_id
        if session_id is not None:
            siblings = [m for m in self.members if m.session.caller.session_id == session_id]
            for oldest in siblings[:-SOCKETS_PER_SESSION_MOST]:
                self.dismiss(oldest, Hangup(CloseCode.REPLACED, "replaced"))
        return member

    def leave(self, member: Member) -> None:
        """Forgets a connection; it gets nothing from here on. A second call does nothing."""
        self.members.pop(member, None)
        for stream in list(member.follows):
            self._unfollow(member, stream)

    def dismiss(self, member: Member, hangup: Hangup) -> None:
        """Closes a connection and forgets it."""
        self.counts[f"closed_{hangup.code.value}"] += 1
        self.leave(member)
        member.viewer.close(hangup.code, hangup.reason)

    def perform(self, member: Member, effects: Sequence[Effect]) -> None:
        """Carries out what a session answered, as far as it concerns streams; nothing for a member that has gone meanwhile."""
        if member not in self.members:
            return
        for effect in effects:
            match effect:
                case Welcomed():
                    member.viewer.write(encode(Welcome(self._now_ms(), self.heartbeat_s)))
                case Follow(stream=stream, position=position):
                    self._follow(member, stream, position)
                case Unfollow(stream=stream):
                    self._unfollow(member, stream)
                case Refuse(stream=stream):
                    member.viewer.write(encode(Denied(stream)))
                case _:
                    pass

    def _follow(self, member: Member, stream: str, position: Position | None) -> None:
        self._unfollow(member, stream)
        topic = self.topics.setdefault(stream, Topic(stream))
        subscription = Subscription(member, topic, position)
        member.follows[stream] = subscription
        topic.subscriptions.add(subscription)
        self._catch_up.start(subscription)

    def _unfollow(self, member: Member, stream: str) -> None:
        subscription = member.follows.pop(stream, None)
        if subscription is not None:
            subscription.topic.remove(subscription)

    def _lose(self, subscription: Subscription) -> None:
        """There is nothing on this stream for this caller, as the snapshot found out."""
        member, stream = subscription.member, subscription.topic.name
        member.session.streams.discard(stream)
        member.viewer.write(encode(Denied(stream)))
        self._unfollow(member, stream)

    def _reset_topic(self, topic: Topic, reason: str) -> None:
        self.counts["resets"] += 1
        for subscription in list(topic.subscriptions):
            topic.pause(subscription)
            self._catch_up.restart(subscription, reason)

    # --- rounds -------------------------------------------------------------------------------------------------------

    async def refresh(self) -> None:
        """Looks at the log once, and forgets streams that nobody has followed for long."""
        for topic in list(self.topics.values()):
            topic.idle_rounds = 0 if topic.subscriptions else topic.idle_rounds + 1
            if topic.idle_rounds > IDLE_ROUNDS_MOST:
                del self.topics[topic.name]
        await self.tail.refresh()

    def heartbeat(self) -> None:
        """Tells everybody the heads of the streams that it follows live."""
        now_ms = self._now_ms()
        frames: dict[tuple[str, ...], bytes] = {}
        for member in self.members:
            names = tuple(name for name, s in member.follows.items() if s.live)
            if names not in frames:
                frames[names] = encode(Heartbeat(now_ms, {name: self._head(name) for name in names}))
            member.viewer.offer(frames[names])

    def _head(self, name: str) -> int:
        delivered = self.topics[name].delivered
        return 0 if delivered is None else delivered.seq

    async def reauthorise(self) -> None:
        """Asks once for all sessions what they may do now, and closes the sockets of those that follow what is no longer theirs."""
        self.grants_changed.clear()
        ids = {m.session.caller.session_id for m in self.members} - {None}
        if not ids:
            return
        callers = await self._load_callers([i for i in ids if i is not None])
        for member in list(self.members):
            session_id = member.session.caller.session_id
            if session_id is None or session_id not in ids:
                continue
            try:
                member.session.reauthorise(callers.get(session_id, NOBODY))
            except Hangup as hangup:
                self.dismiss(member, hangup)

    def shut_down(self) -> None:
        """Tells everybody when to come back, spread out, and closes with 1012."""
        for member in list(self.members):
            member.viewer.offer(encode(Retry(draw_come_back_ms())))
            self.dismiss(member, Hangup(CloseCode.RESTART, "restart"))

    def _notice(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.kind == REVOKED:
                self.grants_changed.set()
            for listener in self.listeners:
                listener(event)
