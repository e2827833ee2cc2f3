"""The signs of the balance: a full dot told, a ring was mirrored, both at once, and a speck for neither."""

from __future__ import annotations

import pytest

from coordinator.formats.heard import heard_glyph


@pytest.mark.parametrize(
    ("told", "mirrored", "parts"),
    [
        (False, False, ["nothing"]),
        (True, False, ["told"]),
        (False, True, ["mirrored"]),
        (True, True, ["told", "mirrored"]),
    ],
)
def test_glyph_shows_what_happened_and_nothing_else(told: bool, mirrored: bool, parts: list[str]) -> None:
    drawn = str(heard_glyph(told=told, mirrored=mirrored))

    assert [part for part in ("nothing", "told", "mirrored") if f'class="heard__{part}"' in drawn] == parts
    assert drawn.startswith('<svg class="heard__glyph" width="20" height="20" viewBox="0 0 20 20" aria-hidden="true"><circle ')
    assert "style" not in drawn
