"""An action as one reader may see it: every page, API answer, feed and room takes it from here, so listing is obeyed in one place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Right
from coordinator.domain.action import Kind, Shape, Stage, State, stage
from coordinator.domain.listing import Audience, Card, Seen, see
from coordinator.domain.moment import Sentence
from coordinator.domain.response import Response, Tally
from coordinator.errors import NotFound
from coordinator.services.groups import load_cards
from coordinator.services.zone_law import Choice, choice_of
from coordinator.store.actions import (
    Invitation,
    Leg,
    Record,
    find_record,
    find_records,
    in_quarter,
    in_states,
    not_practice,
    starts_between,
)

SHOWN_STATES = (State.PROPOSED, State.CONFIRMED, State.CANCELLED)


@dataclass(frozen=True, slots=True)
class LegView:
    """A leg its reader may see. `starts_at` stands; `offered_at` is put forward and not yet decided."""

    leg: int
    starts_at: datetime | None
    offered_at: datetime | None
    utc_offset_minutes: int | None


@dataclass(frozen=True, slots=True)
class GroupRow:
    """An invited group in an action. What listing hides from the reader is not in it; answers, reasons and burdens are for partners.

    `leg`, its `starts_at` and `moved_from_at` (where the last move found it) are of the moment that stands, `offered_leg` and `offered_at`
    of the one put forward; all are None where the group's clock is hidden. `burden` and `offered_burden` likewise. `sentence` only for the
    group itself, and `choice` too, where zone law has parted the sentence from the moment. `asks_move`: it asks whoever proposed the
    action, and nobody else knows.
    """

    seen: Seen
    leg: int | None
    starts_at: datetime | None
    moved_from_at: datetime | None
    offered_leg: int | None
    offered_at: datetime | None
    required: bool
    response: Response | None
    reason: str
    burden: int | None
    offered_burden: int | None
    sentence: Sentence | None
    choice: Choice | None = None
    asks_move: bool = False


@dataclass(frozen=True, slots=True)
class ActionView:
    """An action for one reader. `others` counts the invited groups it does not see; `continents` on how many continents those live.

    `legs` are those that some group follows whose clock the reader may know, in the order of time; `left` those that no group follows any more and
    such a group followed last, for calendars. `stage` is by `legs` as well: no reader learns from it when another leg begins or ends.
    """

    action_id: str
    slug: str
    title: str
    kind: Kind
    story: str
    language: str
    shape: Shape
    duration: timedelta
    quarter: str
    state: State
    stage: Stage | None
    practice: bool
    moving: bool
    revision: int
    sequence: int
    proposer: Seen | None
    proposer_id: str | None
    deadline_at: datetime | None
    cancel_reason: str
    stamped_at: datetime
    created_at: datetime
    changed_at: datetime
    legs: tuple[LegView, ...]
    left: tuple[LegView, ...]
    rows: tuple[GroupRow, ...]
    others: int
    continents: int
    tally: Tally
    agreed_tally: Tally

    @property
    def starts_at(self) -> datetime | None:
        """The first agreed instant that this reader sees."""
        return min((part.starts_at for part in self.legs if part.starts_at is not None), default=None)

    @property
    def offered_at(self) -> datetime | None:
        """The first instant put forward that this reader sees."""
        return min((part.offered_at for part in self.legs if part.offered_at is not None), default=None)

    @property
    def ends_at(self) -> datetime | None:
        """The end of the last agreed leg that this reader sees."""
        last = max((part.starts_at for part in self.legs if part.starts_at is not None), default=None)
        return None if last is None else last + self.duration

    @property
    def moved_from_at(self) -> datetime | None:
        """Where the moment of those who follow these legs stood before the last move, the first of it; None if that moved nobody's."""
        legs = {part.leg for part in self.legs}
        return min((row.moved_from_at for row in self.rows if row.moved_from_at is not None and row.leg in legs), default=None)

    def of_group(self, group_id: str) -> ActionView:
        """The action as this group lives it: with its own leg, and its own of what is put forward. As it is, if it is not invited."""
        row = self.row_of(group_id)
        return self if row is None else self._with_legs(stands=row.leg, offered=row.offered_leg)

    def stood_at(self, group_id: str) -> datetime | None:
        """Where this group's own moment stood before the last move; of one that is not invited, as `moved_from_at`."""
        row = self.row_of(group_id)
        return self.moved_from_at if row is None else row.moved_from_at

    def of_leg(self, number: int) -> ActionView:
        """The action with this leg alone. Raises NotFound for one that the reader does not see."""
        if all(part.leg != number for part in self.legs):
            raise NotFound("leg")
        return self._with_legs(stands=number, offered=number)

    def at(self, now: datetime) -> ActionView:
        """The action with the leg that is to be counted to: the next to begin, or the last when all have begun."""
        starts = [(part.starts_at, part.leg) for part in self.legs if part.starts_at is not None]
        if not starts:
            return self
        _, number = min((one for one in starts if one[0] > now), default=max(starts))
        return self._with_legs(stands=number, offered=number)

    def _with_legs(self, *, stands: int | None, offered: int | None) -> ActionView:
        legs = (
            replace(
                part, starts_at=part.starts_at if part.leg == stands else None, offered_at=part.offered_at if part.leg == offered else None
            )
            for part in self.legs
            if part.leg in (stands, offered)
        )
        return replace(self, legs=tuple(legs))

    def row_of(self, group_id: str) -> GroupRow | None:
        """The row of a group that this reader sees by its id."""
        return next((row for row in self.rows if row.seen.group_id == group_id), None)


async def load_action(conn: AsyncConnection, caller: Caller, slug: str, now: datetime) -> ActionView:
    """The action with this slug for this reader; NotFound when it may not know of it."""
    record = await find_record(conn, slug)
    if record is None:
        raise NotFound("action")
    view = view_action(record, await _cards_of(conn, [record]), caller, now)
    if view is None:
        raise NotFound("action")
    return view


async def load_quarter(conn: AsyncConnection, caller: Caller, quarter: str, now: datetime) -> list[ActionView]:
    """What stands or is proposed (or was cancelled) in a quarter, in the order of its moments."""
    return await load_views(conn, caller, now, in_quarter(quarter), in_states(*SHOWN_STATES), not_practice())


async def load_quarters(conn: AsyncConnection, caller: Caller, quarters: Collection[str], now: datetime) -> list[ActionView]:
    """The same for several quarters at once."""
    among = sa.or_(*(in_quarter(quarter) for quarter in quarters))
    return await load_views(conn, caller, now, among, in_states(*SHOWN_STATES), not_practice())


async def load_next(conn: AsyncConnection, caller: Caller, now: datetime) -> ActionView | None:
    """The next confirmed moment that has not ended yet, for this reader."""
    day_ago = now - timedelta(days=1)
    ahead = await load_views(
        conn, caller, now, in_states(State.CONFIRMED), not_practice(), starts_between(day_ago, now + timedelta(days=3700))
    )
    return next((view for view in ahead if view.ends_at is not None and view.ends_at > now), None)


async def load_views(conn: AsyncConnection, caller: Caller, now: datetime, *where: sa.ColumnElement[bool]) -> list[ActionView]:
    """Every action under these conditions that the reader may know of, in the order of their moments (undated ones last)."""
    records = await find_records(conn, *where)
    cards = await _cards_of(conn, records)
    views = [view for record in records if (view := view_action(record, cards, caller, now)) is not None]
    return sorted(views, key=by_moment)


def view_action(record: Record, cards: Mapping[str, Card], caller: Caller, now: datetime) -> ActionView | None:
    """The action as this caller sees it; None when it must answer as unknown (drafts, practices, legs of nobody it sees)."""
    action = record.action
    if not _may_know(record, caller):
        return None
    sight = {i.group_id: see_group(cards, i.group_id, caller) for i in record.invitations}
    asked = _belongs(caller, action.group_id)
    choices = {i.group_id: choice_of(record, i, now) for i in record.invitations if _is_told(i, sight[i.group_id], asked=asked)}
    numbered: dict[int | None, Leg] = {part.leg: part for part in record.legs}
    rows = [_row(i, seen, numbered, caller, choices.get(i.group_id)) for i in record.invitations if (seen := sight[i.group_id]) is not None]
    clocks = _clocks(sight, caller)
    legs = see_legs(record, clocks)
    if not legs and not caller.is_partner():
        return None
    starts = [part.starts_at for part in legs if part.starts_at is not None]
    unseen = [group_id for group_id, seen in sight.items() if seen is None]
    return ActionView(
        action_id=action.id,
        slug=action.slug,
        title=action.title,
        kind=action.kind,
        story=action.story,
        language=action.language,
        shape=action.shape,
        duration=action.duration,
        quarter=action.quarter,
        state=action.state,
        stage=stage(starts, action.duration, now) if action.state is State.CONFIRMED and starts else None,
        practice=action.practice,
        moving=action.moving,
        revision=action.revision,
        sequence=action.sequence,
        proposer=see_group(cards, action.group_id, caller),
        proposer_id=action.group_id if caller.is_partner() else None,
        deadline_at=action.deadline_at,
        cancel_reason=action.cancel_reason,
        stamped_at=action.stamped_at,
        created_at=action.created_at,
        changed_at=action.changed_at,
        legs=legs,
        left=_see_left(record, clocks),
        rows=tuple(rows),
        others=len(unseen),
        continents=count_continents(cards, unseen),
        tally=record.tally,
        agreed_tally=record.agreed_tally,
    )


def audience_of(caller: Caller, group_id: str) -> Audience:
    """From how near this caller looks at a group."""
    if not caller.grants:  # asked for every group of every public page
        return Audience.PUBLIC
    if caller.is_steward() or _belongs(caller, group_id):
        return Audience.OWN
    return Audience.PARTNER if caller.is_partner() else Audience.PUBLIC


def see_group(cards: Mapping[str, Card], group_id: str, caller: Caller) -> Seen | None:
    """A group as this caller sees it; a group that has left the network is seen by nobody."""
    card = cards.get(group_id)
    return None if card is None else see(card, audience_of(caller, group_id))


def clocks_seen(record: Record, cards: Mapping[str, Card], caller: Caller) -> frozenset[str]:
    """The invited groups whose clocks this caller may know: their legs are its legs. A steward may know those of groups that left, too."""
    return _clocks({i.group_id: see_group(cards, i.group_id, caller) for i in record.invitations}, caller)


def _clocks(sight: Mapping[str, Seen | None], caller: Caller) -> frozenset[str]:
    return frozenset(group_id for group_id, seen in sight.items() if caller.is_steward() or (seen is not None and seen.zone_id is not None))


def see_legs(record: Record, clocks: Collection[str]) -> tuple[LegView, ...]:
    """The legs that some of these groups follow, or are asked to follow, each with no more than the instants that those know of; by time."""
    standing = {i.leg for i in record.invitations if i.group_id in clocks}
    offered = {i.offered_leg for i in record.invitations if i.group_id in clocks}
    seen = (
        LegView(
            part.leg,
            part.starts_at if part.leg in standing and part.stands else None,
            part.offered_at if part.leg in offered else None,
            part.utc_offset_minutes,
        )
        for part in record.legs
        if part.leg in standing | offered
    )
    return tuple(sorted(seen, key=_by_instant))


def _by_instant(part: LegView) -> tuple[float, int]:
    at = part.starts_at or part.offered_at
    return (at.timestamp() if at is not None else float("inf"), part.leg)


def _see_left(record: Record, clocks: frozenset[str]) -> tuple[LegView, ...]:
    return tuple(
        LegView(part.leg, part.starts_at, None, part.utc_offset_minutes) for part in record.legs if not clocks.isdisjoint(part.left_by)
    )


def count_continents(cards: Mapping[str, Card], group_ids: Iterable[str]) -> int:
    """On how many continents groups live, by the first part of their zones: all that is said of groups one may not see."""
    return len({cards[g].zone_id.partition("/")[0] for g in group_ids if g in cards})


def _belongs(caller: Caller, group_id: str) -> bool:
    return any(grant.group_id == group_id for grant in caller.grants) and caller.may(Right.READ_ROOM, group_id)


def _may_know(record: Record, caller: Caller) -> bool:
    action = record.action
    if action.practice:
        return _belongs(caller, action.group_id)
    return not action.is_private or caller.may(Right.READ_DESK, action.group_id)


def _is_told(invited: Invitation, seen: Seen | None, *, asked: bool) -> bool:
    """Whether this reader hears of what zone law did to a group's moment: it is its own, or it has asked this reader's group to move it."""
    return (seen is not None and seen.own) or (asked and invited.told is not None and invited.told.asked_at is not None)


def _row(invited: Invitation, seen: Seen, legs: Mapping[int | None, Leg], caller: Caller, choice: Choice | None) -> GroupRow:
    partner, shows_clock = caller.is_partner(), seen.zone_id is not None
    stands, offered = (legs.get(number) if shows_clock else None for number in (invited.leg, invited.offered_leg))
    return GroupRow(
        seen=seen,
        leg=invited.leg if shows_clock else None,
        starts_at=stands.starts_at if stands is not None else None,
        moved_from_at=invited.moved_from_at if shows_clock else None,
        offered_leg=invited.offered_leg if shows_clock else None,
        offered_at=offered.offered_at if offered is not None else None,
        required=invited.required,
        response=invited.response if partner else None,
        reason=invited.reason if partner else "",
        burden=invited.burden if partner else None,
        offered_burden=invited.offered_burden if partner else None,
        sentence=invited.sentence if seen.own else None,
        choice=choice if seen.own else None,
        asks_move=choice is not None and choice.asked,
    )


def by_moment(view: ActionView) -> tuple[float, str]:
    """Sorts actions by their first moment, agreed or put forward; those without one come last."""
    at = view.starts_at or view.offered_at
    return (at.timestamp() if at else float("inf"), view.slug)


async def _cards_of(conn: AsyncConnection, records: Collection[Record]) -> Mapping[str, Card]:
    ids = {i.group_id for record in records for i in record.invitations} | {record.action.group_id for record in records}
    return await load_cards(conn, sorted(ids))
