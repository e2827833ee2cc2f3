"""What the answers come to: confirm, lapse, or let the old moment stay. Called after each answer and by the job at the deadline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coordinator import keys
from coordinator.domain.action import Command, State, next_state
from coordinator.domain.listing import Card
from coordinator.domain.moment import read_sentence
from coordinator.domain.response import Outcome, decide
from coordinator.services.announce import announce, tell
from coordinator.services.groups import load_cards
from coordinator.services.legs import settle_legs
from coordinator.services.network import load_network
from coordinator.services.reminders import plan_reminders
from coordinator.store.actions import Invitation, Record, change_action, change_invitations, drop_offers, find_record_by_id, reload_record
from coordinator.store.agreed import sentence_columns
from coordinator.store.database import Work


async def plan_decision(work: Work, record: Record) -> None:
    """Plans the job that decides at the deadline of the open round."""
    action = record.action
    assert action.deadline_at is not None, "an open round has a deadline"
    await work.plan(keys.JOB_DECIDE, f"{action.id}:{action.round}", {"action": action.id, "round": action.round}, action.deadline_at)


async def decide_at_deadline(work: Work, ref: Mapping[str, Any]) -> None:
    """The job: decides the round it was planned for; does nothing when that round is over."""
    record = await find_record_by_id(work.conn, ref["action"], lock=True)
    if record is not None and record.action.round == ref["round"]:
        await decide_round(work, record)


async def decide_round(work: Work, record: Record) -> Outcome:
    """Confirms or closes the open round when the rule says so at `work.now`; leaves it open otherwise."""
    action = record.action
    if action.deadline_at is None or not (action.state is State.PROPOSED or action.moving):
        return Outcome.OPEN
    network = await load_network(work.conn)
    outcome = decide(record.tally, network.threshold_percent, action.deadline_at, work.now)
    if outcome is Outcome.CONFIRMED:
        await confirm(work, record)
    elif outcome is Outcome.LAPSED:
        await (keep_moment(work, record) if action.moving else lapse(work, record))
    return outcome


async def confirm(work: Work, record: Record) -> Record:
    """The offered moment becomes the agreed one: instants on the legs; leg, sentence and burden on every invitation."""
    action, moved = record.action, record.action.moving
    command = Command.PRACTISE if action.practice else Command.CONFIRM
    state = next_state(action.state, command, moving=moved, practice=action.practice)
    cards = await load_cards(work.conn, [i.group_id for i in record.invitations])
    await change_invitations(work.conn, action.id, {i.group_id: _agreed(record, i, cards) for i in record.invitations})
    await settle_legs(work, record)
    await change_action(
        work.conn,
        action.id,
        work.now,
        sequence=moved,
        state=state,
        moving=False,
        decided_at=work.now,
        deadline_at=None,
        agreed_start=action.offered_start,
        offered_start="",
        published_at=action.published_at or work.now,
    )
    confirmed = await reload_record(work.conn, action.id)
    await plan_reminders(work, confirmed)
    announce(work, confirmed, cards, "action.moved" if moved else "action.confirmed")
    return confirmed


async def lapse(work: Work, record: Record) -> None:
    """The round found no agreement; the action rests, and a copy may be proposed."""
    state = next_state(record.action.state, Command.LAPSE)
    await drop_offers(work.conn, record.action.id)
    await change_action(work.conn, record.action.id, work.now, state=state, decided_at=work.now, deadline_at=None, offered_start="")
    await tell(work, record.action.id, "action.lapsed")


async def keep_moment(work: Work, record: Record) -> None:
    """A move was not agreed to (or was taken back): the old moment stands as it stood."""
    next_state(record.action.state, Command.KEEP, moving=record.action.moving)
    await drop_offers(work.conn, record.action.id)
    await change_action(work.conn, record.action.id, work.now, moving=False, decided_at=work.now, deadline_at=None, offered_start="")
    await tell(work, record.action.id, "action.stayed")


def _agreed(record: Record, invited: Invitation, cards: Mapping[str, Card]) -> dict[str, Any]:
    legs = {part.leg: part for part in record.legs}
    offered_at = legs[invited.offered_leg].offered_at if invited.offered_leg is not None else None
    assert offered_at is not None, "only an open round is confirmed"
    stood_at = legs[invited.leg].starts_at if record.action.moving else None
    return {
        **sentence_columns(read_sentence(offered_at, cards[invited.group_id].zone_id)),
        "leg": invited.offered_leg,
        "moved_from_at": None if stood_at == offered_at else stood_at,
        "agreed_response": invited.response,
        "burden": invited.offered_burden,
    }
