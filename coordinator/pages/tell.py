"""The form in which a group tells its struggle: title, story, what it asks, the echo it offers, and what may be shown where until when."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.access import Caller, Right
from coordinator.domain.listing import Listing
from coordinator.domain.spotlight import (
    ANSWER,
    ASK,
    CONSENT,
    FACE,
    SHARE,
    TITLE,
    USUAL_AGE,
    Audience,
    SpotlightCommand,
    SpotlightState,
    can,
    story_of,
)
from coordinator.domain.text import text_of
from coordinator.domain.zones import to_wall_time
from coordinator.edge import runtime
from coordinator.errors import Conflict, NotFound
from coordinator.i18n import Language
from coordinator.pages.context_group import Explained
from coordinator.pages.context_spotlights import TellPage
from coordinator.pages.door import Visit, admit, group_of, visit_frame
from coordinator.pages.duties import A_MOMENT
from coordinator.pages.forms import Form, Returned, Typed, command_page, fault_notice, typed, with_latin_date
from coordinator.pages.frame import group_path, in_language, renderer
from coordinator.pages.spotlight import tells
from coordinator.pages.told import view_text
from coordinator.services.mirror import Reading, SpotlightView, load_spotlight
from coordinator.services.spotlights import draft_spotlight, edit_spotlight
from coordinator.store.database import Work

LIST = "spotlights"
BODY_BYTES = 512 * 1024  # 600 words of any script, each byte of them as three in a form


@dataclass(frozen=True, slots=True)
class Sheet:
    """What tells the form of a new spotlight from that of a changed one; `page` is its address after the group."""

    page: str
    heading: str
    lede: str
    back_path: str
    save_words: str


# --- a new one ----------------------------------------------------------------------------------------------------------


async def show_new(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/spotlights/new`."""
    return await _show_new(request, language, None)


async def take_new(request: Request, language: Language) -> Response:
    """POST: keeps the draft and leads to it."""
    group_id = await group_of(request, Right.TELL)
    tags = frozenset(one.tag for one in runtime(request).languages)

    async def do(work: Work, caller: Caller, form: Form) -> str:
        slug = await draft_spotlight(work, caller, group_id, with_latin_date(form), tags)
        return group_path(language, group_id, f"{LIST}/{slug}?said=told")

    return await command_page(request, do, lambda returned: _show_new(request, language, returned), limit_bytes=BODY_BYTES)


async def _show_new(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
    visit.caller.require(Right.TELL, visit.group.id)
    sheet = Sheet(
        page=f"{LIST}/new",
        heading=language.gettext("Tell your struggle"),
        lede=language.gettext("Other groups hold it up in their meetings, each in its own language, and answer with an echo."),
        back_path=visit.path(LIST),
        save_words=language.gettext("Keep the draft"),
    )
    return _render(request, visit, sheet, None, returned)


# --- one that is changed --------------------------------------------------------------------------------------------------


async def show_edit(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/spotlights/{slug}/edit`."""
    return await _show_edit(request, language, None)


async def take_edit(request: Request, language: Language) -> Response:
    """POST: keeps the changes and leads back to the spotlight."""
    group_id, slug = await group_of(request, Right.TELL), request.path_params["slug"]
    tags = frozenset(one.tag for one in runtime(request).languages)

    async def do(work: Work, caller: Caller, form: Form) -> str:
        await edit_spotlight(work, caller, slug, with_latin_date(form), tags)
        return group_path(language, group_id, f"{LIST}/{slug}?said=edited")

    return await command_page(request, do, lambda returned: _show_edit(request, language, returned), limit_bytes=BODY_BYTES)


async def _show_edit(request: Request, language: Language, returned: Returned | None) -> Response:
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        visit.caller.require(Right.TELL, visit.group.id)
        view = await load_spotlight(conn, Reading(visit.caller, "", visit.reader.now), request.path_params["slug"])
    if not tells(visit, view) or (returned is None and not can(view.state, SpotlightCommand.EDIT)):
        raise NotFound("spotlight")
    if view.state is SpotlightState.PUBLISHED:
        visit.caller.require(Right.PUBLISH, visit.group.id)
    sheet = Sheet(
        page=f"{LIST}/{view.slug}/edit",
        heading=language.gettext("Change the words"),
        lede=language.gettext("What you change is out of date in every translation at once; what you leave stays translated."),
        back_path=visit.path(f"{LIST}/{view.slug}"),
        save_words=language.gettext("Keep the changes"),
    )
    return _render(request, visit, sheet, view, returned)


# --- the form -------------------------------------------------------------------------------------------------------------


def _render(request: Request, visit: Visit, sheet: Sheet, view: SpotlightView | None, returned: Returned | None) -> Response:
    page = _make_form(request, visit, sheet, view, returned)
    return renderer(request).render("tell.html", page, visit.language, returned.status if returned else 200)


def _make_form(request: Request, visit: Visit, sheet: Sheet, view: SpotlightView | None, returned: Returned | None) -> TellPage:
    language, fields = visit.language, typed(returned, visit.language)
    meanwhile = returned is not None and isinstance(returned.fault, Conflict)
    stored = _stored(visit, view)
    return TellPage(
        frame=visit_frame(
            request, visit, sheet.heading, path=sheet.page, notices=() if returned is None else (fault_notice(returned, language),)
        ),
        heading=sheet.heading,
        lede=sheet.lede,
        save_path=visit.path(sheet.page),
        save_words=sheet.save_words,
        back_path=sheet.back_path,
        edition=_edition(view, returned),
        typed=fields,
        **{name: fields.value(name, said) for name, said in stored.items()},
        language_tag=fields.value("language", visit.group.language if view is None else view.source.language),
        languages=tuple((one.tag, one.name) for one in runtime(request).languages),
        audiences=_audiences(visit, view, fields),
        may_leave=fields.chosen("may_leave", "1", default=view is not None and view.may_leave),
        stands=view_text(view.source, view.shown, language, runtime(request).languages) if view is not None and meanwhile else None,
    )


def _stored(visit: Visit, view: SpotlightView | None) -> dict[str, str]:
    """What stands in the fields of a page that was not sent yet."""
    ends_at = visit.reader.now + USUAL_AGE if view is None else view.expires_at
    until = to_wall_time(ends_at - A_MOMENT, visit.reader.zone_id).date().isoformat()
    keys = (TITLE, ASK, FACE, SHARE, ANSWER, CONSENT)
    if view is None:
        return {**dict.fromkeys(keys, ""), "story": "", "links": "", "until": until}
    links = "\n".join(f"{link.url} {link.words}".strip() for link in view.links)
    return {**{key: view.source.words(key) for key in keys}, "story": story_of(view.source.sections), "links": links, "until": until}


def _edition(view: SpotlightView | None, returned: Returned | None) -> str:
    """What the form was made from. After a conflict it is what is kept now: sending again is then done knowingly."""
    if view is None:
        return ""
    if returned is None or isinstance(returned.fault, Conflict):
        return str(view.edition)
    return text_of(returned.form, "edition")


def _audiences(visit: Visit, view: SpotlightView | None, fields: Typed) -> tuple[Explained, ...]:
    language = visit.language
    stands = Audience.PARTNERS if view is None else view.audience
    everybody = language.gettext("Also on public pages and in public rooms.")
    if visit.group.listing is not Listing.PUBLIC:
        everybody = language.gettext("As soon as your group lists itself publicly; until then only partner groups see it.")
    choices = (
        (Audience.PARTNERS, language.gettext("Partner groups"), language.gettext("On their desks, in their rooms and meetings.")),
        (Audience.PUBLIC, language.gettext("Everybody"), everybody),
    )
    return tuple(Explained(str(a), name, means, fields.chosen("audience", str(a), default=a is stands)) for a, name, means in choices)


ROUTES = [
    Route(f"/{{lang}}/g/{{group}}/{LIST}/new", in_language(show_new), methods=["GET"]),
    Route(f"/{{lang}}/g/{{group}}/{LIST}/new", in_language(take_new), methods=["POST"]),
    Route(f"/{{lang}}/g/{{group}}/{LIST}/{{slug}}/edit", in_language(show_edit), methods=["GET"]),
    Route(f"/{{lang}}/g/{{group}}/{LIST}/{{slug}}/edit", in_language(take_edit), methods=["POST"]),
]
