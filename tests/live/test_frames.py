"""What waits for one reader is bounded, ordered, and ends with one close."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from coordinator.live.frames import BEHIND_FRAMES, WAITING_MOST_BYTES, WAITING_MOST_FRAMES, SocketViewer
from coordinator.live.protocol import CloseCode, Hangup


class Peer:
    """The other end: takes frames while it reads."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.viewer = SocketViewer(self.send)
        self.writer = asyncio.create_task(self.viewer.run())

    async def send(self, text: str) -> None:
        await self.reads.wait()
        self.got.append(text)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    made = Peer()
    yield made
    made.writer.cancel()


async def test_frames_arrive_in_order(peer: Peer) -> None:
    for number in range(100):
        peer.viewer.write(str(number).encode())
    peer.viewer.close(CloseCode.RESTART, "restart")

    hangup = await peer.writer

    assert peer.got == [str(n) for n in range(100)]
    assert (hangup.code, hangup.reason) == (CloseCode.RESTART, "restart")


@pytest.mark.parametrize(("size", "fit"), [(1, WAITING_MOST_FRAMES), (WAITING_MOST_BYTES // 4, 4)])
async def test_reader_over_a_bound_is_closed_as_too_slow(peer: Peer, size: int, fit: int) -> None:
    peer.reads.clear()
    for _ in range(fit):
        peer.viewer.write(b"x" * size)
    within = peer.viewer.hangup

    peer.viewer.write(b"x" * size)

    assert within is None
    assert isinstance(peer.viewer.hangup, Hangup)
    assert peer.viewer.hangup.code == CloseCode.TOO_SLOW


async def test_closed_viewer_keeps_nothing_and_takes_nothing(peer: Peer) -> None:
    peer.reads.clear()
    for _ in range(WAITING_MOST_FRAMES + 1):
        peer.viewer.write(b"early")
    peer.viewer.write(b"late")
    peer.reads.set()

    hangup = await peer.writer

    assert hangup.code == CloseCode.TOO_SLOW
    assert peer.got == []


async def test_single_frame_over_the_bound_is_sent(peer: Peer) -> None:
    """A snapshot has no other way to its reader."""
    peer.viewer.write(b"x" * (WAITING_MOST_BYTES + 1))
    peer.viewer.close(CloseCode.RESTART, "restart")

    await peer.writer

    assert [len(text) for text in peer.got] == [WAITING_MOST_BYTES + 1]


async def test_ephemeral_frame_is_left_out_for_a_reader_that_is_behind(peer: Peer) -> None:
    peer.reads.clear()
    peer.viewer.offer(b"first")
    for number in range(BEHIND_FRAMES):
        peer.viewer.write(str(number).encode())
    peer.viewer.offer(b"left out")
    peer.reads.set()
    await peer.viewer.drained()
    peer.viewer.offer(b"last")
    peer.viewer.close(CloseCode.RESTART, "restart")
    await peer.writer

    assert peer.got == ["first", *(str(n) for n in range(BEHIND_FRAMES)), "last"]


async def test_drained_waits_for_the_reader_or_its_end(peer: Peer) -> None:
    peer.reads.clear()
    for _ in range(BEHIND_FRAMES + 1):
        peer.viewer.write(b"x")
    waiting = asyncio.create_task(peer.viewer.drained())
    await asyncio.sleep(0)
    was_done = waiting.done()

    peer.viewer.close(CloseCode.NOT_ALLOWED, "not allowed")
    await waiting

    assert not was_done


async def test_first_reason_to_close_stays_and_its_owner_is_told_once(peer: Peer) -> None:
    told: list[int] = []
    peer.viewer.on_close = lambda: told.append(1)

    peer.viewer.close(CloseCode.NOT_SIGNED_IN, "not signed in")
    peer.viewer.close(CloseCode.TOO_SLOW, "too slow")

    assert (await peer.writer).code == CloseCode.NOT_SIGNED_IN
    assert told == [1]
