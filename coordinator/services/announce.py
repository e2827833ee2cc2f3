"""Which streams hear of what: an action's news for the public, the partners and single groups, each with no more than they may see.

Data carry ids, states and instants, never words (a reason excepted, which the room must say at once): pages hold the words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from coordinator import keys
from coordinator.domain.listing import Card, Listing
from coordinator.services.groups import load_cards
from coordinator.store.actions import Leg, Record, reload_record
from coordinator.store.database import Work
from coordinator.store.tables import to_microseconds


def public_legs(record: Record, cards: Mapping[str, Card]) -> frozenset[int]:
    """The legs that the public may see: those of at least one invited group that is listed publicly."""
    return frozenset(i.leg for i in record.invitations if i.group_id in cards and cards[i.group_id].listing is Listing.PUBLIC)


def is_public(record: Record, cards: Mapping[str, Card]) -> bool:
    """Whether the public knows of this action at all: not a draft, not a practice, and some leg to be seen."""
    return not record.action.is_private and not record.action.practice and bool(public_legs(record, cards))


def to_ms(leg_at: Any) -> int:
    """An instant as whole milliseconds since 1970, the wire's unit."""
    return to_microseconds(leg_at) // 1000


def describe_legs(legs: Collection[Leg], seen: Collection[int]) -> list[dict[str, Any]]:
    """The legs a reader may see, as on the wire and in moment.json; `at_ms` is null before the moment is confirmed."""
    return [
        {"leg": part.leg, "at_ms": None if part.starts_at is None else to_ms(part.starts_at), "utc_offset": part.utc_offset_minutes}
        for part in legs
        if part.leg in seen
    ]


def describe(record: Record, seen: Collection[int]) -> dict[str, Any]:
    """What an event says of an action."""
    action = record.action
    told: dict[str, Any] = {
        "action": action.slug,
        "revision": action.revision,
        "state": str(action.state),
        "moving": action.moving,
        "duration_minutes": int(action.duration.total_seconds() // 60),
        "legs": describe_legs(record.legs, seen),
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
    """Tells everybody who may know that an action changed. `record` is as it stands *after* the change."""
    everything = frozenset(part.leg for part in record.legs)
    if record.action.practice or record.action.is_private:
        work.emit(keys.group_stream(record.action.group_id), kind, describe(record, everything))
        return
    work.emit(keys.PARTNERS, kind, describe(record, everything))
    if is_public(record, cards):
        work.emit(keys.PUBLIC, kind, describe(record, public_legs(record, cards)))
