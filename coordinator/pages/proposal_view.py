"""How is an action put on a group's page: where it stands, what was agreed, and which commands are offered?"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from coordinator.domain.access import Right
from coordinator.domain.action import Command, State, can
from coordinator.domain.quarters import parse_quarter
from coordinator.domain.response import THIRDS
from coordinator.formats.times import percent_words, quarter_title
from coordinator.pages.action import before_words, count_sentences, deadline_words, proposer_words
from coordinator.pages.asking import make_ask
from coordinator.pages.context import Notice
from coordinator.pages.context_desk import Choosing, Practising, ProposalPage
from coordinator.pages.context_moments import Strip
from coordinator.pages.door import Visit, visit_frame
from coordinator.pages.forms import Typed
from coordinator.pages.law_words import agreed_words, asking_words, make_law
from coordinator.pages.leg_rows import legs_words
from coordinator.pages.reader import Reader, action_path
from coordinator.pages.standing import moving_words
from coordinator.pages.views import OFFERED, action_strip, moment_of, title_size
from coordinator.pages.words import kind_and_duration, others_words, state_words
from coordinator.services.actions import ActionView


@dataclass(frozen=True, slots=True)
class Draws:
    """What a page draws besides the action itself: a form that came back, candidates, the form of a practice. `base` is our scheme and host."""

    base: str
    typed: Typed
    choosing: Choosing | None
    practising: Practising | None


def make_proposal(
    request: Request, visit: Visit, view: ActionView, draws: Draws, *, notices: tuple[Notice, ...], page: str
) -> ProposalPage:
    """The page's context; `page` is its address after the group."""
    reader, language = visit.reader, visit.language
    own = view.of_group(visit.group.id)
    moment_at, line = moment_of(own)
    may = Offers(visit, view)
    return ProposalPage(
        frame=visit_frame(request, visit, view.title, path=page, notices=notices),
        title=view.title,
        title_language=view.language,
        title_size=title_size(view.title),
        kicker=proposer_words(view, language),
        story=view.story,
        what=kind_and_duration(view, language, reader.numerals),
        quarter=quarter_title(parse_quarter(view.quarter), language, reader.numerals),
        state=state_words(view, language),
        practice=view.practice,
        reason=view.cancel_reason,
        line=line,
        when="" if moment_at is None else reader.say(moment_at),
        legs_words=legs_words(view, reader),
        agreed=agreed_words(view, visit),
        law=make_law(view, visit),
        asking=asking_words(view, visit),
        before=before_words(view, reader, view.stood_at(visit.group.id)),
        moving=moving_words(own, reader),
        until=deadline_words(view, reader),
        rule=rule_words(visit) if view.deadline_at is not None else "",
        counts=() if view.practice else count_sentences(view, reader),
        ask=make_ask(visit, own, draws.base, draws.typed),
        typed=draws.typed,
        strip=None if moment_at is None else _strip(own, reader, offered=line == OFFERED),
        strip_heading=language.gettext("Who is at what hour"),
        offered_strip=_strip(own, reader, offered=True) if view.moving else None,
        choosing=draws.choosing,
        practising=draws.practising,
        edit_path=may.path(Command.EDIT, "/edit", Right.DRAFT),
        move_path=may.path(Command.MOVE, "/move"),
        withdraw_path=may.path(Command.KEEP if view.moving else Command.WITHDRAW, "/withdraw"),
        withdraw_words=language.gettext("Take the move back") if view.moving else language.gettext("Take it back"),
        cancel_path=may.path(Command.CANCEL, "/cancel") if view.starts_at is not None and view.starts_at > reader.now else "",
        copy_path=visit.path(f"propose?from={view.slug}") if may.copy() else "",
        public_path="" if view.practice or view.state is State.DRAFT else action_path(language, view.slug),
        room_path=visit.path("room") if view.state is State.CONFIRMED else "",
        desk_path=visit.path(),
    )


@dataclass(frozen=True, slots=True)
class Offers:
    """Which commands a page offers its visitor."""

    visit: Visit
    view: ActionView

    def path(self, command: Command, rest: str, right: Right = Right.PUT_FORWARD) -> str:
        """Where the command is sent; empty when it is another group's action, the state forbids it, or the visitor has no right."""
        view = self.view
        own = view.proposer_id == self.visit.group.id and self.visit.may(right)
        if not own or not can(view.state, command, moving=view.moving, practice=view.practice):
            return ""
        return self.visit.path(f"actions/{view.slug}{rest}")

    def copy(self) -> bool:
        """Whether a proposal that came to nothing may be drafted again."""
        over = self.view.state in (State.LAPSED, State.WITHDRAWN, State.CANCELLED)
        return over and self.view.proposer_id == self.visit.group.id and self.visit.may(Right.DRAFT)


def _strip(view: ActionView, reader: Reader, *, offered: bool) -> Strip | None:
    moment_at, line = (view.offered_at, OFFERED) if offered else moment_of(view)
    if moment_at is None:
        return None
    caption = reader.language.gettext("Local time, burden and answer of each group")
    others = others_words(view.others, view.continents, reader.language, reader.numerals)
    return action_strip(view.rows, moment_at, line, reader, caption=caption, others=others)


def rule_words(visit: Visit) -> str:
    """When a moment counts as agreed."""
    percent, language = visit.network.threshold_percent, visit.language
    if THIRDS.get(percent) == (2, 3):
        return language.gettext("It stands when two thirds of those who consent or stand aside consent, and nobody objects.")
    share = percent_words(percent, language, visit.reader.numerals)
    return language.gettext("It stands when %(share)s of those who consent or stand aside consent, and nobody objects.", share=share)
