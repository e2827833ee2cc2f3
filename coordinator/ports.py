"""What the services need from outside and tests may fake: a clock, a bus for hints, a queue for jobs.

Sound, translation and mail get their ports with the parts that bring them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


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
