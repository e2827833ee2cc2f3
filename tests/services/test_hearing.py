"""Who hears which voice note, with which words, and to whom its bytes are given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator.domain.access import NOBODY, Caller
from coordinator.domain.translation import Label
from coordinator.domain.voice_note import Coding
from coordinator.errors import NotFound
from coordinator.services.hearing import Heard, find_voiced, load_arrived, load_sound, load_told_voices, load_voices, load_wall_voice
from coordinator.services.mirror import Reading, as_group
from coordinator.store import tables
from coordinator.store.database import Work
from tests.factories import NOON, STEWARD, add_group, add_network, caller_as, open_database
from tests.mirror_rows import add_meeting, add_spotlight, spotlight_id
from tests.voice_rows import LASTS_MS, LINES, add_voice

READERS = ("public", "remote", "invited", "partner", "room", "witness", "steward", "told", "member")
PARTNERS = READERS[3:]
OWN = ("member",)


@dataclass
class World:
    """A speaker's group by its listing, a group that told the spotlight, and a hall elsewhere whose meeting shows it."""

    work: Work
    groups: dict[str, str] = field(default_factory=dict)
    slug: str = ""

    @property
    def meeting_id(self) -> str:
        return f"{self.groups['hall']}-m"

    def readers(self, speaker: str) -> dict[str, Caller]:
        hall = self.groups["hall"]
        return {
            "public": NOBODY,
            "remote": caller_as("remote", hall, meeting_id=self.meeting_id),
            "invited": caller_as("witness", hall, meeting_id=self.meeting_id),
            "partner": caller_as("member", hall),
            "room": caller_as("room", hall),
            "witness": caller_as("witness", hall),
            "steward": STEWARD,
            "told": caller_as("member", self.groups["teller"]),
            "member": caller_as("member", self.groups[speaker]),
        }

    async def hearers(self, speaker: str, row: dict[str, Any]) -> tuple[str, ...]:
        """Whoever gets the bytes; each of them, and nobody else with a link of a group, finds the note as well."""
        found = []
        for name, caller in self.readers(speaker).items():
            try:
                heard = await load_sound(self.work.conn, caller, row["webm_id"], NOON)
            except NotFound:
                heard = None
            listed = bool(await load_voices(self.work.conn, Reading(caller, "en", NOON), tables.voice_note.c.id == row["id"]))
            assert listed == (heard is not None) or name in ("remote", "invited")
            found += [name] if heard else []
        return tuple(found)


@pytest.fixture
async def world(sqlite_database_url: str) -> AsyncIterator[World]:
    async with open_database(sqlite_database_url) as database, database.write(NOON) as work:
        made = World(work)
        await add_network(work.conn)
        for listing in ("public", "partners", "hidden"):
            made.groups[listing] = await add_group(work.conn, f"Group {listing}", listing=listing, alias_name="Tide")
        made.groups["teller"] = await add_group(work.conn, "Teller", listing="public")
        made.groups["hall"] = await add_group(work.conn, "Hall", listing="public")
        made.slug = await add_spotlight(work.conn, made.groups["teller"])
        yield made


@pytest.mark.parametrize(
    ("speaker", "public", "expected"),
    [
        ("public", True, ("public", "remote", "invited", *PARTNERS)),
        ("public", False, PARTNERS),
        ("partners", True, PARTNERS),
        ("hidden", True, PARTNERS),
    ],
)
async def test_hear_published_follows_listing_and_consent(world: World, speaker: str, public: bool, expected: tuple[str, ...]) -> None:
    row = await add_voice(world.work.conn, world.groups[speaker], world.slug, public=public)

    assert await world.hearers(speaker, row) == expected
    if "public" in expected:
        assert await load_sound(world.work.conn, NOBODY, row["mp4_id"], NOON) == Heard(row["mp4_id"], Coding.MP4, public=True)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"state": "ready"}, OWN),
        ({"state": "offered"}, ("told", "member")),
        ({"state": "declined"}, OWN),
        ({"state": "withdrawn"}, ()),
        ({"expires_at": NOON}, ()),
        ({"webm_id": "0" * 32, "state": "uploaded"}, ()),
    ],
)
async def test_hear_not_published_its_own_and_whoever_is_asked(world: World, values: dict[str, Any], expected: tuple[str, ...]) -> None:
    row = await add_voice(world.work.conn, world.groups["public"], world.slug, to_group_id=world.groups["teller"], **values)

    assert await world.hearers("public", row) == expected


async def test_hear_on_a_spotlight_that_is_gone_whoever_still_sees_it(world: World) -> None:
    row = await add_voice(world.work.conn, world.groups["public"], world.slug)
    await world.work.conn.execute(sa.update(tables.spotlight).values(state="retired"))

    assert await world.hearers("public", row) == ("steward", "told", "member")


async def test_hear_partners_note_with_a_link_of_one_meeting_while_it_runs(world: World) -> None:
    row = await add_voice(world.work.conn, world.groups["hidden"], world.slug)
    await add_meeting(world.work.conn, world.slug, world.groups["hall"], id=world.meeting_id, state="running")

    assert await world.hearers("hidden", row) == ("remote", "invited", *PARTNERS)
    await world.work.conn.execute(sa.update(tables.meeting).values(state="ended"))
    assert await world.hearers("hidden", row) == PARTNERS


async def test_sound_unknown_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        await load_sound(world.work.conn, STEWARD, "f" * 32, NOON)


async def test_view_of_a_hidden_speaker_says_alias_and_times_every_line(world: World) -> None:
    row = await add_voice(world.work.conn, world.groups["hidden"], world.slug)
    told = await spotlight_id(world.work.conn, world.slug)

    (view,) = await load_told_voices(world.work.conn, as_group(world.groups["hall"], "es", NOON), [told])

    assert view.speaker is not None
    assert (view.speaker.name, view.speaker.zone_id, view.speaker.place) == ("Tide", None, None)
    assert view.shown is not None
    assert view.shown.label is Label.ORIGINAL
    assert [line.piece.words for line in view.lines] == list(LINES)
    assert view.lines[0].from_ms == 0
    assert view.lines[-1].to_ms == LASTS_MS
    assert [line.to_ms for line in view.lines[:-1]] == [line.from_ms for line in view.lines[1:]]
    assert view.sounds == {Coding.WEBM: row["webm_id"], Coding.MP4: row["mp4_id"]}


async def test_view_takes_the_times_that_its_group_said(world: World) -> None:
    said = [[0, 500], [900, 4_000], [4_200, 6_000]]
    await add_voice(world.work.conn, world.groups["public"], world.slug, times=said)

    (view,) = await load_voices(world.work.conn, Reading(NOBODY, "en", NOON))

    assert [[line.from_ms, line.to_ms] for line in view.lines] == said


async def test_wall_plays_the_latest_that_has_words(world: World) -> None:
    told, speaker = await spotlight_id(world.work.conn, world.slug), world.groups["public"]
    reading = as_group(world.groups["hall"], "en", NOON, drafts=False)

    await add_voice(world.work.conn, speaker, world.slug, lines=(), at=NOON - timedelta(hours=1))
    assert await load_wall_voice(world.work.conn, reading, told) is None
    assert await find_voiced(world.work.conn, reading, [told]) == frozenset()
    row = await add_voice(world.work.conn, speaker, world.slug, at=NOON - timedelta(hours=2))
    found = await load_wall_voice(world.work.conn, reading, told)

    assert found is not None
    assert found.id == row["id"]
    assert await find_voiced(world.work.conn, reading, [told]) == {told}


async def test_arrived_since_an_action_by_others_with_words_in_their_order(world: World) -> None:
    hall, ago = world.groups["hall"], lambda minutes: NOON - timedelta(minutes=minutes)
    await add_voice(world.work.conn, hall, at=ago(5))
    await add_voice(world.work.conn, world.groups["public"], at=ago(90))
    await add_voice(world.work.conn, world.groups["public"], lines=(), at=ago(4))
    second = await add_voice(world.work.conn, world.groups["partners"], at=ago(10))
    first = await add_voice(world.work.conn, world.groups["hidden"], at=ago(20))

    found = await load_arrived(world.work.conn, as_group(hall, "en", NOON), hall, ago(60))

    assert [view.id for view in found] == [first["id"], second["id"]]


# --- words alone ----------------------------------------------------------------------------------------------------------

WRITTEN = {"webm_id": None, "mp4_id": None, "peaks": [], "times": [], "duration_ms": None}


async def test_written_note_is_known_to_whom_a_sound_would_be_and_has_none(world: World) -> None:
    for speaker in ("public", "hidden"):
        row = await add_voice(world.work.conn, world.groups[speaker], world.slug, **WRITTEN)
        found = {
            name: await load_voices(world.work.conn, Reading(caller, "en", NOON), tables.voice_note.c.id == row["id"])
            for name, caller in world.readers(speaker).items()
        }

        assert tuple(name for name, views in found.items() if views) == (READERS if speaker == "public" else PARTNERS)
        (view,) = found["partner"]
        assert (view.duration_ms, view.times, view.peaks, view.sounds, view.has_words) == (None, (), (), {}, True)
        assert [(line.piece.words, line.from_ms, line.to_ms) for line in view.lines] == [(said, None, None) for said in LINES]


async def test_written_note_is_held_up_in_a_meeting_and_comes_in_after_an_action(world: World) -> None:
    row = await add_voice(world.work.conn, world.groups["public"], world.slug, **WRITTEN)
    told, reading = await spotlight_id(world.work.conn, world.slug), as_group(world.groups["hall"], "en", NOON, drafts=False)

    wall = await load_wall_voice(world.work.conn, reading, told, original=True)
    arrived = await load_arrived(world.work.conn, reading, world.groups["hall"], NOON - timedelta(hours=1))

    assert wall is not None
    assert (wall.id, [view.id for view in arrived]) == (row["id"], [row["id"]])


# --- whose it is, and until when ------------------------------------------------------------------------------------------


async def test_view_says_whether_the_teller_speaks(world: World) -> None:
    told = await spotlight_id(world.work.conn, world.slug)
    await add_voice(world.work.conn, world.groups["teller"], world.slug, lines=("Ours.",))
    await add_voice(world.work.conn, world.groups["public"], world.slug, lines=("About it.",))
    await add_voice(world.work.conn, world.groups["public"], lines=("Of nothing.",))

    found = await load_voices(world.work.conn, as_group(world.groups["hall"], "en", NOON))

    assert {view.lines[0].piece.words: view.by_teller for view in found} == {"Ours.": True, "About it.": False, "Of nothing.": False}
    assert len(await load_told_voices(world.work.conn, as_group(world.groups["hall"], "en", NOON), [told])) == 2


async def test_end_of_a_group_that_hides_is_utc_midnight_to_whoever_may_not_know_its_zone(world: World) -> None:
    midnight = NOON.replace(hour=0) + timedelta(days=1)
    row = await add_voice(world.work.conn, world.groups["hidden"], world.slug, expires_at=midnight + timedelta(hours=5))

    async def ends(caller: Caller, now: datetime) -> list[datetime]:
        return [view.expires_at for view in await load_voices(world.work.conn, Reading(caller, "en", now))]

    partner, member = caller_as("member", world.groups["hall"]), caller_as("member", world.groups["hidden"])
    assert (await ends(partner, NOON), await ends(partner, midnight)) == ([midnight], [])
    assert await ends(member, midnight) == [row["expires_at"]]
