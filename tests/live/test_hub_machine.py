"""The real hub over a real SQLite database, with everything around it unreliable: nothing is missed, nothing comes twice.

Two hubs read one log. Every read of theirs waits at gates that the machine opens in any order; hints are lost, doubled and late; clients
drop and come back to the other hub with their cursors; the log is set back as by a restored backup. Checked at every frame (the invariants
of research/reliability.md §5): I1 and I2, what a client holds is always the beginning of a log that existed; I12, no number with its tag
is given twice. At the end, when everything works again, every client holds the log exactly as it is.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from coordinator.domain.access import Caller
from coordinator.live.hub import Hub
from coordinator.live.session import Unfollow
from coordinator.store.engine import make_engine
from tests.factories import RecordingBus, RecordingQueue
from tests.live.untrusting import SMALL, Client, GatedDatabase, Gates, Log, empty_file, snapshot_tags

STREAMS = ("public", "partners")
T = TypeVar("T")


class HubMachine(RuleBasedStateMachine):
    """Rules are what the world does to the hubs; each returns when nothing goes on any more but through a gate."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        for (module, name), value in SMALL.items():
            self.patch.setattr(module, name, value)
        self.directory = Path(tempfile.mkdtemp(prefix="chorus-hub-"))
        path = self.directory / "chorus.db"
        path.write_bytes(empty_file())
        self.loop = asyncio.new_event_loop()
        self.gates, self.log, self.bus = Gates(), Log(STREAMS), RecordingBus()
        self.database = GatedDatabase(make_engine(f"sqlite+aiosqlite:///{path}"), self.bus, RecordingQueue())
        self.database.gates = self.gates
        self.hubs = [self.run(self.make_hub()) for _ in range(2)]
        self.clients = [Client(self.log, self.gates) for _ in range(3)]
        self.background: set[asyncio.Task[None]] = set()

    async def make_hub(self) -> Hub:
        async def nobody(_: object) -> Mapping[str, Caller]:
            return {}

        return Hub(self.database, snapshot_tags, nobody, now_ms=lambda: 0.0, heartbeat_s=15)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        async def run_and_settle() -> T:
            result = await coroutine
            await self.gates.settle()
            return result

        return self.loop.run_until_complete(run_and_settle())

    async def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    # --- the log ---

    @rule(stream=st.sampled_from(STREAMS), events=st.integers(1, 4))
    def commit(self, stream: str, events: int) -> None:
        self.run(self.log.write(self.database, stream, events))

    @rule(events=st.integers(13, 16))
    def commit_a_flood(self, events: int) -> None:
        self.run(self.log.write(self.database, "public", events))

    @rule(stream=st.sampled_from(STREAMS), events=st.integers(1, 6), more=st.sampled_from([None, -1, 0, 0, 1, 3]))
    def restore_a_backup(self, stream: str, events: int, more: int | None) -> None:
        """Sets a stream back; it may grow again, to the very same length too, before anybody can have looked."""
        lost = min(events, len(self.log.now[stream]))
        self.run(self.log.rewind(self.database, stream, lost))
        if more is not None and lost + more > 0:
            self.run(self.log.write(self.database, stream, lost + more))

    # --- hints and polls ---

    @precondition(lambda self: self.bus.hints)
    @rule(index=st.integers(0, 50), hub=st.integers(0, 1), lose=st.booleans())
    def deliver_a_hint(self, index: int, hub: int, lose: bool) -> None:
        """In any order; what is not lost may come again."""
        position = index % len(self.bus.hints)
        heads = self.bus.hints.pop(position) if lose else self.bus.hints[position]
        if self.hubs[hub].tail.is_behind(heads):
            self.run(self.start(self.hubs[hub].refresh()))

    @rule(hub=st.integers(0, 1))
    def poll(self, hub: int) -> None:
        self.run(self.start(self.hubs[hub].refresh()))

    @precondition(lambda self: self.gates.waiting)
    @rule(index=st.integers(0, 20), times=st.integers(1, 6))
    def open_gates(self, index: int, times: int) -> None:
        for _ in range(times):
            if self.gates.waiting:
                self.gates.let_through(index)
                self.run(asyncio.sleep(0))

    # --- clients ---

    @initialize()
    def begin(self) -> None:
        self.run(self.connect(0, 0, list(STREAMS)))

    @rule(client=st.integers(0, 2), hub=st.integers(0, 1), streams=st.sampled_from([["public"], ["partners", "public"]]))
    def come(self, client: int, hub: int, streams: list[str]) -> None:
        if self.clients[client].hub is None:
            self.run(self.connect(client, hub, streams))

    async def connect(self, client: int, hub: int, streams: list[str]) -> None:
        self.clients[client].connect(self.hubs[hub], streams)

    @rule(client=st.integers(0, 2))
    def drop(self, client: int) -> None:
        if self.clients[client].hub is not None:
            self.run(self.disconnect(client))

    async def disconnect(self, client: int) -> None:
        self.clients[client].drop()

    @rule(client=st.integers(0, 2), stream=st.sampled_from(STREAMS))
    def subscribe_again(self, client: int, stream: str) -> None:
        """From the cursor, in the middle of whatever is going on: a client may doubt at any time."""
        if self.clients[client].hub is not None and stream not in self.clients[client].must_get_snapshot:
            self.run(self.follow(client, stream))

    async def follow(self, client: int, stream: str) -> None:
        self.clients[client].follow(stream)

    @rule(client=st.integers(0, 2), stream=st.sampled_from(STREAMS))
    def unsubscribe(self, client: int, stream: str) -> None:
        each = self.clients[client]
        if each.hub is not None and each.member is not None and stream not in each.must_get_snapshot:
            each.hub.perform(each.member, [Unfollow(stream)])

    @invariant()
    def heartbeats_tell_what_was_sent(self) -> None:
        for hub in self.hubs:
            hub.heartbeat()

    # --- the end ---

    def teardown(self) -> None:
        try:
            self.gates.open_all()
            self.run(self.everybody_follows_everything())
            for hub in self.hubs:
                self.run(hub.refresh())
                hub.heartbeat()
            for client in self.clients:
                assert client.held == self.log.now
                assert client.heads == {stream: len(tags) for stream, tags in self.log.now.items()}
        finally:
            self.loop.run_until_complete(self.end())
            self.loop.close()
            self.patch.undo()
            shutil.rmtree(self.directory)

    async def everybody_follows_everything(self) -> None:
        for number, client in enumerate(self.clients):
            if client.hub is None:
                client.connect(self.hubs[number % 2], list(STREAMS))
            for stream in STREAMS:
                if stream not in (client.member.follows if client.member else {}):
                    client.follow(stream)

    async def end(self) -> None:
        for hub in self.hubs:
            for member in list(hub.members):
                hub.leave(member)
        await asyncio.gather(*self.background, return_exceptions=True)
        await self.database.close()  # first: a driver's own tasks may not be cancelled under it
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


HubMachine.TestCase.settings = settings(stateful_step_count=30)
TestHub = HubMachine.TestCase
