"""The steward's groups: the list, a new group, one group with its custodian, and the way out of the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller
from coordinator.domain.availability import Reach
from coordinator.domain.group import Group
from coordinator.domain.listing import Listing
from coordinator.domain.rota import Seat
from coordinator.edge import runtime
from coordinator.formats.cities import city_names
from coordinator.formats.isolation import Setting, set_city
from coordinator.formats.places import place_name
from coordinator.formats.times import count_words
from coordinator.i18n import N_, Language
from coordinator.pages.context_steward import Archive, Choices, GroupLine, GroupList, NewGroup
from coordinator.pages.duties import seat_words
from coordinator.pages.forms import Form, Returned, command_page, fault_notice, typed
from coordinator.pages.frame import group_path, in_language, renderer
from coordinator.pages.reader import group_reader
from coordinator.pages.steward import is_held
from coordinator.pages.steward_door import (
    StewardVisit,
    admit_steward,
    require_steward,
    steward_frame,
    steward_path,
    steward_ways,
)
from coordinator.services.groups import create_group, load_group, load_groups
from coordinator.services.leaving import archive_group
from coordinator.services.rota import load_custodians
from coordinator.store.database import Work

HERE = "groups"
LISTINGS = {
    Listing.PARTNERS: N_("Partner groups see it"),
    Listing.PUBLIC: N_("Everybody sees it"),
    Listing.HIDDEN: N_("It hides itself"),
}
REACHES = {
    Reach.WAKING: N_("In any waking hour"),
    Reach.WINDOWS: N_("Only in its hours"),
    Reach.ANY: N_("At any hour, quiet ones too"),
}
EFFECTS = (
    N_("Its links, codes and calendar feeds end at once, on every device."),
    N_("Where a moment is before the groups and it has not answered, or objects, it is no longer asked. The others may then have agreed."),
    N_("Its past actions stay, and so do moments that it proposed."),
    N_("This cannot be taken back. It can only join anew."),
)


def listing_choices(language: Language) -> Choices:
    """How visible a group is, the usual choice first."""
    return tuple((one.value, language.gettext(words)) for one, words in LISTINGS.items())


def zone_choices(language: Language) -> Choices:
    """Zones to choose from while typing, by city."""
    return tuple(sorted(city_names(language).items(), key=lambda pair: pair[1]))


def custodian_words(group: Group, seat: Seat | None, visit: StewardVisit) -> str:
    """Who holds a group's custody and until which day of its own; that it ran out; to whom it is offered; or that nobody has it."""
    language = visit.language
    if seat is not None and seat.holder is not None:
        return seat_words(seat, replace(group_reader(group, language, visit.reader.now), numerals=visit.reader.numerals))
    if seat is not None and seat.successor is not None:
        sentence = language.gettext("offered to %(alias)s, not taken yet")
        return visit.reader.fill(sentence, alias=set_city(seat.successor.alias, Setting.HTML))
    return language.gettext("nobody yet")


# --- the list ---------------------------------------------------------------------------------------------------------


async def show_groups(request: Request, language: Language) -> Response:
    """GET `/{lang}/steward/groups`."""
    async with runtime(request).database.read() as conn:
        visit = await admit_steward(request, conn, language)
        groups = await load_groups(conn)
        custodians = await load_custodians(conn, visit.caller, visit.reader.now)
    n = count_words(len(groups), language, visit.reader.numerals)
    names = {one.tag: one.name for one in runtime(request).languages}
    page = GroupList(
        frame=steward_frame(request, visit, language.gettext("Groups"), page=HERE),
        ways=steward_ways(language, HERE),
        count=language.ngettext("%(n)s group is in the network.", "%(n)s groups are in the network.", len(groups), n=n),
        rows=tuple(_line(group, custodians.get(group.id), visit, names) for group in groups),
        new_path=visit.path("groups/new"),
        import_path=visit.path("import"),
    )
    return renderer(request).render("steward_groups.html", page, language)


def _line(group: Group, seat: Seat | None, visit: StewardVisit, names: Mapping[str, str]) -> GroupLine:
    language = visit.language
    return GroupLine(
        path=visit.path(f"groups/{group.id}"),
        name=group.name,
        place=place_name(group.place, group.zone_id, language),
        zone_id=group.zone_id,
        language=names.get(group.language, group.language),
        listing=language.gettext(LISTINGS[group.listing]),
        custodian=custodian_words(group, seat, visit),
        lacks=not is_held(seat, visit),
        desk_path=group_path(language, group.id),
        settings_path=group_path(language, group.id, "settings"),
        links_path=group_path(language, group.id, "links"),
    )


# --- a new group ------------------------------------------------------------------------------------------------------


async def show_new_group(request: Request, language: Language) -> Response:
    """GET `/{lang}/steward/groups/new`."""
    return await _show_new(request, language, None)


async def take_new_group(request: Request, language: Language) -> Response:
    """POST: takes the group into the network and leads to it, where a custodian's link is made."""
    await require_steward(request)
    tags = [one.tag for one in runtime(request).languages]

    async def do(work: Work, caller: Caller, form: Form) -> str:
        created = await create_group(work, caller, form, tags)
        return f"{steward_path(language, f'groups/{created.id}')}?said=group_created"

    return await command_page(request, do, lambda returned: _show_new(request, language, returned))


async def _show_new(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit_steward(request, conn, language)
    notices = () if returned is None else (fault_notice(returned, language),)
    page = NewGroup(
        frame=steward_frame(request, visit, language.gettext("A new group"), page="groups/new", notices=notices),
        ways=steward_ways(language, HERE),
        path=visit.path("groups/new"),
        back_path=visit.path("groups"),
        typed=typed(returned, language),
        zones=zone_choices(language),
        languages=tuple((one.tag, one.name) for one in runtime(request).languages),
        usual_language=visit.network.default_language,
        listings=listing_choices(language),
        reaches=tuple((one.value, language.gettext(words)) for one, words in REACHES.items()),
    )
    return renderer(request).render("steward_new_group.html", page, language, returned.status if returned else 200)


# --- leaving ----------------------------------------------------------------------------------------------------------


async def show_archive(request: Request, language: Language) -> Response:
    """GET `/{lang}/steward/groups/{group}/archive`: what follows, and the question."""
    return await _show_archive(request, language, None)


async def take_archive(request: Request, language: Language) -> Response:
    """POST: the group leaves the network."""
    await require_steward(request)
    group_id = request.path_params["group"]

    async def do(work: Work, caller: Caller, _form: Form) -> str:
        await archive_group(work, caller, group_id)
        return f"{steward_path(language, HERE)}?said=group_archived"

    return await command_page(request, do, lambda returned: _show_archive(request, language, returned))


async def _show_archive(request: Request, language: Language, returned: Returned | None) -> Response:
    group_id = request.path_params["group"]
    async with runtime(request).database.read() as conn:
        visit = await admit_steward(request, conn, language)
        group = await load_group(conn, group_id)
    notices = () if returned is None else (fault_notice(returned, language),)
    page = Archive(
        frame=steward_frame(request, visit, group.name, page=f"groups/{group_id}/archive", notices=notices),
        ways=steward_ways(language, HERE),
        name=group.name,
        effects=tuple(language.gettext(words) for words in EFFECTS),
        path=visit.path(f"groups/{group_id}/archive"),
        back_path=visit.path(f"groups/{group_id}"),
    )
    return renderer(request).render("steward_archive.html", page, language, returned.status if returned else 200)


ROUTES = [
    Route("/{lang}/steward/groups", in_language(show_groups), methods=["GET"]),
    Route("/{lang}/steward/groups/new", in_language(show_new_group), methods=["GET"]),
    Route("/{lang}/steward/groups/new", in_language(take_new_group), methods=["POST"]),
    Route("/{lang}/steward/groups/{group}/archive", in_language(show_archive), methods=["GET"]),
    Route("/{lang}/steward/groups/{group}/archive", in_language(take_archive), methods=["POST"]),
]
