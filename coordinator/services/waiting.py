"""Which told words wait for a group? What is not in its language yet, what is out of date there, and what no second reader has signed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.translation import Label, Rendering
from coordinator.services.mirror import EchoView, Reading, SpotlightView, load_echoes, load_standing
from coordinator.services.translations import waiting_for
from coordinator.store.spotlights import answering
from coordinator.store.texts import find_renderings


class Wait(StrEnum):
    """What a text waits for, in one language."""

    TRANSLATION = "translation"
    UPDATE = "update"  # the original has changed since
    READER = "reader"  # somebody translated it, or a machine drafted it, and nobody has signed that


@dataclass(frozen=True, slots=True)
class Waiting:
    """A spotlight, or an echo of one, whose words wait for something."""

    view: SpotlightView | EchoView
    wait: Wait


async def load_waiting(conn: AsyncConnection, reading: Reading) -> list[Waiting]:
    """What waits in `reading.language` for whoever speaks it: standing spotlights first, then echoes of them; in each the newest first."""
    spotlights = await load_standing(conn, reading)
    echoes = await load_echoes(conn, reading, answering([view.id for view in spotlights]))
    views: Sequence[SpotlightView | EchoView] = [*spotlights, *echoes]
    renderings = await find_renderings(conn, [view.text_id for view in views])
    found = [(view, _wait(view, renderings[view.text_id], reading.language)) for view in views]
    return [Waiting(view, wait) for view, wait in found if wait is not None]


def _wait(view: SpotlightView | EchoView, renderings: Collection[Rendering], language: str) -> Wait | None:
    if view.source.language == language:
        return None
    if waiting_for(list(renderings), view.source, language):
        return Wait.READER
    return {Label.ORIGINAL: Wait.TRANSLATION, Label.OUT_OF_DATE: Wait.UPDATE}.get(view.shown.label)
