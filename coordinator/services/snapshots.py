"""What a stream looks like to somebody who joins now: the state that its events change, at the position they are read from."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator import keys
from coordinator.domain.access import NOBODY, Caller
from coordinator.domain.action import State
from coordinator.services.actions import ActionView, load_views
from coordinator.services.announce import describe_legs
from coordinator.services.groups import load_cards
from coordinator.services.mirror import may_know
from coordinator.services.segments import describe_meeting
from coordinator.services.spotlights import describe_spotlight
from coordinator.store.actions import in_states, invites, not_practice, proposed_by
from coordinator.store.meetings import find_meeting, with_id
from coordinator.store.spotlights import find_spotlights, not_from_packet, standing, told_by

OVER_FOR = timedelta(days=7)
LIVE_STATES = (State.PROPOSED, State.CONFIRMED, State.CANCELLED)


async def load_snapshot(conn: AsyncConnection, stream: str, caller: Caller, now: datetime) -> dict[str, Any]:
    """`{"actions": [...], "spotlights": [...]}` of a stream, each described as events describe it; one read transaction with the position.

    Of one mirror segment it is `{"meeting": {...}}`: where it stands, None once it is not there any more. What is long over is left out: a client that still shows it has it from its page.
    """
    name, _, of = stream.partition(":")
    if name == "meeting":
        found = await find_meeting(conn, with_id(of))
        return {"meeting": describe_meeting(found) if found else None}
    if stream == keys.PUBLIC:
        views = await load_views(conn, NOBODY, now, in_states(*LIVE_STATES), not_practice())
    elif stream == keys.PARTNERS:
        views = await load_views(conn, caller, now, in_states(*LIVE_STATES), not_practice())
    elif name == "group":
        views = await load_views(conn, caller, now, in_states(*LIVE_STATES), proposed_by(of) | invites(of))
    else:
        views = []
    return {
        "actions": [describe_view(view) for view in views if not _is_over(view, now)],
        "spotlights": await _load_spotlights(conn, stream, caller, now),
    }


async def _load_spotlights(conn: AsyncConnection, stream: str, caller: Caller, now: datetime) -> list[dict[str, Any]]:
    """The spotlights that stand, as far as this stream's events reach this reader: its own group's on a group's, everybody's elsewhere."""
    name, _, group_id = stream.partition(":")
    if name not in {keys.PUBLIC, keys.PARTNERS, "group"}:
        return []
    reader = NOBODY if stream == keys.PUBLIC else caller
    of_stream = told_by(group_id) if name == "group" else not_from_packet()
    rows = await find_spotlights(conn, standing(now), of_stream)
    cards = await load_cards(conn, {row.group_id for row in rows})
    return [describe_spotlight(row) for row in rows if may_know(row, cards, reader, now)]


def describe_view(view: ActionView) -> dict[str, Any]:
    """An action for one reader, in the words of an event's data (`services/announce.py`)."""
    told: dict[str, Any] = {
        "action": view.slug,
        "revision": view.revision,
        "state": str(view.state),
        "moving": view.moving,
        "duration_minutes": int(view.duration / timedelta(minutes=1)),
        "legs": describe_legs(view.legs),
        "consents": view.tally.consents,
        "stand_asides": view.tally.stand_asides,
        "objections": view.tally.objections,
        "invited": view.tally.invited,
    }
    return told | ({"reason": view.cancel_reason} if view.cancel_reason else {})


def _is_over(view: ActionView, now: datetime) -> bool:
    return view.ends_at is not None and view.ends_at + OVER_FOR < now
