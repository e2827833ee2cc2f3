"""The form of a draft: what a group wants to do, why, how long, in which quarter, and with whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller, Right
from coordinator.domain.action import Command, Shape, can
from coordinator.domain.group import card
from coordinator.domain.quarters import quarter_of
from coordinator.edge import runtime
from coordinator.errors import NotFound
from coordinator.formats.places import place_name
from coordinator.formats.times import count_words, quarter_title
from coordinator.i18n import Language
from coordinator.pages.context_desk import Choices, Guest, ProposePage
from coordinator.pages.door import Visit, admit, group_of, visit_frame
from coordinator.pages.forms import Form, Returned, command_page, fault_notice, typed
from coordinator.pages.frame import group_path, in_language, renderer
from coordinator.pages.words import KIND_CHOICES, SHAPE_CHOICES
from coordinator.services.actions import ActionView, load_action, see_group
from coordinator.services.groups import load_groups
from coordinator.services.proposals import draft_action, edit_draft
from coordinator.store.database import Work

LISTS = frozenset({"invited", "required"})
CHOSEN = "chosen"  # the value of `who` that makes the boxes count; otherwise everybody is invited
QUARTERS_OFFERED = 5
MINUTES_USUAL = 30
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Guests:
    """Whom a proposal can invite: groups that this one sees by id, and how many it does not."""

    seen: tuple[Guest, ...]
    unseen: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """What tells the form of a new draft from that of a changed one; `page` is its address after the group."""

    page: str
    heading: str
    back_path: str
    save_words: str
    practice: bool
    changes: bool


def raw_proposal(form: Form) -> Form:
    """The form as the service reads it: who is invited is named only when that was chosen."""
    named = form.get("who") == CHOSEN
    return {name: value for name, value in form.items() if name != "who" and (named or name != "invited")}


# --- a new draft ------------------------------------------------------------------------------------------------------


async def show_propose(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/propose`; `?practice=1` for a practice, `?from=<slug>` for a copy."""
    return await _show_new(request, language, None)


async def take_propose(request: Request, language: Language) -> Response:
    """POST: keeps the draft and leads to it."""
    group_id = await group_of(request, Right.DRAFT)
    tags = frozenset(one.tag for one in runtime(request).languages)

    async def do(work: Work, caller: Caller, form: Form) -> str:
        slug = await draft_action(work, caller, group_id, raw_proposal(form), tags)
        return group_path(language, group_id, f"actions/{slug}?said=drafted")

    return await command_page(request, do, lambda returned: _show_new(request, language, returned), lists=LISTS)


async def _show_new(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        visit.caller.require(Right.DRAFT, visit.group.id)
        slug = request.query_params.get("from", "")
        pattern = await load_action(conn, visit.caller, slug, visit.reader.now) if slug else None
        guests = await _load_guests(conn, visit, pattern)
    page = _make_form(request, visit, _new_sheet(request, visit, pattern), guests, pattern=pattern, returned=returned)
    return renderer(request).render("propose.html", page, language, returned.status if returned else 200)


async def _load_guests(conn: AsyncConnection, visit: Visit, pattern: ActionView | None) -> Guests:
    groups = await load_groups(conn)
    cards = {group.id: card(group) for group in groups if group.id != visit.group.id}
    rows = {} if pattern is None else {row.seen.group_id: row for row in pattern.rows}
    seen = []
    for group_id in cards:
        one = see_group(cards, group_id, visit.caller)
        if one is not None and one.group_id is not None:
            place = place_name(one.place or "", one.zone_id or "UTC", visit.language)
            row = rows.get(group_id)
            seen.append(Guest(group_id, one.name, place, pattern is None or row is not None, row is not None and row.required))
    return Guests(tuple(sorted(seen, key=lambda guest: guest.name.casefold())), len(cards) - len(seen))


def _new_sheet(request: Request, visit: Visit, pattern: ActionView | None) -> Sheet:
    language = visit.language
    practice = request.query_params.get("practice") == "1" if pattern is None else pattern.practice
    heading = language.gettext("Practise on your own") if practice else language.gettext("Propose an action")
    return Sheet("propose", heading, visit.path(), language.gettext("Keep the draft"), practice, changes=False)


# --- a draft that is changed ------------------------------------------------------------------------------------------


async def show_edit(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/actions/{slug}/edit`."""
    return await _show_edit(request, language, None)


async def take_edit(request: Request, language: Language) -> Response:
    """POST: keeps the changes and leads back to the draft."""
    group_id = await group_of(request, Right.DRAFT)
    tags = frozenset(one.tag for one in runtime(request).languages)
    slug = request.path_params["slug"]

    async def do(work: Work, caller: Caller, form: Form) -> str:
        await edit_draft(work, caller, slug, raw_proposal(form), tags)
        return group_path(language, group_id, f"actions/{slug}?said=edited")

    return await command_page(request, do, lambda returned: _show_edit(request, language, returned), lists=LISTS)


async def _show_edit(request: Request, language: Language, returned: Returned | None) -> Response:
    slug = request.path_params["slug"]
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        visit.caller.require(Right.DRAFT, visit.group.id)
        view = await load_action(conn, visit.caller, slug, visit.reader.now)
        if view.proposer_id != visit.group.id or (returned is None and not can(view.state, Command.EDIT, practice=view.practice)):
            raise NotFound("action")
        guests = await _load_guests(conn, visit, view)
    heading, words = language.gettext("Change the draft"), language.gettext("Keep the changes")
    sheet = Sheet(f"actions/{slug}/edit", heading, visit.path(f"actions/{slug}"), words, view.practice, changes=True)
    page = _make_form(request, visit, sheet, guests, pattern=view, returned=returned)
    return renderer(request).render("propose.html", page, language, returned.status if returned else 200)


# --- the form ---------------------------------------------------------------------------------------------------------


def _make_form(
    request: Request, visit: Visit, sheet: Sheet, guests: Guests, *, pattern: ActionView | None, returned: Returned | None
) -> ProposePage:
    language = visit.language
    notices = () if returned is None else (fault_notice(returned, language),)
    return ProposePage(
        frame=visit_frame(request, visit, sheet.heading, path=sheet.page, notices=notices),
        heading=sheet.heading,
        lede=language.gettext("Say what, why and how long. The moment comes next, when you see what it would cost every group."),
        save_path=visit.path(sheet.page),
        back_path=sheet.back_path,
        save_words=sheet.save_words,
        typed=typed(returned, language),
        title="" if pattern is None else pattern.title,
        kind="" if pattern is None else str(pattern.kind),
        story="" if pattern is None else pattern.story,
        minutes=str(MINUTES_USUAL if pattern is None else pattern.duration // A_MINUTE),
        quarter=_usual_quarter(visit, pattern),
        language_tag=visit.group.language if pattern is None else pattern.language,
        practice=sheet.practice,
        practice_fixed=sheet.changes,
        everybody=pattern is None or len(pattern.rows) + pattern.others == len(guests.seen) + guests.unseen + 1,
        shape=str(Shape.INSTANT if pattern is None else pattern.shape),
        shapes=tuple((str(shape), language.gettext(said)) for shape, said in SHAPE_CHOICES.items()),
        kinds=tuple((str(kind), language.gettext(said)) for kind, said in KIND_CHOICES.items()),
        quarters=quarter_choices(visit),
        languages=tuple((one.tag, one.name) for one in runtime(request).languages),
        guests=guests.seen,
        unseen=unseen_words(guests.unseen, language, visit.reader.numerals),
    )


def quarter_choices(visit: Visit) -> Choices:
    """This quarter and the next few."""
    first = quarter_of(visit.reader.now, visit.network.zone_id)
    offered = (first.shifted(ahead) for ahead in range(QUARTERS_OFFERED))
    return tuple((str(quarter), quarter_title(quarter, visit.language, visit.reader.numerals)) for quarter in offered)


def _usual_quarter(visit: Visit, pattern: ActionView | None) -> str:
    """The draft's own quarter, unless it is over; the next one for a new draft."""
    first = quarter_of(visit.reader.now, visit.network.zone_id)
    return str(first.next()) if pattern is None or pattern.quarter < str(first) else pattern.quarter


def unseen_words(unseen: int, language: Language, numerals: str) -> str:
    """That some groups cannot be chosen one by one; empty when all can."""
    if not unseen:
        return ""
    n = count_words(unseen, language, numerals)
    return language.ngettext(
        "%(n)s group does not show itself; it is invited when all groups are.",
        "%(n)s groups do not show themselves; they are invited when all groups are.",
        unseen,
        n=n,
    )


ROUTES = [
    Route("/{lang}/g/{group}/propose", in_language(show_propose), methods=["GET"]),
    Route("/{lang}/g/{group}/propose", in_language(take_propose), methods=["POST"]),
    Route("/{lang}/g/{group}/actions/{slug}/edit", in_language(show_edit), methods=["GET"]),
    Route("/{lang}/g/{group}/actions/{slug}/edit", in_language(take_edit), methods=["POST"]),
]
