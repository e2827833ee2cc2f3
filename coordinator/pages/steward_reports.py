"""Voice notes that groups have reported: the steward hears each, and lets it stand or takes it down."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller
from coordinator.domain.listing import Seen
from coordinator.edge import runtime
from coordinator.formats.isolation import Setting, set_city
from coordinator.i18n import Language
from coordinator.pages.context_steward import ReportedVoice, ReportLine, Reports
from coordinator.pages.forms import Form, Returned, command_page, fault_notice
from coordinator.pages.frame import in_language, lead_back, renderer
from coordinator.pages.report_words import reason_choices, reason_words
from coordinator.pages.steward_door import StewardVisit, admit_steward, require_steward, steward_frame, steward_path, steward_ways
from coordinator.pages.voice_view import view_voice
from coordinator.services.mirror import Reading
from coordinator.services.voice_reports import Reported, dismiss_report, load_reported, uphold_reports
from coordinator.store.database import Work
from coordinator.store.voice_reports import ReportRecord

HERE = "reports"


async def show_reports(request: Request, language: Language) -> Response:
    """GET `/{lang}/steward/reports`."""
    return await _show(request, language, None)


async def take_dismissal(request: Request, language: Language) -> Response:
    """POST `…/reports/{report}/dismiss`: the note stands."""
    await require_steward(request)
    report_id = request.path_params["report"]

    async def do(work: Work, caller: Caller, _form: Form) -> str:
        await dismiss_report(work, caller, report_id)
        return f"{steward_path(language, HERE)}?said=report_dismissed"

    return await command_page(request, do, lambda returned: _show(request, language, returned))


async def take_note_down(request: Request, language: Language) -> Response:
    """POST `…/reports/voices/{voice}/take-down`: nobody hears the note any more."""
    await require_steward(request)
    voice_id = request.path_params["voice"]

    async def do(work: Work, caller: Caller, form: Form) -> str:
        await uphold_reports(work, caller, voice_id, form)
        return f"{steward_path(language, HERE)}?said=voice_taken_down"

    return await command_page(request, do, lambda returned: _show(request, language, returned))


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit_steward(request, conn, language)
        reported = await load_reported(conn, Reading(visit.caller, language.tag, visit.reader.now))
    notices = () if returned is None else (fault_notice(returned, language),)
    page = Reports(
        frame=steward_frame(request, visit, language.gettext("Reported voice notes"), page=HERE, notices=notices),
        ways=steward_ways(language, HERE),
        voices=tuple(_voice(request, visit, one) for one in reported),
        reasons=reason_choices(language),
    )
    return renderer(request).render("steward_reports.html", page, language, returned.status if returned else 200)


def _voice(request: Request, visit: StewardVisit, one: Reported) -> ReportedVoice:
    return ReportedVoice(
        voice=view_voice(one.voice, visit.language, runtime(request).languages, visit.reader.numerals),
        reports=tuple(_line(visit, report, seen) for report, seen in one.reports),
        reason=one.reports[0][0].reason.value,
        take_down_path=visit.path(f"{HERE}/voices/{one.voice.id}/take-down"),
    )


def _line(visit: StewardVisit, report: ReportRecord, seen: Seen | None) -> ReportLine:
    group = seen.name if seen is not None else visit.language.gettext("a group")
    return ReportLine(
        by=visit.reader.fill(visit.language.gettext("Reported by %(group)s"), group=set_city(group, Setting.HTML)),
        reason=reason_words(report.reason, visit.language),
        words=report.words,
        since=visit.reader.say(report.created_at),
        dismiss_path=visit.path(f"{HERE}/{report.id}/dismiss"),
    )


ROUTES = [
    Route("/{lang}/steward/reports", in_language(show_reports), methods=["GET"]),
    Route("/{lang}/steward/reports/{report}/dismiss", in_language(take_dismissal), methods=["POST"]),
    lead_back("steward/reports/{report}/dismiss", f"steward/{HERE}"),
    Route("/{lang}/steward/reports/voices/{voice}/take-down", in_language(take_note_down), methods=["POST"]),
    lead_back("steward/reports/voices/{voice}/take-down", f"steward/{HERE}"),
]
