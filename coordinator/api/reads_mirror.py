"""What can be read of the mirror? Each function answers one GET of the table, as its reader may see it."""

from __future__ import annotations

from coordinator.api import shapes_mirror as shapes
from coordinator.api.describe_mirror import show_spotlight, show_translations
from coordinator.api.operation import Asking
from coordinator.api.reads import read_language
from coordinator.domain.access import Right
from coordinator.domain.text import read_choice
from coordinator.errors import Faults
from coordinator.services.glossary import load_terms
from coordinator.services.groups import load_group
from coordinator.services.mirror import Reading
from coordinator.services.network import load_network
from coordinator.services.whole_spotlights import load_translations, load_whole, load_whole_one
from coordinator.store.spotlights import not_from_packet, standing, told_by


async def spotlights(asking: Asking) -> shapes.Spotlights:
    """What is published and may be shown to this reader."""
    reading = await _reading(asking)
    found = await load_whole(asking.conn, reading, standing(reading.now), not_from_packet())
    return shapes.Spotlights([show_spotlight(whole) for whole in found])


async def spotlight(asking: Asking) -> shapes.SpotlightShown:
    """One spotlight."""
    reading, original = await _reading(asking), _read_original(asking)
    return show_spotlight(await load_whole_one(asking.conn, reading, asking.path("spotlight"), original=original))


async def group_spotlights(asking: Asking) -> shapes.Spotlights:
    """All that a group tells, its drafts too, and what packets brought it."""
    group_id = asking.path("group")
    asking.caller.require(Right.READ_DESK, group_id)
    await load_group(asking.conn, group_id)
    found = await load_whole(asking.conn, await _reading(asking), told_by(group_id))
    return shapes.Spotlights([show_spotlight(whole) for whole in found])


async def translations(asking: Asking) -> shapes.Translations:
    """Every translation of a spotlight that stands."""
    reading = Reading(asking.caller, "", asking.runtime.clock.now())
    return show_translations(*await load_translations(asking.conn, reading, asking.path("spotlight")))


async def glossary(asking: Asking) -> shapes.Glossary:
    """The network's own words."""
    terms = await load_terms(asking.conn)
    return shapes.Glossary([shapes.TermShown(one.term, one.source, one.target, one.rendering) for one in terms])


async def _reading(asking: Asking) -> Reading:
    """In the language asked for, else the network's: whoever asks for the same address gets the same bytes."""
    default = (await load_network(asking.conn)).default_language
    return Reading(asking.caller, read_language(asking, default).tag, asking.runtime.clock.now())


def _read_original(asking: Asking) -> bool:
    faults = Faults()
    given = faults.read("original", read_choice, asking.query.get("original", "false"), ("true", "false"))
    faults.check()
    return given == "true"
