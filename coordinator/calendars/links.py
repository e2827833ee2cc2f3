"""Which links of calendars are fetched? Those of https, on its usual port, without a name or password in them. A link is a secret."""

from __future__ import annotations

from urllib.parse import urlsplit

from coordinator.errors import Invalid, problem

MAX_URL_CHARS = 2_000
HTTPS_PORT = 443
URL_EXAMPLE = "https://calendar.example.org/our-group.ics"
SCHEMES = {"https": "https", "webcal": "https", "webcals": "https"}  # what calendars hand out, and how it is fetched


def read_calendar_url(raw: str) -> str:
    """The address of a calendar as a person pasted it, to be fetched by https. It is a secret: no problem repeats it.

    Problems: missing, busy_url_malformed, busy_url_scheme, busy_url_credentials, busy_url_port.
    """
    typed = raw.strip()
    if not typed:
        raise Invalid(problem("", "missing"))
    if len(typed) > MAX_URL_CHARS or any(not sign.isprintable() or sign.isspace() for sign in typed):
        raise Invalid(problem("", "busy_url_malformed", "", URL_EXAMPLE))
    return check_url(typed)


def check_url(url: str) -> str:
    """The address with the scheme by which it is fetched and without a fragment. Problems as `read_calendar_url`."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Invalid(problem("", "busy_url_malformed", "", URL_EXAMPLE)) from None
    if parts.scheme not in SCHEMES:
        raise Invalid(problem("", "busy_url_scheme" if host else "busy_url_malformed", "", URL_EXAMPLE))
    if not host:
        raise Invalid(problem("", "busy_url_malformed", "", URL_EXAMPLE))
    if parts.username is not None or parts.password is not None:
        raise Invalid(problem("", "busy_url_credentials", "", URL_EXAMPLE))
    if port not in {None, HTTPS_PORT}:
        raise Invalid(problem("", "busy_url_port", port, HTTPS_PORT))
    return parts._replace(scheme=SCHEMES[parts.scheme], fragment="").geturl()


def host_of(url: str) -> str:
    """The part of the address that may be shown to the group itself."""
    return urlsplit(url).hostname or ""
