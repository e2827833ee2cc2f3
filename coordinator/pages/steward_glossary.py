"""The glossary: words that no machine may translate by itself, and how the groups say them."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller
from coordinator.domain.zones import to_wall_time
from coordinator.edge import runtime
from coordinator.formats.times import date_words
from coordinator.i18n import Language
from coordinator.pages.context_steward import GlossaryPage, TermRow
from coordinator.pages.forms import Form, Returned, command_page, fault_notice, typed
from coordinator.pages.frame import in_language, renderer
from coordinator.pages.steward_door import StewardVisit, admit_steward, require_steward, steward_frame, steward_path, steward_ways
from coordinator.pages.told import language_name
from coordinator.services.glossary import add_term, list_terms, remove_term
from coordinator.store.database import Work
from coordinator.store.glossary import KeptTerm

HERE = "glossary"


async def show_glossary(request: Request, language: Language) -> Response:
    """GET `/{lang}/steward/glossary`."""
    return await _show(request, language, None)


async def take_term(request: Request, language: Language) -> Response:
    """POST: takes a term in."""
    await require_steward(request)
    tags = [one.tag for one in runtime(request).languages]

    async def do(work: Work, caller: Caller, form: Form) -> str:
        await add_term(work, caller, form, tags)
        return f"{steward_path(language, HERE)}?said=term_added"

    return await command_page(request, do, lambda returned: _show(request, language, returned))


async def take_removal(request: Request, language: Language) -> Response:
    """POST `…/glossary/{term}/remove`: takes a term out."""
    await require_steward(request)
    term_id = request.path_params["term"]

    async def do(work: Work, caller: Caller, _form: Form) -> str:
        await remove_term(work, caller, term_id)
        return f"{steward_path(language, HERE)}?said=term_removed"

    return await command_page(request, do, lambda returned: _show(request, language, returned))


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit_steward(request, conn, language)
        terms = await list_terms(conn, visit.caller)
    languages = tuple((one.tag, one.name) for one in runtime(request).languages)
    notices = () if returned is None else (fault_notice(returned, language),)
    page = GlossaryPage(
        frame=steward_frame(request, visit, language.gettext("Glossary"), page=HERE, notices=notices),
        ways=steward_ways(language, HERE),
        path=visit.path(HERE),
        typed=typed(returned, language),
        terms=_rows(terms, visit),
        languages=languages,
        targets=(("", language.gettext("every language")), *languages),
        usual_language=visit.network.default_language,
    )
    return renderer(request).render("steward_glossary.html", page, language, returned.status if returned else 200)


def _rows(terms: Sequence[KeptTerm], visit: StewardVisit) -> tuple[TermRow, ...]:
    return tuple(_row(kept, visit) for kept in terms)


def _row(kept: KeptTerm, visit: StewardVisit) -> TermRow:
    reader, language, term = visit.reader, visit.language, kept.term
    ends_on = to_wall_time(kept.expires_at, reader.zone_id).date() if kept.expires_at else None
    return TermRow(
        term=term.term,
        source=term.source,
        source_name=language_name(term.source, language),
        target_name=language.gettext("every language") if term.target is None else language_name(term.target, language),
        rendering=term.rendering or "",
        rendering_language=term.target or "",
        until="" if ends_on is None else date_words(ends_on, language, reader.numerals),
        remove_path=visit.path(f"{HERE}/{kept.id}/remove"),
    )


ROUTES = [
    Route("/{lang}/steward/glossary", in_language(show_glossary), methods=["GET"]),
    Route("/{lang}/steward/glossary", in_language(take_term), methods=["POST"]),
    Route("/{lang}/steward/glossary/{term}/remove", in_language(take_removal), methods=["POST"]),
]
