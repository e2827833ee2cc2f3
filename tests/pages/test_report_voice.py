"""A voice note is reported and judged through plain forms, as browsers without script send them."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from coordinator.blobs import FileBlobs
from coordinator.store.tables import voice_note
from tests.factories import NOON
from tests.mirror_rows import add_spotlight
from tests.pages.plain_form import read_form, read_forms
from tests.pages.world import HIDDEN_WORDS, Pages, text_of_page
from tests.voice_rows import LINES, add_voice, store_sounds

WORDS = "It says where <b>she</b> sleeps."
REPORTS = "/en/steward/reports"


@dataclass
class Told:
    """The pages with a published note of the hidden group on the public group's spotlight, with stored bytes."""

    pages: Pages
    slug: str
    row: dict[str, Any]

    @property
    def sound(self) -> str:
        return f"/sounds/{self.row['webm_id']}.webm"

    def path(self, group: str = "") -> str:
        return self.pages.desk(f"voices/{self.row['id']}/report", group)

    async def report(self, role: str = "other", group: str = "", **fields: str) -> httpx.Response:
        group = group or self.pages.world.other
        return await self.pages.send(self.path(group), {"reason": "endangers", "words": WORDS} | fields, role)

    async def judged(self) -> httpx.Response:
        return await self.pages.get(REPORTS, "steward")


@pytest.fixture
async def told(pages: Pages, tmp_path: Path) -> Told:
    world = pages.world
    blobs = FileBlobs(tmp_path / "blobs")
    world.app.state.runtime = dataclasses.replace(world.app.state.runtime, blobs=blobs)
    stored = await store_sounds(blobs, b"webm", b"mp4")
    async with world.database.write(NOON) as work:
        slug = await add_spotlight(work.conn, world.group)
        row = await add_voice(work.conn, world.hidden, slug, public=False, **stored)
    return Told(pages, slug, row)


async def test_spotlight_leads_whoever_may_report_to_the_form(told: Told) -> None:
    page = told.pages.desk(f"spotlights/{told.slug}", told.pages.world.other)

    assert told.path(told.pages.world.other) in (await told.pages.get(page, "other")).text
    own = told.pages.desk(f"spotlights/{told.slug}", told.pages.world.hidden)
    assert "/report" not in (await told.pages.get(own, "hidden")).text
    assert "/report" not in (await told.pages.get(told.pages.desk(f"spotlights/{told.slug}"), "witness")).text


async def test_report_is_sent_by_its_form_and_ends_what_its_group_hears(told: Told) -> None:
    form = read_form(await told.pages.get(told.path(told.pages.world.other), "other"), told.path(told.pages.world.other))
    assert (await told.pages.get(told.sound, "other")).status_code == 200

    answer = await told.pages.send(form.action, {"reason": "threatens", "words": ""}, "other")

    assert answer.status_code == 303
    seen = text_of_page(await told.pages.get(answer.headers["location"], "other"))
    assert "The steward has been told." in seen
    assert "It threatens or insults somebody." in seen
    assert "The steward has not decided yet." in seen
    assert (await told.pages.get(told.sound, "other")).status_code == 404
    assert (await told.pages.get(form.action, "other")).status_code == 404
    assert (await told.pages.get(told.sound, "member")).status_code == 200


async def test_report_with_faults_comes_back_with_what_was_typed(told: Told) -> None:
    turned = await told.report(words="note\u202egnp.mp3", reason="")
    broken = await told.report(words="a\r\nX-Evil: 1\x07")

    assert (turned.status_code, broken.status_code) == (422, 422)
    assert "turn the direction of writing" in text_of_page(turned)
    assert "cannot be seen" in text_of_page(broken)
    assert "X-Evil: 1" in broken.text
    assert "No voice note is reported." in text_of_page(await told.judged())


async def test_report_of_its_own_note_or_as_a_witness_is_refused_in_words(told: Told) -> None:
    own = await told.report("hidden", told.pages.world.hidden)
    shown = await told.pages.get(told.path(told.pages.world.hidden), "hidden")
    witness = await told.report("witness", told.pages.world.group)

    assert (own.status_code, shown.status_code, witness.status_code) == (409, 409, 403)
    assert "Take it back instead of reporting it." in text_of_page(own)


async def test_steward_hears_judges_and_finds_the_count_on_the_first_page(told: Told) -> None:
    assert "waits for you" not in text_of_page(await told.pages.get("/en/steward/", "steward"))
    await told.report()

    assert "1 report on a voice note waits for you." in text_of_page(await told.pages.get("/en/steward/", "steward"))
    page = await told.judged()
    seen = text_of_page(page)
    for words in (*LINES, "Reported by Casseroles", WORDS, "It names somebody, or could endanger somebody.", HIDDEN_WORDS[0]):
        assert words in seen
    assert re.search(r"Monday.*UTC", seen)
    assert told.sound in page.text
    (dismiss,) = [form for form in read_forms(page) if form.action.endswith("/dismiss")]
    assert (await told.pages.send(dismiss.action, {}, "steward")).status_code == 303
    assert "No voice note is reported." in text_of_page(await told.judged())
    assert (await told.pages.get(told.sound, "other")).status_code == 200
    again = await told.report()
    assert (again.status_code, "the steward lets it stand" in text_of_page(again)) == (409, True)


async def test_taken_down_note_tells_its_group_why_and_nobody_who_reported(told: Told) -> None:
    await told.report()
    (form,) = [form for form in read_forms(await told.judged()) if form.action.endswith("/take-down")]

    answer = await told.pages.send(form.action, {"reason": form.fields["reason"]}, "steward")

    assert answer.status_code == 303
    assert "The voice note is taken down." in text_of_page(await told.pages.get(answer.headers["location"], "steward"))
    for role in ("steward", "other", "hidden", ""):
        assert (await told.pages.get(told.sound, role)).status_code == 404
    theirs = text_of_page(await told.pages.get(told.pages.desk("voices", told.pages.world.hidden), "hidden"))
    assert "The steward took it down. " in theirs
    assert "It names somebody, or could endanger somebody." in theirs
    assert "Casseroles" not in theirs
    arabic = await told.pages.get(told.pages.desk("voices", told.pages.world.hidden, lang="ar"), "hidden")
    assert "أزالها منسّقو الشبكة." in arabic.text


async def test_speakers_group_sees_an_open_report_nowhere(told: Told) -> None:
    page = told.pages.desk("voices", told.pages.world.hidden)
    before = text_of_page(await told.pages.get(page, "hidden"))

    await told.report()

    assert text_of_page(await told.pages.get(page, "hidden")) == before


async def test_inbox_leads_to_the_form_and_a_reported_note_leaves_it(told: Told) -> None:
    async with told.pages.world.database.write(NOON) as work:
        await work.conn.execute(sa.update(voice_note).values(state="offered", to_group_id=told.pages.world.other))
    inbox = told.pages.desk("voices", told.pages.world.other)
    assert told.path(told.pages.world.other) in (await told.pages.get(inbox, "other")).text

    assert (await told.report()).status_code == 303

    assert "Sent to you" not in text_of_page(await told.pages.get(inbox, "other"))
    theirs = text_of_page(await told.pages.get(told.pages.desk("voices", told.pages.world.hidden), "hidden"))
    assert "It was declined." in theirs
