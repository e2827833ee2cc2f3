"""A group proposes: draft, edit, put one moment forward, take it back, move, cancel, practise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from coordinator.domain.access import Caller, Right
from coordinator.domain.action import DURATION_MOST_MINUTES, Command, Kind, Shape, State, check_deadline, latest_deadline, next_state
from coordinator.domain.chosen import AtInstant, Chosen, check_chosen, earliest_at, read_chosen, write_chosen
from coordinator.domain.proposal import (
    Proposal,
    make_slug,
    read_instant,
    read_proposal,
    read_shape,
    read_start,
    settle_wall_time,
    usual_deadline,
)
from coordinator.domain.quarters import parse_quarter
from coordinator.domain.response import Response
from coordinator.domain.text import REASON_CHARS, read_prose, text_of
from coordinator.errors import Conflict, Faults, Invalid, NotFound, problem
from coordinator.services.actions import clocks_seen, see_legs
from coordinator.services.announce import tell
from coordinator.services.decisions import confirm, keep_moment, plan_decision
from coordinator.services.groups import load_cards, load_groups
from coordinator.services.legs import ask_proposer, offer_legs, plan_legs, standing_at
from coordinator.services.network import load_network
from coordinator.store.actions import (
    Record,
    change_action,
    change_invitation,
    drop_offers,
    find_record,
    insert_action,
    reload_record,
    remove_invitations,
    replace_invitations,
)
from coordinator.store.database import Work
from coordinator.store.ids import SUFFIX_CHARS, new_row_id, random_text

TEXT_AGE = timedelta(days=3 * 366)  # an action's words outlive the eight quarters that its burden counts in
PRACTICE_LATEST = timedelta(days=31)


async def draft_action(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object], languages: frozenset[str]) -> str:
    """Stores a draft (or a practice's draft) of this group; returns its slug. Raises Invalid with every fault."""
    caller.require(Right.DRAFT, group_id)
    proposal = await _read(work, group_id, raw, languages)
    action_id = new_row_id()
    slug = make_slug(proposal.title, proposal.kind, random_text(SUFFIX_CHARS))
    await insert_action(
        work.conn,
        {
            "id": action_id,
            "slug": slug,
            "group_id": group_id,
            "state": State.DRAFT,
            "practice": proposal.practice,
            "moving": False,
            "round": 0,
            "revision": 1,
            "sequence": 0,
            "stamped_at": work.now,
            "created_at": work.now,
            "changed_at": work.now,
            "copied_from": await _find_origin(work, group_id, text_of(raw, "copied_from")),
            "cancel_reason": "",
            **_columns(proposal, work.now),
        },
    )
    await replace_invitations(work.conn, action_id, proposal.required, work.now + TEXT_AGE)
    await tell(work, action_id, "action.edited")
    return slug


async def _find_origin(work: Work, group_id: str, slug: str) -> str | None:
    """The id of the group's own action that this one is a copy of; None for any other slug."""
    origin = await find_record(work.conn, slug) if slug else None
    return origin.action.id if origin is not None and origin.action.group_id == group_id else None


async def edit_draft(work: Work, caller: Caller, slug: str, raw: Mapping[str, object], languages: frozenset[str]) -> None:
    """Changes a draft's words, duration, quarter and guests; a practice stays a practice."""
    record = await load_own(work, caller, slug, Right.DRAFT)
    next_state(record.action.state, Command.EDIT, practice=record.action.practice)
    proposal = await _read(work, record.action.group_id, {**raw, "practice": record.action.practice}, languages)
    await change_action(work.conn, record.action.id, work.now, **_columns(proposal, work.now))
    await replace_invitations(work.conn, record.action.id, proposal.required, work.now + TEXT_AGE)
    await tell(work, record.action.id, "action.edited")


async def put_forward(work: Work, caller: Caller, slug: str, raw: Mapping[str, object]) -> None:
    """Puts one moment forward, or the move of a confirmed one, with a deadline; the proposing group's consent is recorded at once.

    `raw`: `shape` (absent: the draft's; a move keeps what stands), `start` of it (`domain/chosen.py`; for a wave `gap` and `fold` answer for
    clocks that change) and `deadline` (an instant; or `deadline_wall_time`; absent: a fortnight, or the latest allowed).
    """
    record = await _without_the_gone(work, await load_own(work, caller, slug, Right.PUT_FORWARD))
    action, moving = record.action, record.action.state is State.CONFIRMED
    state = next_state(action.state, Command.MOVE if moving else Command.PUT_FORWARD, moving=action.moving, practice=action.practice)
    shape = _read_shape(record, raw, moving=moving)
    chosen, deadline_at = await _read_offer(work, record, shape, raw)
    await ask_proposer(work, record, chosen, caller, raw)
    await offer_legs(work, record, await plan_legs(work, record, chosen))
    await change_invitation(work.conn, action.id, action.group_id, response=Response.CONSENT, responded_at=work.now)
    await change_action(
        work.conn,
        action.id,
        work.now,
        state=state,
        shape=shape,
        moving=moving,
        offered_start=write_chosen(chosen),
        round=action.round + 1,
        deadline_at=deadline_at,
        published_at=action.published_at or work.now,
    )
    changed = await tell(work, action.id, "action.moving" if moving else "action.proposed")
    await plan_decision(work, changed)


async def withdraw(work: Work, caller: Caller, slug: str) -> None:
    """Takes a draft or a proposal back; of a confirmed action, the move that was put forward."""
    record = await load_own(work, caller, slug, Right.PUT_FORWARD)
    action = record.action
    if action.state is State.CONFIRMED and action.moving:
        await keep_moment(work, record)
        return
    state = next_state(action.state, Command.WITHDRAW, practice=action.practice)
    await drop_offers(work.conn, action.id)
    await change_action(work.conn, action.id, work.now, state=state, decided_at=work.now, deadline_at=None, offered_start="")
    await tell(work, action.id, "action.withdrawn")


async def cancel(work: Work, caller: Caller, slug: str, raw: Mapping[str, object]) -> None:
    """Cancels a confirmed action, for good, with a reason that rooms and calendars will say.

    Conflict `already_started` from the start of the first leg that the caller sees. What it does not see cannot forbid it: the answer
    would tell when a hidden group's leg began. Before that instant nobody whom it knows of has acted, so there is still something to stop.
    """
    record = await load_own(work, caller, slug, Right.PUT_FORWARD)
    action = record.action
    state = next_state(action.state, Command.CANCEL, moving=action.moving, practice=action.practice)
    reason = _read_reason(raw, required=not action.practice)
    if work.now >= await _first_seen_start(work, record, caller):
        raise Conflict("already_started")
    await drop_offers(work.conn, action.id)
    await change_action(
        work.conn,
        action.id,
        work.now,
        sequence=True,
        state=state,
        moving=False,
        offered_start="",
        cancel_reason=reason,
        decided_at=work.now,
        deadline_at=None,
    )
    await tell(work, action.id, "action.cancelled")


async def practise(work: Work, caller: Caller, slug: str, raw: Mapping[str, object]) -> None:
    """Starts a group's own practice: confirmed by one press, `start` within the next month. No deadline, no decision."""
    record = await load_own(work, caller, slug, Right.PUT_FORWARD)
    action = record.action
    next_state(action.state, Command.PRACTISE, practice=action.practice)
    cards = await load_cards(work.conn, [action.group_id])
    chosen = AtInstant(_read_practice_start(raw, cards[action.group_id].zone_id, work.now))
    await offer_legs(work, record, await plan_legs(work, record, chosen))
    await change_invitation(work.conn, action.id, action.group_id, response=Response.CONSENT, responded_at=work.now)
    await change_action(work.conn, action.id, work.now, offered_start=write_chosen(chosen))
    await confirm(work, await reload_record(work.conn, action.id))


async def load_own(work: Work, caller: Caller, slug: str, right: Right) -> Record:
    """The action, locked, if the caller may do this as its proposing group; a foreign draft answers as unknown."""
    record = await find_record(work.conn, slug, lock=True)
    hidden = record is not None and (record.action.is_private or record.action.practice)
    if record is None or (hidden and not caller.may(Right.READ_DESK, record.action.group_id)):
        raise NotFound("action")
    caller.require(right, record.action.group_id)
    return record


async def _without_the_gone(work: Work, record: Record) -> Record:
    """The action without invitations of groups that have left the network: they would hold up the round, as they cannot answer."""
    here = {group.id for group in await load_groups(work.conn)}
    gone = [invited.group_id for invited in record.invitations if invited.group_id not in here]
    if not gone:
        return record
    await remove_invitations(work.conn, record.action.id, gone)
    return await reload_record(work.conn, record.action.id)


async def _read(work: Work, group_id: str, raw: Mapping[str, object], languages: frozenset[str]) -> Proposal:
    network = await load_network(work.conn)
    groups = await load_groups(work.conn)
    return read_proposal(
        raw, own_group_id=group_id, group_ids=[g.id for g in groups], languages=languages, zone_id=network.zone_id, now=work.now
    )


def _columns(proposal: Proposal, now: datetime) -> dict[str, Any]:
    return {
        "kind": Kind(proposal.kind),
        "title": proposal.title,
        "story": proposal.story,
        "language": proposal.language,
        "shape": proposal.shape,
        "duration_minutes": int(proposal.duration / timedelta(minutes=1)),
        "quarter": str(proposal.quarter),
        "expires_at": now + TEXT_AGE,
    }


def _read_shape(record: Record, raw: Mapping[str, object], *, moving: bool) -> Shape:
    """The shape to put forward. What stands can be moved, not made into another shape: its legs are in people's calendars."""
    standing = record.action.shape
    if moving and text_of(raw, "shape") not in ("", str(standing)):
        raise Invalid(problem("shape", "choice_unknown", text_of(raw, "shape"), standing))
    faults = Faults()
    shape = faults.read("shape", read_shape, {"shape": text_of(raw, "shape") or str(standing)})
    faults.check()
    return shape


async def _first_seen_start(work: Work, record: Record, caller: Caller) -> datetime:
    """The first agreed instant that this caller sees; it belongs to an invited group, so there is one."""
    cards = await load_cards(work.conn, [i.group_id for i in record.invitations])
    starts = [leg.starts_at for leg in see_legs(record, clocks_seen(record, cards, caller)) if leg.starts_at is not None]
    return min(starts)


async def _read_offer(work: Work, record: Record, shape: Shape, raw: Mapping[str, object]) -> tuple[Chosen, datetime]:
    """The start and the deadline, both checked; all faults at once as far as one does not hide the other."""
    action = record.action
    network = await load_network(work.conn)
    zone_id = (await load_cards(work.conn, [action.group_id]))[action.group_id].zone_id
    chosen = read_chosen(raw, shape, zone_id)
    faults = Faults()
    faults.read("", check_chosen, chosen, action.duration, parse_quarter(action.quarter), network.zone_id, work.now)
    first_at, stood_at = earliest_at(chosen), standing_at(record)
    deadline_at = faults.read("", _read_deadline, raw, zone_id, usual_deadline(latest_deadline(first_at, stood_at), work.now, shape))
    faults.check()
    check_deadline(deadline_at, first_at, work.now, stood_at)
    return chosen, deadline_at


def _read_deadline(raw: Mapping[str, object], zone_id: str, usual_at: datetime) -> datetime:
    if text_of(raw, "deadline"):
        return read_instant(text_of(raw, "deadline"), "deadline")
    if text_of(raw, "deadline_wall_time"):
        try:
            wall_time = datetime.fromisoformat(text_of(raw, "deadline_wall_time").strip().replace(" ", "T", 1))
        except ValueError:
            raise Invalid(problem("deadline", "wall_time_malformed", text_of(raw, "deadline_wall_time"), "2027-01-23 19:15")) from None
        return settle_wall_time(wall_time.replace(tzinfo=None), zone_id, text_of(raw, "deadline_fold"), "deadline")
    return usual_at


def _read_reason(raw: Mapping[str, object], *, required: bool) -> str:
    faults = Faults()
    reason = faults.read("reason", read_prose, text_of(raw, "reason"), longest=REASON_CHARS, required=False)
    if required and reason == "":
        faults.add("reason", "reason_missing")
    faults.check()
    return reason


def _read_practice_start(raw: Mapping[str, object], zone_id: str, now: datetime) -> datetime:
    """`in_minutes` from now (whole minutes), or a start as for `put_forward`. Problems: start_past, start_too_late."""
    minutes = text_of(raw, "in_minutes").strip()
    if minutes and not (minutes.isascii() and minutes.isdigit() and 1 <= int(minutes[:6]) <= DURATION_MOST_MINUTES):
        raise Invalid(problem("in_minutes", "number_out_of_range", minutes, 1, DURATION_MOST_MINUTES))
    starts_at = now + timedelta(minutes=int(minutes)) if minutes else read_start(raw, zone_id)
    if starts_at <= now:
        raise Invalid(problem("start", "start_past", starts_at.isoformat()))
    if starts_at > now + PRACTICE_LATEST:
        raise Invalid(problem("start", "start_too_late", starts_at.isoformat(), (now + PRACTICE_LATEST).isoformat()))
    return starts_at
