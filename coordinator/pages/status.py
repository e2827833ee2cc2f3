"""`/{lang}/status`: is the network well? The same bytes for everyone; no group, no host and no figure of the machine stands in it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator import __version__
from coordinator.edge import look, runtime
from coordinator.i18n import Language
from coordinator.pages.context_steward import Status
from coordinator.pages.frame import in_language, make_frame
from coordinator.pages.health_words import health_words, rules_words
from coordinator.pages.kept import answer_publicly
from coordinator.pages.reader import public_reader
from coordinator.services.health import Health
from coordinator.services.network import Network
from coordinator.services.packets import network_fingerprint


async def show_status(request: Request, language: Language) -> Response:
    """GET `/{lang}/status`."""

    async def make(conn: AsyncConnection, network: Network, _now: datetime) -> Status:
        return _make_status(request, network, language, await look(request, conn))

    return await answer_publicly(request, language, "status.html", make)


def _make_status(request: Request, network: Network, language: Language, health: Health) -> Status:
    reader = public_reader(network, language, health.at)
    return Status(
        frame=make_frame(request, network, language, language.gettext("Status"), here="status", numerals=reader.numerals),
        words=health_words(health, language),
        rules_version=health.rules_version,
        tzdata_version=health.tzdata_version,
        rules=rules_words(health, language),
        version=__version__,
        fingerprint=network_fingerprint(runtime(request).secret_key),
        checked=reader.say(health.at),
    )


ROUTES = [Route("/{lang}/status", in_language(show_status), name="status")]
