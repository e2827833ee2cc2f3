"""Packets go out as much as partners may know, and come in for one group, once, until their end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.blobs import FileBlobs
from coordinator.domain.access import NOBODY, Caller
from coordinator.domain.packet import Packet, PacketGroup, manifest_of
from coordinator.domain.packet_rules import carry, read_packet
from coordinator.domain.spotlight import Audience, SpotlightState
from coordinator.domain.translation import Label
from coordinator.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn
from coordinator.formats.packet import fingerprint_of, public_key_of, unseal
from coordinator.keys import JOB_EXPIRE
from coordinator.services.mirror import Reading, as_group, load_spotlight, load_standing
from coordinator.services.packets import (
    PACKETS_MOST,
    bring_in,
    delete_brought,
    find_sounds,
    list_brought,
    load_packet,
    network_fingerprint,
    read_sounds,
    signing_seed,
)
from coordinator.services.spotlights import (
    delete_spotlight,
    draft_spotlight,
    edit_spotlight,
    expire_spotlight,
    publish_spotlight,
    retire_spotlight,
)
from coordinator.services.translations import save_translation
from coordinator.services.voicing import withdraw_voice
from coordinator.store import tables
from coordinator.store.database import Database, Work
from coordinator.store.retention import sweep
from coordinator.store.spotlights import insert_echo
from coordinator.store.tables import to_microseconds
from coordinator.store.texts import insert_text
from tests.factories import NOON, SECRET_KEY, STEWARD, add_group, add_network, caller_as, count_rows, load_events, open_database
from tests.packets import ECHO, ENDS, SEED, make_packet, make_source, make_voice, sealed
from tests.services.test_spotlights import LANGUAGES, TELLING
from tests.voice_rows import add_voice

FINGERPRINT = fingerprint_of(public_key_of(SEED))
BROUGHT_WORDS = ("maré", "mare", "nossa", "tide", "marea", "mangue", "mangrove", "المد", "Rede Mangue", "example.org", "vouched for it")


@dataclass
class World:
    database: Database
    teller: str
    partner: str
    hidden: str

    @property
    def custodian(self) -> Caller:
        return caller_as("custodian", self.teller)

    @property
    def reader(self) -> Caller:
        return caller_as("custodian", self.partner)

    async def tell(self, work: Work, group_id: str = "", **changes: Any) -> str:
        group_id = group_id or self.teller
        custodian = caller_as("custodian", group_id)
        slug = await draft_spotlight(work, custodian, group_id, TELLING | changes, LANGUAGES)
        await publish_spotlight(work, custodian, slug)
        return slug

    async def echo(self, work: Work, slug: str, group_id: str) -> None:
        """An echo of that group, written as rows."""
        view = await load_spotlight(work.conn, Reading(caller_as("member", group_id), "en", work.now), slug)
        source = make_source(ECHO | {"face": "So you vouched for it."}, "en")
        text = type(source)(f"echo{group_id}", source.language, source.sections)
        await insert_text(work.conn, text, group_id=group_id, kind="echo", may_leave=False, now=work.now, expires_at=None)
        row = {"id": f"e{group_id}", "spotlight_id": view.id, "group_id": group_id, "text_id": text.text_id, "quarter": "2027-Q1"}
        await insert_echo(work.conn, row | {"published_at": work.now, "revision": 1, "created_at": work.now})

    async def bring(self, work: Work, data: bytes | None = None, fingerprint: str = FINGERPRINT) -> str:
        given = {"file": sealed() if data is None else data, "fingerprint": fingerprint}
        return (await bring_in(work, self.reader, self.partner, given, SECRET_KEY)).slug


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_database(database_url) as database:
        async with database.write(NOON) as work:
            await add_network(work.conn)
            teller = await add_group(work.conn, "Rede Mangue", place="Recife", zone_id="America/Recife", language="pt-BR", listing="public")
            partner = await add_group(work.conn, "Kathmandu Commons", place="Kathmandu", zone_id="Asia/Kathmandu", language="en")
            hidden = await add_group(
                work.conn, "Zanjeer", place="Khorramabad", zone_id="Asia/Tehran", alias_name="Reed", language="fa", listing="hidden"
            )
        yield World(database, teller, partner, hidden)


async def words_left(conn: AsyncConnection) -> list[str]:
    """Those of a packet's words that any row of any table still holds."""
    rows = [tuple(row) for table in tables.metadata.sorted_tables if table.name != "group" for row in await conn.execute(sa.select(table))]
    found = json.dumps(rows, ensure_ascii=False, default=repr)
    return [word for word in BROUGHT_WORDS if word in found]


def codes(fault: Invalid) -> list[tuple[str, str]]:
    return [(p.field, p.code) for p in fault.problems]


# --- going out --------------------------------------------------------------------------------------------------------


async def test_packet_of_a_spotlight_says_what_a_partner_may_know_with_its_echoes(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work, until="2027-02-28", audience="partners")
        view = await load_spotlight(work.conn, Reading(world.reader, "es", NOON), slug)
        raw = {"language": "es", "section[0]": "La marea es nuestra"}
        await save_translation(work, world.reader, world.partner, text_id=view.text_id, raw=raw, languages=LANGUAGES)
        await world.echo(work, slug, world.partner)
        await world.echo(work, slug, world.hidden)
        packets = [
            await load_packet(work.conn, caller, group_id, slug, NOON)
            for caller, group_id in (
                (world.custodian, world.teller),
                (caller_as("witness", world.partner), world.partner),
                (STEWARD, world.hidden),
            )
        ]

    packet = packets[0]
    assert packets == [packet] * 3
    assert (packet.slug, packet.audience, packet.teller) == (
        slug,
        Audience.PARTNERS,
        PacketGroup("Rede Mangue", "Recife", "America/Recife"),
    )
    assert (packet.made_at, packet.expires_at) == (NOON, ENDS)
    assert packet.languages() == ("en", "es")
    assert {echo.answerer for echo in packet.echoes} == {PacketGroup("Kathmandu Commons", "Kathmandu"), PacketGroup("Reed")}


async def test_packet_that_may_be_shown_in_public_holds_no_echo_of_a_group_the_public_does_not_know(world: World) -> None:
    async with world.database.write(NOON) as work:
        public = await add_group(work.conn, "Nile Listeners", place="Cairo", zone_id="Africa/Cairo", listing="public")
        slug = await world.tell(work)
        for group_id in (world.partner, world.hidden, public):
            await world.echo(work, slug, group_id)
        packet = await load_packet(work.conn, world.reader, world.partner, slug, NOON)

    assert (packet.audience, [echo.answerer for echo in packet.echoes]) == (Audience.PUBLIC, [PacketGroup("Nile Listeners", "Cairo")])


async def test_packet_of_a_group_that_only_partners_know_is_not_for_the_public(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work, world.partner, audience="public")
        packet = await load_packet(work.conn, world.custodian, world.teller, slug, NOON)

    assert packet.audience is Audience.PARTNERS


async def test_packet_of_a_hidden_group_names_its_alias_and_tells_no_zone(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work, world.hidden, until="2027-02-28", audience="partners")
        callers = ((caller_as("custodian", world.hidden), world.hidden), (world.reader, world.partner))
        packets = [await load_packet(work.conn, caller, group_id, slug, NOON) for caller, group_id in callers]

    assert packets[0] == packets[1]
    assert packets[0].teller == PacketGroup("Reed")
    assert packets[0].expires_at.isoformat() == "2027-02-28T00:00:00+00:00"  # local midnight was 20:30 UTC: half an hour would tell Tehran
    assert [word for word in ("Zanjeer", "Khorramabad", "Tehran", "20:30", '"fa"') if word in json.dumps(manifest_of(packets[0]))] == []


async def test_packet_of_what_does_not_stand_is_not_made(world: World) -> None:
    async with world.database.write(NOON) as work:
        draft = await draft_spotlight(work, world.custodian, world.teller, TELLING, LANGUAGES)
        retired = await world.tell(work)
        await retire_spotlight(work, world.custodian, retired)
        over = await world.tell(work, until="2027-01-10")
        for slug, now in ((draft, NOON), (retired, NOON), (over, NOON + timedelta(days=8)), ("unknown", NOON)):
            for caller, group_id in ((world.custodian, world.teller), (world.reader, world.partner)):
                with pytest.raises(NotFound):
                    await load_packet(work.conn, caller, group_id, slug, now)


@pytest.mark.parametrize(("caller", "fault"), [(NOBODY, NotSignedIn), (caller_as("room", "{partner}"), Forbidden)])
async def test_packet_is_made_for_readers_of_a_desk_only(world: World, caller: Caller, fault: type[Exception]) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work)
        asking = caller_as("room", world.partner) if caller.grants else caller
        with pytest.raises(fault):
            await load_packet(work.conn, asking, world.partner, slug, NOON)


async def test_packet_made_stores_nothing(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work)
        before = await count_rows(work.conn)
        await load_packet(work.conn, world.reader, world.partner, slug, NOON)
        assert await count_rows(work.conn) == before


# --- voices going out ---------------------------------------------------------------------------------------------------


async def test_packet_carries_the_newest_voices_with_words_and_what_a_partner_may_know_of_who_speaks(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work, until="2027-02-28", audience="partners")
        early, late = NOON - timedelta(hours=2), NOON - timedelta(hours=1)
        whose = [(world.hidden, NOON), (world.teller, late), (world.partner, early), (world.partner, early - timedelta(days=1))]
        told = [await add_voice(work.conn, group_id, slug, at=at, expires_at=NOON + timedelta(days=9, hours=3)) for group_id, at in whose]
        for lacking in ({"lines": ()}, {"state": "ready"}, {"state": "withdrawn"}, {"expires_at": NOON}):
            await add_voice(work.conn, world.partner, slug, **{"at": NOON, **lacking})
        packets = [
            await load_packet(work.conn, caller, group_id, slug, NOON)
            for caller, group_id in ((world.custodian, world.teller), (STEWARD, world.hidden))
        ]
        sound_ids = await find_sounds(work.conn, packets[0])

    assert packets[0] == packets[1]
    voices = packets[0].voices
    assert [voice.voice_id for voice in voices] == [row["id"] for row in told[:3]]
    assert [voice.speaker for voice in voices] == [
        PacketGroup("Reed"),
        PacketGroup("Rede Mangue", "Recife"),
        PacketGroup("Kathmandu Commons", "Kathmandu"),
    ]
    assert {voice.expires_at.isoformat() for voice in voices} == {"2027-01-13T00:00:00+00:00"}  # the hour would say when it was sent
    assert sound_ids == {row["id"]: row["webm_id"] for row in told[:3]}
    assert read_packet(manifest_of(packets[0])) == packets[0]
    assert "Zanjeer" not in json.dumps(manifest_of(packets[0]))


async def test_packet_carries_a_written_note_as_words_alone(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work, until="2027-02-28", audience="partners")
        no_sound = {"duration_ms": None, "webm_id": None, "mp4_id": None, "peaks": []}
        written = await add_voice(work.conn, world.partner, slug, expires_at=NOON + timedelta(days=9), **no_sound)
        packet = await load_packet(work.conn, world.custodian, world.teller, slug, NOON)

    assert [(voice.voice_id, voice.sound, len(voice.text.sections)) for voice in packet.voices] == [(written["id"], None, 3)]
    assert packet.with_sounds({}) == packet, "it needs none"
    assert read_packet(manifest_of(packet)) == packet


async def test_packets_voice_ends_with_the_spotlight_at_the_latest(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work, until="2027-02-28", audience="partners")
        await add_voice(work.conn, world.partner, slug, expires_at=NOON + timedelta(days=99))
        packet = await load_packet(work.conn, world.custodian, world.teller, slug, NOON)

    assert [voice.expires_at for voice in packet.voices] == [packet.expires_at] == [ENDS]


async def test_packet_that_may_be_shown_in_public_carries_only_voices_that_everybody_may_hear(world: World) -> None:
    async with world.database.write(NOON) as work:
        public = await add_group(work.conn, "Nile Listeners", place="Cairo", zone_id="Africa/Cairo", listing="public")
        slug = await world.tell(work)
        for group_id, says in ((world.partner, True), (world.hidden, True), (public, False)):
            await add_voice(work.conn, group_id, slug, public=says, expires_at=NOON + timedelta(days=9))
        heard = await add_voice(work.conn, public, slug, public=True, expires_at=NOON + timedelta(days=9))
        packet = await load_packet(work.conn, world.reader, world.partner, slug, NOON)

    assert (packet.audience, [voice.voice_id for voice in packet.voices]) == (Audience.PUBLIC, [heard["id"]])


async def test_read_sounds_takes_what_fits_and_what_is_still_there(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    kept = [await blobs.put(bytes(size), "audio/webm", NOON) for size in (600_000, 500_000, 400_000)]
    gone = await blobs.put(b"x", "audio/webm", NOON)
    await blobs.delete(gone.id)

    sounds = await read_sounds(blobs, {"a": kept[0].id, "b": gone.id, "c": kept[1].id, "d": kept[2].id})

    assert {voice_id: len(sound) for voice_id, sound in sounds.items()} == {"a": 600_000, "d": 400_000}


@pytest.mark.parametrize("harm", ["", "withdrawn", "over"])
async def test_packet_of_this_network_says_when_a_voice_in_it_was_taken_back(world: World, harm: str) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work, until="2027-02-28")
        row = await add_voice(work.conn, world.teller, slug, expires_at=NOON + timedelta(days=3))
        packet = await load_packet(work.conn, world.reader, world.partner, slug, NOON)
        if harm == "withdrawn":
            await withdraw_voice(work, world.custodian, row["id"])
    async with world.database.write(NOON + timedelta(days=3 if harm == "over" else 0)) as work:
        before = await count_rows(work.conn)
        data = sealed(packet, seed=signing_seed(SECRET_KEY))
        opened = await bring_in(work, world.reader, world.partner, {"file": data, "fingerprint": ""}, SECRET_KEY)
        assert await count_rows(work.conn) == before

    assert (opened.slug, opened.own, opened.left_out) == (slug, True, harm != "")


# --- coming in: another network's -------------------------------------------------------------------------------------


async def test_packet_of_another_network_becomes_a_spotlight_of_the_group_alone(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.bring(work)
    async with world.database.read() as conn:
        mine = await load_spotlight(conn, Reading(world.reader, "en", NOON), slug)
        hall = await load_spotlight(conn, as_group(world.partner, "ar", NOON), slug)
        wall = await load_spotlight(conn, as_group(world.partner, "es", NOON, drafts=False), slug)
        draft = await load_spotlight(conn, as_group(world.partner, "es", NOON), slug)
        (listed,) = await list_brought(conn, Reading(world.reader, "en", NOON), world.partner)
        for caller in (world.custodian, NOBODY):
            assert await load_standing(conn, Reading(caller, "en", NOON)) == []
            with pytest.raises(NotFound):
                await load_spotlight(conn, Reading(caller, "en", NOON), slug)
        told = await load_events(conn)

    assert mine.brought is not None
    assert (mine.brought.name, mine.brought.place, mine.brought.zone_id) == ("Rede Mangue", "Recife", "America/Recife")
    assert (mine.state, mine.audience, mine.may_leave, mine.expires_at) == (SpotlightState.PUBLISHED, Audience.OWN, False, ENDS)
    assert (mine.source.language, mine.source.sections, mine.links) == ("pt-BR", make_source().sections, make_packet().links)
    assert (mine.shown.label, mine.shown.words("title")) == (Label.READ, "The tide is ours")
    assert (hall.shown.label, hall.shown.words("title")) == (Label.PERSON, "المدّ لنا")
    assert (draft.shown.label, draft.shown.via, draft.shown.words("title")) == (Label.MACHINE, "fr", "La marea es nuestra")
    assert (wall.shown.label, wall.shown.words("title")) == (Label.ORIGINAL, "A maré é nossa")
    assert (listed.packet.signer, listed.packet.origin, listed.view) == (FINGERPRINT, make_packet().spotlight_id, mine)
    assert [(stream, kind) for stream, kind, _ in told] == [(f"group:{world.partner}", "spotlight.published")]


async def test_packet_brought_in_twice_changes_nothing(world: World) -> None:
    async with world.database.write(NOON) as work:
        first = await world.bring(work)
        before = await count_rows(work.conn)
        assert await world.bring(work) == first
        assert await count_rows(work.conn) == before


async def test_packet_of_two_groups_is_each_ones_own(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.bring(work)
        given = {"file": sealed(), "fingerprint": FINGERPRINT}
        other = await bring_in(work, caller_as("member", world.hidden), world.hidden, given, SECRET_KEY)
        assert (other.own, other.slug == slug) == (False, False)
        assert len(await list_brought(work.conn, Reading(world.reader, "en", NOON), world.partner)) == 1


@pytest.mark.parametrize(
    ("typed", "code"), [("", "fingerprint_missing"), ("  ", "fingerprint_missing"), (FINGERPRINT[:-1] + "?", "fingerprint_differs")]
)
async def test_packet_without_its_networks_fingerprint_is_not_taken_in(world: World, typed: str, code: str) -> None:
    async with world.database.write(NOON) as work:
        before = await count_rows(work.conn)
        with pytest.raises(Invalid) as refused:
            await world.bring(work, fingerprint=typed)
        assert await count_rows(work.conn) == before

    assert codes(refused.value) == [("fingerprint", code)]
    assert refused.value.problems[0].remedy == (FINGERPRINT,)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", ("file", "missing")),
        (b"PK not a packet", ("file", "packet_unsound")),
        (sealed()[:-1] + b"\x01", ("file", "packet_unsound")),
        (sealed(make_packet(expires_at=NOON, made_at=NOON - timedelta(days=3))), ("file", "packet_over")),
        (sealed(version=3), ("file", "packet_newer")),
        (sealed(audience="everyone"), ("file.audience", "choice_unknown")),
    ],
)
async def test_packet_that_is_not_right_names_the_fault_and_writes_nothing(world: World, data: bytes, fault: tuple[str, str]) -> None:
    async with world.database.write(NOON) as work:
        before = await count_rows(work.conn)
        with pytest.raises(Invalid) as refused:
            await world.bring(work, data)
        assert await count_rows(work.conn) == before

    assert codes(refused.value) == [fault]


@pytest.mark.parametrize("role", ["witness", "lapsed", "room", "steward"])
async def test_packet_is_brought_in_by_those_who_tell(world: World, role: str) -> None:
    caller = caller_as(role, None if role == "steward" else world.partner)
    async with world.database.write(NOON) as work:
        with pytest.raises(Forbidden):
            await bring_in(work, caller, world.partner, {"file": sealed(), "fingerprint": FINGERPRINT}, SECRET_KEY)


async def test_packets_of_a_group_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coordinator.services.packets.PACKETS_MOST", 1)
    async with world.database.write(NOON) as work:
        await world.bring(work)
        with pytest.raises(Invalid) as refused:
            await world.bring(work, sealed(make_packet(slug="another")))

    assert PACKETS_MOST == 50
    assert codes(refused.value) == [("file", "too_many")]


async def test_packet_with_hostile_words_is_kept_as_words(world: World) -> None:
    hostile = {
        "title": "<script>alert(1)</script> {{ 7*7 }} %(x)s {0}",
        "body.1": "\U0001f9e8" * 2_500,
        "consent": "{% raw %} \u200f%s",
    }
    packet = make_packet(text=carry(make_source(hostile), []), echoes=())
    async with world.database.write(NOON) as work:
        slug = await world.bring(work, sealed(packet))
        view = await load_spotlight(work.conn, Reading(world.reader, "en", NOON), slug)

    assert {piece.key: piece.words for piece in view.shown.pieces} == hostile
    assert slug.isascii()


# --- what was brought in stays as it is, and goes wholly --------------------------------------------------------------


async def test_packet_brought_in_is_never_edited_nor_passed_on_under_our_name(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.bring(work)
        with pytest.raises(Conflict, match="told_elsewhere"):
            await edit_spotlight(work, world.reader, slug, TELLING | {"audience": "public"}, LANGUAGES)
        with pytest.raises(Conflict, match="packet_passed_on"):
            await load_packet(work.conn, world.reader, world.partner, slug, NOON)
        with pytest.raises(NotFound):
            await load_packet(work.conn, world.custodian, world.teller, slug, NOON)


async def _bring_and_work(world: World, work: Work) -> str:
    """A packet with a translation and an echo made here; its slug."""
    slug = await world.bring(work)
    view = await load_spotlight(work.conn, Reading(world.reader, "fr", work.now), slug)
    raw = {"language": "es", "section[0]": "La marea, mejor"}
    await save_translation(work, world.reader, world.partner, text_id=view.text_id, raw=raw, languages=LANGUAGES)
    await world.echo(work, slug, world.partner)
    return slug


def _content(rows: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in rows.items() if name not in {"event", "stream", "job"}}


async def test_packet_deleted_leaves_no_word_and_may_come_in_anew(world: World) -> None:
    async with world.database.write(NOON) as work:
        before = await count_rows(work.conn)
        await _bring_and_work(world, work)
        (listed,) = await list_brought(work.conn, Reading(world.reader, "en", NOON), world.partner)
        with pytest.raises(Forbidden):
            await delete_brought(work, caller_as("member", world.partner), world.partner, listed.packet.id)
        with pytest.raises(NotFound):
            await delete_brought(work, world.custodian, world.teller, listed.packet.id)
        await delete_brought(work, world.reader, world.partner, listed.packet.id)
        assert _content(await count_rows(work.conn)) == _content(before)
        assert await words_left(work.conn) == []
        await world.bring(work)
        assert len(await list_brought(work.conn, Reading(world.reader, "en", NOON), world.partner)) == 1


async def test_packet_deleted_through_its_spotlight_leaves_no_word(world: World) -> None:
    async with world.database.write(NOON) as work:
        before = await count_rows(work.conn)
        slug = await _bring_and_work(world, work)
        await delete_spotlight(work, world.reader, slug)
        assert _content(await count_rows(work.conn)) == _content(before)
        assert await words_left(work.conn) == []


async def test_packet_with_voices_is_taken_in_without_them_and_says_so(world: World) -> None:
    given = {"file": sealed(make_packet(voices=(make_voice(),))), "fingerprint": FINGERPRINT}
    async with world.database.write(NOON) as work:
        first = await bring_in(work, world.reader, world.partner, given, SECRET_KEY)
        again = await bring_in(work, world.reader, world.partner, given, SECRET_KEY)
        voices = (await count_rows(work.conn))["voice_note"]

    assert first == again
    assert (first.own, first.left_out, voices) == (False, True, 0)


async def test_packet_at_its_end_is_deleted_by_the_job_with_every_word(world: World) -> None:
    async with world.database.write(NOON) as work:
        before = await count_rows(work.conn)
        await _bring_and_work(world, work)
        planned = (await work.conn.execute(sa.select(tables.job).where(tables.job.c.kind == JOB_EXPIRE))).one()
    async with world.database.write(ENDS) as work:
        await expire_spotlight(work, planned.ref)
        assert _content(await count_rows(work.conn)) == _content(before)
    async with world.database.read() as conn:
        assert await words_left(conn) == []
        told = await load_events(conn, f"group:{world.partner}")

    assert (planned.due_at, planned.ref["expires_at_us"]) == (ENDS, to_microseconds(ENDS))
    assert told[-1][1] == "spotlight.retired"


async def test_packet_past_its_end_is_swept_with_every_word_and_nothing_else(world: World) -> None:
    async with world.database.write(NOON) as work:
        own = await world.tell(work, until="2027-06-30", story="Our own words stay.", title="Ours", face="", links="")
        before = await count_rows(work.conn)
        await _bring_and_work(world, work)
    async with world.database.write(ENDS - timedelta(microseconds=1)) as work:
        assert not {"packet", "text"} & set(await sweep(work.conn, work.now))
    async with world.database.write(ENDS) as work:
        assert await list_brought(work.conn, Reading(world.reader, "en", ENDS), world.partner) == []  # hidden before it is swept
        swept = await sweep(work.conn, work.now)
        assert (swept["packet"], swept["text"]) == (1, 2)
        assert _content(await count_rows(work.conn)) == _content(before)
        assert await words_left(work.conn) == []
        assert (await load_spotlight(work.conn, Reading(world.reader, "en", ENDS), own)).shown.words("title") == "Ours"


# --- coming in: our own -----------------------------------------------------------------------------------------------


def _ours(packet: Packet) -> bytes:
    return sealed(packet, seed=signing_seed(SECRET_KEY))


async def test_packet_of_this_network_opens_the_spotlight_as_it_stands(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work)
        data = _ours(await load_packet(work.conn, world.reader, world.partner, slug, NOON))
        before = await count_rows(work.conn)
        opened = await bring_in(work, world.reader, world.partner, {"file": data, "fingerprint": ""}, SECRET_KEY)
        assert await count_rows(work.conn) == before

    assert (opened.slug, opened.own) == (slug, True)
    assert unseal(data).fingerprint == network_fingerprint(SECRET_KEY) != network_fingerprint(b"another key")


@pytest.mark.parametrize("undo", [retire_spotlight, delete_spotlight])
async def test_packet_of_a_spotlight_that_was_taken_back_is_refused(world: World, undo: Any) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work)
        data = _ours(await load_packet(work.conn, world.reader, world.partner, slug, NOON))
        await undo(work, world.custodian, slug)
        before = await count_rows(work.conn)
        with pytest.raises(Conflict, match="packet_withdrawn"):
            await world.bring(work, data)
        assert await count_rows(work.conn) == before


async def test_packet_of_this_network_past_its_end_is_refused(world: World) -> None:
    async with world.database.write(NOON) as work:
        slug = await world.tell(work, until="2027-01-10")
        data = _ours(await load_packet(work.conn, world.reader, world.partner, slug, NOON))
    async with world.database.write(NOON + timedelta(days=8)) as work:
        with pytest.raises(Invalid) as refused:
            await world.bring(work, data)

    assert codes(refused.value) == [("file", "packet_over")]
