"""How does an HTML form become one command, and how does it come back when something is not right?

Done: 303 to where its effect is seen. A fault: the same page again with 422 or 409, every fault named beside its field, and everything
that was typed still there. The same form sent twice does its work once (`edge.run_command`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from coordinator.domain.access import Caller
from coordinator.domain.text import latin_digits, text_of
from coordinator.edge import BODY_MOST_BYTES, Answer, read_form, require_own_origin, run_command, status_of
from coordinator.errors import Conflict, Invalid, KeyReused, Problem
from coordinator.formats.isolation import Setting
from coordinator.formats.sentences import say, say_error
from coordinator.formats.times import count_words
from coordinator.i18n import Language
from coordinator.keys import IDEMPOTENCY_FIELD
from coordinator.pages.context import FieldProblem, Notice
from coordinator.pages.render import PRIVATE_CACHE
from coordinator.store.database import Work

SHOWN_BEFORE = 409  # the kept answer to a form whose own answer showed a secret

Form = dict[str, Any]
Fault = Invalid | Conflict | KeyReused
Do = Callable[[Work, Caller, Form], Awaitable[str | Answer]]
Prepare = Callable[[Form], Awaitable[None]]
Again = Callable[["Returned"], Awaitable[Response]]


def with_latin_date(form: Form) -> Form:
    """The form as a service reads it: its last day, `until`, may be typed in any digits."""
    return {**form, "until": latin_digits(text_of(form, "until"))}


@dataclass(frozen=True, slots=True)
class Returned:
    """A form that could not be taken: what was typed, and why not."""

    form: Form
    fault: Fault

    @property
    def status(self) -> int:
        return status_of(self.fault)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form shows in its fields: what was typed before (empty on a fresh page), and the sentence of each fault by field."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str, default: object = "") -> str:
        """What was typed, else the default."""
        return str(self.values.get(name, default))

    def error(self, name: str) -> str:
        """The sentences of this field's faults, empty when it has none."""
        return self.errors.get(name, "")

    def chosen(self, name: str, value: str, *, default: bool = False) -> bool:
        """Whether a box or button is marked; `default` says so on a page that was not sent yet."""
        if not self.values:
            return default
        given = self.values.get(name, ())
        return value in given if isinstance(given, list) else value == given


FRESH = Typed()


async def command_page(
    request: Request,
    do: Do,
    again: Again,
    *,
    lists: frozenset[str] = frozenset(),
    limit_bytes: int = BODY_MOST_BYTES,
    prepare: Prepare | None = None,
) -> Response:
    """Runs `do` once for this form and redirects to the path it returns (or gives the Answer it returns); on a fault of the input answers what `again` shows.

    `lists` names the fields that may be given several times. Faults that are not the input's (Forbidden, NotFound …) pass through. The
    same form sent again hears Conflict `shown_once` where the answer held a secret. `prepare` is what takes long and writes nothing: it is
    done for a form of our own pages before the transaction begins, and its faults are the form's.
    """
    try:
        form = await read_form(request, lists=lists, limit_bytes=limit_bytes)
    except Invalid as fault:
        return await again(Returned({name: [] for name in lists}, fault))

    async def answer(work: Work, caller: Caller) -> Answer:
        done = await do(work, caller, form)
        return done if isinstance(done, Answer) else Answer(303, {"Location": done, "Cache-Control": PRIVATE_CACHE})

    try:
        if prepare is not None:
            require_own_origin(request)
            await prepare(form)
        done = await run_command(request, form, answer, key=form.get(IDEMPOTENCY_FIELD) or None)
        if done.status == SHOWN_BEFORE:
            raise Conflict("shown_once")
    except (Invalid, Conflict, KeyReused) as fault:
        return await again(Returned(form, fault))
    return Response(done.body, done.status, dict(done.headers))


def typed(
    returned: Returned | None, language: Language, *, zone_id: str = "UTC", city: str = "", shown_at: Mapping[str, str] | None = None
) -> Typed:
    """The fields of a form that came back; `shown_at` names the field of the page for faults that are called otherwise."""
    if returned is None:
        return FRESH
    errors: dict[str, str] = {}
    for problem in _problems(returned.fault, shown_at):
        sentence = say(problem, language, zone_id=zone_id, city=city, setting=_setting(language))
        errors[problem.field] = Markup(" ").join((errors[problem.field], sentence)) if problem.field in errors else sentence
    return Typed(returned.form, errors)


def fault_notice(
    returned: Returned, language: Language, *, zone_id: str = "UTC", city: str = "", shown_at: Mapping[str, str] | None = None
) -> Notice:
    """What the page says first when a form came back: all faults at once, each leading to its field."""
    if not isinstance(returned.fault, Invalid):
        return Notice("fault", say_error(returned.fault, language, zone_id=zone_id, city=city))
    return problems_notice(returned.fault, language, zone_id=zone_id, city=city, shown_at=shown_at)


def problems_notice(
    fault: Invalid, language: Language, *, zone_id: str = "UTC", city: str = "", shown_at: Mapping[str, str] | None = None
) -> Notice:
    """All faults of a form in words. Moments in them are said for `city`."""
    said = tuple(
        FieldProblem(p.field, say(p, language, zone_id=zone_id, city=city, setting=_setting(language))) for p in _problems(fault, shown_at)
    )
    first = language.ngettext(
        "One thing is not right yet.", "%(n)s things are not right yet.", len(said), n=count_words(len(said), language)
    )
    return Notice("fault", first, language.gettext("Nothing was changed. What you typed is still here."), said)


def _setting(language: Language) -> Setting:
    """A right-to-left sentence sets apart what was typed and what would be accepted: dates and codes would read backwards in it."""
    return Setting.HTML if language.direction == "rtl" else Setting.BARE


def _problems(fault: Fault, shown_at: Mapping[str, str] | None) -> list[Problem]:
    if not isinstance(fault, Invalid):
        return []
    names = shown_at or {}
    return [Problem(names.get(p.field, p.field), p.code, p.value, p.remedy) for p in fault.problems]
