"""Three shapes for a draft: what can be put forward, and what of it a reader may see."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest

from coordinator.domain.action import Shape
from coordinator.domain.availability import read_availability_text
from coordinator.domain.burden import BURDEN_NOT_BORNE
from coordinator.domain.chosen import RELAY_MOST, AtInstants, AtWallTime, check_chosen
from coordinator.domain.quarters import parse_quarter
from coordinator.domain.reasons import Why
from coordinator.errors import NotFound
from coordinator.services.offers import find_offers
from coordinator.services.proposals import draft_action
from coordinator.services.questions import load_search
from coordinator.services.searches import Searches
from coordinator.store.actions import find_record
from coordinator.store.database import Database
from tests.conftest import NOON
from tests.factories import add_group, add_network, caller_as

T = TypeVar("T")
PROPOSAL = {"title": "T", "kind": "silence", "story": "S", "duration_minutes": "30", "quarter": "2027-Q1", "language": "en"}
NEVER_HALF_AN_HOUR = read_availability_text("", "00:00-23:45", "").to_json()


async def test_offers_of_each_shape_can_be_put_forward_and_keep_a_hidden_groups_clock(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_network(work.conn)
        minga = await add_group(work.conn, "Minga")
        await add_group(work.conn, "Suva", zone_id="Pacific/Fiji", listing="public")
        reed = await add_group(work.conn, "Quiet", zone_id="Asia/Kathmandu", alias_name="Reed", listing="hidden")
        proposer = caller_as("custodian", minga)
        slug = await draft_action(work, proposer, minga, PROPOSAL, frozenset({"en"}))

        instant, wave, relay = await find_offers(await load_search(work.conn, proposer, slug, NOON), Searches())
        with pytest.raises(NotFound):
            await find_offers(await load_search(work.conn, caller_as("custodian", reed), slug, NOON), Searches())

    assert [offer.shape for offer in (instant, wave, relay)] == list(Shape)
    for offer in (instant, wave, relay):
        check_chosen(offer.chosen, timedelta(minutes=30), parse_quarter("2027-Q1"), "UTC", NOON)
        assert {row.seen.name: row.leg_at is None for row in offer.rows if row.seen} == {"Minga": False, "Suva": False, "Reed": True}
        assert offer.first_at == offer.legs[0]
        assert offer.could_stand is (3 * offer.covered >= 2 * len(offer.rows))
    assert isinstance(wave.chosen, AtWallTime)
    wall_time = wave.chosen.wall_time
    assert [wall_time - leg.replace(tzinfo=None) for leg in wave.legs] == [timedelta(hours=12), timedelta(hours=-4)], "not Kathmandu's"
    assert isinstance(relay.chosen, AtInstants)
    assert relay.least is not None
    assert relay.least <= len(relay.chosen.starts) <= RELAY_MOST


async def test_offer_tells_a_group_its_own_reason_and_others_what_its_burden_says(database: Database) -> None:
    async with database.write(NOON) as work:
        await add_network(work.conn)
        minga = await add_group(work.conn, "Minga", availability=NEVER_HALF_AN_HOUR)
        await add_group(work.conn, "Suva", zone_id="Pacific/Fiji", availability=NEVER_HALF_AN_HOUR)
        slug = await draft_action(work, caller_as("custodian", minga), minga, PROPOSAL, frozenset({"en"}))

        offers = await find_offers(await load_search(work.conn, caller_as("custodian", minga), slug, NOON), Searches())

    told = {(row.seen.name, row.reason.why, row.burden) for offer in offers for row in offer.rows if row.seen}
    assert told == {("Minga", Why.QUIET, BURDEN_NOT_BORNE), ("Suva", Why.CANNOT, BURDEN_NOT_BORNE)}
    assert {offer.could_stand for offer in offers} == {False}


class Noted(Searches):
    """Searches that note for which proposals they were asked."""

    def __init__(self) -> None:
        super().__init__()
        self.proposals: list[str] = []

    async def run(self, proposal: str, search: Callable[[threading.Event], T]) -> T:
        self.proposals.append(proposal)
        return await super().run(proposal, search)


async def test_offers_take_their_turn_among_the_searches_of_their_proposal(database: Database) -> None:
    searches = Noted()
    async with database.write(NOON) as work:
        await add_network(work.conn)
        minga, _ = await add_group(work.conn, "Minga"), await add_group(work.conn, "Suva")
        slug = await draft_action(work, caller_as("custodian", minga), minga, PROPOSAL, frozenset({"en"}))
        record = await find_record(work.conn, slug)

        await find_offers(await load_search(work.conn, caller_as("custodian", minga), slug, NOON), searches)

    assert record is not None
    assert searches.proposals == [record.action.id]
