"""When a group can take part: its week in pictures and words, and the plain form that changes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller, Right
from coordinator.domain.availability import Availability, Level, Reach
from coordinator.domain.availability_form import collect_rows, form_rows
from coordinator.domain.text import latin_digits
from coordinator.edge import runtime
from coordinator.errors import Conflict, Invalid, Problem
from coordinator.formats.sentences import label
from coordinator.formats.times import date_words, digits
from coordinator.formats.week import day_names, week_hours
from coordinator.i18n import N_, Language
from coordinator.pages.context_group import AvailabilityPage, Choices, Explained, HoursRow
from coordinator.pages.desk import make_week
from coordinator.pages.door import Visit, admit, group_of, visit_frame
from coordinator.pages.forms import Form, Returned, Typed, command_page, fault_notice, typed
from coordinator.pages.frame import group_path, in_language, renderer
from coordinator.pages.ways import group_ways
from coordinator.services.groups import edit_availability
from coordinator.store.database import Work

PAGE = "availability"
GONE = ".gone"  # `windows[0].gone`: this row is to be taken away
EXAMPLE, MIDNIGHT = "17:30", "24:00"
PARTS = ("days", "from", "to", "level")

LEVELS: Mapping[Level, str] = {Level.PREFERRED: N_("good for us"), Level.POSSIBLE: N_("possible")}
REACHES: Mapping[Reach, tuple[str, str]] = {
    Reach.WINDOWS: (
        N_("Only in our hours"),
        N_("A moment outside them leaves you out. That is never held against you: whoever was left out comes first next time."),
    ),
    Reach.WAKING: (
        N_("In any waking hour"),
        N_("Also outside your hours, but never in your quiet hours or on a blocked date. Most groups choose this."),
    ),
    Reach.ANY: (
        N_("At any hour, if it must be"),
        N_("In your quiet hours too, but never on a blocked date. What a night costs you is counted, and weighs the next time."),
    ),
}


async def show_availability(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/availability`."""
    return await _show(request, language, None)


async def take_availability(request: Request, language: Language) -> Response:
    """POST: keeps the hours, or shows every fault beside its row."""
    group_id = await group_of(request, Right.EDIT_AVAILABILITY)

    async def do(work: Work, caller: Caller, form: Form) -> str:
        await edit_availability(work, caller, group_id, raw_hours(form))
        return group_path(language, group_id, f"{PAGE}?said=hours_kept")

    return await command_page(request, do, lambda returned: _show(request, language, returned))


def raw_hours(form: Form) -> Form:
    """The form as the service reads it: without the rows that are to go, and with the digits of any script as Latin ones."""
    gone = tuple(f"{name.removesuffix(GONE)}." for name in form if name.endswith(GONE))
    kept = {name: value for name, value in form.items() if not (gone and name.startswith(gone))}
    return {name: latin_digits(value) if isinstance(value, str) else value for name, value in kept.items()}


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        visit.caller.require(Right.EDIT_AVAILABILITY, visit.group.id)
    page = _make_page(request, visit, returned)
    return renderer(request).render("availability.html", page, language, returned.status if returned else 200)


def _make_page(request: Request, visit: Visit, returned: Returned | None) -> AvailabilityPage:
    reader, language, kept = visit.reader, visit.language, visit.group.availability
    returned = None if returned is None else _with_day_names(returned, language)
    fields = typed(returned, language)
    said = () if returned is None else (fault_notice(returned, language),)
    windows, quiet = _shown_rows(kept, returned, reader.numerals)
    return AvailabilityPage(
        frame=visit_frame(request, visit, language.gettext("Availability"), path=PAGE, notices=said),
        group=visit.group.name,
        ways=group_ways(visit, PAGE),
        path=visit.path(PAGE),
        revision=_revision(visit, returned),
        conflict=returned is not None and isinstance(returned.fault, Conflict),
        city=reader.city,
        week=make_week(kept, reader),
        hours=week_hours(kept, language, reader.numerals),
        blocked_dates=tuple(date_words(on, language, reader.numerals) for on in kept.blocked),
        windows=tuple(_row("windows", number, cells, fields, language) for number, cells in windows.items()),
        quiet=tuple(_row("quiet", number, cells, fields, language) for number, cells in quiet.items()),
        example=digits(EXAMPLE, reader.numerals),
        midnight=digits(MIDNIGHT, reader.numerals),
        levels=_levels(language),
        blocked=fields.value("blocked", "\n".join(on.isoformat() for on in kept.blocked)),
        reaches=_reaches(visit, fields) if visit.may(Right.EDIT_GROUP) else (),
        reach=language.gettext(REACHES[kept.reach][0]),
        no_go_path=visit.path("no-go") if visit.may(Right.KEEP_NO_GO) else "",
        busy_path=visit.path("busy") if visit.may(Right.KEEP_NO_GO) else "",
        typed=fields,
    )


def _revision(visit: Visit, returned: Returned | None) -> str:
    """What the form was made from. After a conflict it is what is kept now: sending again is then done knowingly."""
    if returned is None or isinstance(returned.fault, Conflict):
        return str(visit.group.revision)
    return str(returned.form.get("revision", visit.group.revision))


def _with_day_names(returned: Returned, language: Language) -> Returned:
    """The same faults with weekdays called as the form calls them, not by their codes."""
    if not isinstance(returned.fault, Invalid):
        return returned
    names = {code: name for code, _, name in day_names(language)}
    told = (Problem(p.field, p.code, p.value, tuple(names.get(item, item) for item in p.remedy)) for p in returned.fault.problems)
    return Returned(returned.form, Invalid(*told))


def _levels(language: Language) -> Choices:
    return tuple((level.value, language.gettext(words)) for level, words in LEVELS.items())


def _reaches(visit: Visit, fields: Typed) -> tuple[Explained, ...]:
    language, kept = visit.language, visit.group.reach
    return tuple(
        Explained(reach.value, language.gettext(name), language.gettext(means), fields.chosen("reach", reach.value, default=reach is kept))
        for reach, (name, means) in REACHES.items()
    )


# --- rows -------------------------------------------------------------------------------------------------------------

Cells = dict[str, Any]


def _shown_rows(kept: Availability, returned: Returned | None, numerals: str) -> tuple[dict[int, Cells], dict[int, Cells]]:
    """Number → cells of the rows of hours and of quiet hours: as they were typed, else as they are kept, with empty ones to fill in."""
    if returned is not None and returned.form:
        rows = collect_rows(returned.form)
        return rows["windows"], rows["quiet"]
    stored = form_rows(kept)
    written = {field: {number: _written(cells, numerals) for number, cells in enumerate(stored[field])} for field in stored}
    return written["windows"], written["quiet"]


def _written(cells: Cells, numerals: str) -> Cells:
    """A kept row as the group reads it: its hours in its own digits."""
    return cells | {part: digits(cells[part], numerals) for part in ("from", "to")}


def _row(list_name: str, number: int, cells: Cells, fields: Typed, language: Language) -> HoursRow:
    field, marked = f"{list_name}[{number}]", cells.get("days", ())
    errors = {part: fields.error(f"{field}.{part}") for part in PARTS}
    return HoursRow(
        field=field,
        legend=label(field, language),
        days=tuple((day, short, name, day in marked) for day, short, name in day_names(language)),
        start=cells.get("from", ""),
        end=cells.get("to", ""),
        level=cells.get("level", Level.PREFERRED.value),
        filled=bool(marked or cells.get("from") or cells.get("to")),
        gone=fields.chosen(f"{field}{GONE}", "1"),
        errors={"": fields.error(field), **errors},
    )


ROUTES = [
    Route("/{lang}/g/{group}/availability", in_language(show_availability), methods=["GET"]),
    Route("/{lang}/g/{group}/availability", in_language(take_availability), methods=["POST"]),
]
