"""A group reports a voice note to the steward: which, why, and what else there is to say. The note stands there to be heard once more."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller, Right
from coordinator.edge import runtime
from coordinator.errors import Invalid
from coordinator.i18n import Language
from coordinator.pages.context_voices import ReportPage
from coordinator.pages.door import admit, group_of, visit_frame
from coordinator.pages.forms import Form, Returned, command_page, fault_notice, typed
from coordinator.pages.frame import group_path, in_language, renderer
from coordinator.pages.report_words import reason_choices
from coordinator.pages.voice_view import view_voice
from coordinator.pages.voices_page import PAGE, show_again
from coordinator.pages.ways import group_ways
from coordinator.services.mirror import Reading
from coordinator.services.voice_reports import load_reportable, report_voice
from coordinator.store.database import Work


async def show_report(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/voices/{voice}/report`."""
    return await _show(request, language, None)


async def take_report(request: Request, language: Language) -> Response:
    """POST: the report; a note that cannot be reported (any more) leads back to the voices, with the reason."""
    group_id, voice_id = await group_of(request, Right.REPORT_VOICE), request.path_params["voice"]

    async def once(work: Work, caller: Caller, form: Form) -> str:
        await report_voice(work, caller, group_id, voice_id, form)
        return group_path(language, group_id, f"{PAGE}?said=voice_reported")

    async def again(returned: Returned) -> Response:
        return await (_show if isinstance(returned.fault, Invalid) else show_again)(request, language, returned)

    return await command_page(request, once, again)


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    voice_id, languages = request.path_params["voice"], runtime(request).languages
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language, Right.REPORT_VOICE)
        voice = await load_reportable(conn, Reading(visit.caller, language.tag, visit.reader.now), visit.group.id, voice_id)
    path = f"{PAGE}/{voice_id}/report"
    notices = () if returned is None else (fault_notice(returned, language),)
    page = ReportPage(
        frame=visit_frame(request, visit, language.gettext("Report a voice note"), path=path, notices=notices),
        group=visit.group.name,
        ways=group_ways(visit, PAGE),
        path=visit.path(path),
        back_path=visit.path(PAGE),
        voice=view_voice(voice, language, languages, visit.reader.numerals),
        reasons=reason_choices(language),
        typed=typed(returned, language),
    )
    return renderer(request).render("report_voice.html", page, language, returned.status if returned else 200)


ROUTES = [
    Route(f"/{{lang}}/g/{{group}}/{PAGE}/{{voice}}/report", in_language(show_report), methods=["GET"]),
    Route(f"/{{lang}}/g/{{group}}/{PAGE}/{{voice}}/report", in_language(take_report), methods=["POST"]),
]
