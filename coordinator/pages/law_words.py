"""How does a group read that zone law has parted its moment from what it agreed to, and whoever proposed the action that it asks for another?"""

from __future__ import annotations

from collections.abc import Iterable

from coordinator.domain.access import Right
from coordinator.domain.action import State
from coordinator.domain.moment import Parted, Sentence, read_again
from coordinator.formats.cities import city_name
from coordinator.formats.isolation import Setting, compose, set_city
from coordinator.formats.places import seen_place
from coordinator.formats.times import say_moment, say_sentence
from coordinator.i18n import Languages
from coordinator.pages.context_desk import LawChoice
from coordinator.pages.context_news import LawRow
from coordinator.pages.context_told import Part
from coordinator.pages.door import Visit
from coordinator.pages.reader import Reader
from coordinator.pages.told import direction_of
from coordinator.services.actions import ActionView, GroupRow


def agreed_words(view: ActionView, visit: Visit) -> str:
    """The sentence this group agreed to; and what its clock reads by now, should the law of its zone have changed since."""
    row = view.row_of(visit.group.id)
    if row is None or row.sentence is None or view.state is not State.CONFIRMED:
        return ""
    match None if row.starts_at is None else read_again(row.sentence, row.starts_at):
        case None:
            return ""
        case Parted(now=now):
            return _parted_words(row.sentence, now, visit.reader, Setting.HTML)
        case _:
            said = _say(row.sentence, visit.reader, Setting.HTML)
            return visit.reader.fill(visit.language.gettext("Your group agreed to %(moment)s."), moment=said)


def make_law(view: ActionView, visit: Visit) -> LawChoice | None:
    """What the group can do about it; None while its moment reads as agreed. Whoever proposed the action moves it instead of asking."""
    row = view.row_of(visit.group.id)
    if row is None or row.choice is None:
        return None
    own, may = view.proposer_id == visit.group.id, visit.may(Right.RESPOND)
    return LawChoice(
        words=_choice_words(visit, own=own, asked=row.asks_move),
        keep_path=visit.path(f"actions/{view.slug}/keep-instant") if may else "",
        ask_path=visit.path(f"actions/{view.slug}/ask-for-move") if may and not own and not row.asks_move else "",
    )


def _choice_words(visit: Visit, *, own: bool, asked: bool) -> str:
    _ = visit.language.gettext
    if own:
        return _(
            "Nothing has moved: the instant is the same for everybody. Keep it at its new hour, or put another moment before the groups."
        )
    if asked:
        return _("Your group has asked for another moment. Until the groups agree to one, this one stands.")
    return _(
        "Nothing has moved: the instant is the same for everybody. Keep it at its new hour, or ask whoever proposed the action for another moment."
    )


def asking_words(view: ActionView, visit: Visit, setting: Setting = Setting.HTML) -> tuple[str, ...]:
    """For whoever proposed the action: which groups ask for another moment, each with its hour where its zone may be known."""
    if view.proposer_id != visit.group.id:
        return ()
    return tuple(_asking(row, visit.reader, setting) for row in view.rows if row.asks_move and row.seen.group_id != visit.group.id)


def _asking(row: GroupRow, reader: Reader, setting: Setting) -> str:
    seen, language = row.seen, reader.language
    if not seen.name:
        return language.gettext("A group that does not show itself asks for another moment.")
    if seen.zone_id is None or row.starts_at is None:
        return compose(language.gettext("%(group)s asks for another moment."), setting, group=set_city(seen.name, setting))
    city = seen_place(seen, language)
    moment = say_moment(row.starts_at, seen.zone_id, language, city, numerals=reader.numerals, setting=setting)
    sentence = language.gettext("%(group)s asks for another moment. The law of its zone has changed: for it the moment is now %(moment)s.")
    return compose(sentence, setting, group=set_city(seen.name, setting), moment=moment)


def law_rows(visit: Visit, views: Iterable[ActionView], languages: Languages) -> tuple[LawRow, ...]:
    """What of this lies on the group's desk, a row each: its own moments that have parted, and its actions that others ask to move."""
    return tuple(row for view in views for row in _rows_of(visit, view, languages))


def _rows_of(visit: Visit, view: ActionView, languages: Languages) -> Iterable[LawRow]:
    _ = visit.language.gettext
    path = visit.path(f"actions/{view.slug}#law")
    title = Part("title", view.title, view.language, direction_of(view.language, languages), changed=False)
    row = view.row_of(visit.group.id)
    if row is not None and row.choice is not None and row.sentence is not None:
        words = _parted_words(row.sentence, row.choice.now, visit.reader, Setting.ISOLATED)
        yield LawRow(path, title, words, _("You have asked for another moment") if row.asks_move else _("Choose"))
    for asking in asking_words(view, visit, Setting.ISOLATED):
        yield LawRow(path, title, asking, _("Look at it"))


def _parted_words(agreed: Sentence, now: Sentence, reader: Reader, setting: Setting) -> str:
    sentence = reader.language.gettext(
        "Your group agreed to %(agreed)s. The law of your zone has changed since: the moment is now %(now)s."
    )
    return compose(sentence, setting, agreed=_say(agreed, reader, setting), now=_say(now, reader, setting))


def _say(sentence: Sentence, reader: Reader, setting: Setting) -> str:
    """In the city whose clock it is: the group may have moved to another zone since it agreed."""
    city = reader.city if sentence.zone_id == reader.zone_id else city_name(sentence.zone_id, reader.language)
    return say_sentence(sentence, reader.language, city, numerals=reader.numerals, setting=setting)
