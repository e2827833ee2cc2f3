"""A group's private no-go times over the API: which there are, one more, one less."""

from __future__ import annotations

from coordinator.api import shapes_no_go as shapes
from coordinator.api.operation import Asking, Commanding
from coordinator.domain.access import Right
from coordinator.domain.no_go import to_span
from coordinator.services import no_go
from coordinator.services.groups import load_group
from coordinator.store.no_go import KeptNoGo


async def listed(asking: Asking) -> shapes.NoGoTimes:
    """Those that are not over."""
    group_id = asking.path("group")
    asking.caller.require(Right.KEEP_NO_GO, group_id)
    group = await load_group(asking.conn, group_id)
    kept = await no_go.list_no_go(asking.conn, asking.caller, group_id, asking.runtime.clock.now())
    return shapes.NoGoTimes(group.zone_id, [_show(one) for one in kept])


async def add(commanding: Commanding) -> shapes.NoGoMade:
    """Keeps one more."""
    return shapes.NoGoMade(await no_go.add_no_go(commanding.work, commanding.caller, commanding.path("group"), commanding.raw))


async def remove(commanding: Commanding) -> None:
    """Forgets one."""
    await no_go.remove_no_go(commanding.work, commanding.caller, commanding.path("group"), commanding.path("no_go"))


def _show(one: KeptNoGo) -> shapes.NoGoShown:
    starts_at, ends_at = to_span(one.no_go, one.zone_id)
    first, last = (each.isoformat(timespec="minutes") for each in (one.no_go.from_wall_time, one.no_go.to_wall_time))
    return shapes.NoGoShown(one.id, first, last, one.no_go.why, starts_at, ends_at)
