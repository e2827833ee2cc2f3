"""A group tells its struggle: draft, edit, publish, retire, delete; each told at once to everybody who may know.

Events carry ids, states and revisions, never words: pages and rooms ask again, each in its own language. Deleting takes everything with
it that was made of the words (`store/texts.py`), and the echoes that answered them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from coordinator import keys
from coordinator.domain.access import Caller, Right
from coordinator.domain.quarters import quarter_of
from coordinator.domain.spotlight import (
    Audience,
    Spotlight,
    SpotlightCommand,
    SpotlightState,
    Telling,
    next_state,
    read_telling,
)
from coordinator.domain.text import text_of
from coordinator.domain.translation import Source
from coordinator.errors import Conflict, NotFound
from coordinator.services.drafting import plan_drafts
from coordinator.services.groups import load_cards, load_group
from coordinator.services.network import load_network
from coordinator.store import spotlights as store
from coordinator.store.database import Work
from coordinator.store.idempotency import forget_words
from coordinator.store.ids import new_row_id
from coordinator.store.meetings import find_showing
from coordinator.store.packets import delete_packets
from coordinator.store.tables import from_microseconds, to_microseconds
from coordinator.store.texts import change_text, delete_texts, find_rendering_ids, find_text, insert_text

WORDS_KIND = "spotlight"


async def draft_spotlight(work: Work, caller: Caller, group_id: str, raw: Mapping[str, object], languages: Collection[str]) -> str:
    """Stores a draft that only its own group sees; returns its slug. Raises Invalid with every fault."""
    caller.require(Right.TELL, group_id)
    telling = await _read(work, group_id, raw, languages)
    source = Source(new_row_id(), telling.language, telling.sections)
    await insert_text(
        work.conn,
        source,
        group_id=group_id,
        kind=WORDS_KIND,
        may_leave=telling.may_leave,
        now=work.now,
        expires_at=telling.expires_at,
    )
    spotlight_id, slug = new_row_id(), new_row_id()  # an address of random signs: events keep it, and must keep no words of a deleted title
    await store.insert_spotlight(
        work.conn,
        {
            "id": spotlight_id,
            "slug": slug,
            "group_id": group_id,
            "text_id": source.text_id,
            "packet_id": None,
            "state": SpotlightState.DRAFT,
            "quarter": "",
            "revision": 1,
            "created_at": work.now,
            "changed_at": work.now,
            **_columns(telling),
        },
    )
    await tell_spotlight(work, spotlight_id, "spotlight.edited")
    return slug


async def edit_spotlight(work: Work, caller: Caller, slug: str, raw: Mapping[str, object], languages: Collection[str]) -> None:
    """Changes a draft, or what is published: then translations of what changed are out of date at once, and drafted again.

    Conflicts: `changed_meanwhile` when `raw` holds a `revision` or an `edition` that is not the stored one (a translation raises the
    revision, only an edit the edition); `told_elsewhere` when a packet brought it, for then its words are another group's.
    """
    before = await load_own(work, caller, slug, Right.TELL)
    if before.state is SpotlightState.PUBLISHED:
        caller.require(Right.PUBLISH, before.group_id)
    next_state(before.state, SpotlightCommand.EDIT)
    if before.packet_id is not None:
        raise Conflict("told_elsewhere")
    text = await find_text(work.conn, before.text_id, lock=True)
    assert text is not None  # by foreign key
    if text_of(raw, "revision") not in {"", str(before.revision)} or text_of(raw, "edition") not in {"", str(text.revision)}:
        raise Conflict("changed_meanwhile")
    telling = await _read(work, before.group_id, raw, languages)
    after = Source(before.text_id, telling.language, telling.sections)
    await change_text(work.conn, text, after, may_leave=telling.may_leave, now=work.now, expires_at=telling.expires_at)
    await store.change_spotlight(work.conn, before.id, work.now, **_columns(telling))
    await tell_spotlight(work, before.id, "spotlight.edited", before=before)
    if before.state is SpotlightState.PUBLISHED:
        await plan_upkeep(work, before.id)


async def publish_spotlight(work: Work, caller: Caller, slug: str) -> None:
    """Shows a draft to its audience and asks for translations. Conflict `consent_over` when its last day has passed."""
    before = await load_own(work, caller, slug, Right.PUBLISH)
    state = next_state(before.state, SpotlightCommand.PUBLISH)
    if before.is_over(work.now):
        raise Conflict("consent_over")
    network = await load_network(work.conn)
    quarter = str(quarter_of(work.now, network.zone_id))
    await store.change_spotlight(work.conn, before.id, work.now, state=state, published_at=work.now, quarter=quarter)
    await tell_spotlight(work, before.id, "spotlight.published")
    await plan_upkeep(work, before.id)


async def retire_spotlight(work: Work, caller: Caller, slug: str) -> None:
    """Takes a published spotlight back: no page, screen or segment shows it any more. Its own group keeps it until its last day."""
    before = await load_own(work, caller, slug, Right.PUBLISH)
    next_state(before.state, SpotlightCommand.RETIRE)
    await _retire(work, before)


async def delete_spotlight(work: Work, caller: Caller, slug: str) -> None:
    """Deletes it with every earlier wording, every translation and every echo of it, and the packet that brought it."""
    before = await load_own(work, caller, slug, Right.PUBLISH)
    next_state(before.state, SpotlightCommand.DELETE)
    await _delete(work, before)


async def expire_spotlight(work: Work, ref: Mapping[str, Any]) -> None:
    """The job: retires a spotlight whose last day has passed; does nothing when it was given a later one. What a packet brought is deleted."""
    before = await store.find_spotlight(work.conn, store.with_id(ref["spotlight"]), lock=True)
    if before is None or before.expires_at != from_microseconds(ref["expires_at_us"]):
        return
    if before.packet_id is not None:
        await _delete(work, before)
    elif before.state is SpotlightState.PUBLISHED:
        await _retire(work, before)


async def retire_over(work: Work) -> None:
    """Takes back whatever is published and over, before its words are let go: nobody's screen keeps what is gone."""
    for row in await store.find_spotlights(work.conn, store.in_state(SpotlightState.PUBLISHED), store.over(work.now), lock=True):
        await _retire(work, row)


async def retire_all(work: Work, group_id: str) -> None:
    """Takes back whatever a group that leaves had published."""
    for row in await store.find_spotlights(work.conn, store.told_by(group_id), store.in_state(SpotlightState.PUBLISHED), lock=True):
        await _retire(work, row)


async def load_own(work: Work, caller: Caller, slug: str, right: Right) -> Spotlight:
    """The spotlight, locked, if the caller may do this as its own group; one that it may not know of answers as unknown."""
    row = await store.find_spotlight(work.conn, store.with_slug(slug), lock=True)
    if row is None or not (caller.may(Right.READ_DESK, row.group_id) or row.stands(work.now)):
        raise NotFound("spotlight")
    caller.require(right, row.group_id)
    return row


def describe_spotlight(row: Spotlight) -> dict[str, Any]:
    """What an event, and a snapshot, says of a spotlight."""
    return {"spotlight": row.slug, "revision": row.revision, "state": str(row.state)}


async def tell_spotlight(work: Work, spotlight_id: str, kind: str, *, before: Spotlight | None = None) -> None:
    """Tells of a spotlight as this transaction has left it: its own group, and all who may see it now or could `before`."""
    row = await store.find_spotlight(work.conn, store.with_id(spotlight_id))
    assert row is not None  # changed by this transaction
    cards = await load_cards(work.conn, [row.group_id])
    told = describe_spotlight(row)
    work.emit(keys.group_stream(row.group_id), kind, told)
    for meeting_id in await find_showing(work.conn, spotlight_id):  # a wall may be open to a guest who follows nothing else
        work.emit(keys.meeting_stream(meeting_id), kind, told)
    if row.state is SpotlightState.DRAFT or row.audience is Audience.OWN:
        return
    work.emit(keys.PARTNERS, kind, told)
    if any(one.is_public(cards[row.group_id].listing) for one in (row, before) if one is not None):
        work.emit(keys.PUBLIC, kind, told)


async def plan_upkeep(work: Work, spotlight_id: str) -> None:
    """What must happen by itself to what is published: drafts in other languages, and its end."""
    row = await store.find_spotlight(work.conn, store.with_id(spotlight_id))
    assert row is not None  # changed by this transaction
    await plan_drafts(work, row.text_id)
    expires_at_us = to_microseconds(row.expires_at)
    await work.plan(keys.JOB_EXPIRE, f"{row.id}:{expires_at_us}", {"spotlight": row.id, "expires_at_us": expires_at_us}, row.expires_at)


# --- parts ----------------------------------------------------------------------------------------------------------------


async def _retire(work: Work, before: Spotlight) -> None:
    await store.change_spotlight(work.conn, before.id, work.now, state=SpotlightState.RETIRED, retired_at=work.now)
    await tell_spotlight(work, before.id, "spotlight.retired")


async def _delete(work: Work, before: Spotlight) -> None:
    if before.state is SpotlightState.PUBLISHED:
        await _retire(work, before)
    echoes = await store.find_echoes(work.conn, store.answering([before.id]))
    text_ids = [before.text_id, *(echo.text_id for echo in echoes)]
    await forget_words(work.conn, [before.slug, *await find_rendering_ids(work.conn, text_ids)])
    await delete_texts(work.conn, text_ids)
    await delete_packets(work.conn, [before.packet_id] if before.packet_id else [])


async def _read(work: Work, group_id: str, raw: Mapping[str, object], languages: Collection[str]) -> Telling:
    group = await load_group(work.conn, group_id)
    return read_telling(raw, languages=languages, zone_id=group.zone_id, now=work.now)


def _columns(telling: Telling) -> dict[str, Any]:
    return {
        "audience": telling.audience,
        "links": store.links_column(telling.links),
        "expires_at": telling.expires_at,
    }
