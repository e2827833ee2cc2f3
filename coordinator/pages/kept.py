"""How is a page that is the same for everyone answered without making it anew for each of them?

A page is a function of what the public may see and of the clock. It is made once a second at most, and anew at once when anything the
public may see has changed; what the database holds is asked each time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from coordinator.edge import runtime
from coordinator.i18n import Language
from coordinator.pages.frame import renderer
from coordinator.pages.render import cached_publicly
from coordinator.services.network import Network
from coordinator.services.public_version import PublicVersion, load_public_version

KEPT_FOR = timedelta(seconds=1)
KEPT_MOST = 200  # pages; the least lately asked for goes first

Make = Callable[[AsyncConnection, Network, datetime], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Kept:
    """One page as it was made, and what it was made from."""

    version: PublicVersion
    made_at: datetime
    body: bytes
    headers: dict[str, str]


class KeptPages:
    """The pages of one process, by address. Used by one event loop."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, Kept] = OrderedDict()

    def find(self, path: str, version: PublicVersion, now: datetime) -> Kept | None:
        """The page at this address if it still holds."""
        kept = self._pages.get(path)
        if kept is None or kept.version != version or not timedelta(0) <= now - kept.made_at < KEPT_FOR:
            return None
        self._pages.move_to_end(path)
        return kept

    def keep(self, path: str, kept: Kept) -> None:
        """Keeps a page, in place of an older one."""
        self._pages[path] = kept
        self._pages.move_to_end(path)
        while len(self._pages) > KEPT_MOST:
            self._pages.popitem(last=False)


async def answer_publicly(request: Request, language: Language, template: str, make: Make) -> Response:
    """The page that `make` describes, or the one kept; 304 for whoever has these bytes. Addresses with a query are never kept."""
    current, pages = runtime(request), request.app.state.kept_pages
    now, path = current.clock.now(), request.url.path
    async with current.database.read() as conn:
        version = await load_public_version(conn)
        kept = None if request.url.query else pages.find(path, version, now)
        context = None if kept is not None else await make(conn, version.network, now)
    if kept is None:
        made = renderer(request).render(template, context, language)
        kept = Kept(version, now, bytes(made.body), dict(made.headers))
        if not request.url.query:
            pages.keep(path, kept)
    # a new answer each time: what compresses it writes into its headers
    return cached_publicly(Response(kept.body, 200, kept.headers), request.headers.get("if-none-match"))
