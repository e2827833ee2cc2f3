"""How is a balance drawn? As a bar from the middle: towards the end for who paid more than the mean, towards the start for who paid less.

SVG with classes (`css/components/fairness.css`); the figure stands beside it always, so it is `aria-hidden`. Drawn for pages that run from
left to right; the style sheet turns it over for the others.
"""

from __future__ import annotations

from markupsafe import Markup

HALF = 50
HEIGHT = 12
SCALE = Markup(
    '<svg class="fair__scale" viewBox="0 0 {whole} {height}" preserveAspectRatio="none" aria-hidden="true">'
    '<rect class="fair__{side}" x="{x}" width="{width}" height="{height}"/><rect class="fair__mean" x="{half}" width="1" height="{height}"/></svg>'
)


def balance_bar(carried: float, most: float) -> Markup:
    """The bar of one balance; `most` is the largest of all in size, which fills a half."""
    width = round(HALF * min(1.0, abs(carried) / most), 1) if most else 0.0
    side, x = ("more", HALF) if carried > 0 else ("less", HALF - width)
    return SCALE.format(whole=2 * HALF, height=HEIGHT, half=HALF - 0.5, side=side, x=f"{x:g}", width=f"{width:g}")
