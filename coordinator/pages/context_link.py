"""What the answer that shows a fresh link may use. It is the only place where a secret is ever shown."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from coordinator.pages.context import Frame


@dataclass(frozen=True, slots=True)
class FreshLink:
    """A link that was just made: whole address, picture of it, short code if it has one, and where to go on. Shown once."""

    frame: Frame
    what: str
    address: str
    qr: Markup
    code: str
    ends: str
    back_path: str
