"""What tests of calendars share."""

from __future__ import annotations

from collections.abc import Iterator

import icalendar
import pytest


@pytest.fixture(autouse=True)
def _zones_of_pytz() -> Iterator[None]:
    """As the child has it."""
    icalendar.use_pytz()
    yield
    icalendar.use_zoneinfo()
