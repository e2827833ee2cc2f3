"""A spotlight with all that belongs to it, for whoever has no page to turn: its echoes, and the languages in which it can be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Right
from coordinator.domain.listing import Seen
from coordinator.domain.translation import Rendering, Shown, Source, show_each, show_original
from coordinator.errors import NotFound
from coordinator.services.actions import load_views, see_group
from coordinator.services.groups import load_cards
from coordinator.services.mirror import EchoView, Reading, SpotlightView, load_echoes, load_readable, load_spotlight, load_spotlights
from coordinator.store import spotlights as store
from coordinator.store.actions import with_ids
from coordinator.store.texts import find_renderings

View = TypeVar("View", SpotlightView, EchoView)


@dataclass(frozen=True, slots=True)
class WholeEcho:
    """An echo for one reader; `action` is the slug of the next action that answers, if the reader may know of it."""

    view: EchoView
    action: str | None


@dataclass(frozen=True, slots=True)
class WholeSpotlight:
    """A spotlight for one reader. `languages`: language → the best words there are in it, the original's first."""

    view: SpotlightView
    languages: Mapping[str, Shown]
    echoes: Sequence[WholeEcho]


@dataclass(frozen=True, slots=True)
class SeenRendering:
    """A translation, with the groups that made and signed it as the reader may see them."""

    rendering: Rendering
    group: Seen | None
    signed_by: Seen | None


async def load_whole(
    conn: AsyncConnection, reading: Reading, *where: sa.ColumnElement[bool], original: bool = False
) -> list[WholeSpotlight]:
    """Every spotlight under these conditions that the reader may know of, the latest published first."""
    views = await load_spotlights(conn, reading, *where)
    echoes = await load_echoes(conn, reading, store.answering([view.id for view in views]))
    slugs = await _load_slugs(conn, reading, echoes)
    renderings = await find_renderings(conn, [view.text_id for view in views])
    return [
        WholeSpotlight(
            view=_in_original(view) if original else view,
            languages=show_each(view.source, renderings[view.text_id]),
            echoes=[
                WholeEcho(_in_original(echo) if original else echo, slugs.get(echo.action_id or ""))
                for echo in echoes
                if echo.spotlight_id == view.id
            ],
        )
        for view in views
    ]


async def load_whole_one(conn: AsyncConnection, reading: Reading, slug: str, *, original: bool = False) -> WholeSpotlight:
    """The spotlight of this address; NotFound when the reader may not know of it."""
    found = await load_whole(conn, reading, store.with_slug(slug), original=original)
    if not found:
        raise NotFound("spotlight")
    return found[0]


async def load_translations(conn: AsyncConnection, reading: Reading, slug: str) -> tuple[Source, list[SeenRendering]]:
    """The original and every translation of it that stands, in the order they were made. For partners."""
    reading.caller.require(Right.READ_PARTNERS)
    view = await load_spotlight(conn, reading, slug)
    renderings = (await find_renderings(conn, [view.text_id]))[view.text_id]
    return view.source, await see_renderings(conn, reading.caller, renderings)


async def load_translation(conn: AsyncConnection, reading: Reading, made: Rendering) -> tuple[Source, SeenRendering]:
    """A translation as it stands now, with the original; NotFound when it does not stand (any more)."""
    words = await load_readable(conn, reading.caller, made.text_id, reading.now)
    found = await see_renderings(conn, reading.caller, [one for one in words.renderings if one.id == made.id])
    if not found:
        raise NotFound("translation")
    return words.source, found[0]


async def see_renderings(conn: AsyncConnection, caller: Caller, renderings: Collection[Rendering]) -> list[SeenRendering]:
    """The translations with their groups, as listing lets this caller see them."""
    cards = await load_cards(conn, {group for one in renderings for group in (one.group_id, one.signed_by) if group is not None})
    return [
        SeenRendering(one, see_group(cards, one.group_id or "", caller), see_group(cards, one.signed_by or "", caller))
        for one in renderings
    ]


async def _load_slugs(conn: AsyncConnection, reading: Reading, echoes: Collection[EchoView]) -> dict[str, str]:
    named = {echo.action_id for echo in echoes if echo.action_id is not None}
    return {view.action_id: view.slug for view in await load_views(conn, reading.caller, reading.now, with_ids(named))} if named else {}


def _in_original(view: View) -> View:
    return replace(view, shown=show_original(view.source))
