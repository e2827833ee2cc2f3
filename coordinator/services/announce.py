"""Which streams hear of what: an action's news for the public, the partners and single groups, each with no more than they may see.

Data carry ids, states and instants, never words (a reason excepted, which the room must say at once): pages hold the words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from coordinator import keys
from coordinator.domain.listing import Card, Listing
from coordinator.formats.times import to_ms
from coordinator.services.actions import LegView, see_legs
from coordinator.services.groups import load_cards
from coordinator.store.actions import Record, reload_record
from coordinator.store.database import Work


def is_public(record: Record, cards: Mapping[str, Card]) -> bool:
    """Whether the public knows of this action at all: not a draft, not a practice, and some leg to be seen."""
    return not record.action.is_private and not record.action.practice and bool(_legs_for(record, cards, Listing.PUBLIC))


def partner_legs(record: Record, cards: Mapping[str, Card]) -> tuple[LegView, ...]:
    """The legs that every partner group may see: those of at least one invited group that does not hide its clock."""
    return _legs_for(record, cards, Listing.PUBLIC, Listing.PARTNERS)


def _legs_for(record: Record, cards: Mapping[str, Card], *listings: Listing) -> tuple[LegView, ...]:
    return see_legs(record, [group_id for group_id, card in cards.items() if card.listing in listings])


def describe_legs(legs: Iterable[LegView]) -> list[dict[str, Any]]:
    """The legs a reader may see, as on the wire and in moment.json; `at_ms` is null before the moment is confirmed."""
    return [
        {"leg": part.leg, "at_ms": None if part.starts_at is None else to_ms(part.starts_at), "utc_offset": part.utc_offset_minutes}
        for part in legs
    ]


def describe(record: Record, legs: Iterable[LegView]) -> dict[str, Any]:
    """What an event says of an action to readers who see these legs."""
    action = record.action
    told: dict[str, Any] = {
        "action": action.slug,
        "revision": action.revision,
        "state": str(action.state),
        "moving": action.moving,
        "duration_minutes": int(action.duration.total_seconds() // 60),
        "legs": describe_legs(legs),
        "consents": record.tally.consents,
        "stand_asides": record.tally.stand_asides,
        "objections": record.tally.objections,
        "invited": record.tally.invited,
    }
    if action.cancel_reason:
        told["reason"] = action.cancel_reason
    return told


async def tell(work: Work, action_id: str, kind: str) -> Record:
    """Announces an action as this transaction has left it, and returns it."""
    record = await reload_record(work.conn, action_id)
    announce(work, record, await load_cards(work.conn, [i.group_id for i in record.invitations]), kind)
    return record


def announce(work: Work, record: Record, cards: Mapping[str, Card], kind: str) -> None:
    """Tells everybody who may know that an action changed. `record` is as it stands *after* the change.

    A group on a leg that partners do not hear of is told of it in its own stream.
    """
    if record.action.practice or record.action.is_private:
        work.emit(keys.group_stream(record.action.group_id), kind, describe(record, see_legs(record, [record.action.group_id])))
        return
    seen = partner_legs(record, cards)
    work.emit(keys.PARTNERS, kind, describe(record, seen))
    if is_public(record, cards):
        work.emit(keys.PUBLIC, kind, describe(record, _legs_for(record, cards, Listing.PUBLIC)))
    for group_id, own in _unseen_legs(record, seen).items():
        work.emit(keys.group_stream(group_id), kind, describe(record, own))


def _unseen_legs(record: Record, seen: Iterable[LegView]) -> dict[str, tuple[LegView, ...]]:
    """Group id → its legs, of groups on a leg that is not among those seen."""
    known = {(part.leg, part.starts_at) for part in seen}
    own = {i.group_id: see_legs(record, [i.group_id]) for i in record.invitations}
    return {group_id: legs for group_id, legs in own.items() if not known.issuperset((part.leg, part.starts_at) for part in legs)}
