"""Who may come to the steward's pages, and what surrounds them?"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from coordinator.domain.access import Caller, Right
from coordinator.edge import identify, runtime
from coordinator.i18n import N_, Language
from coordinator.pages.context import Frame, Notice, Way
from coordinator.pages.frame import make_frame
from coordinator.pages.reader import Reader, public_reader
from coordinator.services.network import Network, load_network

WAYS = (
    ("", N_("Overview")),
    ("groups", N_("Groups")),
    ("import", N_("Import")),
    ("network", N_("Network")),
    ("links", N_("Stewards’ links")),
    ("glossary", N_("Glossary")),
    ("reports", N_("Reports")),
    ("jobs", N_("Work behind the pages")),
)


@dataclass(frozen=True, slots=True)
class StewardVisit:
    """A steward at their pages. They read by the network's own clock."""

    caller: Caller
    network: Network
    reader: Reader

    @property
    def language(self) -> Language:
        return self.reader.language

    def path(self, rest: str = "") -> str:
        """The address of one of the steward's pages: `path("groups")` → /en/steward/groups."""
        return steward_path(self.language, rest)


def steward_path(language: Language, rest: str = "") -> str:
    """The address of a steward's page."""
    return f"/{language.tag}/steward/{rest}"


async def require_steward(request: Request) -> Caller:
    """Who sends a form of these pages. Raises NotSignedIn without any link, Forbidden for whoever is no steward."""
    caller = await identify(request)
    caller.require(Right.STEER)
    return caller


async def admit_steward(request: Request, conn: AsyncConnection, language: Language) -> StewardVisit:
    """The visit of a steward; raises as `require_steward`."""
    caller = await require_steward(request)
    network = await load_network(conn)
    return StewardVisit(caller, network, public_reader(network, language, runtime(request).clock.now()))


def steward_frame(request: Request, visit: StewardVisit, title: str, *, page: str, notices: tuple[Notice, ...] = ()) -> Frame:
    """The frame of a steward's page; `page` is its address after /steward/, also when a form is shown again."""
    numerals = visit.reader.numerals
    return make_frame(request, visit.network, visit.language, title, path=f"/steward/{page}", notices=notices, numerals=numerals)


def steward_ways(language: Language, here: str) -> tuple[Way, ...]:
    """The ways between the steward's pages; `here` is the current one's address after /steward/."""
    return tuple(Way(steward_path(language, rest), language.gettext(words), rest == here) for rest, words in WAYS)
