from __future__ import annotations

import re

import pytest

from coordinator.formats.scales import balance_bar


@pytest.mark.parametrize(
    ("carried", "most", "side", "x", "width"),
    [(6.0, 12.0, "more", "50", "25"), (-12.0, 12.0, "less", "0", "50"), (0.0, 12.0, "less", "50", "0"), (0.0, 0.0, "less", "50", "0")],
)
def test_bar_grows_from_the_middle_to_the_side_of_its_sign(carried: float, most: float, side: str, x: str, width: str) -> None:
    drawn = balance_bar(carried, most)

    assert re.findall(r'<rect class="fair__(\w+)" x="([^"]+)" width="([^"]+)"', drawn)[0] == (side, x, width)
