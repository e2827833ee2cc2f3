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
from coordinator.domain.action import GATHERING_FROM_S, NOW_FOR_S, THANKS_FOR_S, State, turn
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
    """The action of a room and the leg that it shows, which has an agreed instant. `seen`: who follows it, as the room's audience may see them."""

    action: ActionView
    leg: LegView
    starts_at: datetime

    @property
    def seen(self) -> tuple[Seen, ...]:
        return tuple(row.seen for row in self.action.rows if row.leg == self.leg.leg and row.seen.zone_id is not None)

    @property
    def over_at(self) -> datetime:
        """When the last word about this moment has been said: its end, or now's ten seconds, and the thanks."""
        return self.starts_at + max(self.action.duration, timedelta(seconds=NOW_FOR_S)) + timedelta(seconds=THANKS_FOR_S)


@dataclass(frozen=True, slots=True)
class Room:
    """What one projector page shows. `group` is None for a public room. `shown` is None while nothing is agreed.

    `turns` are the legs of the shown action that this room goes through, in the order of time, the shown one among them: all that its audience sees,
    its own group's alone, or the one that was asked for.
    `spotlight` is the newest struggle of another group that this room's audience may see, in reviewed words; None when there is none.
    `voices` came in since the action began, for a group's own room to hear until the thanks are over.
    `seen` are the groups whose days stand under the digits, as this room's audience may see them, its own group among them: those who follow the
    shown leg, or all while nothing is agreed or a group practises. `others` counts whoever else takes part: those it may not see, those on
    other legs. `moves_on` is False for the page of one action.
    """

    group: Group | None
    shown: Shown | None
    seen: tuple[Seen, ...]
    others: int
    moves_on: bool
    turns: tuple[Shown, ...] = ()
    spotlight: SpotlightView | None = None
    voices: tuple[VoiceView, ...] = ()


async def load_public_room(conn: AsyncConnection, now: datetime, language: str = "") -> Room:
    """The network's public room; told words in `language` where somebody has read them, else in their own."""
    views = await load_views(
        conn, NOBODY, now, in_states(State.CONFIRMED), not_practice(), starts_between(now - LOOKS_BACK, now + LOOKS_AHEAD)
    )
    room = await _room(conn, NOBODY, choose([s for view in views if (s := _shown(view, now))], now), None, moves_on=True)
    return replace(room, spotlight=await _load_spotlight(conn, Reading(NOBODY, language, now, drafts=False)))


async def load_action_room(conn: AsyncConnection, slug: str, now: datetime, language: str = "", *, leg: int | None = None) -> Room:
    """The room of one public action, of one of its legs where that is asked for; NotFound for what the public may not know, and for what has no
    agreed moment.
    """
    view = await load_action(conn, NOBODY, slug, now)
    view = view if leg is None else view.of_leg(leg)
    shown = _shown(view, now) if view.state in SHOWN else None
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
    own = [view.of_group(group_id) for view in views]
    room = await _room(conn, caller, choose([s for view in own if (s := _shown(view, now))], now), group, moves_on=True)
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


def _shown(view: ActionView, now: datetime) -> Shown | None:
    """The action with the leg to show now, of those in the view; None while none is agreed."""
    turns = _turns(view)
    return turns[turn([one.starts_at for one in turns], view.duration, now)] if turns else None


def _turns(view: ActionView) -> tuple[Shown, ...]:
    agreed = (Shown(view, leg, leg.starts_at) for leg in view.legs if leg.starts_at is not None)
    return tuple(sorted(agreed, key=lambda one: one.starts_at))


async def _room(conn: AsyncConnection, caller: Caller, shown: Shown | None, group: Group | None, *, moves_on: bool) -> Room:
    turns = () if shown is None else _turns(shown.action)
    if shown is not None and not shown.action.practice:
        clockless = [row.seen for row in shown.action.rows if row.seen.zone_id is None]
        elsewhere = len(shown.action.rows) - len(shown.seen) - len(clockless)
        return Room(group, shown, (*shown.seen, *clockless), shown.action.others + elsewhere, moves_on, turns)
    groups = await load_groups(conn)
    seen = [found for each in groups if (found := see(card(each), audience_of(caller, each.id))) is not None]
    return Room(group, shown, tuple(seen), len(groups) - len(seen), moves_on, turns)
