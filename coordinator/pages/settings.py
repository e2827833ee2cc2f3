"""What a group says of itself: name, place, zone, language, and to whom it shows itself. Not the settings of the server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller, Right
from coordinator.domain.group import Numerals, card
from coordinator.domain.listing import Audience, Card, Listing, see
from coordinator.domain.zones import canonical_zone_id, search_zones, zone_countries
from coordinator.edge import runtime
from coordinator.errors import Conflict, Invalid
from coordinator.formats.cities import city_names, country_names
from coordinator.formats.isolation import Setting, set_city
from coordinator.formats.places import seen_name, seen_place
from coordinator.formats.times import digits
from coordinator.i18n import N_, Language
from coordinator.pages.context_group import Choices, Explained, SettingsPage
from coordinator.pages.door import Visit, admit, group_of, visit_frame
from coordinator.pages.forms import Form, Returned, Typed, command_page, fault_notice, typed
from coordinator.pages.frame import group_path, in_language, renderer
from coordinator.pages.ways import group_ways
from coordinator.services.groups import edit_group
from coordinator.store.database import Work

PAGE = "settings"
INSTEAD = "zone_instead"  # one of the zones that a misspelt one may mean
MEANT_ZONES = 6
TEN_DIGITS = "0123456789"

LISTINGS: Mapping[Listing, tuple[str, str]] = {
    Listing.PUBLIC: (N_("To everybody"), N_("Your group stands on the public pages, screens and calendars.")),
    Listing.PARTNERS: (N_("To partner groups"), N_("Only those who hold a link of this network see you. Most groups choose this.")),
    Listing.HIDDEN: (N_("To nobody"), N_("For groups at risk. You take part like everybody else, but no page tells who or where you are.")),
}


async def show_settings(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/settings`."""
    return await _show(request, language, None)


async def take_settings(request: Request, language: Language) -> Response:
    """POST: keeps the settings, or shows every fault beside its field."""
    group_id = await group_of(request, Right.EDIT_GROUP)
    tags = frozenset(one.tag for one in runtime(request).languages)

    async def do(work: Work, caller: Caller, form: Form) -> str:
        await edit_group(work, caller, group_id, raw_settings(form), tags)
        return group_path(language, group_id, f"{PAGE}?said=settings_kept")

    return await command_page(request, do, lambda returned: _show(request, language, returned))


def raw_settings(form: Form) -> Form:
    """The form as the service reads it: a zone chosen among those that were meant takes the place of the typed one."""
    return {**form, "zone": form[INSTEAD]} if form.get(INSTEAD) else form


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        visit.caller.require(Right.EDIT_GROUP, visit.group.id)
    page = _make_page(request, visit, returned)
    return renderer(request).render("settings.html", page, language, returned.status if returned else 200)


def _make_page(request: Request, visit: Visit, returned: Returned | None) -> SettingsPage:
    language, profile = visit.language, visit.group.profile
    fields = typed(returned, language)
    said = () if returned is None else (fault_notice(returned, language),)
    return SettingsPage(
        frame=visit_frame(request, visit, language.gettext("Settings"), path=PAGE, notices=said),
        group=visit.group.name,
        ways=group_ways(visit, PAGE),
        path=visit.path(PAGE),
        revision=_revision(visit, returned),
        name=fields.value("name", profile.name),
        place=fields.value("place", profile.place),
        alias_name=fields.value("alias_name", profile.alias_name),
        alias_place=fields.value("alias_place", profile.alias_place),
        zone=fields.value("zone", profile.zone_id),
        clock=_clock_words(visit),
        zones=_zones(language),
        meant=_meant_zones(returned, language),
        language_tag=fields.value("language", profile.language),
        languages=tuple((one.tag, one.name) for one in runtime(request).languages),
        numerals=fields.value("numerals", profile.numerals.value),
        numeral_choices=_numeral_choices(request, visit),
        listings=_listings(visit, fields),
        typed=fields,
    )


def _revision(visit: Visit, returned: Returned | None) -> str:
    """What the form was made from. After a conflict it is what is kept now: sending again is then done knowingly."""
    if returned is None or isinstance(returned.fault, Conflict):
        return str(visit.group.revision)
    return str(returned.form.get("revision", visit.group.revision))


# --- zone and digits --------------------------------------------------------------------------------------------------


def _clock_words(visit: Visit) -> str:
    reader = visit.reader
    return reader.fill(reader.language.gettext("By the zone that is kept, it is %(moment)s."), moment=reader.say(reader.now))


def _zones(language: Language) -> Choices:
    """Every zone worth offering with its city and country, by the city's name."""
    named = ((zone_id, zone_words(zone_id, language)) for zone_id in city_names(language))
    return tuple(sorted(named, key=lambda pair: pair[1].casefold()))


def zone_words(zone_id: str, language: Language) -> str:
    """ "La Paz, Bolivia": the zone's city and countries in that language."""
    countries = country_names(language)
    comma = language.pgettext("between parts of a place", ", ")
    return comma.join((city_names(language).get(zone_id, zone_id), *(countries[code] for code in zone_countries(zone_id)[:1])))


def _meant_zones(returned: Returned | None, language: Language) -> Choices:
    """For a zone that nobody knows: those whose city or country the reader may have meant, in their own language or by likeness."""
    if returned is None or not isinstance(returned.fault, Invalid):
        return ()
    unknown = next((p for p in returned.fault.problems if p.code == "zone_unknown"), None)
    if unknown is None:
        return ()
    found = search_zones(unknown.value, city_names(language), country_names(language))
    meant = list(dict.fromkeys(map(canonical_zone_id, (*found[:MEANT_ZONES], *unknown.remedy))))[:MEANT_ZONES]
    return tuple((zone_id, f"{zone_words(zone_id, language)} ({zone_id})") for zone_id in meant)


def _numeral_choices(request: Request, visit: Visit) -> Choices:
    """Latin digits, and those of the group's language, each with its ten."""
    language = visit.language
    own = runtime(request).languages.get(visit.group.language)
    native = digits(TEN_DIGITS, own.native_digits if own else language.native_digits)
    return (
        (Numerals.LATN.value, language.gettext("Latin digits: %(digits)s", digits=TEN_DIGITS)),
        (Numerals.NATIVE.value, language.gettext("Your language’s own digits: %(digits)s", digits=native)),
    )


# --- listing ----------------------------------------------------------------------------------------------------------


def _listings(visit: Visit, fields: Typed) -> tuple[Explained, ...]:
    language, kept = visit.language, card(visit.group)
    return tuple(
        Explained(
            listing.value,
            language.gettext(name),
            language.gettext(means),
            fields.chosen("listing", listing.value, default=listing is kept.listing),
            (_public_sees(replace(kept, listing=listing), visit), _partners_see(replace(kept, listing=listing), visit)),
        )
        for listing, (name, means) in LISTINGS.items()
    )


def _public_sees(shown: Card, visit: Visit) -> str:
    """What everybody would see of the group, by the rule that all pages ask."""
    language, seen = visit.language, see(shown, Audience.PUBLIC)
    if seen is None or seen.zone_id is None:
        return language.gettext("Everybody: nothing of you. You only count among “and others on three continents”.")
    sentence = language.gettext("Everybody: “%(name)s”, %(place)s, and what hour it is there at the moment.")
    return visit.reader.fill(sentence, name=_set(seen.name), place=_set(seen_place(seen, language)))


def _partners_see(shown: Card, visit: Visit) -> str:
    """What partner groups would see of it."""
    language, seen = visit.language, see(shown, Audience.PARTNER)
    assert seen is not None  # partners see of every group at least that it answers
    if seen.zone_id is not None:
        sentence = language.gettext(
            "Partner groups: “%(name)s”, %(place)s, what hour it is there, what a moment costs you, and what you answer."
        )
        return visit.reader.fill(sentence, name=_set(seen.name), place=_set(seen_place(seen, language)))
    name = seen_name(seen, language)
    sentence = language.gettext("Partner groups: “%(name)s”, what a moment costs you, and what you answer; no place, no zone, no hour.")
    return visit.reader.fill(sentence, name=_set(name))


def _set(words: str) -> str:
    return set_city(words, Setting.HTML)


ROUTES = [
    Route("/{lang}/g/{group}/settings", in_language(show_settings), methods=["GET"]),
    Route("/{lang}/g/{group}/settings", in_language(take_settings), methods=["POST"]),
]
