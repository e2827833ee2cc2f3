"""A group's view of who paid for the moments of two years: groups by quarters, and any one's account line by line."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from coordinator.domain.quarters import Quarter
from coordinator.edge import runtime
from coordinator.formats.isolation import Setting, set_city, set_ltr
from coordinator.formats.places import seen_name, seen_place
from coordinator.formats.scales import balance_bar
from coordinator.formats.times import decimal_words, quarter_title
from coordinator.i18n import Language
from coordinator.pages.context_fairness import AccountLine, AccountView, FairnessPage, PaidCell, PaidRow
from coordinator.pages.door import Visit, admit, visit_frame
from coordinator.pages.frame import in_language, renderer
from coordinator.pages.quarter_heads import quarter_heads, year_heads
from coordinator.pages.reader import Reader, action_path
from coordinator.pages.views import balance_words
from coordinator.pages.ways import group_ways
from coordinator.pages.words import BURDENS
from coordinator.services.fairness import Account, Fairness, KeptView, load_fairness

PAGE = "fairness"
OF = "of"  # whose account is asked for; absent: the visitor's own


async def show_fairness(request: Request, language: Language) -> Response:
    """GET `/{lang}/g/{group}/fairness`; `?of=` names another group."""
    async with runtime(request).database.read() as conn:
        visit = await admit(request, conn, language)
        fairness = await load_fairness(conn, visit.caller, visit.reader.now)
    return renderer(request).render("fairness.html", _make_page(request, visit, fairness), language)


def _make_page(request: Request, visit: Visit, fairness: Fairness) -> FairnessPage:
    language, reader = visit.language, visit.reader
    asked = fairness.of(request.query_params.get(OF) or visit.group.id)
    most = max((abs(each.carried) for each in fairness.accounts), default=0.0)
    return FairnessPage(
        frame=visit_frame(request, visit, language.gettext("Who paid"), path=PAGE),
        group=visit.group.name,
        ways=group_ways(visit, PAGE),
        lead=_lead(fairness, visit),
        years=year_heads(fairness.quarters, reader),
        quarters=quarter_heads(fairness.quarters, reader),
        rows=tuple(_row(each, fairness, visit, most) for each in fairness.accounts),
        means=tuple(_means(quarter, fairness, reader) for quarter in fairness.quarters),
        key=tuple((burden, language.gettext(words)) for burden, words in BURDENS.items()),
        account=None if asked is None else _account(asked, fairness, visit),
    )


def _lead(fairness: Fairness, visit: Visit) -> str:
    """Where the visitor's own group stands, in one sentence."""
    own, language = fairness.of(visit.group.id), visit.language
    if not fairness.kept or own is None:
        return language.gettext("No action has been kept in these two years yet, so nobody has paid more than others.")
    carried = round(own.carried, 1)  # as it is written: a hundredth less than the mean would be "less: 0"
    if carried > 0:
        said = language.gettext("Your group has paid more than the mean: %(balance)s. It comes early when the next moment is looked for.")
    elif carried < 0:
        said = language.gettext(
            "Your group has paid less than the mean: %(balance)s. Others come first when the next moment is looked for."
        )
    else:
        said = language.gettext("Your group has paid as much as the mean.")
    balance = balance_words(carried, language, visit.reader.numerals)
    return visit.reader.fill(said, balance=set_ltr(balance, Setting.HTML))


def _row(account: Account, fairness: Fairness, visit: Visit, most: float) -> PaidRow:
    seen = account.seen
    return PaidRow(
        name=seen_name(seen, visit.language),
        place=seen_place(seen, visit.language),
        path="" if seen.group_id is None else visit.path(f"{PAGE}?{OF}={seen.group_id}#account"),
        cells=tuple(_cell(quarter, account, fairness, visit.language) for quarter in fairness.quarters),
        bar=balance_bar(account.carried, most),
        carried=balance_words(account.carried, visit.language, visit.reader.numerals),
        own=seen.group_id == visit.group.id,
    )


def _cell(quarter: Quarter, account: Account, fairness: Fairness, language: Language) -> PaidCell:
    paid = zip(fairness.kept, account.burdens, strict=True)
    burdens = [burden for kept, burden in paid if kept.quarter == quarter and burden is not None]
    return PaidCell(tuple((burden, language.gettext(BURDENS[burden])) for burden in burdens))


def _means(quarter: Quarter, fairness: Fairness, reader: Reader) -> str:
    """The means of a quarter's actions, one behind the other."""
    return " · ".join(_figure(kept.mean, reader) for kept in fairness.kept if kept.quarter == quarter)


def _account(account: Account, fairness: Fairness, visit: Visit) -> AccountView:
    lines = zip(fairness.kept, account.burdens, strict=True)
    heading = visit.language.gettext("The account of %(group)s")
    return AccountView(
        heading=visit.reader.fill(heading, group=set_city(account.seen.name, Setting.HTML)),
        lines=tuple(_line(kept, burden, visit) for kept, burden in lines if burden is not None),
        carried=balance_words(account.carried, visit.language, visit.reader.numerals),
    )


def _line(kept: KeptView, burden: int, visit: Visit) -> AccountLine:
    reader, language = visit.reader, visit.language
    return AccountLine(
        quarter=quarter_title(kept.quarter, language, reader.numerals),
        title=kept.title,
        language=kept.language,
        path=action_path(language, kept.slug),
        burden=burden,
        words=language.gettext(BURDENS[burden]),
        figure=_figure(burden, reader),
        mean=_figure(kept.mean, reader),
        difference=balance_words(burden - kept.mean, language, reader.numerals),
    )


def _figure(value: float, reader: Reader) -> str:
    return decimal_words(value, reader.language, reader.numerals)


ROUTES = [Route(f"/{{lang}}/g/{{group}}/{PAGE}", in_language(show_fairness), methods=["GET"])]
