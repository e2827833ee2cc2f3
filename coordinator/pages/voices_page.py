"""What does the page of a group's voice notes show? Its own and those it was sent, as they stand; what it reported; the forms for a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from coordinator import keys
from coordinator.domain.access import Right
from coordinator.domain.listing import Card
from coordinator.domain.spoken import SIGNS_MOST
from coordinator.domain.text import text_of
from coordinator.domain.voice_end import KEPT_FOR, Span
from coordinator.domain.voice_note import MAX_DURATION_MS, Refusal, VoiceState, explain, is_quiet
from coordinator.domain.voice_report import ReportReason
from coordinator.edge import runtime
from coordinator.formats.sentences import say
from coordinator.formats.times import count_words
from coordinator.i18n import N_, Language
from coordinator.pages.context import Notice
from coordinator.pages.context_voices import OwnReport, Recorder, VoiceRow, VoicesPage, WriteForm
from coordinator.pages.door import Visit, admit, visit_frame
from coordinator.pages.duties import last_day
from coordinator.pages.forms import FRESH, Returned, fault_notice, typed
from coordinator.pages.frame import renderer
from coordinator.pages.report_words import reason_words
from coordinator.pages.spotlight_rows import title_part
from coordinator.pages.voice_view import WRITTEN
from coordinator.pages.ways import group_ways
from coordinator.services import voicing
from coordinator.services.actions import see_group
from coordinator.services.groups import load_cards
from coordinator.services.hearing import load_about
from coordinator.services.mirror import Reading, SpotlightView, load_standing
from coordinator.store import voice_reports
from coordinator.store import voices as store
from coordinator.store.texts import TextRecord, find_texts
from coordinator.store.voice_reports import ReportRecord
from coordinator.store.voices import VoiceRecord

PAGE, WRITE = "voices", "write"
ABOUT = ("spotlight", "meeting")  # what a recording may be sent for
STATES = {
    VoiceState.UPLOADED: N_("It has arrived and is being read."),
    VoiceState.REFUSED: N_("It could not be taken."),
    VoiceState.READY: N_("It is ready. Only your group knows of it."),
    VoiceState.OFFERED: N_("It was sent, and has not been answered yet."),
    VoiceState.PUBLISHED: N_("This voice note is published."),
    VoiceState.DECLINED: N_("It was declined. Only your group knows of it."),
    VoiceState.WITHDRAWN: N_("This voice note was taken back."),
}
SPANS = {
    Span.LONGEST: N_("Two quarters, the longest there is"),
    Span.QUARTER: N_("A quarter from today"),
    Span.MONTH: N_("A month from today"),
}
TAKEN_DOWN = N_("The steward took it down.")


@dataclass(frozen=True, slots=True)
class Kept:
    """What the page is made of.

    `tellers`: spotlight id → the group that tells it; `standing`: what a new note can speak of; `reports`: each with whose note it is about.
    """

    own: list[VoiceRecord]
    inbox: list[VoiceRecord]
    texts: dict[str, TextRecord]
    tellers: dict[str, str]
    standing: list[SpotlightView]
    reports: list[tuple[ReportRecord, str]]
    cards: Mapping[str, Card]


async def show_again(request: Request, language: Language, returned: Returned | None, *, of: str = "") -> Response:
    """The page; with a form that could not be taken: `of` says which, WRITE, the id of a note, or the one for a file."""
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        kept = await _load(conn, visit)
    page = _make_page(request, visit, kept, returned, of)
    return renderer(request).render("voices.html", page, language, returned.status if returned else 200)


async def _load(conn: AsyncConnection, visit: Visit) -> Kept:
    """A steward sees how the group's notes stand, and none of their words."""
    own, hears = await store.find_voices(conn, store.spoken_by(visit.group.id)), visit.may(Right.HEAR_UNPUBLISHED)
    asked = (store.sent_to(visit.group.id), store.in_states(VoiceState.OFFERED), store.not_over(visit.reader.now))
    inbox = await store.find_voices(conn, *asked) if hears else []
    texts = await find_texts(conn, [voice.text_id for voice in (*own, *inbox) if voice.text_id]) if hears else {}
    tellers = {spotlight_id: told.group_id for spotlight_id, told in (await load_about(conn, own)).items()}
    tells = visit.may(Right.TELL)
    standing = await load_standing(conn, Reading(visit.caller, visit.language.tag, visit.reader.now)) if tells else []
    reports = await _load_reports(conn, visit) if hears else []
    cards = await load_cards(conn, {speaker_id for _, speaker_id in reports})
    return Kept(own, inbox, texts, tellers, standing, reports, cards)


async def _load_reports(conn: AsyncConnection, visit: Visit) -> list[tuple[ReportRecord, str]]:
    reports = await voice_reports.find_reports(conn, voice_reports.reported_by(visit.group.id))
    found = await store.find_voices(conn, store.among([report.voice_id for report in reports])) if reports else []
    speakers = {voice.id: voice.group_id for voice in found}
    return [(report, speakers[report.voice_id]) for report in reports]


def _make_page(request: Request, visit: Visit, kept: Kept, returned: Returned | None, of: str) -> VoicesPage:
    language = visit.language
    said = () if returned is None else (_notice(returned, language, of),)
    return VoicesPage(
        frame=visit_frame(request, visit, language.gettext("Voices"), path=PAGE, notices=said),
        group=visit.group.name,
        ways=group_ways(visit, PAGE),
        path=visit.path(PAGE),
        own=tuple(_row(request, visit, kept, voice, returned if voice.id == of else None) for voice in kept.own),
        inbox=tuple(_row(request, visit, kept, voice, None) for voice in kept.inbox),
        reports=tuple(_own_report(visit, kept.cards, report, speaker_id) for report, speaker_id in kept.reports),
        spans=tuple((span.value, language.gettext(words)) for span, words in SPANS.items()),
        write=_write_form(request, visit, kept, returned if of == WRITE else None),
        recorder=_recorder(request, visit, None if of else returned) if visit.may(Right.TELL) else None,
        languages=tuple((each.tag, each.name) for each in runtime(request).languages),
        typed=FRESH if of else typed(returned, language),
    )


def _notice(returned: Returned, language: Language, of: str) -> Notice:
    """All faults, each leading to its field: a note's form calls its fields by the note as well."""
    notice = fault_notice(returned, language)
    suffix = "" if of == WRITE else of
    return replace(notice, problems=tuple(replace(fault, field=f"{fault.field}{suffix}") for fault in notice.problems))


def _write_form(request: Request, visit: Visit, kept: Kept, returned: Returned | None) -> WriteForm:
    languages = runtime(request).languages
    return WriteForm(
        path=visit.path(f"{PAGE}/{WRITE}"),
        language=visit.group.language,
        languages=tuple((each.tag, each.name) for each in languages),
        spotlight=request.query_params.get("spotlight", ""),
        spotlights=tuple((view.slug, title_part(view.shown, languages).words) for view in kept.standing),
        meeting=request.query_params.get("meeting", ""),
        most=count_words(SIGNS_MOST, visit.language, visit.reader.numerals),
        latest=last_day(visit.reader.now + KEPT_FOR, visit.reader),
        typed=typed(returned, visit.language),
    )


def _own_report(visit: Visit, cards: Mapping[str, Card], report: ReportRecord, speaker_id: str) -> OwnReport:
    language, seen = visit.language, see_group(cards, speaker_id, visit.caller)
    waits = language.gettext("The steward has not decided yet. Until then your group does not hear it.")
    stands = language.gettext("The steward has listened to it and lets it stand.")
    return OwnReport(
        speaker=(seen.name if seen else "") or language.gettext("a group"),
        reason=reason_words(report.reason, language),
        since=visit.reader.say(report.created_at),
        state=waits if report.dismissed_at is None else stands,
    )


def _recorder(request: Request, visit: Visit, returned: Returned | None) -> Recorder:
    asked = request.query_params if returned is None else returned.form
    spotlight, meeting = (text_of(asked, name) for name in ABOUT)
    path = f"/api/v1/groups/{visit.group.id}/uploads"
    return Recorder(spotlight, meeting, path, keys.group_stream(visit.group.id), MAX_DURATION_MS // 1_000)


def _row(request: Request, visit: Visit, kept: Kept, voice: VoiceRecord, returned: Returned | None) -> VoiceRow:
    language, mine = visit.language, voice.group_id == visit.group.id
    text = kept.texts.get(voice.text_id or "")
    paths = _paths(visit, kept, voice, worded=text is not None)
    tag = text.source.language if text else visit.group.language
    spoken = runtime(request).languages.get(tag)
    return VoiceRow(
        id=voice.id,
        state=_state_words(voice, language) if mine else "",
        length=_length(voice, language),
        is_written=voice.is_written,
        until=_until(voice, visit) if mine and voice.state in voicing.WORDED else "",
        latest=last_day(voice.created_at + KEPT_FOR, visit.reader),
        why=_why_words(voice, language),
        quiet=_quiet_words(voice, language) if mine else "",
        language=tag,
        direction=spoken.direction if spoken else "auto",
        said=tuple(section.words for section in text.source.sections) if text else (),
        times="\n".join(f"{start / 1_000:g} {end / 1_000:g}" for start, end in voice.times),
        revision=voice.revision,
        typed=typed(returned, language),
        **paths,
    )


def _length(voice: VoiceRecord, language: Language) -> str:
    if voice.is_written:
        return language.gettext(WRITTEN)
    seconds = round((voice.duration_ms or 0) / 1_000)
    return language.ngettext("%(n)s second", "%(n)s seconds", seconds, n=str(seconds)) if seconds else ""


def _until(voice: VoiceRecord, visit: Visit) -> str:
    date = last_day(voice.expires_at, visit.reader)
    if voice.expires_at <= visit.reader.now:
        return visit.language.gettext("Its last day was %(date)s.", date=date)
    return visit.language.gettext("It can be heard until %(date)s.", date=date)


def _state_words(voice: VoiceRecord, language: Language) -> str:
    return language.gettext(TAKEN_DOWN if voice.taken_down else STATES[voice.state])


def _why_words(voice: VoiceRecord, language: Language) -> str:
    if voice.taken_down:
        return reason_words(ReportReason(voice.taken_down), language)
    return say(explain(Refusal(voice.refusal)), language) if voice.refusal else ""


def _quiet_words(voice: VoiceRecord, language: Language) -> str:
    """That it can be recorded better, while there is something to be heard."""
    if voice.source_lufs is None or not is_quiet(voice.source_lufs) or voice.state not in voicing.WORDED:
        return ""
    return language.gettext(
        "It came very quiet, so the noise around you was raised with your voice. Record it again, nearer to the microphone."
    )


def _paths(visit: Visit, kept: Kept, voice: VoiceRecord, *, worded: bool) -> dict[str, str]:
    mine, tells, publishes = voice.group_id == visit.group.id, visit.may(Right.TELL), visit.may(Right.PUBLISH)
    told_by = kept.tellers.get(voice.spotlight_id or "", visit.group.id)
    is_public = voice.state is VoiceState.PUBLISHED
    is_worded = mine and voice.state in voicing.WORDED and (publishes if is_public else tells)
    open_ = {
        "words": is_worded,
        "end": is_worded and visit.reader.now < voice.expires_at,
        "offer": mine and worded and tells and voice.state is VoiceState.READY and told_by != visit.group.id,
        "publish": mine and worded and publishes and voice.state is VoiceState.READY,
        "withdraw": mine and voice.state in voicing.OPEN and (publishes if is_public else tells),
        "accept": not mine and publishes,
        "decline": not mine and publishes,
        "report": not mine and visit.may(Right.REPORT_VOICE),
    }
    return {f"{word}_path": visit.path(f"{PAGE}/{voice.id}/{word}") if may else "" for word, may in open_.items()}
