"""How does a group leave the network? Its links end at once, its past actions stand, and no decision waits for an answer that cannot come."""

from __future__ import annotations

from coordinator import keys
from coordinator.domain.access import Caller, Right
from coordinator.domain.response import Response
from coordinator.services.announce import tell
from coordinator.services.decisions import decide_round
from coordinator.services.groups import announce_group, load_group_for_change
from coordinator.services.spotlights import retire_all
from coordinator.services.voice_reports import forget_reports_by
from coordinator.services.voicing import withdraw_all
from coordinator.store import actions
from coordinator.store import groups as store
from coordinator.store.actions import Record
from coordinator.store.busy import delete_calendar
from coordinator.store.database import Work
from coordinator.store.links import revoke_of_group
from coordinator.store.no_go import delete_no_go, of_groups
from coordinator.store.rota import end_of_group

HOLDS_UP = (None, Response.OBJECT)  # an objection stands until its group changes the answer: a group that left never will


async def archive_group(work: Work, caller: Caller, group_id: str) -> None:
    """Lets a group leave, for good. Where it is asked and has not answered, or objects, it is asked no more: that may decide a round.

    Consents and stand-asides that it gave count, moments that it proposed stay before the groups.
    """
    caller.require(Right.STEER)
    group = await load_group_for_change(work, group_id)
    revision = await store.change_group(work.conn, group_id, archived_at=work.now)
    await end_of_group(work.conn, group_id, work.now)
    for link_id in await revoke_of_group(work.conn, group_id, work.now):
        work.emit(keys.group_stream(group_id), "link.revoked", {"link": link_id, "group": group_id})
    announce_group(work, group_id, revision, group.listing)
    await delete_no_go(work.conn, of_groups([group_id]))
    await delete_calendar(work.conn, group_id)
    await retire_all(work, group_id)
    await withdraw_all(work, group_id)
    await forget_reports_by(work, group_id)
    for record in await actions.find_records(work.conn, actions.is_open_round(), actions.invites(group_id), lock=True):
        await _ask_no_more(work, record, group_id)


async def _ask_no_more(work: Work, record: Record, group_id: str) -> None:
    invited = record.invited(group_id)
    if invited is None or invited.response not in HOLDS_UP:
        return
    await actions.remove_invitations(work.conn, record.action.id, [group_id])
    await actions.change_action(work.conn, record.action.id, work.now)
    await decide_round(work, await tell(work, record.action.id, "action.edited"))
