"""A group's view of the mirror's balance: who told, who was mirrored, quarter by quarter, and whom to ask next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Right
from coordinator.domain.balance import Reason
from coordinator.edge import runtime
from coordinator.formats.bands import Place, west_to_east
from coordinator.formats.heard import heard_glyph
from coordinator.formats.isolation import Setting, set_city
from coordinator.formats.places import seen_name, seen_place
from coordinator.formats.times import count_words
from coordinator.i18n import N_, Language
from coordinator.pages.context_balance import BalancePage, HeardCell, HeardRow
from coordinator.pages.door import Visit, admit, visit_frame
from coordinator.pages.frame import in_language, renderer
from coordinator.pages.quarter_heads import quarter_heads, year_heads
from coordinator.pages.reader import Reader
from coordinator.pages.ways import group_ways
from coordinator.services.balance import Balance, HeardView, load_balance
from coordinator.services.mirror import Reading, load_standing
from coordinator.store.spotlights import told_by

PAGE = "balance"
SPOTLIGHTS = "spotlights"  # the group's pages of what is told

ASK: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.NEVER: N_("Nothing has been told yet by %(group)s: ask them next."),
        Reason.FEWEST: N_("In these two years nobody has told less often than %(group)s: ask them next."),
        Reason.LONGEST_AGO: N_("It is longest since something was told by %(group)s: ask them next."),
        Reason.IN_TURN: N_("All have told as often and as lately. Ask %(group)s next, so that somebody begins."),
    }
)
TELL: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.NEVER: N_("Nothing has been told yet by your own group: tell it next."),
        Reason.FEWEST: N_("In these two years nobody has told less often than your own group: tell something next."),
        Reason.LONGEST_AGO: N_("It is longest since something was told by your own group: tell something next."),
        Reason.IN_TURN: N_("All have told as often and as lately. Tell something next, so that somebody begins."),
    }
)


async def show_balance(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/balance`."""
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        balance = await load_balance(conn, visit.caller, visit.reader.now)
        way = await _next_way(conn, visit, balance)
    return renderer(request).render("balance.html", _make_page(request, visit, balance, way), language)


async def _next_way(conn: AsyncConnection, visit: Visit, balance: Balance) -> tuple[str, str]:
    """Where the proposal can be followed, and what is there: telling, what they tell now, or what others tell."""
    chosen, language = balance.next, visit.language
    if chosen is not None and chosen.heard.group_id == visit.group.id:
        return (visit.path(f"{SPOTLIGHTS}/new"), language.gettext("Tell your struggle")) if visit.may(Right.TELL) else ("", "")
    reading = Reading(visit.caller, language.tag, visit.reader.now)
    standing = await load_standing(conn, reading, told_by(chosen.heard.group_id)) if chosen is not None else []
    if standing:
        return visit.path(f"{SPOTLIGHTS}/{standing[0].slug}"), language.gettext("Set up a meeting with what they tell")
    return visit.path(SPOTLIGHTS), language.gettext("What partners tell now")


def _make_page(request: Request, visit: Visit, balance: Balance, way: tuple[str, str]) -> BalancePage:
    language, reader = visit.language, visit.reader
    return BalancePage(
        frame=visit_frame(request, visit, language.gettext("Mirror balance"), path=PAGE),
        group=visit.group.name,
        ways=group_ways(visit, PAGE),
        proposal=_proposal(balance, visit),
        next_path=way[0],
        next_words=way[1],
        years=year_heads(balance.quarters, reader),
        quarters=quarter_heads(balance.quarters, reader),
        rows=tuple(_row(each, balance, visit) for each in order_rows(balance.rows, reader)),
        key=_key(language),
    )


def _proposal(balance: Balance, visit: Visit) -> str:
    """The proposal as one sentence, as markup; empty without any group."""
    chosen, language = balance.next, visit.language
    if chosen is None or balance.proposed is None:
        return ""
    reason = balance.proposed.reason
    if chosen.heard.group_id == visit.group.id:
        return language.gettext(TELL[reason])
    name = chosen.seen.name or language.gettext("a group that does not show itself")
    return visit.reader.fill(language.gettext(ASK[reason]), group=set_city(name, Setting.HTML))


def order_rows(rows: Sequence[HeardView], reader: Reader) -> tuple[HeardView, ...]:
    """West to east as now; whoever hides its zone comes last, by alias, so that its place in the row tells nothing."""
    shown = [(row.seen.zone_id, row) for row in rows if row.seen.zone_id is not None]
    places = [Place(str(index), zone_id) for index, (zone_id, _) in enumerate(shown)]
    hidden = sorted((row for row in rows if row.seen.zone_id is None), key=lambda row: row.seen.name)
    return (*(shown[int(place.city)][1] for place in west_to_east(places, reader.now)), *hidden)


def _row(row: HeardView, balance: Balance, visit: Visit) -> HeardRow:
    language, numerals = visit.language, visit.reader.numerals
    own = row.heard.group_id == visit.group.id
    counted = zip(row.heard.told, row.heard.mirrored, strict=True)
    return HeardRow(
        name=seen_name(row.seen, language),
        place=seen_place(row.seen, language),
        cells=tuple(_cell(told, mirrored, visit.reader) for told, mirrored in counted),
        told=count_words(row.heard.times_told, language, numerals),
        mirrored=count_words(row.heard.times_mirrored, language, numerals),
        proposed=balance.proposed is not None and balance.proposed.group_id == row.heard.group_id,
        own=own,
    )


def _cell(told: int, mirrored: int, reader: Reader) -> HeardCell:
    """What eyes see as a glyph, in words: "told: 1, mirrored: 2"."""
    language, numerals = reader.language, reader.numerals
    glyph = heard_glyph(told=told > 0, mirrored=mirrored > 0)
    if not told and not mirrored:
        return HeardCell(glyph, language.gettext("nothing"))
    counts = {"told": count_words(told, language, numerals), "mirrored": count_words(mirrored, language, numerals)}
    # Translators: one group in one quarter: how often it told its struggle, and how often others' meetings mirrored it.
    return HeardCell(glyph, language.gettext("told: %(told)s, mirrored: %(mirrored)s", **counts))


def _key(language: Language) -> tuple[HeardCell, ...]:
    return (
        HeardCell(heard_glyph(told=True, mirrored=False), language.gettext("told its struggle")),
        HeardCell(heard_glyph(told=False, mirrored=True), language.gettext("was mirrored in another group’s meeting")),
        HeardCell(heard_glyph(told=True, mirrored=True), language.gettext("both")),
        HeardCell(heard_glyph(told=False, mirrored=False), language.gettext("neither")),
    )


ROUTES = [Route(f"/{{lang}}/g/{{group}}/{PAGE}", in_language(show_balance), methods=["GET"])]
