"""Links: made by whom the table allows, shown once, listed without their secrets, revoked at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Right
from coordinator.domain.link import Link, LinkDraft, LinkRole, may_make, read_link
from coordinator.domain.rota import read_turn
from coordinator.domain.text import is_yes
from coordinator.errors import Conflict, Forbidden, NotFound, NotSignedIn
from coordinator.services.custody import issue_custodian_link, load_current_custody, offer_custody, tell_of_revoked
from coordinator.services.groups import load_group
from coordinator.services.issue import MadeLink, issue_link
from coordinator.store import links as store
from coordinator.store.database import Work
from coordinator.store.ids import hash_secret
from coordinator.store.network import lock_network
from coordinator.store.rota import end_leases, find_lease


async def make_link(
    work: Work, caller: Caller, raw: Mapping[str, object], *, group_id: str | None, languages: Collection[str], secret_key: bytes
) -> MadeLink:
    """Makes a link. A custodian makes its group's member, witness, room, remote and feed links; a steward these, custodians' and stewards'.

    `raw`: role, label; for a custodian alias and until (the offer of a new lease), or `same_holder` for one more link to the lease there
    is; for a remote its meeting, for a witness perhaps one; for a feed its language. Raises Invalid with all faults, Forbidden, NotFound for an unknown group.
    """
    if not caller.grants:
        raise NotSignedIn
    draft = read_link(raw, languages)
    if draft.role is LinkRole.STEWARD:
        caller.require(Right.STEER)
        return await issue_link(work, draft, None)
    if not may_make(caller, draft.role, group_id) or group_id is None:
        raise Forbidden(Right.MAKE_LINKS)
    group = await load_group(work.conn, group_id)
    if draft.role is LinkRole.CUSTODIAN:
        return await _make_custodian_link(work, group_id, group.zone_id, draft, raw)
    return await issue_link(work, draft, group_id, secret_key=secret_key)


async def _make_custodian_link(work: Work, group_id: str, zone_id: str, draft: LinkDraft, raw: Mapping[str, object]) -> MadeLink:
    if is_yes(raw, "same_holder"):
        try:
            return await issue_custodian_link(work, group_id, await load_current_custody(work, group_id), draft.label)
        except NotFound:
            pass  # nobody holds it: the link then carries the offer of a new lease
    return await offer_custody(work, group_id, read_turn(raw, zone_id, work.now), draft.label)


async def revoke_link(work: Work, caller: Caller, link_id: str) -> None:
    """Revokes a link for good: pages, sockets and feeds forget it within two seconds. Foreign and unknown links are NotFound alike.

    Raises Conflict `last_steward_link` rather than leave the network without any. An offer whose only link is revoked is withdrawn.
    """
    if not caller.grants:
        raise NotSignedIn
    found = await store.find_link(work.conn, link_id)
    if found is None or not _may_revoke(caller, found):
        raise NotFound("link")
    if found.role is LinkRole.STEWARD and found.revoked_at is None:
        await _refuse_last_steward(work)
    tell_of_revoked(work, found.group_id, await store.revoke_one(work.conn, link_id, work.now))
    await _withdraw_offer(work, found)


async def _refuse_last_steward(work: Work) -> None:
    await lock_network(work.conn)  # two stewards who revoke each other at once must not both succeed
    if await store.count_stewards(work.conn, work.now) <= 1:
        raise Conflict("last_steward_link")


def _may_revoke(caller: Caller, link: Link) -> bool:
    """A custodian also ends custodians' links of its group, its successor's and its own, though it cannot make them."""
    if link.group_id is None:
        return caller.may(Right.STEER)
    return caller.may(Right.MAKE_LINKS, link.group_id)


async def _withdraw_offer(work: Work, link: Link) -> None:
    lease = await find_lease(work.conn, link.rota_id) if link.rota_id is not None else None
    if lease is None or lease.accepted_at is not None:
        return
    siblings = [x for x in await store.find_links(work.conn, link.group_id) if x.rota_id == lease.id and x.revoked_at is None]
    if not siblings:
        await end_leases(work.conn, [lease.id], work.now)


async def list_links(conn: AsyncConnection, caller: Caller, group_id: str | None) -> list[Link]:
    """A group's links, the stewards' for None, the newest first, without any secret. Ended ones stay for a month."""
    caller.require(*((Right.STEER,) if group_id is None else (Right.MAKE_LINKS, group_id)))
    return await store.find_links(conn, group_id)


async def recover_steward_link(work: Work, label: str = "") -> MadeLink:
    """A new steward's link, for whoever has the shell of the server; earlier ones stay as they are."""
    return await issue_link(work, LinkDraft(LinkRole.STEWARD, label, None, None), None)


async def load_feed(conn: AsyncConnection, secret: str, now: datetime) -> Link:
    """The group's calendar feed that this secret names; NotFound alike for unknown, revoked, and secrets of other links."""
    found = await store.find_feed(conn, hash_secret(secret), now)
    if found is None:
        raise NotFound("feed")
    return found
