"""A group's calendar of busy times over the API: how it stands with it, given as a link or a file, read now, and taken back."""

from __future__ import annotations

from starlette.requests import Request

from coordinator.api import shapes_busy as shapes
from coordinator.api.operation import Asking, Commanding
from coordinator.domain.busy import Busy, Span
from coordinator.edge import Raw, identify, runtime
from coordinator.errors import NotFound
from coordinator.services import busy
from coordinator.services.busy import BusyState


async def read(asking: Asking) -> shapes.BusyShown:
    """How it stands. NotFound when no calendar is given."""
    current = asking.runtime
    state = await busy.load_state(asking.conn, asking.caller, asking.path("group"), current.secret_key, current.clock.now())
    if state is None:
        raise NotFound("calendar")
    return _show(state)


async def give_link(commanding: Commanding) -> None:
    """Keeps a link. The commands answer nothing: an answer is kept for whoever repeats one."""
    await busy.give_link(commanding.work, commanding.caller, commanding.path("group"), commanding.raw, commanding.runtime.secret_key)


async def read_file(request: Request, raw: Raw) -> tuple[Busy, Span]:
    """What a file says, and for which stretch of time it was asked."""
    current, caller, group_id = runtime(request), await identify(request), str(request.path_params["group"])
    return await busy.read_file(current.database, caller, group_id, raw[""], now=current.clock.now(), turn=current.calendar_turns)


async def keep_file(commanding: Commanding) -> None:
    """Keeps what was read of a file."""
    await busy.keep_file(commanding.work, commanding.caller, commanding.path("group"), *commanding.prepared)


async def read_again(commanding: Commanding) -> None:
    """Has the link read now."""
    await busy.read_again(commanding.work, commanding.caller, commanding.path("group"))


async def remove(commanding: Commanding) -> None:
    """Forgets the calendar."""
    await busy.remove_calendar(commanding.work, commanding.caller, commanding.path("group"))


def _show(state: BusyState) -> shapes.BusyShown:
    holds = None if state.read_at is None else state.expires_at
    spans = [shapes.BusySpan(*span) for span in state.spans]
    return shapes.BusyShown(state.kind, state.host or None, state.checked_at, state.read_at, holds, state.fault, state.left_out, spans)
