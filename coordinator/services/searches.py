"""How is the resolver run beside a server that answers others meanwhile? In a thread, one search at a time for each proposal.

Two people who look at the same draft wait for one another rather than search at once. Whoever goes away stops waiting; the thread ends at
its next step, and only then may the next one search.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from coordinator.domain.offering import Offer, compare_shapes
from coordinator.domain.question import Answer, Concession, Question
from coordinator.domain.resolver import max_cover, resolve

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Findings:
    """What a search found; `own` is what the group that asks could change itself, which was resolved again and does raise the cover."""

    answer: Answer
    own: Concession | None


class Searches:
    """The searches of one process. Its methods may be called by any number of tasks of one event loop."""

    def __init__(self) -> None:
        self._turns: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    async def run(self, proposal: str, search: Callable[[threading.Event], T]) -> T:
        """What `search` returns, after every search for the same proposal that came before. Cancel it at any time; that sets its event."""
        turn = self._turns.setdefault(proposal, asyncio.Lock())
        async with turn:
            return await _in_thread(search)


async def _in_thread(search: Callable[[threading.Event], T]) -> T:
    unwanted = threading.Event()
    running = asyncio.ensure_future(asyncio.to_thread(search, unwanted))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        unwanted.set()
        await asyncio.wait([running])
        raise


def find(question: Question, own_name: str | None, unwanted: threading.Event) -> Findings:
    """The answer, and what `own_name` could do. What is still to do once `unwanted` is set is left out, since nobody reads it."""
    answer = resolve(question, asked=() if own_name is None else (own_name,))
    own = answer.concession
    raises = own is not None and not unwanted.is_set() and max_cover(own.conceded(question)) > answer.max_cover
    return Findings(answer, own if raises else None)


def compare(question: Question, _unwanted: threading.Event) -> tuple[Offer, ...]:
    """What the best start of each shape costs; it is done so soon that it is not left off half way."""
    return compare_shapes(question)
