from __future__ import annotations

import asyncio
import threading

import pytest

from coordinator.services.searches import Searches, find
from tests.domain.asked import DAR, EVERY_DAY, asking, group, question_of

PATIENCE_S = 10


async def test_searches_for_one_proposal_take_turns() -> None:
    searches, first_may_end, order = Searches(), threading.Event(), list[str]()

    def first(_unwanted: threading.Event) -> None:
        order.append("first begins")
        first_may_end.wait(PATIENCE_S)
        order.append("first ends")

    async def release() -> None:
        first_may_end.set()

    await asyncio.gather(searches.run("p", first), searches.run("p", lambda _: order.append("second")), release())

    assert order == ["first begins", "first ends", "second"]


async def test_searches_for_two_proposals_run_side_by_side() -> None:
    searches, both = Searches(), threading.Barrier(2)

    await asyncio.gather(*(searches.run(proposal, lambda _: both.wait(PATIENCE_S)) for proposal in "pq"))

    assert not both.broken


async def test_search_that_nobody_waits_for_ends_before_the_next_begins() -> None:
    searches, began, order = Searches(), threading.Event(), list[str]()

    def long(unwanted: threading.Event) -> None:
        began.set()
        order.append("told" if unwanted.wait(PATIENCE_S) else "left running")

    gone = asyncio.ensure_future(searches.run("p", long))
    await asyncio.to_thread(began.wait, PATIENCE_S)
    gone.cancel()
    await searches.run("p", lambda _: order.append("next"))

    with pytest.raises(asyncio.CancelledError):
        await gone
    assert order == ["told", "next"]


def test_find_says_what_the_own_group_could_change_and_nothing_where_all_can() -> None:
    question = question_of(asking(DAR, group("Late", "UTC", "MO-SU 18:30-23:00")))
    feasible = question_of(asking(DAR, group("Always", "UTC", EVERY_DAY)))
    unwanted = threading.Event()

    own = find(question, "Dar", unwanted).own

    assert own is not None
    assert (own.group, own.minutes) == ("Dar", 90)
    assert find(question, None, unwanted).own is None
    assert find(feasible, "Dar", unwanted).own is None
    unwanted.set()
    assert find(question, "Dar", unwanted).own is None
