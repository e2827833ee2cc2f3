"""HTML: parse a form, call one service, render one template."""

from __future__ import annotations

from coordinator.pages import (
    action,
    availability,
    commands,
    desk,
    enter,
    feeds,
    home,
    links,
    packets,
    proposal,
    propose,
    room,
    rota,
    settings,
    status,
    steward,
    steward_glossary,
    steward_group,
    steward_groups,
    steward_import,
    steward_jobs,
    steward_links,
    steward_network,
    subscribe,
)

# The order decides: `/enter` before `/{lang}/`, `…/{slug}.ics` before `…/{slug}`.
ROUTES = [
    *enter.ROUTES,
    *feeds.ROUTES,
    *room.ROUTES,
    *home.ROUTES,
    *action.ROUTES,
    *subscribe.ROUTES,
    *desk.ROUTES,
    *propose.ROUTES,
    *proposal.ROUTES,
    *commands.ROUTES,
    *availability.ROUTES,
    *settings.ROUTES,
    *links.ROUTES,
    *rota.ROUTES,
    *packets.ROUTES,
    *status.ROUTES,
    *steward.ROUTES,
    *steward_groups.ROUTES,  # `…/groups/new` before `…/groups/{group}`
    *steward_group.ROUTES,
    *steward_import.ROUTES,
    *steward_network.ROUTES,
    *steward_links.ROUTES,
    *steward_glossary.ROUTES,
    *steward_jobs.ROUTES,
]
