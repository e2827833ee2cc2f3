"""Which action does a room show, and which groups stand under its digits?

A room moves on by itself: what is counted down to comes first, then what is held, then what lies ahead. A practice is shown in its
own group's room only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import NOBODY, Caller, Right
from coordinator.domain.action import GATHERING_FROM_S, NOW_FOR_S, THANKS_FOR_S, State
from coordinator.domain.group import Group, card
from coordinator.domain.listing import Seen, see
from coordinator.errors import NotFound
from coordinator.services.actions import ActionView, LegView, audience_of, load_action, load_views
from coordinator.services.groups import load_group, load_groups
from coordinator.services.hearing import VoiceView, load_arrived
from coordinator.services.mirror import Reading, SpotlightView, as_group, load_standing
from coordinator.store.actions import in_states, not_practice, proposed_by, starts_between

LOOKS_BACK = timedelta(days=2)  # the longest action lasts a day; then come the thanks
LOOKS_AHEAD = timedelta(days=3700)
SHOWN = (State.CONFIRMED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class Shown:
    """The action of a room and the leg that this room follows, which has an agreed instant."""

    action: ActionView
    leg: LegView
    starts_at: datetime

    @property
    def over_at(self) -> datetime:
        """When the last word about this moment has been said: its end, or now's ten seconds, and the thanks."""
        return self.starts_at + max(self.action.duration, timedelta(seconds=NOW_FOR_S)) + timedelta(seconds=THANKS_FOR_S)


@dataclass(frozen=True, slots=True)
class Room:
    """What one projector page shows. `group` is None for a public room. `shown` is None while nothing is agreed.

    `spotlight` is the newest struggle of another group that this room's audience may see, in reviewed words; None when there is none.
    `voices` came in since the action began, for a group's own room to hear until the thanks are over.
    `seen` are the groups whose days stand under the digits, as this room's audience may see them, its own group among them: those
    invited, or all while nothing is agreed or a group practises. `others` counts those it may not see. `moves_on` is False for the page of one action.
    """

    group: Group | None
    shown: Shown | None
    seen: tuple[Seen, ...]
    others: int
    moves_on: bool
    spotlight: SpotlightView | None = None
    voices: tuple[VoiceView, ...] = ()


async def load_public_room(conn: AsyncConnection, now: datetime, language: str = "") -> Room:
    """The network's public room; told words in `language` where somebody has read them, else in their own."""
    views = await load_views(
        conn, NOBODY, now, in_states(State.CONFIRMED), not_practice(), starts_between(now - LOOKS_BACK, now + LOOKS_AHEAD)
    )
    room = await _room(conn, NOBODY, choose([s for view in views if (s := _shown(view, None))], now), None, moves_on=True)
    return replace(room, spotlight=await _load_spotlight(conn, Reading(NOBODY, language, now, drafts=False)))


async def load_action_room(conn: AsyncConnection, slug: str, now: datetime, language: str = "") -> Room:
    """The room of one public action; NotFound for what the public may not know, and for what has no agreed moment."""
    view = await load_action(conn, NOBODY, slug, now)
    shown = _shown(view, None) if view.state in SHOWN else None
    if shown is None:
        raise NotFound("action")
    room = await _room(conn, NOBODY, shown, None, moves_on=False)
    return replace(room, spotlight=await _load_spotlight(conn, Reading(NOBODY, language, now, drafts=False)))


async def load_group_room(conn: AsyncConnection, caller: Caller, group_id: str, now: datetime, language: str = "") -> Room:
    """A group's own room: its practices, and what it sees as a partner. NotFound for an unknown group; the right is READ_ROOM."""
    caller.require(Right.READ_ROOM, group_id)
    group = await load_group(conn, group_id)
    ahead = starts_between(now - LOOKS_BACK, now + LOOKS_AHEAD)
    views = await load_views(conn, caller, now, in_states(State.CONFIRMED), ahead, not_practice() | proposed_by(group_id))
    room = await _room(conn, caller, choose([s for view in views if (s := _shown(view, group_id))], now), group, moves_on=True)
    reading = as_group(group_id, language, now, drafts=False)
    return replace(room, spotlight=await _load_spotlight(conn, reading), voices=await _load_voices(conn, reading, room))


async def _load_voices(conn: AsyncConnection, reading: Reading, room: Room) -> tuple[VoiceView, ...]:
    shown, group = room.shown, room.group
    if shown is None or group is None or shown.action.practice or not shown.starts_at <= reading.now < shown.over_at:
        return ()
    return tuple(await load_arrived(conn, reading, group.id, shown.starts_at))


async def _load_spotlight(conn: AsyncConnection, reading: Reading) -> SpotlightView | None:
    """The newest that another group tells: a mirror does not show a room itself."""
    standing = await load_standing(conn, reading)
    return next((view for view in standing if view.teller is None or not view.teller.own), None)


def choose(shown: Sequence[Shown], now: datetime) -> Shown | None:
    """The one to show at `now`: the next that is being counted down to, else the last that began and is not over, else the next ahead."""
    open_ones = sorted((one for one in shown if one.over_at > now), key=lambda one: one.starts_at)
    ahead = [one for one in open_ones if one.starts_at > now]
    begun = [one for one in open_ones if one.starts_at <= now]
    if ahead and ahead[0].starts_at - now <= timedelta(seconds=GATHERING_FROM_S):
        return ahead[0]
    if begun:
        return begun[-1]
    return ahead[0] if ahead else None


def _shown(view: ActionView, group_id: str | None) -> Shown | None:
    """The action with the leg to follow: the group's own if it is invited, else the first that the room may see."""
    row = view.row_of(group_id) if group_id else None
    agreed = [(leg.starts_at, leg) for leg in view.legs if leg.starts_at is not None and (row is None or leg.leg == row.leg)]
    if not agreed:
        return None
    starts_at, leg = min(agreed, key=lambda pair: pair[0])
    return Shown(view, leg, starts_at)


async def _room(conn: AsyncConnection, caller: Caller, shown: Shown | None, group: Group | None, *, moves_on: bool) -> Room:
    if shown is not None and not shown.action.practice:
        return Room(group, shown, tuple(row.seen for row in shown.action.rows), shown.action.others, moves_on)
    groups = await load_groups(conn)
    seen = [found for each in groups if (found := see(card(each), audience_of(caller, each.id))) is not None]
    return Room(group, shown, tuple(seen), len(groups) - len(seen), moves_on)
