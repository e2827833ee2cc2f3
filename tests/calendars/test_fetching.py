"""Over real sockets and TLS: a calendar arrives, and whoever answers otherwise, elsewhere, too slowly or too much is named."""

from __future__ import annotations

import gzip
import logging
import socket
import zlib
from collections.abc import AsyncIterator

import pytest

from coordinator.calendars.fetching import CONNECT_TIMEOUT_S, Fetched, Fetcher, Marks, resolve
from coordinator.domain.busy import MAX_BYTES, CalendarRefused, Fault
from tests.calendars.ics import calendar, event
from tests.calendars.server import HOST, LOCAL, Answer, Names, Server, says, sends_on, serving, writes

SECRET = "private-9f3a11c2"
PATH = f"/{SECRET}/basic.ics"
URL = f"https://{HOST}{PATH}"
CALENDAR = calendar(event(":20270110T180000Z"))
HEAD = b"HTTP/1.1 200 OK\r\n"
NOWHERE = "192.0.2.1"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as running:
        yield running


async def fault_of(fetcher: Fetcher, url: str = URL, known: Marks = Marks()) -> Fault:  # noqa: B008 - a frozen value
    with pytest.raises(CalendarRefused) as refused:
        await fetcher.fetch(url, known)
    return refused.value.fault


async def test_fetch_good_calendar_is_its_bytes_and_marks(server: Server) -> None:
    server.answers[PATH] = says(200, CALENDAR, ETag='"v1"', Last_Modified="Mon, 04 Jan 2027 12:00:00 GMT")

    fetched = await server.fetcher().fetch(URL, Marks())

    assert fetched == Fetched(CALENDAR, Marks('"v1"', "Mon, 04 Jan 2027 12:00:00 GMT"))
    ((path, headers),) = server.requests
    assert path == PATH
    assert headers["host"] == HOST
    assert not headers.keys() & {"cookie", "authorization", "referer", "if-none-match", "if-modified-since"}


async def test_fetch_version_that_is_known_is_not_sent_again(server: Server) -> None:
    server.answers[PATH] = says(304)
    known = Marks('"v1"', "Mon, 04 Jan 2027 12:00:00 GMT")

    assert await server.fetcher().fetch(URL, known) == Fetched(None, known)
    assert server.requests[0][1].items() >= {"if-none-match": '"v1"', "if-modified-since": known.last_modified}.items()
    assert await fault_of(server.fetcher()) is Fault.SERVER  # nobody asked


async def test_fetch_packed_though_plain_was_asked_for_is_unpacked(server: Server) -> None:
    server.answers[PATH] = says(200, gzip.compress(CALENDAR), Content_Encoding="gzip")

    assert (await server.fetcher().fetch(URL, Marks())).data == CALENDAR


async def test_fetch_mark_that_could_not_be_sent_back_is_dropped(server: Server) -> None:
    server.answers[PATH] = says(200, CALENDAR, ETag='"' + "x" * 400 + '"', Last_Modified="a\tb")

    assert (await server.fetcher().fetch(URL, Marks())).marks == Marks()


async def test_fetch_follows_up_to_three_redirects_and_checks_each(server: Server) -> None:
    server.answers |= {
        PATH: sends_on("/2"),
        "/2": sends_on(f"https://{HOST}/3", 307),
        "/3": sends_on("4#x", 308),
        "/4": says(200, CALENDAR),
    }
    names = Names()

    assert (await server.fetcher(names).fetch(URL, Marks())).data == CALENDAR
    assert names.asked == [HOST] * 4
    server.answers["/4"] = sends_on("/5")
    assert await fault_of(server.fetcher()) is Fault.REDIRECTED


@pytest.mark.parametrize(
    ("location", "fault"),
    [
        (f"http://{HOST}/a", Fault.REDIRECTED),
        ("file:///etc/passwd", Fault.REDIRECTED),
        ("https://user:pass@example.org/", Fault.REDIRECTED),
        (f"https://{HOST}:8443/a", Fault.REDIRECTED),
        ("https://[::1/", Fault.REDIRECTED),
        ("", Fault.SERVER),
        ("https://internal.example.org/a", Fault.ADDRESS),
        ("https://169.254.169.254/latest/meta-data/", Fault.ADDRESS),
        ("https://nobody.example.org/a", Fault.UNKNOWN_HOST),
        (f"https://{'x' * 64}.example.org/", Fault.UNKNOWN_HOST),
    ],
)  # fmt: skip
async def test_fetch_redirect_to_where_no_link_may_lead_is_refused(server: Server, location: str, fault: Fault) -> None:
    server.answers[PATH] = sends_on(location) if location else says(302)
    names = Names({HOST: [[LOCAL]], "internal.example.org": [["10.0.0.7"]]})

    assert await fault_of(server.fetcher(names)) is fault
    assert len(server.requests) == 1


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["127.0.0.1"], ["::1"], ["::ffff:8.8.8.8"], ["8.8.8.8", "192.168.0.1"], ["fe80::1%1"]])
async def test_fetch_name_that_leads_into_a_private_network_is_refused(server: Server, addresses: list[str]) -> None:
    assert await fault_of(server.fetcher(Names({HOST: [addresses]}), local=False)) is Fault.ADDRESS
    assert server.requests == []


async def test_fetch_name_that_changes_after_it_was_checked_leads_nowhere_else(server: Server) -> None:
    """Rebinding: what was checked is what is connected to, and nobody asks the name a second time."""
    server.answers[PATH] = says(200, CALENDAR)
    names = Names({HOST: [[LOCAL], ["10.0.0.1"]]})

    assert (await server.fetcher(names).fetch(URL, Marks())).data == CALENDAR
    assert names.asked == [HOST]
    assert await fault_of(server.fetcher(names)) is Fault.ADDRESS


async def test_fetch_first_address_that_answers_is_taken(server: Server) -> None:
    server.answers[PATH] = says(200, CALENDAR)
    fetcher = Fetcher(server.fetcher().trust, Names({HOST: [["127.0.0.9", LOCAL]]}), lambda _: True, server.port)

    assert (await fetcher.fetch(URL, Marks())).data == CALENDAR


async def test_fetch_certificate_of_somebody_else_is_not_believed(server: Server) -> None:
    server.answers[PATH] = says(200, CALENDAR)

    assert await fault_of(server.fetcher(trusting=False)) is Fault.CERTIFICATE
    assert await fault_of(server.fetcher(Names({"other.example.org": [[LOCAL]]})), f"https://other.example.org{PATH}") is Fault.CERTIFICATE
    assert server.requests == []


async def test_fetch_where_nobody_is_says_so() -> None:
    async with serving() as server:
        fetcher = server.fetcher()

    assert await fault_of(fetcher) is Fault.UNREACHABLE
    assert await fault_of(server.fetcher(Names({})), URL) is Fault.UNKNOWN_HOST
    assert await fault_of(server.fetcher(Names({HOST: [[]]})), URL) is Fault.UNKNOWN_HOST
    with pytest.raises(socket.gaierror):
        await resolve("nobody.invalid", 443)
    assert list(await resolve(LOCAL, 443)) == [LOCAL]


BOMB = zlib.compressobj(9, zlib.DEFLATED, 31)
PACKED_ZEROS = BOMB.compress(bytes(64 * MAX_BYTES)) + BOMB.flush()


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (says(401), Fault.DENIED),
        (says(403, b"<h1>Forbidden</h1>"), Fault.DENIED),
        (says(404), Fault.GONE),
        (says(410), Fault.GONE),
        (says(429), Fault.SERVER),
        (says(500, b"Traceback"), Fault.SERVER),
        (says(204), Fault.SERVER),
        (says(206, CALENDAR), Fault.SERVER),
        (says(200, bytes(MAX_BYTES + 1)), Fault.TOO_BIG),
        (says(200, PACKED_ZEROS, Content_Encoding="gzip"), Fault.TOO_BIG),
        (says(200, b"not packed", Content_Encoding="gzip"), Fault.BROKEN),
        (says(200, gzip.compress(CALENDAR)[:-9], Content_Encoding="gzip"), Fault.BROKEN),
        (says(200, CALENDAR, Content_Encoding="br"), Fault.SERVER),
        (writes(HEAD + b"\r\n", b"x" * 65_536, for_ever=True), Fault.TOO_BIG),
        (writes(HEAD + b"Content-Length: 100\r\n\r\n", CALENDAR[:50]), Fault.UNREACHABLE),  # the line breaks
        (writes(HEAD, b"X: " + b"y" * 1_000 + b"\r\n", for_ever=True), Fault.UNREACHABLE),  # headers without end
        (writes(b"220 smtp.example.org ESMTP\r\n"), Fault.UNREACHABLE),
        (writes(), Fault.UNREACHABLE),
        (writes(HEAD + b"\r\n", b"x", wait_s=0.2, for_ever=True), Fault.TOO_SLOW),  # a byte now and then
        (writes(b"", wait_s=5), Fault.TOO_SLOW),
    ],
    ids=range(20),
)
async def test_fetch_bad_answer_is_named(server: Server, answer: Answer, fault: Fault) -> None:
    server.answers[PATH] = answer

    assert await fault_of(server.fetcher(deadline_s=1 if fault is Fault.TOO_SLOW else 20)) is fault


async def test_fetch_never_tells_the_link_to_a_log(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers |= {PATH: sends_on(f"/{SECRET}/2"), f"/{SECRET}/2": says(404)}

    with pytest.raises(CalendarRefused) as refused:
        await server.fetcher().fetch(f"{URL}?key={SECRET}", Marks())
    server.answers[f"{PATH}?key={SECRET}"] = says(200, CALENDAR)
    await server.fetcher().fetch(f"{URL}?key={SECRET}", Marks())

    assert SECRET not in caplog.text + repr(refused.value)
    assert Fetcher().deadline.total_seconds() > CONNECT_TIMEOUT_S
