"""The recorder of voice notes, in a Chromium whose microphone plays a file: recorded, sent over a line that breaks, and heard elsewhere.

Safari cannot be had here: that it gets the kind of file which it can write is tried with a browser that says no to the other ones.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import wave
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, Request, Response, Route, expect, sync_playwright

from coordinator import keys
from coordinator.blobs import RowBlobs
from coordinator.domain.upload import CHUNK_BYTES
from coordinator.services.drafter import Drafter
from coordinator.settings import Settings
from coordinator.store.database import Database, Work
from coordinator.store.engine import make_engine
from coordinator.store.tables import job, upload, voice_note
from coordinator.translators.none import NoTranslator
from tests.browser.conftest import ARGUMENTS
from tests.browser.test_hearing import PLAYS, wait_until
from tests.browser.test_segment import (
    FOLLOWS_WITHIN_MS,
    PHONE,
    Hall,
    check,
    come_late,
    contexts,
    enter,
    fill,
    in_transaction,
    press,
    run,
    set_up,
)
from tests.factories import SECRET_KEY, RecordingBus, RecordingQueue, add_lease, add_link
from tests.product import ShiftedClock, run_product
from tests.voice_rows import make_tone
from tests.worker.conftest import NOWHERE
from tests.worker.sound.recordings import speak
from worker.handlers import make_handlers
from worker.process import LONG
from worker.runner import Outcome, Runner
from worker.sound.jobs import SoundJobs

__all__ = ["contexts"]  # a fixture

RATE_HZ = 48_000
UPLOADS = re.compile(r"/api/v1/.*uploads")
WORDS = "They come at night. We stand on the roots with our lamps until morning. Stand with us."
STUBS = {
    "busy": "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotReadableError'))",
    "no recorder": "delete window.MediaRecorder",
    "rich": """
        const Plain = MediaRecorder;        // as large as a minute of 32 kbit/s in five seconds
        window.MediaRecorder = class extends Plain {
          constructor(stream, options) { super(stream, { ...options, audioBitsPerSecond: 256_000 }); }
        };""",
    "no webm": """
        const MP4 = "audio/mp4;codecs=mp4a.40.2", Real = MediaRecorder;
        window.MediaRecorder = class extends Real {
          constructor(stream, options) { super(stream, { ...options, mimeType: "audio/mp4" }); window.asked = options; }
          static isTypeSupported(kind) { return kind === MP4; }
        };""",
}
KEEP_STREAMS = """
    window.streams = [];
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => { const stream = await real(wanted); window.streams.push(stream); return stream; };"""
PULL = "streams[0].getTracks()[0].dispatchEvent(new Event('ended'))"
HIDE = """
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));"""
IS_LISTENING = "window.streams.some((stream) => stream.getTracks().some(({ readyState }) => readyState === 'live'))"
KEPT_SIZES = """new Promise((done, fail) => {
    const asked = indexedDB.open("chorus-recordings");
    asked.onupgradeneeded = () => asked.transaction.abort();    // the page makes it, and nobody else may
    asked.onerror = () => done([]);
    asked.onsuccess = () => {
        const found = asked.result.transaction("recordings").objectStore("recordings").getAll();
        found.onerror = () => fail(found.error);
        found.onsuccess = () => { asked.result.close(); done(found.result.map(({ blob }) => blob.size)); };
    };
})"""
LOUDNESS = """async (src) => {
    const sound = await new OfflineAudioContext(1, 1, 48000).decodeAudioData(await (await fetch(src)).arrayBuffer());
    const samples = sound.getChannelData(0);
    return [sound.duration, Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length)];
}"""


# --- a microphone, a network, people --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is said into the microphone, as WAV: by espeak-ng, or where it is missing by a made-up voice."""
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    if espeak := shutil.which("espeak-ng"):
        subprocess.run([espeak, "-w", path, WORDS], check=True, timeout=30)
        return path
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes((speak(8)[0] * 32_767).astype(np.int16).tobytes())
    return path


@pytest.fixture(scope="module")
def browser(chromium: str, speech: Path) -> Iterator[Browser]:
    """One that hears a file in place of a microphone, over and over, and lends it without asking."""
    microphone = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", f"--use-file-for-fake-audio-capture={speech}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, *microphone])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def hall(sqlite_template: Path, valkey: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    folder, clock = tmp_path_factory.mktemp("hall"), ShiftedClock()
    shutil.copy(sqlite_template, folder / "chorus.db")
    url = f"sqlite+aiosqlite:///{folder / 'chorus.db'}"
    hall = Hall("", url, clock)

    async def add(work: Work) -> None:
        await fill(work, hall)
        lease = await add_lease(work.conn, hall.teller, since_at=work.now, until_at=work.now + timedelta(days=90), accepted_at=work.now)
        hall.links["speaker"] = await add_link(work.conn, "custodian", hall.teller, rota_id=lease)

    run(in_transaction(url, clock, add))
    settings = Settings(data=folder, database_url=url, redis_url=valkey, secret_key=SECRET_KEY.decode())
    with run_product(settings, clock) as product:
        hall.url = product.url
        yield hall


def voices_path(hall: Hall, lang: str = "en", *, spotlight: str = "") -> str:
    return f"{hall.url}/{lang}/g/{hall.teller}/voices" + (f"?spotlight={spotlight}" if spotlight else "")


@pytest.fixture(scope="module")
def session(hall: Hall, browser: Browser) -> list[Any]:
    """The cookies of somebody of the group that has told its struggle."""
    context = browser.new_context()
    enter(context.new_page(), hall.url, hall.links["speaker"].secret)
    cookies: list[Any] = context.cookies()
    context.close()
    return cookies


@pytest.fixture
def page(hall: Hall, session: list[Any], contexts: Callable[..., Page]) -> Page:
    """Their telephone, on the page of the group's voice notes."""
    page = contexts(PHONE)
    page.context.add_cookies(session)
    page.add_init_script(KEEP_STREAMS)
    page.goto(voices_path(hall, spotlight=hall.slug))
    return page


def in_state(page: Page, state: str) -> None:
    expect(page.locator("voice-recorder")).to_have_attribute("data-state", state)


def button(page: Page, words: str) -> Any:
    return page.locator("voice-recorder").get_by_role("button", name=words, exact=True)


def record_for(page: Page, ms: int) -> None:
    button(page, "Record").click()
    in_state(page, "recording")
    page.wait_for_timeout(ms)  # sound takes as long as it takes


def record(page: Page, ms: int = 1_500) -> None:
    record_for(page, ms)
    button(page, "Stop").click()
    in_state(page, "recorded")


def told(page: Page) -> Any:
    return page.locator("voice-recorder [role=status]")


def complained(page: Page) -> Any:
    return page.locator("voice-recorder [role=alert]")


def read_rows(hall: Hall, table: sa.Table) -> list[Any]:
    found: list[Any] = []

    async def read(work: Work) -> None:
        found.extend(await work.conn.execute(sa.select(table)))

    run(in_transaction(hall.database_url, hall.clock, read))
    return found


def let_worker_read(hall: Hall) -> None:
    """Another process reads what has arrived, as `chorus worker` does."""

    async def work_through() -> None:
        database = Database(make_engine(hall.database_url), RecordingBus(), RecordingQueue())
        try:
            runner = Runner(
                database, hall.clock, make_handlers(Drafter(NoTranslator(), ["en"], 1.0), SoundJobs(RowBlobs(database)), NOWHERE)
            )
            async with database.read() as conn:
                waiting = sa.select(job.c.id).where(job.c.kind == keys.JOB_SOUND, job.c.state == "waiting")
                job_ids = (await conn.execute(waiting)).scalars().all()
            assert job_ids
            assert [await runner.run_job(job_id, LONG) for job_id in job_ids] == [Outcome.DONE] * len(job_ids)
        finally:
            await database.close()

    run(work_through())


class Line:
    """What came over the line to the uploads and was answered; `breaks` says at which request it breaks."""

    def __init__(self, page: Page) -> None:
        self.answered: list[str] = []
        self.breaks: Callable[[Request], bool] = lambda _: False
        page.context.route(UPLOADS, lambda route: route.abort("connectionreset") if self.breaks(route.request) else route.continue_())
        page.context.on("response", self._hear)

    def _hear(self, response: Response) -> None:
        if UPLOADS.search(response.url):
            rest = re.sub(r".*/uploads(/[0-9A-Za-z_-]{8,})?", "", urlsplit(response.url).path)
            self.answered.append(f"{response.request.method} {rest}".strip())


def lose_answer(route: Route) -> None:
    """The server hears it, and nobody hears the server."""
    route.fetch()
    route.abort("connectionreset")


# --- the whole way --------------------------------------------------------------------------------------------------------


def test_note_recorded_and_sent_over_a_line_that_breaks_is_heard_in_another_language(
    hall: Hall, page: Page, contexts: Callable[..., Page]
) -> None:
    page.add_init_script(STUBS["rich"])
    page.reload()
    line = Line(page)
    record(page, 5_000)
    wait_until(page, f"{KEPT_SIZES}.then((sizes) => sizes.length > 0)")
    parts = -(-page.evaluate(KEPT_SIZES)[0] // CHUNK_BYTES)
    assert parts > 1

    line.breaks = lambda request: request.url.find("/chunks/1") > 0
    button(page, "Send it").click()
    expect(told(page)).to_contain_text("No connection just now")
    expect(page.locator("voice-recorder progress")).to_be_visible()
    assert "%" in page.locator("#recorder-progress").inner_text()
    page.reload()
    expect(told(page)).to_contain_text("has not been sent yet")
    line.breaks = lambda _: False
    page.context.set_offline(True)
    button(page, "Send it").click()
    expect(told(page)).to_contain_text("No connection just now")
    page.context.set_offline(False)
    in_state(page, "sent")

    rest = [f"POST /chunks/{number}" for number in range(1, parts)]
    assert line.answered == ["POST", "POST /chunks/0", "GET", *rest, "POST /finish"]
    note = page.locator("[data-notes] article").first
    expect(note).to_contain_text("It has arrived and is being read.")
    let_worker_read(hall)
    expect(told(page)).to_contain_text("has been read and is ready", timeout=FOLLOWS_WITHIN_MS)
    expect(note).to_contain_text("It is ready.")
    check(page, "voices")

    note.locator("[name=language]").select_option("en")
    note.locator("[name=words]").fill(WORDS.replace(". ", ".\n"))
    note.get_by_role("button", name="Keep the words").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("[data-notes]")).to_contain_text("This voice note is published.")
    (row,) = read_rows(hall, voice_note)
    assert (row.state, row.spotlight_id is not None, 4_500 < row.duration_ms < 8_000) == ("published", True, True)
    _hear_in_arabic(hall, contexts)


def _hear_in_arabic(hall: Hall, contexts: Callable[..., Page]) -> None:
    """A guest's wall in Arabic in the partner's segment: the sound, and its words as they were said, labelled as the original."""
    _custodian, phone, _wall, guest = set_up(hall, contexts)
    late = come_late(guest)
    late.locator("[data-part=sound] button").click()
    press(phone, "Start the segment")
    press(phone, "Next")

    words = late.locator(".voice__words li")
    expect(words.first).to_have_text("They come at night.", timeout=FOLLOWS_WITHIN_MS)
    expect(words.first).to_have_attribute("lang", "en")
    expect(late.locator("voice-player .told-label")).to_be_visible()
    wait_until(late, PLAYS.format(after=1))
    seconds, loudness = late.evaluate(LOUDNESS, late.locator("voice-player source").first.get_attribute("src"))
    assert 4.5 < seconds < 8
    assert loudness > 0.01
    check(late, "wall, voice, ar")
    phone.locator("summary").click()
    phone.get_by_role("button", name="End the segment").click()


def test_note_whose_answers_were_lost_is_made_once(hall: Hall, page: Page) -> None:
    before = {row.id for row in read_rows(hall, voice_note)}
    lost: list[str] = []
    page.context.on("requestfailed", lambda request: lost.append(request.url))
    for kind in (r"/uploads$", r"/chunks/0\?", r"/finish$"):
        page.context.route(re.compile(kind), lose_answer, times=1)
    record(page)

    button(page, "Send it").click()
    in_state(page, "sent")

    assert len(lost) == 3
    assert len({row.id for row in read_rows(hall, voice_note)} - before) == 1


def test_note_whose_page_was_closed_before_the_last_answer_is_made_once(hall: Hall, page: Page) -> None:
    before = {row.id for row in read_rows(hall, voice_note)}

    page.context.route(re.compile(r"/finish$"), lose_answer)
    record(page)
    button(page, "Send it").click()
    expect(told(page)).to_contain_text("No connection just now")
    page.reload()
    page.context.unroute(re.compile(r"/finish$"))
    button(page, "Send it").click()
    in_state(page, "sent")
    page.reload()

    in_state(page, "idle")
    expect(told(page)).to_be_empty()
    assert len({row.id for row in read_rows(hall, voice_note)} - before) == 1


def test_recording_thrown_away_leaves_nothing_here_or_there(hall: Hall, page: Page) -> None:
    before = len(read_rows(hall, upload))
    page.context.route(re.compile(r"/chunks/0"), lambda route: route.abort("connectionreset"))
    record(page)
    button(page, "Send it").click()
    expect(told(page)).to_contain_text("No connection just now")
    page.reload()
    in_state(page, "recorded")
    assert len(read_rows(hall, upload)) == before + 1

    with page.expect_response(re.compile("give-up")):
        button(page, "Throw it away").click()
    in_state(page, "idle")
    page.reload()

    in_state(page, "idle")
    expect(told(page)).to_be_empty()
    assert len(read_rows(hall, upload)) == before


def test_recording_thrown_away_after_it_had_arrived_is_said_to_stand_in_the_list(hall: Hall, page: Page) -> None:
    before = len(read_rows(hall, voice_note))

    page.context.route(re.compile(r"/finish$"), lose_answer, times=1)
    record(page)
    page.evaluate("Math.random = () => 1000")  # the next try is far away
    button(page, "Send it").click()
    expect(told(page)).to_contain_text("No connection just now")

    button(page, "Stop, and throw it away").click()

    expect(told(page)).to_contain_text("It had arrived before it could be stopped")
    in_state(page, "sent")
    assert len(read_rows(hall, voice_note)) == before + 1


def test_recording_that_was_never_sent_is_forgotten_after_a_day(page: Page) -> None:
    record(page)
    expect(told(page)).to_contain_text("for a day at most")

    page.clock.set_system_time(datetime.now(UTC) + timedelta(days=1))
    page.reload()

    in_state(page, "idle")
    wait_until(page, f"{KEPT_SIZES}.then((sizes) => sizes.length === 0)")


# --- recording ------------------------------------------------------------------------------------------------------------


def test_recording_lets_the_microphone_go_and_can_be_heard_and_done_again(page: Page) -> None:
    assert not page.evaluate(IS_LISTENING)
    record_for(page, 1_200)
    assert page.evaluate(IS_LISTENING)
    assert len(page.locator("[data-part=strokes]").get_attribute("d") or "") > 8
    check(page, "recording")
    button(page, "Stop").click()
    in_state(page, "recorded")
    assert not page.evaluate(IS_LISTENING)
    check(page, "recorded")
    assert page.evaluate("document.querySelector('voice-recorder audio').paused"), "nothing plays by itself"
    page.locator("voice-recorder .voice__ring").click()
    wait_until(page, PLAYS.format(after=0.3))
    first = page.locator("voice-recorder source").first.get_attribute("src")

    button(page, "Record again").click()
    in_state(page, "recording")
    page.wait_for_timeout(1_200)
    button(page, "Stop").click()
    in_state(page, "recorded")

    assert page.locator("voice-recorder source").first.get_attribute("src") != first
    button(page, "Throw it away").click()


def test_recording_by_keyboard_alone_keeps_the_focus_at_what_comes_next(page: Page) -> None:
    before = page.locator("[data-notes] article").count()
    button(page, "Record").focus()
    page.keyboard.press("Enter")
    expect(button(page, "Stop")).to_be_focused()
    page.wait_for_timeout(1_200)
    page.keyboard.press("Space")
    expect(page.get_by_role("group", name="The recording")).to_be_focused()
    page.keyboard.press("Space")  # a second press of the same key sends nothing
    in_state(page, "recorded")
    for words in ("Play", "How far it has played", "Send it"):
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_accessible_name(words)
    page.keyboard.press("Enter")
    expect(page.locator("voice-recorder").get_by_role("link", name="To the voice note")).to_be_focused()
    expect(page.locator("[data-notes] article")).not_to_have_count(before)
    page.keyboard.press("Enter")
    expect(page.locator("article:target")).to_contain_text("It has arrived")


def test_recording_ends_by_itself_when_its_time_is_over(page: Page) -> None:
    page.clock.install()
    page.reload()
    record_for(page, 500)

    page.clock.run_for(60_000)
    expect(told(page)).to_have_text("30 seconds left.")
    page.clock.run_for(20_000)
    expect(told(page)).to_have_text("10 seconds left.")
    page.clock.run_for(10_000)
    expect(told(page)).to_contain_text("so the recording has ended")
    in_state(page, "recorded")
    assert not page.evaluate(IS_LISTENING)
    button(page, "Throw it away").click()


@pytest.mark.parametrize(
    ("happens", "said"), [(PULL, "The microphone went away"), (HIDE, "went out of sight")], ids=["device pulled", "tab hidden"]
)
def test_recording_that_is_cut_short_is_kept_and_said(page: Page, happens: str, said: str) -> None:
    record_for(page, 1_300)

    page.evaluate(f"() => {{ {happens} }}")

    in_state(page, "recorded")
    expect(told(page)).to_contain_text(said)
    assert not page.evaluate(IS_LISTENING)
    page.reload()
    in_state(page, "recorded")
    button(page, "Throw it away").click()


def test_browser_that_writes_no_webm_records_mp4(hall: Hall, page: Page) -> None:
    page.add_init_script(STUBS["no webm"])
    page.reload()
    record(page)

    assert page.evaluate("window.asked") == {"audioBitsPerSecond": 32_000, "mimeType": "audio/mp4;codecs=mp4a.40.2"}
    button(page, "Send it").click()
    in_state(page, "sent")
    let_worker_read(hall)
    expect(told(page)).to_contain_text("has been read and is ready", timeout=FOLLOWS_WITHIN_MS)


# --- what cannot be done --------------------------------------------------------------------------------------------------


def test_microphone_that_another_program_has_is_said_and_a_file_can_be_sent(page: Page) -> None:
    page.evaluate(f"() => {{ {STUBS['busy']} }}")

    button(page, "Record").click()

    expect(complained(page)).to_contain_text("Another program")
    expect(page.locator("#sound")).to_be_visible()
    expect(button(page, "Record")).to_be_focused()
    check(page, "busy")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--use-fake-ui-for-media-stream"], "No microphone was found"),  # without the made-up device: this machine has none
        (["--use-fake-device-for-media-stream", "--deny-permission-prompts"], "may not use the microphone"),
    ],
    ids=["no device", "denied"],
)
def test_microphone_that_is_missing_or_refused_is_said_and_a_file_can_be_sent(
    hall: Hall, session: list[Any], browser: Browser, chromium: str, arguments: list[str], said: str
) -> None:
    other = browser.browser_type.launch(executable_path=chromium, args=[*ARGUMENTS, *arguments])
    page = other.new_page()
    page.context.add_cookies(session)
    page.goto(voices_path(hall))

    button(page, "Record").click()

    expect(complained(page)).to_contain_text(said)
    expect(page.locator("#sound")).to_be_visible()
    expect(button(page, "Record")).to_be_visible()
    other.close()


def test_browser_that_cannot_record_sends_a_file_in_parts(page: Page) -> None:
    page.add_init_script(STUBS["no recorder"])
    page.reload()
    line = Line(page)
    expect(complained(page)).to_contain_text("This browser cannot record")
    expect(button(page, "Record")).to_be_hidden()

    page.locator("#sound").set_input_files({"name": "note.webm", "mimeType": "audio/webm", "buffer": make_tone(2)})
    button(page, "Send the file").click()

    in_state(page, "sent")
    assert line.answered == ["POST", "POST /chunks/0", "POST /finish"]


def test_file_that_cannot_be_taken_is_refused_in_the_servers_words(page: Page) -> None:
    page.locator("#sound").set_input_files({"name": "note.webm", "mimeType": "audio/webm", "buffer": b""})
    button(page, "Send the file").click()

    expect(complained(page)).to_contain_text("there is nothing in this file")
    in_state(page, "idle")


def test_speaker_who_was_signed_out_is_told_so_and_keeps_the_recording(page: Page, session: list[Any]) -> None:
    record(page)
    page.context.clear_cookies()
    button(page, "Send it").click()

    in_state(page, "recorded")
    expect(complained(page)).to_contain_text("This page needs a link.")
    page.context.add_cookies(session)
    button(page, "Send it").click()
    in_state(page, "sent")


def test_page_without_https_says_so_and_its_form_sends_the_file_itself(hall: Hall, session: list[Any], browser: Browser) -> None:
    """A network address over plain http, as in a hall without a certificate; what is asked there is answered by the product."""
    away, posted = "http://10.0.0.7:8000", []
    page = browser.new_page()
    cookie = "; ".join(f"{each['name']}={each['value']}" for each in session)

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            posted.append(route.request.headers["content-type"].partition(";")[0])
        here = route.fetch(url=route.request.url.replace(away, hall.url), headers={"Cookie": cookie}, method="GET")
        route.fulfill(response=here)

    page.route(f"{away}/**", answer)
    page.goto(voices_path(hall).replace(hall.url, away))
    expect(complained(page)).to_contain_text("This page came without https")
    expect(button(page, "Record")).to_be_hidden()

    page.locator("#sound").set_input_files({"name": "note.webm", "mimeType": "audio/webm", "buffer": make_tone(2)})
    with page.expect_navigation():
        button(page, "Send the file").click()

    assert posted == ["multipart/form-data"]
    page.unroute_all(behavior="wait")
    page.close()


def test_page_whose_script_never_comes_is_the_plain_form(hall: Hall, page: Page) -> None:
    page.route(re.compile(r"/static/.*/recorder-start\.js$"), lambda route: route.abort())
    page.reload()
    before = len(read_rows(hall, voice_note))
    expect(page.locator(".recorder__own")).to_be_hidden()

    page.locator("#sound").set_input_files({"name": "note.webm", "mimeType": "audio/webm", "buffer": make_tone(2)})
    button(page, "Send the file").click()

    expect(page.locator("[data-notes] article").first).to_contain_text("It has arrived and is being read.")
    assert len(read_rows(hall, voice_note)) == before + 1
