"""HTML: parse a form, call one service, render one template."""

from __future__ import annotations

from coordinator.pages import action, commands, desk, enter, feeds, home, proposal, propose, room, subscribe

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
]
