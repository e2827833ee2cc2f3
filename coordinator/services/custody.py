"""How does custodianship pass on? Offered with a link, begun by whoever opens it; then the former lease and its links end.

Until the successor opens the link, the former custodian stays: a lost message leaves no group without one.
"""

from __future__ import annotations

from collections.abc import Iterable

from coordinator import keys
from coordinator.domain.link import LinkDraft, LinkRole
from coordinator.domain.rota import Duty, Lease, Turn
from coordinator.errors import NotFound
from coordinator.services.issue import MadeLink, issue_link
from coordinator.store import rota as store
from coordinator.store.database import Work
from coordinator.store.ids import new_row_id
from coordinator.store.links import revoke_of_leases

ONLY_SEAT = 1
OFFERED, HELD, ENDED = 1, 2, 3  # the revisions that a lease goes through


async def offer_custody(work: Work, group_id: str, turn: Turn, label: str) -> MadeLink:
    """Offers the group's custodianship by a link; an earlier offer that nobody took up is withdrawn."""
    leases = await load_custody(work, group_id)
    await end_leases(work, group_id, [lease for lease in leases if not lease.is_held()])
    fence = await store.load_next_fence(work.conn, group_id, Duty.CUSTODIAN, ONLY_SEAT)
    lease = Lease(new_row_id(), Duty.CUSTODIAN, ONLY_SEAT, turn.alias, fence, work.now, turn.until_at, None, None)
    await store.insert_lease(work.conn, group_id, lease)
    tell_of_lease(work, group_id, lease, OFFERED)
    return await issue_custodian_link(work, group_id, lease, label)


async def issue_custodian_link(work: Work, group_id: str, lease: Lease, label: str) -> MadeLink:
    """One more link to a lease that is held or offered: for a second device, or for one who lost the first."""
    return await issue_link(work, LinkDraft(LinkRole.CUSTODIAN, label, None, None), group_id, rota_id=lease.id)


async def accept_custody(work: Work, group_id: str, lease_id: str) -> None:
    """Begins an offered lease and ends every other one of the seat, with its links. Nothing happens when it had begun before."""
    if not await store.accept_lease(work.conn, lease_id, work.now):
        return
    leases = await load_custody(work, group_id)
    await end_leases(work, group_id, [lease for lease in leases if lease.id != lease_id])
    tell_of_lease(work, group_id, next(lease for lease in leases if lease.id == lease_id), HELD)


async def end_leases(work: Work, group_id: str, leases: Iterable[Lease]) -> None:
    """Ends these leases, revokes the links that hang on them, and tells the group of both."""
    ending = list(leases)
    await store.end_leases(work.conn, [lease.id for lease in ending], work.now)
    for lease in ending:
        tell_of_lease(work, group_id, lease, ENDED)
    tell_of_revoked(work, group_id, await revoke_of_leases(work.conn, [lease.id for lease in ending], work.now))


async def load_custody(work: Work, group_id: str) -> list[Lease]:
    """The custodian's open leases of a group, locked until the commit."""
    return [lease for lease in await store.find_open_leases(work.conn, group_id, lock=True) if lease.duty is Duty.CUSTODIAN]


async def load_current_custody(work: Work, group_id: str) -> Lease:
    """The lease that a further link may hang on: the one held and not run out, else the one on offer. NotFound when there is neither."""
    leases = await load_custody(work, group_id)
    current = [x for x in leases if x.is_live(work.now)] or [x for x in leases if x.is_pending(work.now)]
    if not current:
        raise NotFound("custodian")
    return current[-1]


def tell_of_lease(work: Work, group_id: str, lease: Lease, revision: int) -> None:
    """Tells the group that a seat changed; the alias stays in the table, where it can be forgotten."""
    told = {"group": group_id, "lease": lease.id, "duty": str(lease.duty), "seat": lease.seat, "revision": revision}
    work.emit(keys.group_stream(group_id), "rota.changed", told)


def tell_of_revoked(work: Work, group_id: str | None, link_ids: Iterable[str]) -> None:
    """Tells a group that links of it were revoked. Stewards have no stream of their own: every hub looks at the grants each second anyway."""
    for link_id in link_ids:
        if group_id is not None:
            work.emit(keys.group_stream(group_id), "link.revoked", {"link": link_id, "group": group_id})
