"""How do a chosen start and its groups become legs in the database: planned, put forward, agreed to, left behind?

A leg that nobody follows any more stays with its number and its last instant, and remembers who followed it: calendars that hold it
must hear that it is cancelled, and nobody else may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coordinator.domain.access import Caller
from coordinator.domain.chosen import AtInstants, AtWallTime, Chosen, ask_about_clocks, earliest_at, parse_chosen
from coordinator.domain.legs import PlannedLeg, Taken, find_turned, number_legs, plan_instant, plan_relay, plan_wave, set_listings
from coordinator.domain.listing import Card
from coordinator.services.actions import see_group
from coordinator.services.groups import load_cards
from coordinator.services.questions import weigh_groups
from coordinator.store.actions import Leg, Record, change_invitations, clear_responses, drop_offers, put_leg
from coordinator.store.database import Work

BETWEEN_NAMES = ", "


@dataclass(frozen=True, slots=True)
class Plan:
    """The legs of a chosen start, in the order of time, and every group's burden at its own."""

    chosen: Chosen
    legs: tuple[PlannedLeg, ...]
    burdens: Mapping[str, int]


async def plan_legs(work: Work, record: Record, chosen: Chosen) -> Plan:
    """Who of the invited would follow which instant, and what it would cost them."""
    cards = await load_cards(work.conn, [i.group_id for i in record.invitations])
    if isinstance(chosen, AtInstants):
        burdens = await weigh_groups(work.conn, record, dict.fromkeys(chosen.starts, cards), work.now)
        return _plan(chosen, _listed(plan_relay(burdens), cards), burdens)
    if isinstance(chosen, AtWallTime):
        legs = _listed(plan_wave(chosen, {group_id: card.zone_id for group_id, card in cards.items()}), cards)
    else:
        legs = plan_instant(chosen.starts_at, cards)  # one for whoever may see it
    return _plan(chosen, legs, await weigh_groups(work.conn, record, {leg.starts_at: leg.followers for leg in legs}, work.now))


def _listed(legs: tuple[PlannedLeg, ...], cards: Mapping[str, Card]) -> tuple[PlannedLeg, ...]:
    return set_listings(legs, {group_id: card.listing for group_id, card in cards.items()})


def _plan(chosen: Chosen, legs: tuple[PlannedLeg, ...], burdens: Mapping[datetime, Mapping[str, int]]) -> Plan:
    return Plan(chosen, legs, {group_id: burdens[leg.starts_at][group_id] for leg in legs for group_id in leg.followers})


async def ask_proposer(work: Work, record: Record, chosen: Chosen, caller: Caller, raw: Mapping[str, object]) -> None:
    """Asks whoever proposes a wave about clocks that change over its time: of groups whose clocks it may know. Problems: wave_gap, wave_fold.

    For all others the rule of `domain/legs.py` holds, and nobody hears of it: the question alone would tell their zone.
    """
    if not isinstance(chosen, AtWallTime):
        return
    cards = await load_cards(work.conn, [i.group_id for i in record.invitations])
    seen = {group_id: found for group_id in cards if (found := see_group(cards, group_id, caller)) is not None}
    turned = find_turned(chosen.wall_time, {group_id: one.zone_id for group_id, one in seen.items() if one.zone_id is not None})
    names = (BETWEEN_NAMES.join(seen[group_id].name for group_id in ids) for ids in (turned.skipped, turned.doubled))
    ask_about_clocks(raw, chosen.wall_time, *names)


def standing_at(record: Record) -> datetime | None:
    """The earliest instant that what stands may have; None before anything is agreed."""
    return earliest_at(parse_chosen(record.action.agreed_start, record.action.shape)) if record.action.agreed_start else None


async def offer_legs(work: Work, record: Record, plan: Plan) -> None:
    """Puts the plan before the groups, in place of what was before them; nobody has answered. `offered_start` of the action is the caller's."""
    action = record.action
    await drop_offers(work.conn, action.id)
    offered: dict[str, dict[str, int]] = {}
    for number, leg in number_legs(plan.legs, [_taken(leg) for leg in record.legs]):
        await put_leg(work.conn, action.id, number, offered_at=leg.starts_at, utc_offset_minutes=leg.utc_offset_minutes)
        offered |= {group_id: _asked(number, plan.burdens[group_id], stands=bool(record.starts)) for group_id in leg.followers}
    await clear_responses(work.conn, action.id)
    await change_invitations(work.conn, action.id, offered)


def _asked(number: int, burden: int, *, stands: bool) -> dict[str, int]:
    """What is put before a group; while nothing stands, the leg put forward is the only one that it has."""
    return {"offered_leg": number, "offered_burden": burden} | ({} if stands else {"leg": number})


def _taken(leg: Leg) -> Taken:
    return Taken(leg.leg, leg.starts_at, leg.utc_offset_minutes, leg.stands)


async def settle_legs(work: Work, record: Record) -> None:
    """What is put forward stands, and what stood and is followed no more is left."""
    for leg in record.legs:
        if leg.offered_at is not None:
            await put_leg(work.conn, record.action.id, leg.leg, starts_at=leg.offered_at, offered_at=None, left_by="")
        elif leg.stands:
            followers = " ".join(i.group_id for i in record.invitations if i.leg == leg.leg)
            left: Mapping[str, Any] = {"left_by": followers} if followers else {"starts_at": None}  # all of them have left the network
            await put_leg(work.conn, record.action.id, leg.leg, **left)
    await drop_offers(work.conn, record.action.id)
