"""Queries of actions, their legs and invitations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.action import Kind, Shape, State
from coordinator.domain.fairness import KeptAction
from coordinator.domain.listing import Listing
from coordinator.domain.moment import Sentence, Told
from coordinator.domain.quarters import Quarter, parse_quarter
from coordinator.domain.response import Response, Tally, tally
from coordinator.errors import NotFound
from coordinator.store.agreed import IS_TOLD, TOLD_COLUMNS, read_sentence, read_told
from coordinator.store.tables import action, group, invitation, leg, to_microseconds, zone_drift


@dataclass(frozen=True, slots=True)
class Action:
    """One row of `action`; see the table for what each column means."""

    id: str
    slug: str
    group_id: str
    kind: Kind
    title: str
    story: str
    language: str
    shape: Shape
    duration: timedelta
    quarter: str
    state: State
    practice: bool
    moving: bool
    round: int
    deadline_at: datetime | None
    cancel_reason: str
    agreed_start: str
    offered_start: str
    copied_from: str | None
    revision: int
    sequence: int
    stamped_at: datetime
    created_at: datetime
    changed_at: datetime
    published_at: datetime | None
    decided_at: datetime | None

    @property
    def is_private(self) -> bool:
        """A draft, or one that was withdrawn without ever having been put forward: words for its own group only."""
        return self.state is State.DRAFT or (self.state is State.WITHDRAWN and self.published_at is None)


@dataclass(frozen=True, slots=True)
class Leg:
    """One agreed (or offered) instant of an action. `left_by`: the groups that followed it last, once nobody does any more."""

    leg: int
    starts_at: datetime | None
    offered_at: datetime | None
    utc_offset_minutes: int | None
    left_by: tuple[str, ...] = ()

    @property
    def stands(self) -> bool:
        """Whether it has an agreed instant that was not given up."""
        return self.starts_at is not None and not self.left_by


@dataclass(frozen=True, slots=True)
class Invitation:
    """One invited group: its legs, its answer of the open round, what it agreed to, and what it was told should zone law have parted that."""

    group_id: str
    leg: int
    offered_leg: int | None
    required: bool
    response: Response | None
    reason: str
    responded_at: datetime | None
    offered_burden: int | None
    sentence: Sentence | None
    agreed_response: Response | None
    burden: int | None
    moved_from_at: datetime | None
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """An action with its legs (by number) and invitations (by group id)."""

    action: Action
    legs: tuple[Leg, ...]
    invitations: tuple[Invitation, ...]

    @property
    def starts(self) -> tuple[datetime, ...]:
        """The agreed instants, in the order of the legs; empty before the moment is confirmed."""
        return tuple(part.starts_at for part in self.legs if part.starts_at is not None and part.stands)

    @property
    def offers(self) -> tuple[datetime, ...]:
        """The instants put forward and not yet decided."""
        return tuple(part.offered_at for part in self.legs if part.offered_at is not None)

    @property
    def tally(self) -> Tally:
        """How the open (or last) round stands."""
        return tally(i.response for i in self.invitations)

    @property
    def agreed_tally(self) -> Tally:
        """How the groups had answered when the moment was confirmed."""
        return tally(i.agreed_response for i in self.invitations)

    def invited(self, group_id: str) -> Invitation | None:
        """That group's invitation."""
        return next((i for i in self.invitations if i.group_id == group_id), None)


def _action(row: Any) -> Action:
    return Action(
        id=row.id,
        slug=row.slug,
        group_id=row.group_id,
        kind=Kind(row.kind),
        title=row.title,
        story=row.story,
        language=row.language,
        shape=Shape(row.shape),
        duration=timedelta(minutes=row.duration_minutes),
        quarter=row.quarter,
        state=State(row.state),
        practice=row.practice,
        moving=row.moving,
        round=row.round,
        deadline_at=row.deadline_at,
        cancel_reason=row.cancel_reason,
        agreed_start=row.agreed_start,
        offered_start=row.offered_start,
        copied_from=row.copied_from,
        revision=row.revision,
        sequence=row.sequence,
        stamped_at=row.stamped_at,
        created_at=row.created_at,
        changed_at=row.changed_at,
        published_at=row.published_at,
        decided_at=row.decided_at,
    )


def _leg(row: Any) -> Leg:
    return Leg(row.leg, row.starts_at, row.offered_at, row.utc_offset_minutes, tuple(row.left_by.split()))


def _invitation(row: Any) -> Invitation:
    return Invitation(
        group_id=row.group_id,
        leg=row.leg,
        offered_leg=row.offered_leg,
        required=row.required,
        response=None if row.response is None else Response(row.response),
        reason=row.reason,
        responded_at=row.responded_at,
        offered_burden=row.offered_burden,
        sentence=read_sentence(row),
        agreed_response=None if row.agreed_response is None else Response(row.agreed_response),
        burden=row.burden,
        moved_from_at=row.moved_from_at,
        told=read_told(row),
    )


async def find_records(conn: AsyncConnection, *where: sa.ColumnElement[bool], lock: bool = False) -> list[Record]:
    """Actions that fulfil all conditions, with legs and invitations, oldest first. `lock` holds the rows until the commit (PostgreSQL)."""
    chosen = sa.select(action).where(*where).order_by(action.c.created_at, action.c.id)
    rows = (await conn.execute(chosen.with_for_update() if lock else chosen)).all()
    ids = [row.id for row in rows]
    legs = await _by_action(conn, sa.select(leg).where(leg.c.action_id.in_(ids)).order_by(leg.c.leg), ids)
    with_told = sa.select(invitation, *TOLD_COLUMNS).outerjoin(zone_drift, IS_TOLD)
    invited = await _by_action(conn, with_told.where(invitation.c.action_id.in_(ids)).order_by(invitation.c.group_id), ids)
    return [
        Record(
            _action(row),
            tuple(_leg(part) for part in legs[row.id]),
            tuple(_invitation(i) for i in invited[row.id]),
        )
        for row in rows
    ]


async def _by_action(conn: AsyncConnection, query: sa.Select[Any], ids: Sequence[str]) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = {action_id: [] for action_id in ids}
    if ids:
        for row in await conn.execute(query):
            grouped[row.action_id].append(row)
    return grouped


async def find_record(conn: AsyncConnection, slug: str, *, lock: bool = False) -> Record | None:
    """The action with this slug, whatever its state."""
    found = await find_records(conn, action.c.slug == slug, lock=lock)
    return found[0] if found else None


async def find_record_by_id(conn: AsyncConnection, action_id: str, *, lock: bool = False) -> Record | None:
    """The action with this id, as a job names it."""
    found = await find_records(conn, action.c.id == action_id, lock=lock)
    return found[0] if found else None


async def reload_record(conn: AsyncConnection, action_id: str) -> Record:
    """The action as this transaction has left it; its row is there, since the transaction holds it. Raises NotFound otherwise."""
    found = await find_record_by_id(conn, action_id)
    if found is None:
        raise NotFound("action")
    return found


async def insert_action(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Stores a new action row."""
    await conn.execute(sa.insert(action).values(**values))


async def change_action(conn: AsyncConnection, action_id: str, now: datetime, *, sequence: bool = False, **values: Any) -> None:
    """Changes an action: every change raises `revision`; `sequence` only what calendars must hear of (start, end, place, STATUS)."""
    stamps: dict[str, Any] = {"revision": action.c.revision + 1, "stamped_at": now, "changed_at": now}
    if sequence:
        stamps["sequence"] = action.c.sequence + 1
    await conn.execute(sa.update(action).where(action.c.id == action_id).values(**stamps, **values))


async def put_leg(conn: AsyncConnection, action_id: str, number: int, **values: Any) -> None:
    """Changes a leg, or adds it under its number."""
    changed = await conn.execute(sa.update(leg).where(leg.c.action_id == action_id, leg.c.leg == number).values(**values))
    if changed.rowcount == 0:
        await conn.execute(sa.insert(leg).values(action_id=action_id, leg=number, **values))


async def replace_invitations(conn: AsyncConnection, action_id: str, required: Mapping[str, bool], expires_at: datetime) -> None:
    """Sets who is invited (group id → whether required) while nothing has been answered."""
    await conn.execute(sa.delete(invitation).where(invitation.c.action_id == action_id))
    rows = [
        {"action_id": action_id, "group_id": g, "leg": 1, "required": needed, "reason": "", "expires_at": expires_at}
        for g, needed in required.items()
    ]
    if rows:
        await conn.execute(sa.insert(invitation), rows)


async def remove_invitations(conn: AsyncConnection, action_id: str, group_ids: Iterable[str]) -> None:
    """Takes these groups off the list of the invited."""
    await conn.execute(sa.delete(invitation).where(invitation.c.action_id == action_id, invitation.c.group_id.in_(list(group_ids))))


async def change_invitation(conn: AsyncConnection, action_id: str, group_id: str, **values: Any) -> None:
    """Changes one group's invitation."""
    await conn.execute(sa.update(invitation).where(invitation.c.action_id == action_id, invitation.c.group_id == group_id).values(**values))


async def change_invitations(conn: AsyncConnection, action_id: str, changes: Mapping[str, Mapping[str, Any]]) -> None:
    """Changes the same columns of several invitations at once: group id → values."""
    if not changes:
        return
    columns = next(iter(changes.values())).keys()
    statement = (
        sa.update(invitation)
        .where(invitation.c.action_id == action_id, invitation.c.group_id == sa.bindparam("of_group"))
        .values({name: sa.bindparam(f"new_{name}") for name in columns})
    )
    rows = [{"of_group": g, **{f"new_{name}": value for name, value in values.items()}} for g, values in changes.items()]
    await conn.execute(statement, rows)


async def clear_responses(conn: AsyncConnection, action_id: str) -> None:
    """Opens a round: nobody has answered."""
    await conn.execute(sa.update(invitation).where(invitation.c.action_id == action_id).values(response=None, reason="", responded_at=None))


async def drop_offers(conn: AsyncConnection, action_id: str) -> None:
    """Nothing is put forward any more: no leg has an offered instant, nobody is asked to follow one."""
    await conn.execute(sa.update(leg).where(leg.c.action_id == action_id).values(offered_at=None))
    await conn.execute(sa.update(invitation).where(invitation.c.action_id == action_id).values(offered_leg=None))


def with_ids(action_ids: Iterable[str]) -> sa.ColumnElement[bool]:
    """Condition: one of these actions."""
    return action.c.id.in_(list(action_ids))


def in_states(*states: State) -> sa.ColumnElement[bool]:
    """Condition: the action is in one of these states."""
    return action.c.state.in_([str(s) for s in states])


def is_open_round() -> sa.ColumnElement[bool]:
    """Condition: a moment, or a move, is before the groups."""
    return sa.and_(action.c.practice.is_(False), sa.or_(action.c.state == State.PROPOSED, action.c.moving.is_(True)))


def in_quarter(quarter: str) -> sa.ColumnElement[bool]:
    """Condition: the action lives in this quarter."""
    return action.c.quarter == quarter


def not_practice() -> sa.ColumnElement[bool]:
    """Condition: the action is the network's, not one group's practice."""
    return action.c.practice.is_(False)


def invites(group_id: str) -> sa.ColumnElement[bool]:
    """Condition: the group is invited."""
    return action.c.id.in_(sa.select(invitation.c.action_id).where(invitation.c.group_id == group_id))


def proposed_by(group_id: str) -> sa.ColumnElement[bool]:
    """Condition: the group proposes it."""
    return action.c.group_id == group_id


def starts_between(first: datetime, last: datetime) -> sa.ColumnElement[bool]:
    """Condition: some agreed leg starts within [first, last]."""
    return action.c.id.in_(sa.select(leg.c.action_id).where(leg.c.starts_at.between(first, last)))


def _first_start() -> sa.ColumnElement[int]:
    """The first agreed instant of each action, in microseconds, as `load_kept` reckons it."""
    followed = (
        sa.select(sa.func.min(sa.type_coerce(leg.c.starts_at, sa.BigInteger)))
        .join(invitation, sa.and_(invitation.c.action_id == leg.c.action_id, invitation.c.leg == leg.c.leg))
        .join(group, group.c.id == invitation.c.group_id)
        .where(leg.c.action_id == action.c.id)
    )
    seen = followed.where(group.c.listing != Listing.HIDDEN)
    return sa.func.coalesce(seen.correlate(action).scalar_subquery(), followed.correlate(action).scalar_subquery())


async def load_kept(conn: AsyncConnection, quarters: Iterable[Quarter], now: datetime) -> list[KeptAction]:
    """The kept actions of these quarters (each reached its start while confirmed), with every invited group's burden by its id.

    The start is that of the first leg which partners may see: the ledger is theirs, and the hour of its change must not tell them of
    another. Where all hide their clocks, it is the first of all.
    """
    kept = sa.and_(
        action.c.quarter.in_([str(quarter) for quarter in quarters]),
        action.c.state == State.CONFIRMED,
        action.c.practice.is_(False),
        _first_start() <= to_microseconds(now),
    )
    rows = await conn.execute(
        sa.select(invitation.c.action_id, action.c.quarter, invitation.c.group_id, invitation.c.burden)
        .join(action, action.c.id == invitation.c.action_id)
        .where(kept, invitation.c.burden.is_not(None))
        .order_by(invitation.c.action_id, invitation.c.group_id)
    )
    found: dict[str, tuple[str, dict[str, int]]] = {}
    for row in rows:
        found.setdefault(row.action_id, (row.quarter, {}))[1][row.group_id] = row.burden
    return [KeptAction(parse_quarter(quarter), burdens, action_id) for action_id, (quarter, burdens) in found.items()]
