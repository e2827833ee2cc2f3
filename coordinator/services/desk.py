"""What lies on a group's desk: what it is asked, what stands, what it is drafting and practising."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Right
from coordinator.domain.action import Stage, State
from coordinator.services.actions import ActionView, by_moment, load_views
from coordinator.store.actions import in_states, invites, proposed_by

ON_THE_DESK = (State.DRAFT, State.PROPOSED, State.CONFIRMED, State.CANCELLED, State.LAPSED)


@dataclass(frozen=True, slots=True)
class Desk:
    """The group's actions, each with its own leg and in one place, in the order of their moments.

    `asked`: a moment is before the group and answers are open. `standing`: confirmed and not yet past, or cancelled with its moment still
    ahead. `drafts` and `lapsed` are the group's own; `practices` too, whether drafted or counted down.
    """

    asked: tuple[ActionView, ...]
    standing: tuple[ActionView, ...]
    drafts: tuple[ActionView, ...]
    practices: tuple[ActionView, ...]
    lapsed: tuple[ActionView, ...]


async def load_desk(conn: AsyncConnection, caller: Caller, group_id: str, now: datetime) -> Desk:
    """What this group is invited to or proposes, as it may see it. The right is READ_DESK."""
    caller.require(Right.READ_DESK, group_id)
    found = await load_views(conn, caller, now, in_states(*ON_THE_DESK), invites(group_id) | proposed_by(group_id))
    views = sorted((view.of_group(group_id) for view in found), key=by_moment)
    practices = tuple(view for view in views if view.practice and (view.state is State.DRAFT or _is_ahead(view, now)))
    shared = [view for view in views if not view.practice]
    own = [view for view in shared if view.proposer_id == group_id]
    return Desk(
        asked=tuple(view for view in shared if is_asked(view, group_id, now)),
        standing=tuple(view for view in shared if view.state in (State.CONFIRMED, State.CANCELLED) and _is_ahead(view, now)),
        drafts=tuple(view for view in own if view.state is State.DRAFT),
        practices=practices,
        lapsed=tuple(view for view in own if view.state is State.LAPSED),
    )


def is_asked(view: ActionView, group_id: str, now: datetime) -> bool:
    """Whether the group may answer now, for the first time or again."""
    is_open = view.offered_at is not None and view.deadline_at is not None and now < view.deadline_at
    return is_open and view.row_of(group_id) is not None


def _is_ahead(view: ActionView, now: datetime) -> bool:
    if view.state is State.CANCELLED:
        return view.starts_at is not None and view.starts_at > now
    return view.state is State.CONFIRMED and view.stage in (Stage.AHEAD, Stage.GATHERING, Stage.LIVE, Stage.REFLECTING)
