"""What the services need from outside and tests may fake: a clock, a bus for hints, a queue for jobs, an engine that translates, a store
of bytes.

Mail gets its port with the part that brings it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from coordinator.domain.routes import Pair as Pair  # noqa: PLC0414 - re-exported: the port's word, about which the domain has the rules


class Clock(Protocol):
    """Says what time it is; read at the edge only, then passed along as `now`."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...


class Bus(Protocol):
    """Carries hints between processes. Hints may be lost, doubled or reordered: the event log is the truth."""

    async def publish(self, heads: Mapping[str, int]) -> None:
        """Tells every process that these streams have reached these heads. Never raises: a lost hint costs one poll."""
        ...

    def listen(self) -> AsyncIterator[Mapping[str, int]]:
        """Hints as they come, for ever; survives a lost Redis by trying again."""
        ...


@dataclass(frozen=True, slots=True)
class JobRef:
    """Names one attempt of one job row: all that a queue carries."""

    job_id: str
    kind: str
    attempt: int


class JobQueue(Protocol):
    """Wakes a worker for job rows that are due. Best effort: the sweeper finds what was lost."""

    async def nudge(self, jobs: Sequence[JobRef]) -> None:
        """Enqueues these attempts. Never raises."""
        ...


class Locality(StrEnum):
    """How far a text travels to be translated: only what is REMOTE needs the consent of the group whose words they are."""

    IN_PROCESS = "in_process"
    SAME_HOST = "same_host"
    REMOTE = "remote"


class Translator(Protocol):
    """An engine that drafts translations. Safe for many tasks at once; whoever made it closes it.

    It gets plain text, masked (`domain/masking.py`), and knows nothing of consent: `services/machine.py` is the one way to it.
    """

    @property
    def name(self) -> str:
        """What the draft will name: `apertium`."""
        ...

    @property
    def version(self) -> str:
        """The engine's own version, part of a draft's record; empty until an answer has told it, or where it tells none."""
        ...

    @property
    def locality(self) -> Locality:
        """Where the text goes."""
        ...

    async def pairs(self) -> frozenset[Pair]:
        """The pairs it serves now, asked anew each time; empty when it serves none. Raises EngineAway, EngineLied."""
        ...

    async def translate(self, segments: Sequence[str], pair: Pair, deadline_s: float) -> list[str]:
        """The segments in the target language: as many, in their order, within `deadline_s` of waiting and working.

        `pair` is one of `pairs()`. A blank segment comes back blank; one that the engine could not translate may come back empty or
        as it was, which is the caller's to judge. Raises EngineFault; a cancelled call leaves nothing running.
        """
        ...

    async def close(self) -> None:
        """Ends what is running and lets go of everything; twice is harmless. Afterwards `translate` raises EngineAway."""
        ...


@dataclass(frozen=True, slots=True)
class Blob:
    """What is known of stored bytes. The id is 128 random bits; the digest is SHA-256, hex, of what was stored."""

    id: str
    sha256: str
    size_bytes: int
    content_type: str


class BlobStore(Protocol):
    """Keeps bytes: whole or not at all, for as long as somebody names them. Every method opens what it needs, so never call one of them
    inside a transaction. Safe for many tasks and processes at once. Raises Unavailable where the bytes cannot be kept or reached.
    """

    async def put(self, data: bytes, content_type: str, now: datetime) -> Blob:
        """Stores the bytes under a new id; durable when it returns. Whoever stores says soon, in the database, that it keeps them."""
        ...

    async def find(self, blob_id: str) -> Blob | None:
        """What is stored under this id; None when there is nothing."""
        ...

    def read(self, blob_id: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but without `stop`, piece by piece; NotFound when there are none, or no longer all of them."""
        ...

    async def delete(self, blob_id: str) -> None:
        """Forgets the bytes; twice is harmless."""
        ...

    async def sweep(self, kept: Collection[str], before: datetime) -> int:
        """Forgets what was stored before that instant and is not in `kept`, and what was never finished; returns how many."""
        ...
