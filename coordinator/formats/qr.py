"""How is an address drawn so that a phone can read it from a wall?"""

from __future__ import annotations

import segno
from markupsafe import Markup

QUIET_MODULES = 2  # the standard asks for four; the ground around ours is as light
PICTURE = Markup('<svg viewBox="{0} {0} {1} {1}" role="img" aria-label="{2}"><path d="{3}"/></svg>')


def qr_picture(address: str, label: str) -> Markup:
    """The address as an SVG of one path, named `label` for those who cannot see it; colours come from `css/components/controls.css`."""
    code = segno.make(address, error="m", micro=False)
    modules = code.symbol_size(border=0)[0]
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(code.matrix) for x, bit in enumerate(row) if bit)
    return PICTURE.format(-QUIET_MODULES, modules + 2 * QUIET_MODULES, label, dark)
