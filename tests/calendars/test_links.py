"""A calendar's link is read without ever being repeated."""

from __future__ import annotations

import pytest

from coordinator.calendars.links import HTTPS_PORT, MAX_URL_CHARS, URL_EXAMPLE, host_of, read_calendar_url
from coordinator.errors import Invalid, problem

SECRET = "private-9f3a11c2"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("https://calendar.example.org/a.ics?key=1", "https://calendar.example.org/a.ics?key=1"),
        ("  webcal://Calendar.Example.org/a.ics#top \n", "https://Calendar.Example.org/a.ics"),
        ("WEBCALS://calendar.example.org:443/a", "https://calendar.example.org:443/a"),
    ],
)
def test_read_calendar_url_is_what_is_fetched_by_https(typed: str, expected: str) -> None:
    url = read_calendar_url(typed)

    assert url == expected
    assert host_of(url) == "calendar.example.org"


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("  ", problem("", "missing")),
        (SECRET, problem("", "busy_url_malformed", "", URL_EXAMPLE)),
        ("https://", problem("", "busy_url_malformed", "", URL_EXAMPLE)),
        (f"https:///{SECRET}", problem("", "busy_url_malformed", "", URL_EXAMPLE)),
        (f"https://[::1/{SECRET}", problem("", "busy_url_malformed", "", URL_EXAMPLE)),
        (f"https://example.org:99999/{SECRET}", problem("", "busy_url_malformed", "", URL_EXAMPLE)),
        (f"https://example.org/{SECRET} and more", problem("", "busy_url_malformed", "", URL_EXAMPLE)),
        (f"https://example.org/{SECRET}\r\nHost: x", problem("", "busy_url_malformed", "", URL_EXAMPLE)),
        (f"https://example.org/{SECRET}" + "x" * MAX_URL_CHARS, problem("", "busy_url_malformed", "", URL_EXAMPLE)),
        (f"http://example.org/{SECRET}", problem("", "busy_url_scheme", "", URL_EXAMPLE)),
        (f"file://localhost/{SECRET}", problem("", "busy_url_scheme", "", URL_EXAMPLE)),
        (f"https://me:{SECRET}@example.org/a.ics", problem("", "busy_url_credentials", "", URL_EXAMPLE)),
        (f"https://example.org:8443/{SECRET}", problem("", "busy_url_port", 8443, HTTPS_PORT)),
    ],
)  # fmt: skip
def test_read_calendar_url_unfit_is_refused_without_being_repeated(typed: str, fault: object) -> None:
    with pytest.raises(Invalid) as refused:
        read_calendar_url(typed)

    assert refused.value.problems == (fault,)
    assert SECRET not in str(refused.value) + repr(refused.value.problems)
