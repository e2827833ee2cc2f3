"""How is it drawn that a group told in a quarter, that others mirrored it, or both? A full dot, a ring, a ring around a dot.

The same signs as on the echo map. SVG with classes (`css/components/heard.css`); words stand beside it always, so it is `aria-hidden`.
"""

from __future__ import annotations

from markupsafe import Markup

GLYPH = Markup('<svg class="heard__glyph" width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">{}</svg>')
NOTHING = Markup('<circle class="heard__nothing" cx="10" cy="10" r="1.8"/>')
TOLD = Markup('<circle class="heard__told" cx="10" cy="10" r="4.4"/>')
MIRRORED = Markup('<circle class="heard__mirrored" cx="10" cy="10" r="7.8"/>')


def heard_glyph(*, told: bool, mirrored: bool) -> Markup:
    """The sign of one group's quarter."""
    if not told and not mirrored:
        return GLYPH.format(NOTHING)
    return GLYPH.format((TOLD if told else Markup("")) + (MIRRORED if mirrored else Markup("")))
