"""How does a page say where an action stands: until when answers are open, who consents, where a move would lead?"""

from __future__ import annotations

from coordinator.domain.action import State
from coordinator.pages.reader import Reader
from coordinator.pages.words import consent_words
from coordinator.services.actions import ActionView


def standing_words(view: ActionView, reader: Reader) -> str:
    """What follows from how the action stands: until when answers are open, who consents, why it was cancelled."""
    match view.state:
        case State.PROPOSED if view.deadline_at is not None:
            return reader.fill(reader.language.gettext("Answers are open until %(moment)s."), moment=reader.say(view.deadline_at))
        case State.CONFIRMED if view.moving:
            return moving_words(view, reader)
        case State.CONFIRMED:
            return consent_words(view.agreed_tally, reader.language, reader.numerals)
        case State.CANCELLED:
            return view.cancel_reason
        case _:
            return ""


def moving_words(view: ActionView, reader: Reader) -> str:
    """That a move is before the groups, and where to; empty when none is."""
    if not view.moving or view.offered_at is None:
        return ""
    sentence = reader.language.gettext("A move is before the groups, to %(moment)s. Until they agree, the moment stands.")
    return reader.fill(sentence, moment=reader.say(view.offered_at))
