"""What can be read? Each function answers one GET of the table, as its reader may see it."""

from __future__ import annotations

from coordinator.api import shapes
from coordinator.api.describe import (
    show_action,
    show_grants,
    show_group,
    show_health,
    show_job,
    show_link,
    show_moment,
    show_network,
    show_seat,
    show_seen,
)
from coordinator.api.operation import Asking
from coordinator.domain import zones
from coordinator.domain.access import Right
from coordinator.domain.group import card
from coordinator.domain.listing import see
from coordinator.domain.quarters import FIRST_YEAR, LAST_YEAR, Quarter, parse_quarter, quarter_of
from coordinator.edge import read_leg
from coordinator.errors import Faults, Invalid, problem
from coordinator.formats.cities import city_name, city_names, country_names
from coordinator.i18n import Language
from coordinator.services.actions import audience_of, load_action, load_quarter
from coordinator.services.groups import load_group, load_groups
from coordinator.services.health import load_health, load_jobs
from coordinator.services.links import list_links
from coordinator.services.network import load_network
from coordinator.services.rota import load_rota

FIRST_QUARTER, LAST_QUARTER = Quarter(FIRST_YEAR, 1), Quarter(LAST_YEAR, 4)


async def network(asking: Asking) -> shapes.NetworkShown:
    """The network's name, zone, languages and rules."""
    return show_network(await load_network(asking.conn), asking.runtime.languages, asking.runtime.clock.now())


async def actions(asking: Asking) -> shapes.Actions:
    """The actions of `quarter`, of the current one when it is absent."""
    now, zone_id = asking.runtime.clock.now(), (await load_network(asking.conn)).zone_id
    given = asking.query.get("quarter", "")
    quarter = _read_quarter(given) if given else quarter_of(now, zone_id)
    views = await load_quarter(asking.conn, asking.caller, str(quarter), now)
    return shapes.Actions(str(quarter), [show_action(view) for view in views])


async def action(asking: Asking) -> shapes.ActionShown:
    """One action."""
    return show_action(await load_action(asking.conn, asking.caller, asking.path("slug"), asking.runtime.clock.now()))


async def moment(asking: Asking) -> shapes.Moment:
    """The instants of one action, or of one leg of it."""
    leg = read_leg(asking.query)
    view = await load_action(asking.conn, asking.caller, asking.path("slug"), asking.runtime.clock.now())
    return show_moment(view if leg is None else view.of_leg(leg))


async def quarter(asking: Asking) -> shapes.QuarterShown:
    """One quarter: its bounds and its actions."""
    now, zone_id = asking.runtime.clock.now(), (await load_network(asking.conn)).zone_id
    chosen = _read_quarter(asking.path("quarter"))
    starts_at, ends_at = chosen.bounds(zone_id)
    return shapes.QuarterShown(
        quarter=str(chosen),
        zone=zone_id,
        starts_at=starts_at,
        ends_at=ends_at,
        current=chosen == quarter_of(now, zone_id),
        previous=str(chosen.shifted(-1)) if chosen > FIRST_QUARTER else None,
        next=str(chosen.next()) if chosen < LAST_QUARTER else None,
        actions=[show_action(view) for view in await load_quarter(asking.conn, asking.caller, str(chosen), now)],
    )


async def zones_found(asking: Asking) -> shapes.Zones:
    """Zones by city, country or name, in the reader's language or in English."""
    language, now = read_language(asking, "en"), asking.runtime.clock.now()
    found = zones.search_zones(asking.query.get("q", ""), city_names(language), country_names(language))
    offsets = ((zone_id, int(zones.utc_offset(now, zone_id).total_seconds()) // 60) for zone_id in found)
    return shapes.Zones([shapes.ZoneShown(zone_id, city_name(zone_id, language), minutes) for zone_id, minutes in offsets])


async def groups(asking: Asking) -> shapes.Groups:
    """The groups that list themselves to this reader. One that hides comes last, so that its place in the order says nothing."""
    everybody = await load_groups(asking.conn)
    seen = [found for each in everybody if (found := see(card(each), audience_of(asking.caller, each.id))) is not None]
    seen.sort(key=lambda found: (found.group_id is None, found.name.casefold()))
    return shapes.Groups([show_seen(found) for found in seen], len(everybody) - len(seen))


async def group(asking: Asking) -> shapes.GroupShown:
    """The reader's own group."""
    asking.caller.require(Right.READ_DESK, asking.path("group"))
    return show_group(await load_group(asking.conn, asking.path("group")), asking.caller)


async def group_links(asking: Asking) -> shapes.Links:
    """A group's links."""
    return await _show_links(asking, asking.path("group"))


async def steward_links(asking: Asking) -> shapes.Links:
    """The stewards' links."""
    return await _show_links(asking, None)


async def rota(asking: Asking) -> shapes.Rota:
    """Who holds which duty until when."""
    group_id, now = asking.path("group"), asking.runtime.clock.now()
    asking.caller.require(Right.READ_DESK, group_id)
    await load_group(asking.conn, group_id)
    return shapes.Rota([show_seat(seat, now) for seat in await load_rota(asking.conn, group_id, now)])


async def session(asking: Asking) -> shapes.SessionShown:
    """What this session holds."""
    return shapes.SessionShown(show_grants(asking.caller))


async def jobs(asking: Asking) -> shapes.Jobs:
    """What waits, and what was given up."""
    return shapes.Jobs([show_job(row) for row in await load_jobs(asking.conn, asking.caller)])


async def health(asking: Asking) -> shapes.HealthShown:
    """How well the network is."""
    asking.caller.require(Right.STEER)
    now = asking.runtime.clock.now()
    canary_age_s = asking.request.app.state.live.canary.age_s(now)
    redis_answers = await asking.runtime.limiter.answers()
    return show_health(await load_health(asking.conn, now, canary_age_s=canary_age_s, redis_answers=redis_answers))


async def _show_links(asking: Asking, group_id: str | None) -> shapes.Links:
    found = await list_links(asking.conn, asking.caller, group_id)
    return shapes.Links([show_link(link, asking.runtime.clock.now()) for link in found])


def _read_quarter(raw: str) -> Quarter:
    faults = Faults()
    found = faults.read("quarter", parse_quarter, raw)
    faults.check()
    return found


def read_language(asking: Asking, default: str) -> Language:
    """The language asked for. Raises Invalid: language_unknown."""
    given = asking.query.get("language", "")
    if not given:
        return asking.runtime.languages[default]
    found = asking.runtime.languages.get(given)
    if found is None:
        raise Invalid(problem("language", "language_unknown", given, *(language.tag for language in asking.runtime.languages)))
    return found
