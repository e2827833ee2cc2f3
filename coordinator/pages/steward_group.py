"""One group as the steward sees it: who is its custodian, and a link for the next one or one more for the present one, shown once."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller
from coordinator.domain.group import Group
from coordinator.domain.link import LinkRole
from coordinator.domain.rota import Duty, Seat
from coordinator.edge import Answer, runtime
from coordinator.formats.isolation import Setting, set_city
from coordinator.formats.places import place_name
from coordinator.i18n import Language
from coordinator.pages.context_steward import Choices, StewardGroup
from coordinator.pages.forms import Form, Returned, command_page, fault_notice, typed
from coordinator.pages.frame import group_path, in_language, lead_back, renderer
from coordinator.pages.made_link import show_made_link
from coordinator.pages.steward_door import (
    StewardVisit,
    admit_steward,
    require_steward,
    steward_frame,
    steward_ways,
)
from coordinator.pages.steward_groups import HERE, LISTINGS, REACHES, custodian_words
from coordinator.services.groups import load_group
from coordinator.services.links import make_link
from coordinator.services.rota import load_rota
from coordinator.store.database import Work

OFFER_FIELDS = ("alias", "until", "label", "same_holder")


async def show_group(request: Request, language: Language) -> Response:
    """GET `/{lang}/steward/groups/{group}`."""
    return await _show(request, language, None)


async def take_custodian(request: Request, language: Language) -> Response:
    """POST `…/custodian`: makes a custodian's link and shows it once; `same_holder` for one more to the lease there is."""
    await require_steward(request)
    group_id = request.path_params["group"]
    current = runtime(request)
    tags = [one.tag for one in current.languages]

    async def do(work: Work, caller: Caller, form: Form) -> Answer:
        raw = {name: form[name] for name in OFFER_FIELDS if name in form} | {"role": LinkRole.CUSTODIAN.value}
        made = await make_link(work, caller, raw, group_id=group_id, languages=tags, secret_key=current.secret_key)
        visit = await admit_steward(request, work.conn, language)
        group = await load_group(work.conn, group_id)
        frame = steward_frame(request, visit, language.gettext("A custodian’s link"), page=f"groups/{group_id}")
        what = visit.reader.fill(language.gettext("Custodian of %(group)s"), group=set_city(group.name, Setting.HTML))
        return show_made_link(request, made, visit.reader, frame, what=what, back_path=visit.path(f"groups/{group_id}"))

    return await command_page(request, do, lambda returned: _show(request, language, returned))


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    group_id = request.path_params["group"]
    async with runtime(request).database.read() as conn:
        visit = await admit_steward(request, conn, language)
        group = await load_group(conn, group_id)
        seat = next(seat for seat in await load_rota(conn, group_id, visit.reader.now) if seat.duty is Duty.CUSTODIAN)
    notices = () if returned is None else (fault_notice(returned, language),)
    page = StewardGroup(
        frame=steward_frame(request, visit, group.name, page=f"groups/{group_id}", notices=notices),
        ways=steward_ways(language, HERE),
        name=group.name,
        facts=_facts(request, group, visit),
        custodian=custodian_words(group, seat, visit),
        successor=_successor(seat, visit),
        same_holder=_has_lease(seat, visit),
        offer_path=visit.path(f"groups/{group_id}/custodian"),
        typed=typed(returned, language),
        archive_path=visit.path(f"groups/{group_id}/archive"),
        desk_path=group_path(language, group_id),
        availability_path=group_path(language, group_id, "availability"),
        settings_path=group_path(language, group_id, "settings"),
        links_path=group_path(language, group_id, "links"),
        rota_path=group_path(language, group_id, "rota"),
    )
    return renderer(request).render("steward_group.html", page, language, returned.status if returned else 200)


def _facts(request: Request, group: Group, visit: StewardVisit) -> Choices:
    language, spoken = visit.language, runtime(request).languages.get(group.language)
    return (
        (language.gettext("Place"), place_name(group.place, group.zone_id, language)),
        (language.gettext("Time zone"), group.zone_id),
        (language.gettext("Language"), group.language if spoken is None else spoken.name),
        (language.gettext("Listing"), language.gettext(LISTINGS[group.listing])),
        (language.gettext("Reach"), language.gettext(REACHES[group.reach])),
    )


def _has_lease(seat: Seat, visit: StewardVisit) -> bool:
    """Whether one more link can hang on a lease that is held, or on offer."""
    return seat.successor is not None or (seat.holder is not None and seat.holder.is_live(visit.reader.now))


def _successor(seat: Seat, visit: StewardVisit) -> str:
    """Who was offered the custody while another holds it; empty when nobody was."""
    if seat.holder is None or seat.successor is None:
        return ""
    sentence = visit.language.gettext("It was offered to %(alias)s and passes when the link is opened.")
    return visit.reader.fill(sentence, alias=set_city(seat.successor.alias, Setting.HTML))


ROUTES = [
    Route("/{lang}/steward/groups/{group}", in_language(show_group), methods=["GET"]),
    Route("/{lang}/steward/groups/{group}/custodian", in_language(take_custodian), methods=["POST"]),
    lead_back("steward/groups/{group}/custodian", "steward/groups/{group}"),
]
