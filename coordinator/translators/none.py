"""What stands in for an engine where there is none? One that serves no pair, so that every text waits for a person."""

from __future__ import annotations

from collections.abc import Sequence

from coordinator.errors import EngineRefused
from coordinator.ports import Locality, Pair

NAME = "none"


class NoTranslator:
    """The Translator of a network without an engine."""

    name = NAME
    version = ""
    locality = Locality.IN_PROCESS

    async def pairs(self) -> frozenset[Pair]:
        """None."""
        return frozenset()

    async def translate(self, segments: Sequence[str], pair: Pair, deadline_s: float) -> list[str]:
        """Raises EngineRefused."""
        raise EngineRefused(NAME, "pair_unserved")

    async def close(self) -> None:
        """There is nothing to close."""
