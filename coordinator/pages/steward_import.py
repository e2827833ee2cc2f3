"""A file of groups, chosen or pasted: every fault of every line at once, and either all groups come in or none."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller
from coordinator.domain.listing import Listing
from coordinator.domain.text import read_choice, text_of
from coordinator.edge import runtime
from coordinator.errors import Faults, Invalid, problem
from coordinator.formats.sentences import say
from coordinator.i18n import Language
from coordinator.pages.context import FieldProblem, Notice
from coordinator.pages.context_steward import Import
from coordinator.pages.forms import FRESH, Form, Returned, Typed, command_page, fault_notice
from coordinator.pages.frame import in_language, renderer
from coordinator.pages.steward_door import admit_steward, require_steward, steward_frame, steward_path, steward_ways
from coordinator.pages.steward_groups import listing_choices
from coordinator.services.groups import find_taken_names
from coordinator.services.imports import COLUMNS, FILE_BYTES, import_groups, read_csv
from coordinator.store.database import Work

HERE = "import"
FILE, TEXT = "file", "text"
OWN_FIELDS = frozenset({FILE, TEXT, "listing"})  # all other faults are of a line
AROUND_BYTES = 16 * 1024  # what a form adds around its file
ESCAPED_BYTES = 3  # a pasted byte can be sent as %XX
EXAMPLE = "Rede Mangue,Recife,America/Recife,pt-BR,TU-FR 18:00-22:00; SA 09:00-13:00,23:00-06:30,2027-02-09"


async def show_import(request: Request, language: Language) -> Response:
    """GET `/{lang}/steward/import`."""
    return await _show(request, language, None)


async def take_import(request: Request, language: Language) -> Response:
    """POST: takes all groups of the file into the network, or none."""
    await require_steward(request)  # before anything of the body is read
    tags = [one.tag for one in runtime(request).languages]

    async def do(work: Work, caller: Caller, form: Form) -> str:
        faults = Faults()
        listing = faults.read("listing", read_choice, text_of(form, "listing") or Listing.PARTNERS.value, tuple(Listing))
        taken = await find_taken_names(work, caller)  # asked first, so that one answer names all that is wrong
        rows = faults.read("", read_csv, _read_data(form), tags, taken)
        faults.check()
        await import_groups(work, caller, rows, Listing(listing))
        return f"{steward_path(language, 'groups')}?said=groups_imported"

    limit_bytes = FILE_BYTES * ESCAPED_BYTES + AROUND_BYTES
    return await command_page(request, do, lambda returned: _show(request, language, returned), limit_bytes=limit_bytes)


def _read_data(form: Form) -> bytes:
    """The file's bytes, else the pasted text. Raises Invalid when there is neither."""
    uploaded, pasted = form.get(FILE, b""), text_of(form, TEXT)
    data = uploaded if isinstance(uploaded, bytes) and uploaded else pasted.encode()
    if not data.strip():
        raise Invalid(problem(FILE, "missing"))
    return data


async def _show(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit_steward(request, conn, language)
    notices = () if returned is None else (_fault_notice(returned, language),)
    page = Import(
        frame=steward_frame(request, visit, language.gettext("Import groups"), page=HERE, notices=notices),
        ways=steward_ways(language, HERE),
        path=visit.path(HERE),
        typed=FRESH if returned is None else _typed(returned, language),
        listings=listing_choices(language),
        columns=",".join(COLUMNS),
        example=EXAMPLE,
    )
    return renderer(request).render("steward_import.html", page, language, returned.status if returned else 200)


def _typed(returned: Returned, language: Language) -> Typed:
    """What was pasted, and the faults of the form's own fields; a chosen file cannot be put back into a form."""
    values = {name: value for name, value in returned.form.items() if isinstance(value, str)}
    problems = returned.fault.problems if isinstance(returned.fault, Invalid) else ()
    return Typed(values, {p.field: say(p, language) for p in problems if p.field in OWN_FIELDS})


def _fault_notice(returned: Returned, language: Language) -> Notice:
    """Every fault with its line. Faults of lines lead nowhere: their lines are in the file."""
    notice = fault_notice(returned, language)
    problems = tuple(replace(each, field=each.field if each.field in OWN_FIELDS else "") for each in notice.problems)
    second = language.gettext("No group was taken in. Put the file right and send it again.")
    return Notice(notice.kind, notice.first, second, tuple(FieldProblem(each.field, each.sentence) for each in problems))


ROUTES = [
    Route("/{lang}/steward/import", in_language(show_import), methods=["GET"]),
    Route("/{lang}/steward/import", in_language(take_import), methods=["POST"]),
]
