"""Which of the three resolvers answers a question? The one of its shape."""

from __future__ import annotations

from coordinator.domain.action import Shape
from coordinator.domain.question import Answer, Question
from coordinator.domain.relay import RelayAnswer, resolve_relay
from coordinator.domain.resolver import resolve
from coordinator.domain.wave import WaveAnswer, resolve_wave

AnyAnswer = Answer | WaveAnswer | RelayAnswer


def resolve_shape(question: Question) -> AnyAnswer:
    """The exact answer; none of the three ever fails."""
    match question.shape:
        case Shape.INSTANT:
            return resolve(question)
        case Shape.WAVE:
            return resolve_wave(question)
        case Shape.RELAY:
            return resolve_relay(question)
