"""What does a page show when something cannot be done? One page for every fault, in the reader's language."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from coordinator.edge import runtime, status_of
from coordinator.errors import ChorusError, NotFound, NotSignedIn, TooMany
from coordinator.formats.sentences import say_error
from coordinator.i18n import N_, Language
from coordinator.pages.context import Frame
from coordinator.pages.context_moments import ProblemPage
from coordinator.pages.frame import language_links, renderer
from coordinator.services.network import load_network

FALLBACK_LANGUAGE = "en"
FALLBACK_NAME = "Chorus"

HEADINGS = {
    400: N_("This could not be read"),
    401: N_("This page needs a link"),
    403: N_("Your link does not open this"),
    404: N_("There is nothing here"),
    405: N_("This cannot be done here"),
    409: N_("Something has changed"),
    413: N_("This is too large"),
    422: N_("Something is not right yet"),
    429: N_("That was too often"),
    503: N_("A part of Chorus is away"),
}
HEADING_OF_OTHERS = N_("Something went wrong")
WORDS_OF_OTHERS = N_("It is our fault, not yours. Nothing was lost; try again in a minute.")


async def page_problem(request: Request, fault: ChorusError) -> Response:
    """The page for one of our own faults; it never tells more than the fault may."""
    headers = {"Retry-After": str(fault.retry_after_s)} if isinstance(fault, TooMany) else {}
    language, network = await _find_reader(request)
    page = _make_page(request, language, network, status_of(fault), say_error(fault, language))
    if isinstance(fault, NotSignedIn):
        page = replace(page, enter_path="/enter")
    return renderer(request).render("problem.html", page, language, status_of(fault), headers)


async def page_status(request: Request, status: int, headers: dict[str, str]) -> Response:
    """The page for a fault that has no more to say than its status: an unknown path, a wrong method, a fault of ours."""
    language, network = await _find_reader(request)
    words = say_error(NotFound(), language) if status in (404, 405) else language.gettext(WORDS_OF_OTHERS)
    page = _make_page(request, language, network, status, words)
    return renderer(request).render("problem.html", page, language, status, headers)


def _make_page(request: Request, language: Language, network: str, status: int, words: str) -> ProblemPage:
    heading = language.gettext(HEADINGS.get(status, HEADING_OF_OTHERS))
    frame = Frame(
        title=heading,
        network=network,
        here="",
        home_path=f"/{language.tag}/",
        calendar_path=f"/{language.tag}/subscribe",
        group_path=f"/{language.tag}/g/",
        status_path=f"/{language.tag}/status",
        languages=language_links(runtime(request).languages, language, "/"),
        mirror_path=f"/{language.tag}/mirror",
    )
    return ProblemPage(frame, str(status), heading, words, "")


async def _find_reader(request: Request) -> tuple[Language, str]:
    """The language of the address, or the one negotiated; and the network's name. Both have an answer when the database is away."""
    current = runtime(request)
    try:
        async with current.database.read() as conn:
            network = await load_network(conn)
        name, default = network.name, network.default_language
    except (SQLAlchemyError, ChorusError):
        name, default = FALLBACK_NAME, FALLBACK_LANGUAGE
    named = current.languages.get(request.url.path.removeprefix("/").partition("/")[0])
    if named is not None and named.complete:
        return named, name
    return current.languages.negotiate(request.headers.get("accept-language", ""), None, default).language, name
