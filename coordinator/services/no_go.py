"""A group keeps private no-go times; the resolver hears of them, and nobody else. No event tells of a change: there is nobody to tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Right
from coordinator.domain.no_go import Span, read_no_go, to_span
from coordinator.domain.spans import overlaps
from coordinator.errors import Invalid, NotFound, problem
from coordinator.services.groups import load_group_for_change
from coordinator.store import no_go as store
from coordinator.store.busy import find_busy_spans
from coordinator.store.database import Work
from coordinator.store.ids import new_row_id
from coordinator.store.no_go import KeptNoGo

NO_GO_MOST = 200
KEPT_AFTER = timedelta(days=2)  # after its end: as far as another zone of the group could push that, and no longer


async def list_no_go(conn: AsyncConnection, caller: Caller, group_id: str, now: datetime) -> list[KeptNoGo]:
    """Those of the group that are not over, in the order of their beginnings."""
    caller.require(Right.KEEP_NO_GO, group_id)
    kept = await store.find_no_go(conn, store.of_groups([group_id]), store.may_touch(now))
    return [one for one in kept if to_span(one.no_go, one.zone_id)[1] > now]


async def add_no_go(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object]) -> str:
    """Keeps one more; returns its id. Raises Invalid with every fault: see `read_no_go`, and `duplicate`, `too_many`."""
    caller.require(Right.KEEP_NO_GO, group_id)
    group = await load_group_for_change(work, group_id)
    found = read_no_go(raw, group.zone_id, work.now)
    kept = await store.find_no_go(work.conn, store.of_groups([group_id]), store.may_touch(work.now))
    if (found.from_wall_time, found.to_wall_time) in {(one.no_go.from_wall_time, one.no_go.to_wall_time) for one in kept}:
        raise Invalid(problem("from", "duplicate", raw.get("from", "")))
    if len(kept) >= NO_GO_MOST:
        raise Invalid(problem("", "too_many", len(kept) + 1, NO_GO_MOST))
    no_go_id, (_, end_at) = new_row_id(), to_span(found, group.zone_id)
    await store.insert_no_go(work.conn, group_id, found, id=no_go_id, created_at=work.now, expires_at=end_at + KEPT_AFTER)
    return no_go_id


async def remove_no_go(work: Work, caller: Caller, group_id: str, no_go_id: str) -> None:
    """Forgets one. NotFound when the group has none of this id."""
    caller.require(Right.KEEP_NO_GO, group_id)
    if not await store.delete_no_go(work.conn, store.of_groups([group_id]), store.with_id(no_go_id)):
        raise NotFound("no_go")


async def load_no_go_spans(
    conn: AsyncConnection, group_ids: Collection[str], start_at: datetime, end_at: datetime
) -> dict[str, tuple[Span, ...]]:
    """Group id → what it has closed to itself between the two instants, for the resolver alone; groups without any are left out.

    This is the one door: whatever else closes a group's time without telling others joins here.
    """
    found: dict[str, list[Span]] = defaultdict(list)
    for group_id, busy in await find_busy_spans(conn, group_ids, start_at, end_at):
        found[group_id].append(busy)
    for one in await store.find_no_go(conn, store.of_groups(group_ids), store.may_touch(start_at)):
        span = to_span(one.no_go, one.zone_id)
        if overlaps(span, start_at, end_at):
            found[one.group_id].append(span)
    return {group_id: tuple(spans) for group_id, spans in found.items()}
