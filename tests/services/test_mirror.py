"""Who may know of which spotlight and echo, as what, and in which words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator.domain.access import NOBODY, Caller
from coordinator.domain.listing import Seen
from coordinator.domain.spotlight import make_sections
from coordinator.domain.translation import Label, Source
from coordinator.errors import Conflict, NotFound
from coordinator.services.mirror import Reading, as_group, load_echoes, load_readable, load_spotlight, load_spotlights, load_standing
from coordinator.services.spotlights import draft_spotlight, edit_spotlight, publish_spotlight, retire_spotlight
from coordinator.services.translations import save_translation
from coordinator.store import tables
from coordinator.store.database import Work
from coordinator.store.spotlights import insert_echo, told_by
from coordinator.store.texts import insert_text
from tests.factories import NOON, STEWARD, add_group, add_network, caller_as, count_rows, open_database

LANGUAGES = frozenset({"en", "es", "ar"})
TELLING = {"title": "The tide", "story": "They come.", "consent": "All.", "language": "en", "audience": "public"}
DAY = timedelta(days=1)
READERS = (
    "public",
    "remote",
    "invited",
    "partner",
    "room elsewhere",
    "witness elsewhere",
    "room",
    "witness",
    "member",
    "custodian",
    "steward",
)
OUTSIDE = ("public", "remote", "invited")  # what a link of one meeting carries is that meeting
PARTNERS = READERS[3:]
OWN_DESK = READERS[7:]


@dataclass
class World:
    """One transaction in a network of groups by listing, each of which can tell; `other` is a partner."""

    work: Work
    groups: dict[str, str] = field(default_factory=dict)

    def readers(self, listing: str) -> dict[str, Caller]:
        """Everybody who might read what the group of this listing tells."""
        group, other = self.groups[listing], self.groups["other"]
        return {
            "public": NOBODY,
            "remote": caller_as("remote", group, meeting_id=f"{group}-m"),
            "invited": caller_as("witness", group, meeting_id=f"{group}-m"),
            "partner": caller_as("member", other),
            "room elsewhere": caller_as("room", other),
            "witness elsewhere": caller_as("witness", other),
            "room": caller_as("room", group),
            "witness": caller_as("witness", group),
            "member": caller_as("member", group),
            "custodian": caller_as("custodian", group),
            "steward": STEWARD,
        }

    async def draft(self, listing: str, **changes: str) -> str:
        group = self.groups[listing]
        return await draft_spotlight(self.work, caller_as("custodian", group), group, TELLING | changes, LANGUAGES)

    async def tell(self, listing: str, **changes: str) -> str:
        slug = await self.draft(listing, **changes)
        await publish_spotlight(self.work, caller_as("custodian", self.groups[listing]), slug)
        return slug

    async def echo(self, slug: str, listing: str, name: str = "e") -> str:
        """An echo by the group of this listing; its text's id."""
        row = (await self.work.conn.execute(sa.select(tables.spotlight).where(tables.spotlight.c.slug == slug))).one()
        source = Source(f"{name}.text", "en", make_sections({"share": "A shore.", "answer": "Silence."}))
        group, end = self.groups[listing], NOON + 30 * DAY
        await insert_text(self.work.conn, source, group_id=group, kind="echo", may_leave=False, now=NOON, expires_at=end)
        values = {"id": name, "spotlight_id": row.id, "group_id": group, "text_id": source.text_id, "quarter": "2027-Q1"}
        instants = {"published_at": NOON, "created_at": NOON, "revision": 1, "expires_at": end}
        await insert_echo(self.work.conn, values | instants)
        return source.text_id

    async def who_knows(self, slug: str, listing: str, now: Any = NOON) -> tuple[str, ...]:
        """The readers who find the spotlight by its address, and by the list alike."""
        found = []
        for name, caller in self.readers(listing).items():
            listed = [view.slug for view in await load_spotlights(self.work.conn, Reading(caller, "en", now))]
            try:
                view = await load_spotlight(self.work.conn, Reading(caller, "en", now), slug)
            except NotFound:
                assert slug not in listed
                continue
            assert (view.slug, slug in listed) == (slug, True)
            found.append(name)
        return tuple(found)


@pytest.fixture
async def world(sqlite_database_url: str) -> AsyncIterator[World]:
    async with open_database(sqlite_database_url) as database, database.write(NOON) as work:
        await add_network(work.conn)
        opened = World(work)
        for listing in ("public", "partners", "hidden"):
            alias = {"alias_name": "The shore"} if listing == "hidden" else {}
            opened.groups[listing] = await add_group(work.conn, f"Group {listing}", place="Recife", listing=listing, **alias)
        opened.groups["other"] = await add_group(work.conn, "Kathmandu Commons", place="Kathmandu", listing="public")
        yield opened


# --- who knows of it --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("audience", ["public", "partners"])
@pytest.mark.parametrize("listing", ["public", "partners", "hidden"])
async def test_published_is_for_everybody_only_where_spotlight_and_group_are_public(world: World, listing: str, audience: str) -> None:
    slug = await world.tell(listing, audience=audience)

    everybody = (listing, audience) == ("public", "public")
    assert await world.who_knows(slug, listing) == (READERS if everybody else PARTNERS)


@pytest.mark.parametrize("listing", ["public", "hidden"])
async def test_draft_is_for_its_own_desk(world: World, listing: str) -> None:
    assert await world.who_knows(await world.draft(listing), listing) == OWN_DESK


async def test_retired_and_over_are_for_their_own_desk(world: World) -> None:
    retired, over = await world.tell("public"), await world.tell("public", until="2027-01-05")
    await retire_spotlight(world.work, caller_as("custodian", world.groups["public"]), retired)

    assert await world.who_knows(retired, "public") == OWN_DESK
    assert await world.who_knows(over, "public", NOON + 2 * DAY) == OWN_DESK
    assert await load_standing(world.work.conn, Reading(STEWARD, "en", NOON + 2 * DAY)) == []


async def test_what_a_packet_brought_is_for_the_group_that_brought_it(world: World) -> None:
    slug, group = await world.tell("public"), world.groups["public"]
    teller = {"name": "Far away", "place": "", "zone_id": ""}
    packet = {"id": "p", "group_id": group, "digest": "d", "signer": "s", "origin": "o", "teller": teller}
    await world.work.conn.execute(sa.insert(tables.packet).values(packet | {"imported_at": NOON, "expires_at": NOON + 30 * DAY}))
    await world.work.conn.execute(sa.update(tables.spotlight).values(packet_id="p", audience="own"))

    knowing = await world.who_knows(slug, "public")
    view = await load_spotlight(world.work.conn, Reading(caller_as("room", group), "en", NOON), slug)
    standing = await load_standing(world.work.conn, Reading(caller_as("custodian", group), "en", NOON))

    assert knowing == ("room", *OWN_DESK)
    assert (view.brought and view.brought.name, view.teller and view.teller.name, standing) == ("Far away", "Group public", [])
    with pytest.raises(Conflict) as fault:
        await edit_spotlight(world.work, caller_as("custodian", group), slug, TELLING, LANGUAGES)
    assert fault.value.code == "told_elsewhere"


# --- as what ----------------------------------------------------------------------------------------------------------------


async def test_hidden_teller_is_an_alias_to_partners_and_nothing_to_the_public(world: World) -> None:
    slug = await world.tell("hidden")
    seen = {
        name: (await load_spotlight(world.work.conn, Reading(world.readers("hidden")[name], "en", NOON), slug)).teller
        for name in ("partner", "member", "steward")
    }

    own = Seen(world.groups["hidden"], "Group hidden", "Recife", "America/La_Paz", own=True)
    assert seen == {"partner": Seen(None, "The shore", None, None), "member": own, "steward": own}


async def test_end_of_what_a_hidden_group_tells_does_not_betray_its_offset(world: World) -> None:
    slug = await world.tell("hidden", until="2027-02-27")
    ends = {
        name: (await load_spotlight(world.work.conn, Reading(world.readers("hidden")[name], "en", NOON), slug)).expires_at
        for name in ("partner", "member")
    }

    assert ends == {"partner": datetime(2027, 2, 28, tzinfo=UTC), "member": datetime(2027, 2, 28, 4, tzinfo=UTC)}  # La Paz, UTC−04:00


@pytest.mark.parametrize(("reader", "own"), [("partner", False), ("public", False), ("room", False), ("member", True), ("steward", True)])
async def test_own_is_said_to_whoever_reads_the_desk(world: World, reader: str, own: bool) -> None:
    slug = await world.tell("public")

    assert (await load_spotlight(world.work.conn, Reading(world.readers("public")[reader], "en", NOON), slug)).own is own


async def test_list_is_in_order_of_publishing_and_takes_conditions(world: World) -> None:
    first = await world.tell("public")
    world.work.now = NOON + DAY
    second, other = await world.tell("public"), await world.tell("partners")

    reading = Reading(caller_as("member", world.groups["other"]), "en", NOON + DAY)
    standing = await load_standing(world.work.conn, reading)
    told = await load_standing(world.work.conn, reading, told_by(world.groups["public"]))

    assert (sorted(view.slug for view in standing[:2]), standing[2].slug) == (sorted([second, other]), first)
    assert [view.slug for view in told] == [second, first]


# --- in which words -----------------------------------------------------------------------------------------------------------


async def test_words_are_in_the_readers_language_and_a_hall_sees_reviewed_ones(world: World) -> None:
    slug, other = await world.tell("public"), world.groups["other"]
    text_id = (await load_spotlight(world.work.conn, Reading(NOBODY, "es", NOON), slug)).text_id
    raw = {"language": "es", "section[0]": "La marea"}
    await save_translation(world.work, caller_as("member", other), other, text_id=text_id, raw=raw, languages=LANGUAGES)

    readings = [
        Reading(NOBODY, "es", NOON),
        Reading(NOBODY, "ar", NOON),
        as_group(other, "es", NOON, drafts=False),
        as_group(other, "es", NOON),
    ]
    views = [await load_spotlight(world.work.conn, reading, slug) for reading in readings]

    assert [(view.shown.label, view.shown.words("title")) for view in views] == [
        (Label.PERSON, "La marea"),
        (Label.ORIGINAL, "The tide"),
        (Label.ORIGINAL, "The tide"),
        (Label.PERSON, "La marea"),
    ]


# --- echoes -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("teller", "answerer", "public"),
    [
        ("public", "public", True),
        ("public", "partners", False),
        ("public", "hidden", False),
        ("partners", "public", False),
        ("hidden", "public", False),
    ],
)
async def test_echo_is_for_the_public_only_when_both_ends_are(world: World, teller: str, answerer: str, public: bool) -> None:
    await world.echo(await world.tell(teller), answerer)

    async def known(caller: Caller) -> list[Seen | None]:
        return [echo.answerer for echo in await load_echoes(world.work.conn, Reading(caller, "en", NOON))]

    partner = Seen(None, "The shore", None, None) if answerer == "hidden" else None
    assert len(await known(NOBODY)) == public
    assert len(await known(caller_as("remote", world.groups[teller], meeting_id="m"))) == public
    (seen,) = await known(caller_as("member", world.groups["other"]))
    assert seen == (partner or Seen(world.groups[answerer], f"Group {answerer}", "Recife", "America/La_Paz"))


async def test_echo_of_what_was_taken_back_is_for_both_desks_alone(world: World) -> None:
    slug = await world.tell("public")
    await world.echo(slug, "partners")
    await retire_spotlight(world.work, caller_as("custodian", world.groups["public"]), slug)

    callers = {
        "public": NOBODY,
        "partner": caller_as("member", world.groups["other"]),
        "answerer's room": caller_as("room", world.groups["partners"]),
        "answerer": caller_as("member", world.groups["partners"]),
        "teller": caller_as("member", world.groups["public"]),
    }
    known = {name: len(await load_echoes(world.work.conn, Reading(who, "en", NOON))) for name, who in callers.items()}

    assert known == {"public": 0, "partner": 0, "answerer's room": 0, "answerer": 1, "teller": 1}


# --- texts --------------------------------------------------------------------------------------------------------------------


async def test_readable_is_what_can_be_known(world: World) -> None:
    shown, draft = await world.tell("public"), await world.draft("public")
    echo_text = await world.echo(shown, "hidden")
    own = Reading(caller_as("member", world.groups["public"]), "en", NOON)
    texts = [(await load_spotlight(world.work.conn, own, slug)).text_id for slug in (shown, draft)]

    async def readable(caller: Caller) -> list[bool]:
        found = []
        for text_id in (*texts, echo_text, "nothing"):
            try:
                found.append((await load_readable(world.work.conn, caller, text_id, NOON)).source.text_id == text_id)
            except NotFound:
                found.append(False)
        return found

    assert await readable(NOBODY) == [True, False, False, False]
    assert await readable(caller_as("member", world.groups["other"])) == [True, False, True, False]
    assert await readable(own.caller) == [True, True, True, False]


async def test_reading_writes_nothing(world: World) -> None:
    await world.echo(await world.tell("public"), "partners")
    before = await count_rows(world.work.conn)

    for caller in world.readers("public").values():
        await load_spotlights(world.work.conn, Reading(caller, "es", NOON))
        await load_echoes(world.work.conn, Reading(caller, "es", NOON))

    assert await count_rows(world.work.conn) == before
