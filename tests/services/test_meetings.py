"""A segment is set up, stepped and answered: who may, what is kept, who hears of it, and what a wall may show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator.domain.access import Caller, Right
from coordinator.domain.link import LinkRole
from coordinator.domain.meeting import Meeting, MeetingState
from coordinator.domain.translation import Label, Origin, Rendering, Translated
from coordinator.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn
from coordinator.keys import group_stream, meeting_stream
from coordinator.services.meetings import (
    find_choices,
    find_segments,
    load_next_actions,
    make_segment_link,
    name_researcher,
    save_echo,
    set_up,
    step_meeting,
)
from coordinator.services.segments import Segment, find_current, load_meeting, load_record, load_segment
from coordinator.services.snapshots import load_snapshot
from coordinator.services.spotlights import (
    delete_spotlight,
    draft_spotlight,
    edit_spotlight,
    expire_spotlight,
    publish_spotlight,
    retire_spotlight,
)
from coordinator.store.database import Database, Work
from coordinator.store.tables import echo, to_microseconds, voice_note
from coordinator.store.tables import text as text_table
from coordinator.store.texts import find_texts, insert_rendering
from tests.factories import NOON, SECRET_KEY, add_group, add_lease, add_network, caller_as, count_rows, load_events, open_database
from tests.services.test_spotlights import LANGUAGES, TELLING
from tests.voice_rows import add_voice

ECHO: dict[str, Any] = {
    "face": "A port.",
    "share": "A road through Teku.",
    "answer": "We walk the Bagmati.",
    "reply": "We are awake with you.",
}


@dataclass
class World:
    database: Database
    teller: str
    group: str
    hidden: str
    slug: str = ""
    meeting: str = ""

    @property
    def runner(self) -> Caller:
        return caller_as("member", self.group)

    @property
    def remote(self) -> Caller:
        return caller_as("remote", self.group, meeting_id=self.meeting)

    @property
    def custodian(self) -> Caller:
        return caller_as("custodian", self.teller)

    async def set_up(self, work: Work, **changes: Any) -> Meeting:
        made = await set_up(work, self.runner, self.group, {"spotlight": self.slug} | changes)
        self.meeting = made.id
        return made

    async def tap(self, work: Work, *commands: str) -> Meeting:
        """Taps by somebody who sees the segment as it is."""
        for command in commands:
            seen = await load_meeting(work.conn, self.remote, self.meeting, Right.RUN_SEGMENT)
            await step_meeting(work, self.remote, self.meeting, {"command": command, "revision": str(seen.revision)})
        return await load_meeting(work.conn, self.remote, self.meeting, Right.RUN_SEGMENT)

    async def wall(self, work: Work, language: str = "en") -> Segment:
        meeting = await load_meeting(work.conn, self.remote, self.meeting, Right.READ_SEGMENT)
        return await load_segment(work.conn, meeting, language, work.now)


@pytest.fixture
async def world(sqlite_database_url: str) -> AsyncIterator[World]:
    async with open_database(sqlite_database_url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            teller = await add_group(work.conn, "Rede Mangue", place="Recife", zone_id="America/Recife", language="pt-BR", listing="public")
            group = await add_group(work.conn, "Kathmandu Commons", place="Kathmandu", zone_id="Asia/Kathmandu", language="en")
            hidden = await add_group(work.conn, "Xelajú", zone_id="America/Guatemala", listing="hidden")
            world = World(database, teller, group, hidden)
            world.slug = await draft_spotlight(work, world.custodian, teller, TELLING, LANGUAGES)
            await publish_spotlight(work, world.custodian, world.slug)
        yield world


async def add_note(work: Work, world: World, **values: Any) -> str:
    """A published note of the teller on its spotlight; its id."""
    return str((await add_voice(work.conn, world.teller, world.slug, **values))["id"])


async def add_draft(work: Work, text_id: str, language: str = "es") -> None:
    """A machine's translation of the whole text."""
    source = (await find_texts(work.conn, [text_id]))[text_id].source
    made = tuple(Translated(s.key, s.hash, f"{language}: {s.words}") for s in source.sections)
    row = Rendering(f"r{text_id[1:]}", text_id, language, Origin.MACHINE, source.hash, made, work.now, engine="test")
    await insert_rendering(work.conn, row, None)


# --- a voice from there -----------------------------------------------------------------------------------------------------


async def test_voice_part_is_planned_only_where_there_is_a_note_with_words(world: World) -> None:
    async with world.database.write(NOON) as work:
        with pytest.raises(Invalid):
            await world.set_up(work, parts=["voice"])
        await add_note(work, world, lines=())
        silent = await world.set_up(work)
        await add_note(work, world)
        voiced = await world.set_up(work)

    assert [part.kind.value for part in silent.parts] == ["spotlight", "echo", "reply", "research"]
    assert [part.kind.value for part in voiced.parts] == ["spotlight", "voice", "echo", "reply", "research"]


async def test_voice_of_a_segment_is_the_latest_and_none_once_it_is_taken_back(world: World) -> None:
    async with world.database.write(NOON) as work:
        await add_note(work, world, at=NOON - timedelta(hours=1))
        note = await add_note(work, world)
        await world.set_up(work)
        before = await world.wall(work)
        await work.conn.execute(sa.update(voice_note).values(state="withdrawn"))
        after = await world.wall(work)
        await world.set_up(work, parts=["spotlight"])
        without = await world.wall(work)

    assert before.voice is not None
    assert before.voice.id == note
    assert (after.voice, without.voice) == (None, None)


# --- setting up -----------------------------------------------------------------------------------------------------------


async def test_segment_that_is_set_up_waits_and_its_id_names_its_group(world: World) -> None:
    async with world.database.write(NOON) as work:
        made = await world.set_up(work, minutes="5", parts=["spotlight", "echo"])
        current = await find_current(work.conn, world.runner, world.group)
        listed = await find_segments(work.conn, world.group, "en", NOON)
    async with world.database.read() as conn:
        told = await load_events(conn)

    assert made.id.startswith(f"{world.group}-")
    assert len(made.id) == 16
    assert (made.state, [part.seconds for part in made.parts], made.revision) == (MeetingState.SET_UP, [150, 150], 1)
    assert current == made
    assert [(meeting, view and view.slug) for meeting, view in listed] == [(made, world.slug)]
    data = {"meeting": made.id, "revision": 1, "state": "set_up", "part": 0, "page": 0, "shows_original": False, "shows_drafts": False}
    assert [event for event in told if event[1] == "meeting.step"] == [
        (stream, "meeting.step", data) for stream in sorted((group_stream(world.group), meeting_stream(made.id)))
    ]


@pytest.mark.parametrize("slug", ["nowhere", "draft"])
async def test_only_what_stands_can_be_mirrored(world: World, slug: str) -> None:
    async with world.database.write(NOON) as work:
        await draft_spotlight(work, world.custodian, world.teller, TELLING | {"title": "Draft"}, LANGUAGES)
        with pytest.raises(Invalid) as refused:
            await world.set_up(work, spotlight=slug)

        assert [(p.field, p.code, p.value) for p in refused.value.problems] == [("spotlight", "spotlight_unknown", slug)]
        assert [view.slug for view in await find_choices(work.conn, world.group, "en", NOON)] == [world.slug]
        assert (await count_rows(work.conn))["meeting"] == 0


@pytest.mark.parametrize("role", ["steward", "witness", "room"])
async def test_set_up_is_for_those_who_run_segments(world: World, role: str) -> None:
    async with world.database.write(NOON) as work:
        with pytest.raises(Forbidden):
            await set_up(work, caller_as(role, None if role == "steward" else world.group), world.group, {"spotlight": world.slug})


# --- who may ----------------------------------------------------------------------------------------------------------------


async def test_guest_of_one_segment_finds_that_one_and_no_other(world: World) -> None:
    async with world.database.write(NOON) as work:
        mine = await world.set_up(work)
        other = await world.set_up(work)
        guest = caller_as("witness", world.group, meeting_id=mine.id)
        remote = caller_as("remote", world.group, meeting_id=mine.id)

        assert await find_current(work.conn, guest, world.group) == mine
        assert await load_meeting(work.conn, guest, mine.id, Right.READ_SEGMENT) == mine
        for caller, meeting_id, right, fault in (
            (guest, mine.id, Right.RUN_SEGMENT, Forbidden),
            (guest, other.id, Right.READ_SEGMENT, NotFound),
            (remote, other.id, Right.RUN_SEGMENT, NotFound),
            (caller_as("custodian", world.teller), mine.id, Right.READ_SEGMENT, NotFound),
            (world.runner, f"{world.group}-zzzzzzz", Right.READ_SEGMENT, NotFound),
            (Caller(), mine.id, Right.READ_SEGMENT, NotSignedIn),
        ):
            with pytest.raises(fault):
                await load_meeting(work.conn, caller, meeting_id, right)


async def test_links_of_a_segment_carry_it_and_end_after_a_day(world: World) -> None:
    async with world.database.write(NOON) as work:
        made = await world.set_up(work)
        custodian = caller_as("custodian", world.group)
        links = [
            await make_segment_link(work, custodian, made.id, role, secret_key=SECRET_KEY) for role in (LinkRole.REMOTE, LinkRole.WITNESS)
        ]
        with pytest.raises(Forbidden):
            await make_segment_link(work, world.remote, made.id, LinkRole.REMOTE, secret_key=SECRET_KEY)

    assert [(link.role, link.expires_at, link.code is not None) for link in links] == [
        (LinkRole.REMOTE, NOON + timedelta(hours=24), True),
        (LinkRole.WITNESS, NOON + timedelta(hours=24), True),
    ]


# --- steps ------------------------------------------------------------------------------------------------------------------


async def test_steps_are_kept_and_told_without_words(world: World) -> None:
    async with world.database.write(NOON) as work:
        await world.set_up(work)
        running = await world.tap(work, "start", "next", "pause")
        snapshot = await load_snapshot(work.conn, meeting_stream(world.meeting), world.remote, NOON)
    async with world.database.read() as conn:
        told = [data for stream, _, data in await load_events(conn) if stream == meeting_stream(world.meeting)]

    assert (running.part, running.left_s, running.revision) == (1, 240, 4)
    ends_at_ms = to_microseconds(NOON + timedelta(seconds=240)) // 1000
    assert [(data["revision"], data.get("ends_at_ms"), data.get("left_s")) for data in told] == [
        (1, None, None),
        (2, ends_at_ms, None),
        (3, ends_at_ms, None),
        (4, None, 240),
    ]
    assert snapshot == {"meeting": told[-1]}


async def test_snapshot_of_a_segment_that_is_not_there_says_so(world: World) -> None:
    async with world.database.read() as conn:
        assert await load_snapshot(conn, meeting_stream(f"{world.group}-zzzzzzz"), world.runner, NOON) == {"meeting": None}


async def test_late_tap_is_told_and_changes_nothing(world: World) -> None:
    async with world.database.write(NOON) as work:
        await world.set_up(work)
        tap = {"command": "start", "revision": "1"}
        first = await step_meeting(work, world.remote, world.meeting, tap)
        again = await step_meeting(work, world.remote, world.meeting, tap)
    async with world.database.read() as conn:
        told = [data["revision"] for stream, _, data in await load_events(conn) if stream == meeting_stream(world.meeting)]

    assert (first.late, again.late, again.meeting) == (False, True, first.meeting)
    assert told == [1, 2]


async def test_page_goes_as_far_as_the_longest_language(world: World) -> None:
    long_story = "\n\n".join(["Word after word after word after word after word. " * 6] * 3)
    async with world.database.write(NOON) as work:
        await edit_spotlight(work, world.custodian, world.slug, TELLING | {"story": long_story}, LANGUAGES)
        await world.set_up(work)
        turned = await world.tap(work, *["page_on"] * 9)
        wall = await world.wall(work)

    assert (turned.page, wall.pages) == (2, 3)


# --- what a wall shows ------------------------------------------------------------------------------------------------------


async def test_drafts_stand_on_the_wall_only_when_they_are_let(world: World) -> None:
    async with world.database.write(NOON) as work:
        await world.set_up(work)
        text_id = (await find_choices(work.conn, world.group, "en", NOON))[0].text_id
        await add_draft(work, text_id)
        shown = []
        for command in ("drafts_on", "show_original", "show_translation", "drafts_off"):
            before = await world.wall(work, "es")
            shown.append(before.spotlight and (before.spotlight.shown.label, before.spotlight.shown.words("title")))
            await world.tap(work, command)

    told = (Label.ORIGINAL, "The tide is ours")
    drafted = (Label.MACHINE, "es: The tide is ours")
    assert shown == [told, drafted, told, drafted]


@pytest.mark.parametrize("ending", ["retire", "delete", "expire", "late"])
async def test_spotlight_that_may_not_be_shown_leaves_no_word(world: World, ending: str) -> None:
    async with world.database.write(NOON) as work:
        await world.set_up(work)
        await world.tap(work, "start")
        await save_echo(work, world.remote, world.meeting, ECHO, LANGUAGES)
        view = (await world.wall(work)).spotlight
        assert view is not None
    later = view.expires_at if ending in ("expire", "late") else NOON + timedelta(minutes=1)
    async with world.database.write(later) as work:
        if ending == "retire":
            await retire_spotlight(work, world.custodian, world.slug)
        if ending == "delete":
            await delete_spotlight(work, world.custodian, world.slug)
        if ending == "expire":
            await expire_spotlight(work, {"spotlight": view.id, "expires_at_us": to_microseconds(view.expires_at)})
    async with world.database.write(later) as work:
        wall = await world.wall(work)
        record = await load_record(work.conn, wall.meeting, "en", later)
        with pytest.raises(Conflict) as refused:
            await save_echo(work, world.remote, world.meeting, ECHO, LANGUAGES)
    async with world.database.read() as conn:
        told = [kind for stream, kind, _ in await load_events(conn) if stream == meeting_stream(world.meeting)]

    assert (wall.spotlight, wall.echo, record.spotlight, refused.value.code) == (None, None, None, "spotlight_gone")
    assert (record.echo is None) is (ending == "delete")  # the room keeps its own words, unless nothing may be left of what they answer
    assert told.count("spotlight.retired") == (ending != "late")  # the walls of guests hear of it too


async def test_wall_of_a_group_never_shows_more_than_its_group_may_see(world: World) -> None:
    async with world.database.write(NOON) as work:
        hider = caller_as("custodian", world.hidden)
        slug = await draft_spotlight(work, hider, world.hidden, TELLING | {"title": "We hide"}, LANGUAGES)
        await publish_spotlight(work, hider, slug)
        await world.set_up(work, spotlight=slug)
        wall = await world.wall(work)

    assert wall.spotlight is not None
    assert wall.spotlight.teller is not None
    assert (wall.spotlight.teller.name, wall.spotlight.teller.place, wall.spotlight.teller.zone_id) == ("", None, None)


# --- the echo ---------------------------------------------------------------------------------------------------------------


async def test_echo_reaches_the_teller_the_wall_and_partners_and_no_public_that_may_not_know(world: World) -> None:
    async with world.database.write(NOON) as work:
        made = await world.set_up(work)
        echo_id = await save_echo(work, world.remote, world.meeting, ECHO, LANGUAGES)
        wall = await world.wall(work)
    async with world.database.read() as conn:
        told = [(stream, data) for stream, kind, data in await load_events(conn) if kind == "echo.published"]

    assert wall.echo is not None
    assert [(piece.key, piece.words) for piece in wall.echo.shown.pieces] == list(ECHO.items())
    data = {"spotlight": world.slug, "echo": echo_id, "revision": 1}
    streams = (group_stream(world.group), group_stream(world.teller), meeting_stream(made.id), "partners")
    assert told == [(stream, data) for stream in sorted(streams)]


async def test_public_hears_of_an_echo_when_both_ends_are_public(world: World) -> None:
    async with world.database.write(NOON) as work:
        open_group = await add_group(work.conn, "Casseroles", listing="public")
        world.group = open_group
        await world.set_up(work)
        await save_echo(work, world.runner, world.meeting, ECHO, LANGUAGES)
    async with world.database.read() as conn:
        told = [stream for stream, kind, _ in await load_events(conn, "public") if kind == "echo.published"]

    assert told == ["public"]


async def test_echo_sent_again_changes_it_and_keeps_the_earlier_wording(world: World) -> None:
    async with world.database.write(NOON) as work:
        await world.set_up(work)
        first = await save_echo(work, world.remote, world.meeting, ECHO | {"echo_revision": "0"}, LANGUAGES)
        again = await save_echo(work, world.remote, world.meeting, ECHO | {"share": "Two roads.", "echo_revision": "1"}, LANGUAGES)
        with pytest.raises(Conflict) as refused:
            await save_echo(work, world.remote, world.meeting, ECHO | {"echo_revision": "1"}, LANGUAGES)
        rows = await count_rows(work.conn, echo, text_table)
        wall = await world.wall(work)

    assert (first, refused.value.code) == (again, "changed_meanwhile")
    assert rows == {"echo": 1, "text": 2}
    assert wall.echo is not None
    assert (wall.echo.revision, wall.echo.shown.words("share")) == (2, "Two roads.")


async def test_reply_may_stand_alone_and_an_echo_without_its_answer_may_not(world: World) -> None:
    async with world.database.write(NOON) as work:
        await world.set_up(work)
        for raw, faults in (
            ({}, {("share", "missing"), ("answer", "missing")}),
            ({"face": "A port.", "reply": "x" * 601}, {("share", "missing"), ("answer", "missing"), ("reply", "too_long")}),
            (ECHO | {"language": "xx", "action": "none"}, {("language", "language_unknown"), ("action", "choice_unknown")}),
        ):
            with pytest.raises(Invalid) as refused:
                await save_echo(work, world.remote, world.meeting, raw, LANGUAGES)
            assert {(p.field, p.code) for p in refused.value.problems} == faults
        await save_echo(work, world.remote, world.meeting, {"reply": "We are awake."}, LANGUAGES)
        wall = await world.wall(work)
        assert await load_next_actions(work.conn, world.group, NOON) == []

    assert wall.echo is not None
    assert [(piece.key, piece.words) for piece in wall.echo.shown.pieces] == [("reply", "We are awake.")]


async def test_who_researches_next_is_kept_without_raising_the_revision(world: World) -> None:
    async with world.database.write(NOON) as work:
        made = await world.set_up(work)
        await name_researcher(work, world.remote, world.meeting, {"researcher": "heron"})
        kept = await load_meeting(work.conn, world.remote, world.meeting, Right.READ_SEGMENT)
        with pytest.raises(Invalid):
            await name_researcher(work, world.remote, world.meeting, {"researcher": "x" * 81})

    assert kept == replace(made, next_researcher="heron")


async def test_set_up_proposes_whose_turn_the_research_is(world: World) -> None:
    async with world.database.write(NOON) as work:
        ended = {"until_at": NOON - timedelta(days=9), "ended_at": NOON - timedelta(days=9)}
        await add_lease(work.conn, world.group, "researcher", alias="owl", **ended)
        made = await world.set_up(work)

    assert made.next_researcher == "owl"
