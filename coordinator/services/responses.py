"""A group answers: consent, stand aside, object (with a reason). Answers may change until the deadline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from coordinator import keys
from coordinator.domain.access import Caller, Right
from coordinator.domain.action import Command, next_state
from coordinator.domain.response import Outcome, Response
from coordinator.domain.text import REASON_CHARS, read_choice, read_prose, text_of
from coordinator.errors import Conflict, Faults, NotFound
from coordinator.services.announce import announce
from coordinator.services.decisions import decide_round
from coordinator.services.groups import load_cards
from coordinator.store.actions import Record, change_action, change_invitation, find_record
from coordinator.store.database import Work


async def respond(work: Work, caller: Caller, group_id: str, slug: str, raw: Mapping[str, object]) -> Outcome:
    """Records the group's `response` (and `reason`) and decides at once when every group has answered.

    Raises NotFound (unknown, or this group is not invited), Conflict `action_state` or `deadline_passed`, Invalid.
    """
    caller.require(Right.RESPOND, group_id)
    response, reason = read_response(raw)
    record = await find_record(work.conn, slug, lock=True)
    if record is None or record.invited(group_id) is None or _is_foreign_draft(record, caller):
        raise NotFound("action")
    _check_open(record, work)
    await change_invitation(work.conn, record.action.id, group_id, response=response, reason=reason, responded_at=work.now)
    await change_action(work.conn, record.action.id, work.now)
    return await _tell_and_decide(work, _answered(record, group_id, response, reason, work.now), group_id, response)


def read_response(raw: Mapping[str, object]) -> tuple[Response, str]:
    """`response` and `reason`; an objection needs one. Problems: choice_unknown, reason_missing and those of prose."""
    faults = Faults()
    response = faults.read("response", read_choice, text_of(raw, "response"), tuple(Response))
    reason = faults.read("reason", read_prose, text_of(raw, "reason"), longest=REASON_CHARS, required=False)
    if response == Response.OBJECT and reason == "":
        faults.add("reason", "reason_missing")
    faults.check()
    return Response(response), reason


def _is_foreign_draft(record: Record, caller: Caller) -> bool:
    """Invited in another group's draft: nobody has asked yet, so there is nothing to know of."""
    return record.action.is_private and not caller.may(Right.READ_DESK, record.action.group_id)


def _check_open(record: Record, work: Work) -> None:
    action = record.action
    next_state(action.state, Command.RESPOND, moving=action.moving, practice=action.practice)
    if action.deadline_at is None or work.now >= action.deadline_at:
        raise Conflict("deadline_passed", deadline_at="" if action.deadline_at is None else action.deadline_at.isoformat())


def _answered(record: Record, group_id: str, response: Response, reason: str, now: datetime) -> Record:
    """The record as the two changes above have left it, without asking for it again: with forty groups that is most of the work."""
    invitations = (
        replace(i, response=response, reason=reason, responded_at=now) if i.group_id == group_id else i for i in record.invitations
    )
    action = replace(record.action, revision=record.action.revision + 1, stamped_at=now, changed_at=now)
    return replace(record, action=action, invitations=tuple(invitations))


async def _tell_and_decide(work: Work, record: Record, group_id: str, response: Response) -> Outcome:
    cards = await load_cards(work.conn, [i.group_id for i in record.invitations])
    announce(work, record, cards, "response.given")
    own = {"action": record.action.slug, "revision": record.action.revision, "response": response}
    work.emit(keys.group_stream(group_id), "response.given", own)
    return await decide_round(work, record)
