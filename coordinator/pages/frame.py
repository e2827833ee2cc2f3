"""What surrounds a page: the language it speaks, the ways to other pages, and what it says first.

async def show(request: Request, language: Language) -> Response: …
ROUTES = [Route("/{lang}/…", in_language(show))]
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from coordinator.domain.group import Group, Numerals
from coordinator.edge import runtime
from coordinator.errors import NotFound
from coordinator.formats.times import LATIN
from coordinator.i18n import N_, Language, Languages
from coordinator.pages.context import Frame, LanguageLink, Notice
from coordinator.pages.render import Renderer
from coordinator.services.network import Network, load_network

SAID = "said"  # the query's name for what the page says first
NOT_SPOKEN = "language-"  # `?said=language-fr`: the page was asked for in French, which is not complete

Endpoint = Callable[[Request], Awaitable[Response]]
LanguageEndpoint = Callable[[Request, Language], Awaitable[Response]]

# code → kind, what happened, what follows. Codes stand in addresses, so nothing but what is listed here is ever said.
NOTICES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "drafted": ("kindness", N_("The draft is kept."), N_("Nobody else sees it until a moment is put forward.")),
        "edited": ("kindness", N_("The changes are kept."), ""),
        "put_forward": ("kindness", N_("The moment is before the groups."), N_("Your group's consent is recorded.")),
        "withdrawn": ("news", N_("It was taken back."), ""),
        "stayed": ("news", N_("The move was taken back."), N_("The moment stands where it stood.")),
        "cancelled": ("news", N_("The action is cancelled."), N_("Rooms, pages and calendars say so now, with the reason.")),
        "practising": ("kindness", N_("The practice has its moment."), N_("Only your own group sees it. Open your room and count down.")),
        "consent": ("kindness", N_("Thank you: your group consents."), N_("You can change the answer until the count is closed.")),
        "stand_aside": ("kindness", N_("Thank you: your group stands aside."), N_("You can change the answer until the count is closed.")),
        "object": ("kindness", N_("Your group's objection is recorded."), N_("It holds the moment until you change the answer.")),
        "moment_kept": ("kindness", N_("Your group keeps the moment."), N_("What it agreed to says the new hour from now on.")),
        "move_asked": (
            "kindness",
            N_("Whoever proposed the action reads that your group asks for another moment."),
            N_("Until the groups agree to one, this one stands."),
        ),
        "hours_kept": ("kindness", N_("Your hours are kept."), N_("Moments are searched for by them from now on; what stands stays.")),
        "no_go_kept": (
            "kindness",
            N_("The no-go time is kept."),
            N_("Moments are searched for around it from now on; what stands stays. Nobody else is told."),
        ),
        "busy_link_kept": (
            "kindness",
            N_("The link is kept."),
            N_("The calendar is being read now. Look at this page again in a minute."),
        ),
        "busy_file_kept": (
            "kindness",
            N_("The calendar has been read."),
            N_("Moments are searched for around its busy times from now on; what stands stays. Nobody else is told."),
        ),
        "busy_asked": ("kindness", N_("The calendar is being read now."), N_("Look at this page again in a minute.")),
        "busy_removed": ("news", N_("The calendar is forgotten."), N_("Moments may be searched for in its busy times again.")),
        "no_go_removed": ("news", N_("The no-go time is forgotten."), N_("Moments may be searched for there again.")),
        "settings_kept": ("kindness", N_("The settings are kept."), N_("They hold at once, on every page, screen and calendar.")),
        "group_created": ("kindness", N_("The group is in the network."), N_("Make a link for its custodian now, and pass it on.")),
        "groups_imported": ("kindness", N_("All groups of the file are in the network."), N_("Each of them needs a custodian’s link.")),
        "group_archived": ("news", N_("The group has left the network."), N_("Its links are ended, and its past actions stay.")),
        "network_changed": ("kindness", N_("The network’s settings are kept."), N_("Public pages show them within seconds.")),
        "job_revived": ("kindness", N_("It will be tried again at once."), ""),
        "link_revoked": ("news", N_("The link is revoked."), N_("Within two seconds it opens nothing any more, on any device.")),
        "term_added": ("kindness", N_("The words are in the glossary."), N_("Machine drafts of what is shown are made anew with them.")),
        "term_removed": (
            "news",
            N_("The words are out of the glossary."),
            N_("Machine drafts of what is shown are made anew without them."),
        ),
        "duty_taken": ("kindness", N_("Thank you for taking this on."), ""),
        "duty_given_back": ("kindness", N_("Thank you for what you carried."), N_("The duty is free for somebody else.")),
        "packet_brought": ("kindness", N_("The packet is here."), N_("Only your own group sees it, until its last day.")),
        "packet_own": (
            "news",
            N_("This packet was made in this network."),
            N_("Here is the spotlight as it stands today; nothing was taken in."),
        ),
        "packet_brought_voiceless": (
            "kindness",
            N_("The packet is here, without its voices."),
            N_("Only your own group sees it, until its last day. To hear the voices, open the page in the file itself."),
        ),
        "packet_own_voiceless": (
            "news",
            N_("A voice in this file was taken back, or its time is over: delete the file, and make a new one."),
            N_("Here is the spotlight as it stands today; nothing was taken in."),
        ),
        "packet_deleted": ("news", N_("The packet is deleted."), N_("Its words, translations and echoes are gone from here.")),
        "research_handed_on": (
            "kindness",
            N_("The turn has passed on."),
            N_("Thank you to whoever carried it, and to whoever takes it up."),
        ),
        "turn_skipped": ("news", N_("The turn was let pass."), N_("Whoever follows moves up; the reason stands beside the turn.")),
        "segment_ready": (
            "kindness",
            N_("The segment is set up."),
            N_("Open the wall in the hall, then start it from here or from a phone."),
        ),
        "segment_ended": ("kindness", N_("Thank you. The segment has ended."), N_("This page keeps what was mirrored; it can be printed.")),
        "tap_late": ("news", N_("Somebody was faster."), N_("Nothing was changed. This is how the segment stands now.")),
        "echo_kept": ("kindness", N_("It is on the wall, and with the group that told."), N_("Sent again, it changes what was said.")),
        "researcher_kept": ("kindness", N_("It is noted who researches next time."), ""),
        "told": ("kindness", N_("The draft is kept."), N_("Only your own group sees it until it is published.")),
        "spotlight_published": ("kindness", N_("It is published."), N_("Partners’ desks and rooms show it from now on.")),
        "spotlight_retired": ("news", N_("The spotlight was taken back."), N_("No page and no screen shows it any more.")),
        "spotlight_deleted": ("news", N_("It is deleted."), N_("Its translations and the echoes that answered it are gone, too.")),
        "translated": ("kindness", N_("Thank you: your translation is kept."), N_("It is shown now, and a second reader can sign it.")),
        "translated_beside": (
            "kindness",
            N_("Thank you: your translation is kept."),
            N_("Somebody else saved one at the same time. Both are kept; the other one stands below."),
        ),
        "translated_outdated": (
            "kindness",
            N_("Thank you: your translation is kept."),
            N_("The original changed while you worked. What changed is marked below."),
        ),
        "translation_signed": ("kindness", N_("Thank you for reading it."), N_("It may be shown on walls from now on.")),
        "translation_deleted": ("news", N_("The translation is deleted."), N_("What it had been made from stands again.")),
        "voice_reported": (
            "kindness",
            N_("Thank you. The steward has been told."),
            N_("Your group does not hear this voice note until the steward has decided."),
        ),
        "report_dismissed": ("news", N_("The report is dismissed."), N_("Where the voice note is published, its group is heard again.")),
        "voice_taken_down": ("news", N_("The voice note is taken down."), N_("Nobody hears it any more, and its group reads why.")),
        "confirmed": ("kindness", N_("Thank you. All have answered, and the moment stands."), N_("It is in the calendar now.")),
    }
)


def renderer(request: Request) -> Renderer:
    """The renderer of the application that serves this request."""
    found: Renderer = request.app.state.renderer
    return found


# --- language ---------------------------------------------------------------------------------------------------------


def in_language(endpoint: LanguageEndpoint) -> Endpoint:
    """Gives an endpoint of `/{lang}/…` its language.

    An unknown tag raises NotFound; another spelling of a tag is sent to the usual one; a language that is not complete is sent to what
    its readers are shown instead, with a notice.
    """

    async def spoken(request: Request) -> Response:
        tag = request.path_params["lang"]
        language = runtime(request).languages.get(tag)
        if language is None:
            raise NotFound("language")
        shown = language if language.complete else await _shown_instead(request, language)
        if shown.tag == tag:
            return await endpoint(request, shown)
        return _send_to(request, shown, None if shown is language else language)

    return spoken


def lead_back(path: str, to: str) -> Route:
    """The GET of an address that only takes forms, as a page that was sent is reloaded: it leads to `to`.

    Both stand after the language; what `path` names in braces, `to` may name as well.
    """

    async def back(request: Request, language: Language) -> Response:
        return RedirectResponse(f"/{language.tag}/{to.format_map(request.path_params)}", 303)

    return Route(f"/{{lang}}/{path}", in_language(back), methods=["GET"])


async def _shown_instead(request: Request, wished: Language) -> Language:
    current = runtime(request)
    async with current.database.read() as conn:
        network = await load_network(conn)
    return current.languages.shown_in(wished.tag, network.default_language).language


def _send_to(request: Request, language: Language, wished: Language | None) -> Response:
    query = request.url.query if wished is None else urlencode({SAID: f"{NOT_SPOKEN}{wished.tag}"})
    path = f"/{language.tag}{path_after_language(request)}"
    return RedirectResponse(f"{path}?{query}" if query else path, 307)  # 307: a form's language must not swallow the form


def path_after_language(request: Request) -> str:
    """The rest of `/{lang}/…`, beginning with a slash."""
    _, _, rest = request.url.path.removeprefix("/").partition("/")
    return f"/{rest}"


def group_path(language: Language, group_id: str, rest: str = "") -> str:
    """The address of one of a group's own pages."""
    return f"/{language.tag}/g/{group_id}/{rest}"


def public_numerals(network: Network, language: Language) -> str:
    """The digits of a language's public pages, as the network chose."""
    return network.numerals.get(language.tag, LATIN)


def group_numerals(group: Group, language: Language) -> str:
    """The digits of a group's own pages, as the group chose."""
    return language.native_digits if group.profile.numerals is Numerals.NATIVE else LATIN


# --- frame ------------------------------------------------------------------------------------------------------------


def make_frame(
    request: Request,
    network: Network,
    language: Language,
    title: str,
    *,
    here: str = "",
    path: str | None = None,
    group_id: str | None = None,
    notices: tuple[Notice, ...] = (),
    numerals: str = LATIN,
    refresh_s: int | None = None,
) -> Frame:
    """The frame of a page of `/{lang}{path}` (the request's own path unless given: a form that is shown again names its page)."""
    languages, path = runtime(request).languages, path_after_language(request) if path is None else path
    return Frame(
        title=title,
        network=network.name,
        here=here,
        home_path=f"/{language.tag}/",
        calendar_path=f"/{language.tag}/subscribe",
        group_path=group_path(language, group_id) if group_id else f"/{language.tag}/g/",
        status_path=f"/{language.tag}/status",
        languages=language_links(languages, language, path),
        notices=(*said_notices(request, languages, language), *notices),
        refresh_s=refresh_s,
        numerals=numerals,
        mirror_path=f"/{language.tag}/mirror",
    )


def language_links(languages: Languages, current: Language, path: str) -> tuple[LanguageLink, ...]:
    """The page at `/{lang}{path}` in each complete language."""
    return tuple(
        LanguageLink(other.tag, other.name, other.direction, f"/{other.tag}{path}", other is current) for other in languages.complete
    )


def said_notices(request: Request, languages: Languages, language: Language) -> tuple[Notice, ...]:
    """What `?said=` lets a page say first; nothing for a code that is not in the table."""
    code = request.query_params.get(SAID, "")
    if code.startswith(NOT_SPOKEN):
        wished = languages.get(code.removeprefix(NOT_SPOKEN))
        return () if wished is None or wished.complete else (not_spoken_notice(wished, language),)
    if code not in NOTICES:
        return ()
    kind, first, second = NOTICES[code]
    return (Notice(kind, language.gettext(first), language.gettext(second) if second else ""),)


def not_spoken_notice(wished: Language, shown: Language) -> Notice:
    """That a page is shown in another language than was asked for."""
    first = shown.gettext("Chorus does not speak %(wished)s yet.", wished=wished.name)
    return Notice("news", first, shown.gettext("This page is shown in %(shown)s instead.", shown=shown.name))
