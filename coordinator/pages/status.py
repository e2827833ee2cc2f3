"""`/{lang}/status`: is the network well? The same bytes for everyone; no group, no host and no figure of the machine stands in it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator import __version__
from coordinator.edge import look, runtime
from coordinator.i18n import Language
from coordinator.pages.context_steward import Status
from coordinator.pages.frame import in_language, make_frame, renderer
from coordinator.pages.health_words import health_words, rules_words
from coordinator.pages.reader import public_reader
from coordinator.services.health import Level
from coordinator.services.network import load_network


async def show_status(request: Request, language: Language) -> Response:
    """GET `/{lang}/status`."""
    health = await look(request)
    async with runtime(request).database.read() as conn:
        network = await load_network(conn)
    reader = public_reader(network, language, health.at)
    page = Status(
        frame=make_frame(request, network, language, language.gettext("Status"), here="status", numerals=reader.numerals),
        well=health.level is Level.OK,
        words=health_words(health, language),
        rules_version=health.rules_version,
        tzdata_version=health.tzdata_version,
        rules=rules_words(health, language),
        version=__version__,
        checked=reader.say(health.at),
    )
    return renderer(request).render_public("status.html", page, language, request.headers.get("if-none-match"))


ROUTES = [Route("/{lang}/status", in_language(show_status), name="status")]
