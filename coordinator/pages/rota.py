"""A group's rota: who holds which duty until when; taking one, giving it back, handing the custodian's over, whose turn the research is."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller, Right
from coordinator.domain.research import Waiting
from coordinator.domain.rota import LEASE_DEFAULT, Duty, Seat
from coordinator.domain.text import latin_digits, text_of
from coordinator.domain.zones import to_wall_time
from coordinator.edge import Answer, runtime
from coordinator.errors import Invalid
from coordinator.formats.isolation import Setting, set_city
from coordinator.formats.times import count_words
from coordinator.i18n import Language
from coordinator.pages.context import Notice
from coordinator.pages.context_group import Choices, HandOverForm, ResearchPart, RotaPage, SeatLine, TakeForm
from coordinator.pages.door import Visit, admit, group_of, visit_frame
from coordinator.pages.duties import is_free, last_day, nag_notice, seat_words
from coordinator.pages.forms import FRESH, Form, Returned, Typed, command_page, fault_notice, typed, with_latin_date
from coordinator.pages.frame import group_path, in_language, lead_back, renderer
from coordinator.pages.made_link import show_made_link
from coordinator.pages.reader import Reader
from coordinator.pages.research import HAND_ON, OF_HAND_ON, SKIP, Ways, raw_hand_on, research_part
from coordinator.pages.roles import duty_words
from coordinator.pages.ways import group_ways
from coordinator.services.rota import give_back, hand_on_research, hand_over, load_rota, load_rotation, nags, skip_research, take_duty
from coordinator.store.database import Work

PAGE = "rota"
BALANCE = "balance"  # where the research looks for whom to ask next
TAKE, GIVE_BACK, HAND_OVER = "take", "give-back", "hand-over"  # the addresses of its forms, after the page's
# a fault's field → the field of the page that it stands beside: two forms of one page ask for an alias and a last day
OF_TAKE = {"seat": "duty"}
OF_HAND_OVER = {"alias": "successor", "until": "successor_until"}
SHOWN_AT = {TAKE: OF_TAKE, HAND_OVER: OF_HAND_OVER, HAND_ON: OF_HAND_ON, SKIP: {}}


@dataclass(frozen=True, slots=True)
class Rota:
    """What the page shows of a group: its seats, and who waits for a turn of research."""

    seats: tuple[Seat, ...]
    waiting: tuple[Waiting, ...]


async def show_rota(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/rota`."""
    return await _show(request, language)


# --- commands ---------------------------------------------------------------------------------------------------------


async def take_take(request: Request, language: Language) -> Response:
    """POST `…/rota/take`: takes a free duty."""
    group_id = await group_of(request, Right.TAKE_DUTY)

    async def do(work: Work, caller: Caller, form: Form) -> str:
        await take_duty(work, caller, group_id, raw_take(form))
        return group_path(language, group_id, f"{PAGE}?said=duty_taken")

    return await command_page(request, do, lambda returned: _show(request, language, TAKE, returned))


async def take_give_back(request: Request, language: Language) -> Response:
    """POST `…/rota/give-back`: frees a duty."""
    group_id = await group_of(request, Right.TAKE_DUTY)

    async def do(work: Work, caller: Caller, form: Form) -> str:
        await give_back(work, caller, group_id, form)
        return group_path(language, group_id, f"{PAGE}?said=duty_given_back")

    return await command_page(request, do, lambda returned: _show(request, language, GIVE_BACK, returned))


async def take_hand_over(request: Request, language: Language) -> Response:
    """POST `…/rota/hand-over`: offers custodianship by a link, shown once; the same form sent again hears that it was done."""
    group_id = await group_of(request, Right.HAND_OVER)

    async def do(work: Work, caller: Caller, form: Form) -> Answer:
        made = await hand_over(work, caller, group_id, raw_hand_over(form))
        visit = await admit(request, work.conn, language)
        first = language.gettext("The hand-over is prepared.")
        second = language.gettext("It takes effect when your successor opens this link. Until then you stay custodian.")
        frame = visit_frame(request, visit, language.gettext("Here is the link"), path=PAGE, notices=(Notice("kindness", first, second),))
        what = language.gettext("For the next custodian")
        return show_made_link(request, made, visit.reader, frame, what=what, back_path=visit.path(PAGE))

    return await command_page(request, do, lambda returned: _show(request, language, HAND_OVER, returned))


async def take_hand_on(request: Request, language: Language) -> Response:
    """POST `…/rota/hand-on-research`: the next turn of research begins."""
    group_id = await group_of(request, Right.TAKE_DUTY)

    async def do(work: Work, caller: Caller, form: Form) -> str:
        await hand_on_research(work, caller, group_id, raw_hand_on(form))
        return group_path(language, group_id, f"{PAGE}?said=research_handed_on")

    return await command_page(request, do, lambda returned: _show(request, language, HAND_ON, returned))


async def take_skip(request: Request, language: Language) -> Response:
    """POST `…/rota/skip-research`: the next turn passes, with a reason."""
    group_id = await group_of(request, Right.TAKE_DUTY)

    async def do(work: Work, caller: Caller, form: Form) -> str:
        await skip_research(work, caller, group_id, form)
        return group_path(language, group_id, f"{PAGE}?said=turn_skipped")

    return await command_page(request, do, lambda returned: _show(request, language, SKIP, returned))


def raw_take(form: Form) -> Form:
    """The form as the service reads it: its one choice `spokesperson.2` is a duty and a seat."""
    duty, _, seat = text_of(form, "duty").partition(".")
    return {**with_latin_date(form), "duty": duty, "seat": seat}


def raw_hand_over(form: Form) -> Form:
    """The form as the service reads it: the successor's alias and last day."""
    given = {field: text_of(form, shown) for field, shown in OF_HAND_OVER.items()}
    return {"label": text_of(form, "label"), **given, "until": latin_digits(given["until"])}


# --- the page ---------------------------------------------------------------------------------------------------------


async def _show(request: Request, language: Language, sent: str = "", returned: Returned | None = None) -> Response:
    """The page; `sent` names the form that came back."""
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        seats = await load_rota(conn, visit.group.id, visit.reader.now)
        waiting = await load_rotation(conn, visit.group.id, visit.reader.now)
    page = _make_page(request, visit, Rota(seats, waiting), sent, returned)
    return renderer(request).render("rota.html", page, language, returned.status if returned else 200)


def _make_page(request: Request, visit: Visit, rota: Rota, sent: str, returned: Returned | None) -> RotaPage:
    language, reader, seats = visit.language, visit.reader, rota.seats
    said = () if returned is None else (fault_notice(returned, language, shown_at=SHOWN_AT.get(sent, OF_TAKE)),)
    nagging = tuple(nag_notice(each, reader) for each in nags(seats, reader.now))
    takes = visit.may(Right.TAKE_DUTY)
    return RotaPage(
        frame=visit_frame(request, visit, language.gettext("Rota"), path=PAGE, notices=(*said, *nagging)),
        group=visit.group.name,
        ways=group_ways(visit, PAGE),
        seats=tuple(_line(seat, reader, takes=takes) for seat in seats),
        give_back_path=visit.path(f"{PAGE}/{GIVE_BACK}") if takes else "",
        research=_research(visit, rota, sent, returned),
        take=_take_form(visit, seats, _fields(returned, sent, TAKE, language)) if takes else None,
        hand_over=_hand_over_form(visit, _fields(returned, sent, HAND_OVER, language)) if visit.may(Right.HAND_OVER) else None,
    )


def _fields(returned: Returned | None, sent: str, form: str, language: Language) -> Typed:
    """What was typed into this form, if it is the one that came back; after it was done once (409) the form is empty again."""
    if returned is None or sent != form or not isinstance(returned.fault, Invalid):
        return FRESH
    return typed(returned, language, shown_at=SHOWN_AT[form])


def _research(visit: Visit, rota: Rota, sent: str, returned: Returned | None) -> ResearchPart:
    takes = visit.may(Right.TAKE_DUTY)
    return research_part(
        rota.seats,
        rota.waiting,
        visit.reader,
        Ways(visit.path(BALANCE), visit.path(f"{PAGE}/{HAND_ON}"), visit.path(f"{PAGE}/{SKIP}")) if takes else Ways(visit.path(BALANCE)),
        usual_until=_usual_last_day(visit.reader),
        handing=_fields(returned, sent, HAND_ON, visit.language),
        skipping=_fields(returned, sent, SKIP, visit.language),
    )


def _line(seat: Seat, reader: Reader, *, takes: bool) -> SeatLine:
    returnable = takes and seat.holder is not None and seat.duty is not Duty.CUSTODIAN
    return SeatLine(
        duty=_seat_name(seat, reader.language),
        words=seat_words(seat, reader),
        free=is_free(seat, reader),
        pending=_pending_words(seat, reader),
        give_back=(seat.duty.value, str(seat.seat)) if returnable else None,
    )


def _pending_words(seat: Seat, reader: Reader) -> str:
    if seat.successor is None:
        return ""
    sentence = reader.language.gettext("Handed over to %(alias)s until %(date)s, as soon as they open their link.")
    alias = set_city(seat.successor.alias, Setting.HTML)
    return reader.fill(sentence, alias=alias, date=last_day(seat.successor.until_at, reader))


def _seat_name(seat: Seat, language: Language) -> str:
    """The duty; the second seat of one with its number."""
    name = duty_words(seat.duty, language)
    if seat.seat == 1:
        return name
    # Translators: one of two who hold the same duty: "Spokesperson 2".
    return language.gettext("%(duty)s %(number)s", duty=name, number=count_words(seat.seat, language))


def _take_form(visit: Visit, seats: tuple[Seat, ...], fields: Typed) -> TakeForm:
    reader = visit.reader
    return TakeForm(
        path=visit.path(f"{PAGE}/{TAKE}"),
        seats=_free_seats(seats, reader),
        seat=fields.value("duty"),
        alias=fields.value("alias"),
        until=fields.value("until", _usual_last_day(reader)),
        typed=fields,
    )


def _free_seats(seats: tuple[Seat, ...], reader: Reader) -> Choices:
    return tuple(
        (f"{seat.duty.value}.{seat.seat}", _seat_name(seat, reader.language))
        for seat in seats
        if is_free(seat, reader) and seat.duty is not Duty.CUSTODIAN
    )


def _hand_over_form(visit: Visit, fields: Typed) -> HandOverForm:
    return HandOverForm(
        path=visit.path(f"{PAGE}/{HAND_OVER}"),
        successor=fields.value("successor"),
        until=fields.value("successor_until", _usual_last_day(visit.reader)),
        label=fields.value("label"),
        typed=fields,
    )


def _usual_last_day(reader: Reader) -> str:
    """Three months from now, as a form's field takes it."""
    return to_wall_time(reader.now + LEASE_DEFAULT, reader.zone_id).date().isoformat()


ROUTES = [
    Route("/{lang}/g/{group}/rota", in_language(show_rota), methods=["GET"]),
    Route("/{lang}/g/{group}/rota/take", in_language(take_take), methods=["POST"]),
    Route("/{lang}/g/{group}/rota/give-back", in_language(take_give_back), methods=["POST"]),
    Route("/{lang}/g/{group}/rota/hand-over", in_language(take_hand_over), methods=["POST"]),
    Route(f"/{{lang}}/g/{{group}}/rota/{HAND_ON}", in_language(take_hand_on), methods=["POST"]),
    Route(f"/{{lang}}/g/{{group}}/rota/{SKIP}", in_language(take_skip), methods=["POST"]),
    lead_back("g/{group}/rota/{form}", f"g/{{group}}/{PAGE}"),
]
