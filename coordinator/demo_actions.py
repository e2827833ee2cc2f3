"""What have the demo's groups agreed to, now and in the quarters before? Each action is drafted, searched for, put forward and answered.

Everything but most of the answers goes through the services that pages use, each step by a session of the group that takes it: the best
candidate of the resolver is put forward, and every group answers. The words of what is past are in demo/past.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from coordinator.assets import asset_root
from coordinator.domain.access import Caller, Grant, Role
from coordinator.domain.action import Shape
from coordinator.domain.burden import BURDEN_NOT_BORNE
from coordinator.domain.chosen import write_start
from coordinator.domain.group import Group
from coordinator.domain.quarters import next_quarter, quarter_of
from coordinator.domain.response import Response
from coordinator.services.callers import OPERATOR
from coordinator.services.network import load_network
from coordinator.services.offers import find_offers
from coordinator.services.proposals import draft_action, put_forward
from coordinator.services.questions import load_search
from coordinator.services.responses import respond
from coordinator.services.searches import Searches
from coordinator.store.actions import change_invitations
from coordinator.store.database import Work

PROPOSED_BEFORE_QUARTER = timedelta(weeks=6)

Words = Mapping[str, object]  # an action, as the form of a draft has it


class _Then(Work):
    """The transaction as it might have been on another day. What it told and planned is long over: nobody hears of it now."""

    def emit(self, stream: str, kind: str, data: Mapping[str, Any], *, keep: timedelta | None = None) -> None:
        pass

    async def plan(self, kind: str, key: str, ref: Mapping[str, Any], due_at: datetime) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Offered:
    """What was put forward, and what it costs each invited group, by its id."""

    action_id: str
    slug: str
    burdens: Mapping[str, int]


async def fill_past(work: Work, groups: Collection[Group], languages: frozenset[str]) -> None:
    """Lets the groups have acted once a quarter up to the one before this, each time by the balances of the times before."""
    past = tomllib.loads((asset_root() / "demo" / "past.toml").read_text(encoding="utf-8"))["action"]
    by_name, zone_id = {group.name: group for group in groups}, (await load_network(work.conn)).zone_id
    current = quarter_of(work.now, zone_id)
    for back, words in zip(range(len(past), 0, -1), past, strict=True):
        proposed_at = current.shifted(-back).bounds(zone_id)[0] - PROPOSED_BEFORE_QUARTER
        await agree(_Then(work.conn, proposed_at), by_name[words["group"]], groups, {**words, "language": "en"}, languages)


async def agree(work: Work, proposer: Group, groups: Collection[Group], words: Words, languages: frozenset[str]) -> str:
    """Puts the best moment of the next quarter forward and has every other group answer; the action's slug.

    All answers but the last are written in one statement: there are hundreds, and nobody is there yet to be told of each. The last one is given
    as by its group, and decides.
    """
    offered = await put_best_forward(work, proposer, words, languages)
    *most, last = [group for group in groups if group.id != proposer.id]
    given = {group.id: {"response": _answer_of(group, offered), "responded_at": work.now} for group in most}
    await change_invitations(work.conn, offered.action_id, given)
    await answer(work, [last], offered)
    return offered.slug


async def answer(work: Work, groups: Collection[Group], offered: Offered) -> None:
    """Whoever bears the moment consents; the others stand aside."""
    for group in groups:
        await respond(work, custodian_of(group), group.id, offered.slug, {"response": _answer_of(group, offered)})


def _answer_of(group: Group, offered: Offered) -> Response:
    return Response.STAND_ASIDE if offered.burdens[group.id] == BURDEN_NOT_BORNE else Response.CONSENT


async def put_best_forward(work: Work, proposer: Group, words: Words, languages: frozenset[str]) -> Offered:
    """Drafts an action for the next quarter, of the shape that its words name, and puts the best start of that shape before the groups."""
    quarter = next_quarter(work.now, (await load_network(work.conn)).zone_id)
    slug = await draft_action(work, custodian_of(proposer), proposer.id, {**words, "quarter": str(quarter)}, languages)
    search = await load_search(work.conn, OPERATOR, slug, work.now)
    offers = await find_offers(search, Searches())
    best = next(offer for offer in offers if offer.shape is Shape(str(words["shape"])))
    await put_forward(work, custodian_of(proposer), slug, {"shape": best.shape, "start": write_start(best.chosen)})
    burdens = {row.seen.group_id: row.burden for row in best.rows if row.seen is not None and row.seen.group_id is not None}
    return Offered(search.proposal, slug, burdens)


def custodian_of(group: Group) -> Caller:
    return Caller((Grant(Role.CUSTODIAN, group.id, "demo"),), f"demo-{group.id}")
