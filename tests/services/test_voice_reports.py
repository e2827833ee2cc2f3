"""A voice note is reported, heard by the steward just so long, and stands or is taken down: who may, who is told, and what is left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from coordinator import keys
from coordinator.domain.access import NOBODY, Caller
from coordinator.domain.voice_report import ReportReason
from coordinator.errors import Conflict, Forbidden, Invalid, NotFound
from coordinator.services import voicing
from coordinator.services.hearing import load_sound, load_told_voices
from coordinator.services.leaving import archive_group
from coordinator.services.mirror import Reading, as_group, load_readable
from coordinator.services.retention import sweep_texts
from coordinator.services.voice_reports import (
    Reported,
    count_reports,
    dismiss_report,
    load_reportable,
    load_reported,
    report_voice,
    uphold_reports,
)
from coordinator.store.database import Database
from coordinator.store.tables import job, text, voice_note, voice_report
from coordinator.store.voices import VoiceRecord, find_voice, with_id
from tests.factories import NOON, STEWARD, add_group, add_network, caller_as, load_events, open_database
from tests.mirror_rows import add_meeting, add_spotlight, spotlight_id
from tests.voice_rows import DAY, LINES, add_voice

RAW = {"reason": "endangers", "words": "It says where she sleeps."}


@dataclass
class World:
    """A hidden group whose note stands on a public group's spotlight, and a third that hears it in a hall."""

    database: Database
    speaker: str
    teller: str
    hall: str
    slug: str
    row: dict[str, Any]

    async def do(self, command: Any, *args: Any, at: Any = NOON) -> None:
        async with self.database.write(at) as work:
            await command(work, *args)

    async def report(self, group_id: str = "", role: str = "member", at: datetime = NOON, **changes: str) -> None:
        group_id = group_id or self.hall
        await self.do(report_voice, caller_as(role, group_id), group_id, self.row["id"], RAW | changes, at=at)

    async def change(self, **values: Any) -> None:
        async with self.database.write(NOON) as work:
            await work.conn.execute(sa.update(voice_note).values(**values))

    async def voice(self) -> VoiceRecord:
        async with self.database.read() as conn:
            found = await find_voice(conn, with_id(self.row["id"]))
        assert found is not None
        return found

    async def hears(self, caller: Caller) -> bool:
        """Whether this caller gets the sound; the words go with it."""
        async with self.database.read() as conn:
            heard = await self._finds(load_sound(conn, caller, self.row["webm_id"], NOON))
            assert await self._finds(load_readable(conn, caller, self.row["text_id"], NOON)) == heard
        return heard

    async def _finds(self, asked: Any) -> bool:
        try:
            await asked
        except NotFound:
            return False
        return True

    async def on_wall(self, group_id: str) -> bool:
        async with self.database.read() as conn:
            told = await spotlight_id(conn, self.slug)
            return bool(await load_told_voices(conn, as_group(group_id, "en", NOON), [told]))

    async def reported(self) -> list[Reported]:
        async with self.database.read() as conn:
            found = await load_reported(conn, Reading(STEWARD, "en", NOON))
            assert await count_reports(conn, STEWARD, NOON) == sum(len(one.reports) for one in found)
        return found

    async def stored(self) -> list[tuple[str, str, bool]]:
        async with self.database.read() as conn:
            rows = await conn.execute(sa.select(voice_report).order_by(voice_report.c.created_at))
            return [(row.group_id, row.words, row.dismissed_at is None) for row in rows]

    async def told(self) -> list[tuple[str, str, str]]:
        async with self.database.read() as conn:
            return [(stream, kind, data["state"]) for stream, kind, data in await load_events(conn) if kind.startswith("voice.")]


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_database(database_url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            speaker = await add_group(work.conn, "Group hidden", listing="hidden", alias_name="Tide")
            teller = await add_group(work.conn, "Teller", listing="public")
            hall = await add_group(work.conn, "Hall")
            slug = await add_spotlight(work.conn, teller)
            row = await add_voice(work.conn, speaker, slug, to_group_id=teller)
        yield World(database, speaker, teller, hall, slug, row)


async def test_report_of_what_stands_silences_it_for_that_group_alone(world: World) -> None:
    assert await world.hears(caller_as("member", world.hall))
    assert await world.on_wall(world.hall)

    await world.report()

    assert not await world.hears(caller_as("member", world.hall))
    assert not await world.hears(caller_as("room", world.hall))
    assert not await world.on_wall(world.hall)
    assert await world.on_wall(world.teller)
    assert await world.hears(caller_as("member", world.speaker))
    assert (await world.voice()).state == "published"


async def test_report_is_told_to_the_reporters_own_pages_and_walls_and_to_nobody_else(world: World) -> None:
    async with world.database.write(NOON) as work:
        await add_meeting(work.conn, world.slug, world.hall, id=f"{world.hall}-m", state="running")
        await add_meeting(work.conn, world.slug, world.teller, id=f"{world.teller}-m", state="running")

    await world.report()

    assert sorted(await world.told()) == sorted(
        (stream, "voice.withdrawn", "published") for stream in (keys.group_stream(world.hall), keys.meeting_stream(f"{world.hall}-m"))
    )


async def test_report_of_what_was_sent_declines_it_so_that_its_speaker_sees_a_decline_like_any_other(world: World) -> None:
    await world.change(state="offered")
    await world.do(voicing.decline_voice, caller_as("custodian", world.teller), world.row["id"])
    plain = await world.told()
    await world.change(state="offered")

    await world.report(world.teller)

    assert sorted(await world.told()) == sorted([*plain, *plain])
    assert (await world.voice()).state == "declined"
    assert not await world.hears(caller_as("custodian", world.teller))
    assert await world.hears(STEWARD)


async def test_report_again_is_harmless_and_keeps_the_first_words(world: World) -> None:
    await world.report()
    told = await world.told()

    await world.report(words="Again.", role="custodian")

    assert await world.stored() == [(world.hall, RAW["words"], True)]
    assert await world.told() == told


async def test_report_of_its_own_note_or_of_what_it_does_not_hear_is_refused(world: World) -> None:
    with pytest.raises(Conflict, match="report_own"):
        await world.report(world.speaker)
    await world.change(state="offered")
    with pytest.raises(NotFound):
        await world.report(world.hall)
    await world.change(state="ready")
    with pytest.raises(NotFound):
        await world.report(world.teller)

    assert await world.stored() == []


async def test_report_for_one_group_takes_that_groups_ears(world: World) -> None:
    await world.change(state="offered")
    both = Caller((*caller_as("member", world.hall).grants, *caller_as("member", world.teller).grants), "s")

    async with world.database.read() as conn:
        with pytest.raises(NotFound):
            await load_reportable(conn, Reading(both, "en", NOON), world.hall, world.row["id"])
        assert (await load_reportable(conn, Reading(both, "en", NOON), world.teller, world.row["id"])).id == world.row["id"]


@pytest.mark.parametrize("role", ["witness", "room"])
async def test_report_by_a_guest_or_a_room_is_forbidden(world: World, role: str) -> None:
    with pytest.raises(Forbidden):
        await world.report(role=role)


async def test_report_with_faults_keeps_nothing(world: World) -> None:
    with pytest.raises(Invalid):
        await world.report(reason="dislike", words="a\u202eb")

    assert await world.stored() == []
    assert await world.told() == []


async def test_steward_hears_what_does_not_stand_only_while_a_report_is_open(world: World) -> None:
    await world.change(state="offered")
    assert not await world.hears(STEWARD)

    await world.report(world.teller)

    assert await world.hears(STEWARD)
    (one,) = await world.reported()
    ((report, reporter),) = one.reports
    assert (one.voice.speaker is not None and one.voice.speaker.name, [line.piece.words for line in one.voice.lines]) == (
        "Group hidden",
        list(LINES),
    )
    assert (reporter is not None and reporter.name, report.reason, report.words) == ("Teller", ReportReason.ENDANGERS, RAW["words"])
    await world.do(dismiss_report, STEWARD, report.id)
    assert not await world.hears(STEWARD)
    assert await world.reported() == []


@pytest.mark.parametrize("role", ["custodian", "lapsed", "member", "witness", "room"])
async def test_reports_are_read_and_judged_by_the_steward_alone(world: World, role: str) -> None:
    await world.report()
    caller = caller_as(role, world.teller)
    ((report, _),) = (await world.reported())[0].reports

    async with world.database.read() as conn:
        with pytest.raises(Forbidden):
            await load_reported(conn, Reading(caller, "en", NOON))
        with pytest.raises(Forbidden):
            await count_reports(conn, caller, NOON)
    with pytest.raises(Forbidden):
        await world.do(dismiss_report, caller, report.id)
    with pytest.raises(Forbidden):
        await world.do(uphold_reports, caller, world.row["id"], {"reason": "other"})


async def test_dismissed_report_lets_its_group_hear_again_forgets_its_words_and_is_the_last(world: World) -> None:
    await world.report()
    ((report, _),) = (await world.reported())[0].reports

    await world.do(dismiss_report, STEWARD, report.id)

    assert await world.on_wall(world.hall)
    assert await world.hears(caller_as("member", world.hall))
    assert await world.stored() == [(world.hall, "", False)]
    assert (await world.told())[-1] == (keys.group_stream(world.hall), "voice.published", "published")
    with pytest.raises(Conflict, match="report_dismissed"):
        await world.report()
    with pytest.raises(Conflict, match="report_settled"):
        await world.do(dismiss_report, STEWARD, report.id)


async def test_dismissed_report_leaves_the_others_open(world: World) -> None:
    await world.report()
    await world.report(world.teller, at=NOON + timedelta(seconds=1))
    (one,) = await world.reported()

    await world.do(dismiss_report, STEWARD, one.reports[0][0].id)

    (left,) = await world.reported()
    assert [seen.name for _, seen in left.reports if seen is not None] == ["Teller"]
    assert not await world.on_wall(world.teller)


async def test_taken_down_is_gone_for_all_like_a_withdrawal_and_says_why(world: World) -> None:
    await world.report()
    await world.report(world.teller)

    await world.do(uphold_reports, STEWARD, world.row["id"], {"reason": "threatens"})

    voice = await world.voice()
    assert (voice.state, voice.taken_down, voice.text_id, voice.peaks) == ("withdrawn", "threatens", None, ())
    for caller in (STEWARD, NOBODY, caller_as("member", world.hall), caller_as("member", world.speaker)):
        assert not await world.hears(caller)
    async with world.database.read() as conn:
        assert (await conn.execute(sa.select(text.c.id).where(text.c.kind == "voice"))).all() == []
        planned = {row.kind for row in await conn.execute(sa.select(job.c.kind))}
    assert keys.JOB_DROP_SOUND in planned
    assert await world.stored() == []
    gone = {stream for stream, kind, state in await world.told() if (kind, state) == ("voice.withdrawn", "withdrawn")}
    assert gone == {keys.group_stream(world.speaker), keys.group_stream(world.teller), keys.PARTNERS}
    with pytest.raises(Conflict, match="report_settled"):
        await world.do(uphold_reports, STEWARD, world.row["id"], {"reason": "threatens"})


async def test_take_down_takes_an_open_report_and_a_reason(world: World) -> None:
    with pytest.raises(Conflict, match="report_settled"):
        await world.do(uphold_reports, STEWARD, world.row["id"], {"reason": "other"})
    await world.report()
    with pytest.raises(Invalid):
        await world.do(uphold_reports, STEWARD, world.row["id"], {"reason": "taste"})

    assert (await world.voice()).state == "published"
    assert len(await world.reported()) == 1


@pytest.mark.parametrize("ending", ["withdrawn", "speaker leaves", "reporter leaves", "over"])
async def test_words_of_a_report_go_with_its_note_or_its_group(world: World, ending: str) -> None:
    await world.report()

    match ending:
        case "withdrawn":
            await world.do(voicing.withdraw_voice, caller_as("custodian", world.speaker), world.row["id"])
        case "speaker leaves":
            await world.do(archive_group, STEWARD, world.speaker)
        case "reporter leaves":
            await world.do(archive_group, STEWARD, world.hall)
        case "over":
            await world.do(sweep_texts, {}, at=NOON + 2 * DAY)

    assert await world.stored() == []


async def test_report_that_nobody_judged_waits_no_longer_than_its_note(world: World) -> None:
    await world.report()

    async with world.database.read() as conn:
        assert await count_reports(conn, STEWARD, NOON + DAY - timedelta(seconds=1)) == 1
        assert await count_reports(conn, STEWARD, NOON + DAY) == 0
