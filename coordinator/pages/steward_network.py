"""The network's settings: its name, the zone in which its quarter turns, its usual language, digits, and when a moment is agreed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller
from coordinator.edge import runtime
from coordinator.formats.times import LATIN
from coordinator.i18n import Language, Languages
from coordinator.pages.context_steward import NetworkPage, NumeralsChoice
from coordinator.pages.forms import Form, Returned, command_page, fault_notice, typed
from coordinator.pages.frame import in_language, renderer
from coordinator.pages.steward_door import admit_steward, require_steward, steward_frame, steward_path, steward_ways
from coordinator.pages.steward_groups import zone_choices
from coordinator.services.network import Network, edit_network
from coordinator.store.database import Work

HERE = "network"


async def show_network(request: Request, language: Language) -> Response:
    """GET `/{lang}/steward/network`."""
    return await _show(request, language, None)


async def take_network(request: Request, language: Language) -> Response:
    """POST: changes the settings."""
    await require_steward(request)
    languages = runtime(request).languages

    async def do(work: Work, caller: Caller, form: Form) -> str:
        complete, native = [one.tag for one in languages.complete], {one.tag: one.native_digits for one in languages}
        await edit_network(work, caller, form, complete_languages=complete, native_digits=native)
        return f"{steward_path(language, HERE)}?said=network_changed"

    return await command_page(request, do, lambda returned: _show(request, language, returned))


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit_steward(request, conn, language)
    network, languages = visit.network, runtime(request).languages
    notices = () if returned is None else (fault_notice(returned, language),)
    page = NetworkPage(
        frame=steward_frame(request, visit, language.gettext("Network"), page=HERE, notices=notices),
        ways=steward_ways(language, HERE),
        path=visit.path(HERE),
        typed=typed(returned, language),
        name=network.name,
        zone=network.zone_id,
        zones=zone_choices(language),
        usual_language=network.default_language,
        languages=tuple((one.tag, one.name) for one in languages.complete),
        numerals=_numerals(network, languages, language),
        threshold=str(network.threshold_percent),
        tolerance=str(network.tolerance_ms),
        host=network.host,
    )
    return renderer(request).render("steward_network.html", page, language, returned.status if returned else 200)


def _numerals(network: Network, languages: Languages, language: Language) -> tuple[NumeralsChoice, ...]:
    """The languages that have digits of their own: complete ones, whose public pages people read."""
    latin, own = language.gettext("0 1 2 3, as on every other page"), language.gettext("The language’s own digits")
    return tuple(
        NumeralsChoice(
            f"numerals.{one.tag}", one.name, one.tag, network.numerals.get(one.tag, LATIN), ((LATIN, latin), (one.native_digits, own))
        )
        for one in languages.complete
        if one.native_digits != LATIN
    )


ROUTES = [
    Route("/{lang}/steward/network", in_language(show_network), methods=["GET"]),
    Route("/{lang}/steward/network", in_language(take_network), methods=["POST"]),
]
