"""A mirror segment with plain forms: set up at the desk, stepped from a remote, seen on walls, written down at the end."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from coordinator.domain.access import Caller
from coordinator.services.mirror import Reading, load_spotlight
from coordinator.services.spotlights import draft_spotlight, publish_spotlight, retire_spotlight
from coordinator.services.translations import load_workbench, save_translation, section_fields
from coordinator.store.spotlights import echoed_in, find_echoes
from tests.conftest import FakeClock
from tests.factories import add_link, add_session, caller_as
from tests.pages.plain_form import PlainForm, read_form, read_forms
from tests.pages.world import HIDDEN_WORDS, Pages, text_of_page
from tests.services.test_meetings import add_draft
from tests.services.test_spotlights import LANGUAGES, TELLING

ECHO = {
    "face": "A port.",
    "share": "A road through the upper quarter.",
    "answer": "We walk to the tank.",
    "reply": "We are awake with you.",
}
PARTS = ["spotlight", "echo", "reply", "research"]
SECRET = re.compile(r'value="http://127\.0\.0\.1/enter#([\w-]{43})"')


@dataclass
class Segments:
    """The pages with a struggle told by Casseroles, in Lyon, that Minga del Agua, in La Paz, mirrors."""

    pages: Pages
    slug: str = ""
    meeting: str = ""

    async def set_up(self, **fields: Any) -> str:
        """Through the desk's form; the segment's id. From then on `guest` and `phone` are roles of that segment."""
        path = self.pages.desk("mirror/new")
        form = read_form(await self.pages.get(path, "member"), path)
        answer = await self.pages.send(path, form.fields | {"spotlight": self.slug, "parts": PARTS} | fields, "member", key=form.key)
        assert answer.status_code == 303, answer.text
        found = re.search(r"meeting=([\w-]+)", answer.headers["location"])
        assert found is not None
        self.meeting = found[1]
        async with self.pages.world.database.write(self.pages.world.clock.now()) as work:
            day = {"meeting_id": self.meeting, "expires_at": work.now + timedelta(hours=24)}
            for name, role in (("phone", "remote"), ("guest", "witness")):
                link = await add_link(work.conn, role, self.pages.world.group, **day)
                self.pages.world.tokens[name] = await add_session(work.conn, link)
        return self.meeting

    def remote(self, lang: str = "en") -> str:
        return self.pages.desk(f"mirror/remote?meeting={self.meeting}", lang=lang)

    def of_segment(self, rest: str) -> str:
        return self.pages.desk(f"mirror/{self.meeting}/{rest}")

    async def tap(self, command: str, role: str = "phone") -> httpx.Response:
        """The button as it stands on the remote's page now."""
        form = await self.button(command, role)
        return await self.pages.send(form.action, form.fields, role, key=form.key)

    async def button(self, command: str, role: str = "phone") -> PlainForm:
        forms = read_forms(await self.pages.get(self.remote(), role))
        (form,) = [form for form in forms if form.fields.get("command") == command]
        return form

    async def wall(self, role: str = "room", lang: str = "en") -> dict[str, Any]:
        answer = await self.pages.get(self.pages.desk(f"mirror.json?meeting={self.meeting}", lang=lang), role)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def retire(self) -> None:
        async with self.pages.world.database.write(self.pages.world.clock.now()) as work:
            await retire_spotlight(work, caller_as("custodian", self.pages.world.other), self.slug)


@pytest.fixture
async def segments(pages: Pages) -> Segments:
    return Segments(pages, await tell(pages, pages.world.other))


async def tell(pages: Pages, group_id: str, **changes: Any) -> str:
    async with pages.world.database.write(pages.world.clock.now()) as work:
        custodian = caller_as("custodian", group_id)
        slug = await draft_spotlight(work, custodian, group_id, TELLING | {"audience": "partners"} | changes, LANGUAGES)
        await publish_spotlight(work, custodian, slug)
    return slug


async def translate(pages: Pages, slug: str, language: str) -> None:
    """Every section by a person, not yet read by another."""
    reader = caller_as("member", pages.world.group)
    async with pages.world.database.write(pages.world.clock.now()) as work:
        view = await load_spotlight(work.conn, Reading(reader, language, work.now), slug)
        bench = await load_workbench(work.conn, reader, pages.world.group, text_id=view.text_id, language=language, now=work.now)
        sections = bench.source.sections
        words = {name: f"{language}: {s.words}" for name, s in zip(section_fields(sections), sections, strict=True)}
        raw = {"language": language, "source_hash": bench.source.hash, "base": "", **words}
        await save_translation(work, Caller(reader.grants, "s"), pages.world.group, text_id=view.text_id, raw=raw, languages=LANGUAGES)


# --- who --------------------------------------------------------------------------------------------------------------------

# role → wall, remote, written page, desk
OPENS = {
    "": (401, 401, 401, 401),
    "steward": (200, 403, 200, 200),
    "custodian": (200, 200, 200, 200),
    "lapsed": (200, 200, 200, 200),
    "member": (200, 200, 200, 200),
    "witness": (200, 403, 200, 200),
    "room": (200, 403, 200, 404),
    "phone": (200, 200, 200, 404),
    "guest": (200, 403, 200, 404),
    "remote": (404, 404, 404, 404),  # of another segment
    "other": (404, 404, 404, 404),  # another group's custodian, the teller itself
}


@pytest.mark.parametrize("role", OPENS)
async def test_pages_of_a_segment_open_to_whom_they_are_for(segments: Segments, role: str) -> None:
    await segments.set_up()
    paths = (segments.pages.desk(f"mirror?meeting={segments.meeting}"), segments.remote(), segments.of_segment("").rstrip("/"))

    answers = [await segments.pages.get(path, role) for path in (*paths, segments.pages.desk("mirror/new"))]

    assert tuple(answer.status_code for answer in answers) == OPENS[role]
    assert [answer.headers["cache-control"] for answer in answers] == ["private, no-store"] * 4


@pytest.mark.parametrize("role", ["room", "guest", "witness", "steward", "other", "remote"])
async def test_step_is_refused_to_whoever_does_not_run_it(segments: Segments, role: str) -> None:
    await segments.set_up()

    answer = await segments.pages.send(segments.of_segment("step"), {"command": "start", "revision": "1"}, role)

    assert answer.status_code == (404 if role in ("other", "remote") else 403)
    assert (await segments.wall())["state"] == "set_up"


async def test_form_from_elsewhere_is_refused(segments: Segments) -> None:
    await segments.set_up()

    answer = await segments.pages.send(
        segments.of_segment("step"), {"command": "start", "revision": "1"}, "phone", origin="https://elsewhere.example"
    )

    assert answer.status_code == 403


async def test_wall_unasked_shows_the_running_segment_then_the_next_then_waits(segments: Segments) -> None:
    waiting = await segments.pages.get(segments.pages.desk("mirror"), "room")
    running = await segments.set_up()
    await segments.tap("start")
    await segments.set_up()

    shown = (await segments.pages.get(segments.pages.desk("mirror.json"), "room")).json()
    guests = (await segments.pages.get(segments.pages.desk("mirror.json"), "guest")).json()

    assert "No mirror segment stands yet" in text_of_page(waiting)
    assert (shown["meeting"], guests["meeting"]) == (running, segments.meeting)
    assert shown["streams"] == [f"meeting:{running}", f"group:{segments.pages.world.group}", "partners"]
    assert guests["streams"] == [f"meeting:{segments.meeting}"]


# --- links ------------------------------------------------------------------------------------------------------------------


async def test_invitation_leads_the_guest_to_the_wall_in_their_language(segments: Segments) -> None:
    await segments.set_up()
    made = await segments.pages.send(segments.of_segment("links"), {"role": "witness"})
    secret = SECRET.search(made.text)
    assert secret is not None

    body = {"secret": secret[1]}
    entered = await segments.pages.client.post("/enter", data=body, headers={"Origin": "http://127.0.0.1", "Accept-Language": "ar"})

    assert entered.headers["location"] == segments.pages.desk(f"mirror?meeting={segments.meeting}", lang="ar")
    wall = await segments.pages.client.get(entered.headers["location"], headers={"Cookie": entered.headers["set-cookie"].partition(";")[0]})
    assert 'dir="rtl"' in wall.text
    assert "The tide is ours" in text_of_page(wall)


async def test_remote_comes_by_a_short_code_and_leads_to_its_buttons(segments: Segments) -> None:
    await segments.set_up()
    made = await segments.pages.send(segments.of_segment("links"), {"role": "remote"})
    code = re.search(r"where a link is entered: ([a-z0-9]{4}-[a-z0-9]{4})", text_of_page(made))
    assert code is not None

    entered = await segments.pages.send("/enter", {"secret": code[1]}, "")

    assert entered.headers["location"] == segments.remote("es")
    refused = await segments.pages.send(segments.of_segment("links"), {"role": "remote"}, "member")
    assert refused.status_code == 403


async def test_guest_whose_day_is_over_gets_the_plain_sentence(segments: Segments, clock: FakeClock) -> None:
    await segments.set_up()
    clock.advance(timedelta(hours=24))

    paths = [segments.pages.desk(f"mirror{kind}?meeting={segments.meeting}") for kind in ("", ".json")]
    answers = [await segments.pages.get(path, "guest") for path in (*paths, segments.of_segment("").rstrip("/"))]

    assert [(answer.status_code, "Your link has ended" in answer.text) for answer in answers] == [(401, True)] * 3


async def test_remote_whose_day_is_over_gets_the_plain_sentence(segments: Segments, clock: FakeClock) -> None:
    await segments.set_up()
    form = await segments.button("start")
    clock.advance(timedelta(hours=24))

    shown = await segments.pages.get(segments.remote(), "phone")
    sent = await segments.pages.send(form.action, form.fields, "phone", key=form.key)

    for answer in (shown, sent):
        assert answer.status_code == 401
        assert "work for 24 hours. Ask a custodian of the group for a new link" in text_of_page(answer)
        assert "The tide is ours" not in answer.text
    assert (await segments.wall("member"))["state"] == "set_up"


# --- steps ------------------------------------------------------------------------------------------------------------------


async def test_segment_without_script_from_start_to_written_page(segments: Segments, clock: FakeClock) -> None:
    await segments.set_up(minutes="8")
    await segments.tap("start")
    clock.advance(seconds=30)
    left = (await segments.wall())["time"]
    await segments.tap("next")
    form = read_form(await segments.pages.get(segments.remote(), "phone"), segments.of_segment("echo"))
    echoed = await segments.pages.send(form.action, form.fields | ECHO, "phone", key=form.key)
    await segments.pages.send(segments.of_segment("researcher"), {"researcher": "heron"}, "phone")
    wall = await segments.pages.get(segments.pages.desk(f"mirror?meeting={segments.meeting}"), "room")
    ended = await segments.tap("end")
    written = text_of_page(await segments.pages.get(ended.headers["location"], "phone"))

    assert (left["digits"], left["words"], left["tone"]) == ("2:30", "left", "calm")
    assert echoed.headers["location"] == f"{segments.remote()}&said=echo_kept"
    assert "A road through the upper quarter." in text_of_page(wall)
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in wall.text
    assert ended.headers["location"] == segments.pages.desk(f"mirror/{segments.meeting}?said=segment_ended")
    for said in ("The tide is ours", "Original", "Casseroles", *ECHO.values(), "heron", "08:00 Monday 4 January 2027 , La Paz , UTC−04:00"):
        assert said in written


async def test_latecomer_sees_where_the_segment_stands(segments: Segments, clock: FakeClock) -> None:
    await segments.set_up()
    for command in ("start", "next", "add_minute", "pause"):
        await segments.tap(command)
    clock.advance(minutes=3)

    late, again = await segments.wall("guest", "ar"), await segments.wall("guest", "ar")

    assert [part["kind"] for part in late["parts"] if part["current"]] == ["echo"]
    assert (late["time"]["left_s"], late["time"]["tone"], late["can"]) == (300, "still", [])
    assert {**again, "now_ms": 0} == {**late, "now_ms": 0}


@pytest.mark.parametrize(
    ("seconds", "digits", "words", "tone"), [(200, "0:40", "left", "calm"), (210, "0:30", "left", "soon"), (250, "0:10", "over", "over")]
)
async def test_time_warns_softly_and_never_goes_on_by_itself(
    segments: Segments, clock: FakeClock, seconds: int, digits: str, words: str, tone: str
) -> None:
    await segments.set_up()
    await segments.tap("start")
    clock.advance(seconds=seconds)

    wall = await segments.wall()

    assert (wall["time"]["digits"], wall["time"]["words"], wall["time"]["tone"]) == (digits, words, tone)
    assert [part["kind"] for part in wall["parts"] if part["current"]] == ["spotlight"]


async def test_tap_of_an_old_screen_is_told_and_a_retried_one_gets_its_first_answer(segments: Segments) -> None:
    await segments.set_up()
    form = await segments.button("start")
    first = await segments.pages.send(form.action, form.fields, "phone", key=form.key)
    retried = await segments.pages.send(form.action, form.fields, "phone", key=form.key)
    doubled = await segments.pages.send(form.action, form.fields, "phone")

    assert (first.headers["location"], retried.headers["location"]) == (segments.remote(), segments.remote())
    assert doubled.headers["location"] == f"{segments.remote()}&said=tap_late"
    assert "Somebody was faster." in text_of_page(await segments.pages.get(doubled.headers["location"], "phone"))
    assert (await segments.wall())["revision"] == 2


async def test_tap_after_the_end_is_a_conflict_in_words(segments: Segments) -> None:
    await segments.set_up()
    await segments.tap("end")

    answer = await segments.pages.send(segments.of_segment("step"), {"command": "next", "revision": "2"}, "phone")
    unreadable = await segments.pages.send(segments.of_segment("step"), {"command": "explode", "revision": "2"}, "phone")

    assert answer.status_code == 409
    assert "This segment has ended." in text_of_page(answer)
    assert unreadable.status_code == 422
    assert "Button: “explode” is not among the choices." in text_of_page(unreadable)


async def test_reloaded_form_leads_back_to_the_remote(segments: Segments) -> None:
    await segments.set_up()

    answers = [await segments.pages.get(segments.of_segment(form), "phone") for form in ("step", "echo", "researcher", "links")]

    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [(303, segments.remote())] * 4


# --- the words --------------------------------------------------------------------------------------------------------------


async def test_each_wall_speaks_its_language_and_shows_unread_words_only_when_let(segments: Segments) -> None:
    await translate(segments.pages, segments.slug, "es")
    await segments.set_up()

    before = await segments.wall(lang="es")
    await segments.tap("drafts_on")
    walls = [await segments.wall(lang=lang) for lang in ("es", "en")]

    assert (before["title"]["words"], before["label"]["kind"], before["caption"]) == ("The tide is ours", "original", "")
    assert [(wall["title"]["words"], wall["label"]["kind"]) for wall in walls] == [
        ("es: The tide is ours", "person"),
        ("The tide is ours", "original"),
    ]
    assert all(wall["caption"] for wall in walls)


async def test_echo_that_a_wall_shows_translated_is_labelled_there(segments: Segments) -> None:
    await segments.set_up()
    await segments.tap("start")
    await segments.pages.send(segments.of_segment("echo"), ECHO | {"language": "en"}, "phone")
    async with segments.pages.world.database.write(segments.pages.world.clock.now()) as work:
        found = await find_echoes(work.conn, echoed_in(segments.meeting))
        await add_draft(work, found[0].text_id, "es")
    await segments.tap("drafts_on")
    for command in ("next", "next"):
        await segments.tap(command)

    spanish, english = await segments.wall(lang="es"), await segments.wall()

    assert (spanish["columns"][1]["parts"][0]["words"], spanish["echo_label"]["kind"]) == (f"es: {ECHO['share']}", "machine")
    assert (spanish["aside"]["parts"][0]["words"], spanish["aside"]["label"]["kind"]) == (f"es: {ECHO['reply']}", "machine")
    assert (english["columns"][1]["parts"][0]["words"], english["echo_label"], english["aside"]["label"]) == (ECHO["share"], None, None)


async def test_long_echo_has_the_wall_to_itself_in_its_own_part(segments: Segments) -> None:
    await segments.set_up()
    await segments.tap("start")
    await segments.pages.send(segments.of_segment("echo"), ECHO | {"share": "A road. " * 40}, "phone")
    seen = [await segments.wall()]
    for command in ("next", "next", "end"):
        await segments.tap(command)
        seen.append(await segments.wall())

    shown = [(bool(wall["page"]), len(wall["columns"]), wall["alone"]) for wall in seen]
    assert shown == [(True, 0, False), (False, 3, True), (True, 0, False), (False, 3, True)]


async def test_wall_without_a_valid_consent_or_with_a_spotlight_taken_back_holds_no_word(segments: Segments, clock: FakeClock) -> None:
    await segments.set_up()
    await segments.tap("start")
    before = await segments.wall()
    await segments.retire()
    retired = [await segments.pages.get(segments.pages.desk(f"mirror{kind}?meeting={segments.meeting}"), "room") for kind in ("", ".json")]

    assert before["until_ms"] is not None
    for answer in retired:
        assert answer.status_code == 200
        assert "This spotlight is not shown any more" in answer.text
        assert [word for word in ("The tide", "mangrove", "Casseroles", "Lyon", "Europe") if word in answer.text] == []


async def test_consent_that_runs_out_during_a_segment_ends_the_words_at_that_instant(segments: Segments, clock: FakeClock) -> None:
    segments.slug = await tell(segments.pages, segments.pages.world.other, title="Until tonight", until="2027-01-05")
    await segments.set_up()
    until_ms = (await segments.wall())["until_ms"]
    clock.advance(timedelta(milliseconds=until_ms - 1 - clock.now().timestamp() * 1000))
    just_before = await segments.wall("member")
    clock.advance(timedelta(milliseconds=1))
    just_after = await segments.wall("member")

    assert (just_before["title"]["words"], just_before["state"]) == ("Until tonight", "set_up")
    assert (just_after["title"], just_after["state"]) == (None, "gone")
    assert "Until tonight" not in json.dumps(just_after)


async def test_hidden_teller_gives_away_neither_name_nor_place_nor_hour(segments: Segments) -> None:
    segments.slug = await tell(segments.pages, segments.pages.world.hidden, title="We hide")
    await segments.set_up()
    paths = [f"mirror?meeting={segments.meeting}", f"mirror.json?meeting={segments.meeting}", f"mirror/{segments.meeting}", "mirror/new"]

    answers = [await segments.pages.get(segments.pages.desk(path), "member") for path in paths]

    assert [[word for word in HIDDEN_WORDS if word in answer.text] for answer in answers] == [[]] * 4
    assert len(answers[1].json()["bands"]) == len(answers[1].json()["clocks"]) == 1
    assert "We hide" in answers[0].text


async def test_words_of_people_are_inert_on_every_page(segments: Segments) -> None:
    nasty = "</script><img src=x onerror=alert(1)>{{ 7 * 7 }}%(x)s{0}"
    segments.slug = await tell(segments.pages, segments.pages.world.other, title=nasty, story=nasty, ask=nasty)
    await segments.set_up()
    await segments.pages.send(segments.of_segment("echo"), ECHO | {"share": nasty, "reply": nasty}, "phone")
    await segments.pages.send(segments.of_segment("researcher"), {"researcher": nasty}, "phone")
    paths = [segments.pages.desk("mirror"), segments.remote(), segments.of_segment("").rstrip("/"), segments.pages.desk("mirror/new")]

    for path in paths:
        answer = await segments.pages.get(path, "member")
        assert answer.status_code == 200
        assert "<img src=x" not in answer.text
        assert "{{ 7 * 7 }}%(x)s{0}" in answer.text


# --- forms that come back -----------------------------------------------------------------------------------------------------


async def test_echo_with_faults_keeps_every_word_and_says_what_is_missing(segments: Segments) -> None:
    await segments.set_up()
    form = read_form(await segments.pages.get(segments.remote(), "phone"), segments.of_segment("echo"))
    typed = form.fields | ECHO | {"share": "", "answer": "x" * 401, "language": "ar"}

    answer = await segments.pages.send(form.action, typed, "phone", key=form.key)

    assert answer.status_code == 422
    said = text_of_page(answer)
    assert "We share: this is needed." in said
    assert "Our next action answers: this has 401 characters. Up to 400 fit." in said
    again = read_form(answer, segments.of_segment("echo")).fields
    assert {name: again[name] for name in typed} == typed
    assert (await segments.wall())["columns"][1]["parts"] == []


async def test_two_who_type_at_once_lose_nothing(segments: Segments) -> None:
    await segments.set_up()
    form = read_form(await segments.pages.get(segments.remote(), "phone"), segments.of_segment("echo"))
    await segments.pages.send(form.action, form.fields | ECHO, "member")

    mine = form.fields | ECHO | {"share": "Mine."}
    answer = await segments.pages.send(form.action, mine, "phone")
    again = read_form(answer, segments.of_segment("echo"))
    sent = await segments.pages.send(again.action, again.fields, "phone", key=again.key)

    assert answer.status_code == 409
    assert again.fields["share"] == "Mine."
    assert sent.status_code == 303
    assert (await segments.wall())["columns"][1]["parts"][0]["words"] == "Mine."


async def test_set_up_with_faults_keeps_what_was_chosen(segments: Segments) -> None:
    path = segments.pages.desk("mirror/new")
    fields = [("spotlight", segments.slug), ("minutes", "12"), ("parts", "echo"), ("minutes.echo", "0.7"), ("minutes.reply", "30")]

    answer = await segments.pages.send(path, fields, "member")

    assert answer.status_code == 422
    said = text_of_page(answer)
    assert "Minutes, echo: “0.7” is not a time for a part." in said
    assert "Minutes, reply: “30” is not a time for a part." in said
    form = read_form(answer, path)
    assert (form.fields["minutes"], form.fields["minutes.echo"], form.fields["parts"]) == ("12", "0.7", "echo")


async def test_desk_lists_segments_and_offers_none_to_set_up_to_a_witness(segments: Segments) -> None:
    await segments.set_up()
    await segments.tap("start")

    member = text_of_page(await segments.pages.get(segments.pages.desk("mirror/new"), "member"))
    witness = await segments.pages.get(segments.pages.desk("mirror/new"), "witness")

    assert "The tide is ours is running Monday 4 January 2027, 08:00 in La Paz" in re.sub(r" (When|,) ", " ", member)
    assert read_forms(witness) == []
    assert segments.pages.desk("mirror/new") in (await segments.pages.get(segments.pages.desk(), "member")).text


async def test_next_action_that_answers_is_named_on_the_written_page(segments: Segments) -> None:
    slug = await segments.pages.confirm()
    await segments.set_up()

    await segments.pages.send(segments.of_segment("echo"), ECHO | {"action": slug}, "phone")

    written = text_of_page(await segments.pages.get(segments.of_segment("").rstrip("/"), "guest"))
    assert "The next action that answers: Keep the taps open" in written
    assert "14:00 in La Paz" in written


async def test_spotlight_taken_back_keeps_the_rooms_own_words_on_the_written_page(segments: Segments) -> None:
    await segments.set_up()
    await segments.pages.send(segments.of_segment("echo"), ECHO, "phone")
    await segments.retire()

    written = await segments.pages.get(segments.of_segment("").rstrip("/"), "guest")
    refused = await segments.pages.send(segments.of_segment("echo"), ECHO | {"share": "More."}, "phone")

    assert "Its group does not show this spotlight any more" in text_of_page(written)
    assert "The tide is ours" not in written.text
    assert ECHO["share"] in text_of_page(written)
    assert refused.status_code == 409
    assert read_form(refused, segments.of_segment("echo")).fields["share"] == "More."
