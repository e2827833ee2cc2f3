"""A spotlight and its echoes as one reader may see them: every page, feed, room and packet takes them from here, so listing is obeyed once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Grant, Right, Role
from coordinator.domain.listing import Card, Seen
from coordinator.domain.spotlight import Audience, Echo, Link, Spotlight, SpotlightState, shown_end
from coordinator.domain.translation import Rendering, Shown, Source, show
from coordinator.errors import NotFound
from coordinator.services.actions import see_group
from coordinator.services.groups import load_cards
from coordinator.services.voicing import load_voice_of_text
from coordinator.store import spotlights as store
from coordinator.store.packets import Teller, find_tellers
from coordinator.store.texts import TextRecord, find_renderings, find_texts


@dataclass(frozen=True, slots=True)
class SpotlightView:
    """A spotlight for one reader, in the best words there are for its language.

    `teller` is None when only "a group" may be said; `brought` tells of whom a packet speaks, and then `teller` is who brought it in.
    `over` means that the consent has run out: only its own group still sees it. `edition` counts the edits, `revision` whatever is told of it.
    """

    id: str
    slug: str
    text_id: str
    teller: Seen | None
    brought: Teller | None
    state: SpotlightState
    audience: Audience
    source: Source
    shown: Shown
    links: tuple[Link, ...]
    may_leave: bool
    quarter: str
    revision: int
    published_at: datetime | None
    retired_at: datetime | None
    expires_at: datetime
    own: bool
    over: bool
    edition: int = 1


@dataclass(frozen=True, slots=True)
class EchoView:
    """An echo for one reader. `answerer` is None when only "a group" may be said; `action_id` names the next action that answers."""

    id: str
    spotlight_id: str
    text_id: str
    answerer: Seen | None
    source: Source
    shown: Shown
    action_id: str | None
    quarter: str
    published_at: datetime
    revision: int
    own: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """Who reads, in which language, when. Without `drafts` only reviewed words are shown (`domain/translation.show`)."""

    caller: Caller
    language: str
    now: datetime
    drafts: bool = True


def as_group(group_id: str, language: str, now: datetime, *, drafts: bool = True) -> Reading:
    """A hall full of people reads what its group may see, whoever holds the link that opened the page."""
    return Reading(Caller((Grant(Role.ROOM, group_id, ""),)), language, now, drafts)


# --- spotlights -----------------------------------------------------------------------------------------------------------


async def load_spotlight(conn: AsyncConnection, reading: Reading, slug: str) -> SpotlightView:
    """The spotlight of this address for this reader; NotFound when it may not know of it."""
    found = await load_spotlights(conn, reading, store.with_slug(slug))
    if not found:
        raise NotFound("spotlight")
    return found[0]


async def load_spotlights(conn: AsyncConnection, reading: Reading, *where: sa.ColumnElement[bool]) -> list[SpotlightView]:
    """Every spotlight under these conditions that the reader may know of, the latest published first."""
    rows = await store.find_spotlights(conn, *where)
    cards = await load_cards(conn, {row.group_id for row in rows})
    known = [row for row in rows if may_know(row, cards, reading.caller, reading.now)]
    words = await _load_words(conn, [row.text_id for row in known])
    tellers = await find_tellers(conn, [row.packet_id for row in known if row.packet_id])
    return [_view(row, words[row.text_id], tellers.get(row.packet_id or ""), cards, reading) for row in known]


async def load_spotlight_of(conn: AsyncConnection, reading: Reading, text_id: str) -> SpotlightView | None:
    """The spotlight whose words this text is, or that it answers as an echo; None when the reader may not know of it."""
    found = await load_spotlights(conn, reading, store.with_texts([text_id]))
    if not found:
        echoes = await store.find_echoes(conn, store.echo_with_texts([text_id]))
        found = await load_spotlights(conn, reading, store.among({echo.spotlight_id for echo in echoes}))
    return found[0] if found else None


async def load_standing(conn: AsyncConnection, reading: Reading, *where: sa.ColumnElement[bool]) -> list[SpotlightView]:
    """What is published and may be shown to this reader, the latest first; what only its own group sees of a packet is not among it."""
    return await load_spotlights(conn, reading, store.standing(reading.now), store.not_from_packet(), *where)


def may_know(row: Spotlight, cards: Mapping[str, Card], caller: Caller, now: datetime) -> bool:
    """Whether this caller may know that the spotlight exists."""
    if caller.may(Right.READ_DESK, row.group_id):
        return True
    if not row.stands(now) or row.group_id not in cards:
        return False
    if row.audience is Audience.OWN:
        return caller.may(Right.READ_ROOM, row.group_id)
    return caller.is_partner() or row.is_public(cards[row.group_id].listing)


def _view(row: Spotlight, words: Words, brought: Teller | None, cards: Mapping[str, Card], reading: Reading) -> SpotlightView:
    teller = see_group(cards, row.group_id, reading.caller)
    return SpotlightView(
        id=row.id,
        slug=row.slug,
        text_id=row.text_id,
        teller=teller,
        brought=brought,
        state=row.state,
        audience=row.audience,
        source=words.source,
        shown=words.show(reading),
        links=row.links,
        may_leave=words.text.may_leave,
        quarter=row.quarter,
        revision=row.revision,
        published_at=row.published_at,
        retired_at=row.retired_at,
        expires_at=shown_end(row.expires_at, teller.zone_id if teller is not None else None),
        own=reading.caller.may(Right.READ_DESK, row.group_id),
        over=row.is_over(reading.now),
        edition=words.text.revision,
    )


# --- echoes ---------------------------------------------------------------------------------------------------------------


async def load_echoes(conn: AsyncConnection, reading: Reading, *where: sa.ColumnElement[bool]) -> list[EchoView]:
    """Every echo under these conditions whose spotlight this reader may know of, the newest first.

    The public sees only those whose both ends it may know: a public spotlight answered by a public group.
    """
    rows = await store.find_echoes(conn, *where)
    spotlights = {s.id: s for s in await store.find_spotlights(conn, store.among({row.spotlight_id for row in rows}))}
    cards = await load_cards(conn, {row.group_id for row in rows} | {s.group_id for s in spotlights.values()})
    known = [row for row in rows if _may_know_echo(row, spotlights.get(row.spotlight_id), cards, reading)]
    words = await _load_words(conn, [row.text_id for row in known])
    return [_view_echo(row, words[row.text_id], cards, reading) for row in known]


def _may_know_echo(row: Echo, answered: Spotlight | None, cards: Mapping[str, Card], reading: Reading) -> bool:
    if answered is None or not may_know(answered, cards, reading.caller, reading.now):
        return reading.caller.may(Right.READ_DESK, row.group_id)
    return reading.caller.is_partner() or see_group(cards, row.group_id, reading.caller) is not None


def _view_echo(row: Echo, words: Words, cards: Mapping[str, Card], reading: Reading) -> EchoView:
    return EchoView(
        id=row.id,
        spotlight_id=row.spotlight_id,
        text_id=row.text_id,
        answerer=see_group(cards, row.group_id, reading.caller),
        source=words.source,
        shown=words.show(reading),
        action_id=row.action_id,
        quarter=row.quarter,
        published_at=row.published_at,
        revision=row.revision,
        own=reading.caller.may(Right.READ_DESK, row.group_id),
    )


# --- texts ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Words:
    """An original with its translations that stand."""

    text: TextRecord
    renderings: Sequence[Rendering]

    @property
    def source(self) -> Source:
        return self.text.source

    def show(self, reading: Reading) -> Shown:
        """The best there is for this reader."""
        return show(self.source, self.renderings, reading.language, drafts=reading.drafts)


async def _load_words(conn: AsyncConnection, text_ids: Collection[str]) -> dict[str, Words]:
    texts, renderings = await find_texts(conn, text_ids), await find_renderings(conn, text_ids)
    return {text_id: Words(text, renderings[text_id]) for text_id, text in texts.items()}


async def load_readable(conn: AsyncConnection, caller: Caller, text_id: str, now: datetime) -> Words:
    """The text with its translations, if this caller may know the spotlight, echo or voice note whose words it is; else NotFound."""
    reading = Reading(caller, "", now)
    spotlights = await load_spotlights(conn, reading, store.with_texts([text_id]))
    echoes = [] if spotlights else await load_echoes(conn, reading, store.echo_with_texts([text_id]))
    if not spotlights and not echoes:
        await load_voice_of_text(conn, caller, text_id, now)
    return (await _load_words(conn, [text_id]))[text_id]
