"""Which pages of a group may this visitor go to, and which one is this?"""

from __future__ import annotations

from coordinator.domain.access import Right
from coordinator.i18n import N_
from coordinator.pages.context import Way
from coordinator.pages.door import Visit

# the page's address after the group → what it is called, and what it asks for; in the order of the menu
PAGES: dict[str, tuple[str, Right]] = {
    "": (N_("Desk"), Right.READ_DESK),
    "propose": (N_("Propose"), Right.DRAFT),
    "spotlights": (N_("Spotlights"), Right.READ_DESK),
    "voices": (N_("Voices"), Right.READ_DESK),
    "availability": (N_("Availability"), Right.EDIT_AVAILABILITY),
    "no-go": (N_("No-go times"), Right.KEEP_NO_GO),
    "settings": (N_("Settings"), Right.EDIT_GROUP),
    "links": (N_("Links"), Right.MAKE_LINKS),
    "rota": (N_("Rota"), Right.READ_DESK),
    "packets": (N_("Packets"), Right.TELL),
    "fairness": (N_("Who paid"), Right.READ_DESK),
    "balance": (N_("Mirror balance"), Right.READ_DESK),
    "mirror/new": (N_("Mirror"), Right.READ_DESK),
    "room": (N_("Room"), Right.READ_ROOM),
}


def group_ways(visit: Visit, here: str) -> tuple[Way, ...]:
    """The menu of a group's pages, without those that the visitor's link does not open; `here` is the address of this page."""
    return tuple(
        Way(visit.path(page), visit.language.gettext(words), page == here) for page, (words, right) in PAGES.items() if visit.may(right)
    )
