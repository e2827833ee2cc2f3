"""Names in a row are each set apart, so that none turns around what stands beside it."""

from __future__ import annotations

import pytest

from coordinator.formats.isolation import Setting, list_names
from coordinator.i18n import read_languages


@pytest.mark.parametrize(
    ("most", "setting", "said"),
    [
        (None, Setting.HTML, "<bdi>Bogotá</bdi>, <bdi>حيفا</bdi>, <bdi>A &amp; B</bdi>"),
        (2, Setting.HTML, "<bdi>Bogotá</bdi>, <bdi>حيفا</bdi>, …"),
        (3, Setting.BARE, "Bogotá, حيفا, A & B"),
    ],
)
def test_list_names_sets_each_apart_and_stops_in_time(most: int | None, setting: Setting, said: str) -> None:
    assert list_names(["Bogotá", "حيفا", "A & B"], read_languages()["en"], setting, most=most) == said
