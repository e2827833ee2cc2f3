"""A group's calendar on its page: who gets it, how it stands, and that neither a link nor a word of a calendar ever comes back."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from coordinator.domain.busy import Busy, Fault, span_of
from coordinator.keys import IDEMPOTENCY_FIELD, JOB_BUSY
from coordinator.services.busy import NotRead, Read, conclude, load_due
from coordinator.store.database import Database
from coordinator.store.tables import busy_calendar, busy_span, job
from tests.api.world import BASE
from tests.calendars.ics import calendar, event
from tests.factories import NOON
from tests.pages.plain_form import read_forms
from tests.pages.world import Pages, text_of_page

SECRET = "private-9f3a11c2"
URL = f"https://calendar.example.org/{SECRET}/basic.ics"
ROLES = [
    ("", 401),
    ("room", 404),
    ("remote", 404),
    ("witness", 403),
    ("steward", 403),
    ("member", 200),
    ("lapsed", 200),
    ("custodian", 200),
]
WORD = "Asamblea"
WEEKLY = calendar(
    event(";TZID=America/La_Paz:20270105T180000", "DURATION:PT2H", f"SUMMARY:{WORD}", "RRULE:FREQ=WEEKLY;COUNT=2"), f"SUMMARY:{WORD}"
)


async def upload(
    pages: Pages, data: bytes, role: str = "member", lang: str = "en", origin: str = BASE, key: str = "one-and-the-same"
) -> httpx.Response:
    """The file as a browser sends it."""
    return await pages.client.post(
        pages.desk("busy/file", lang=lang),
        data={IDEMPOTENCY_FIELD: key},
        files={"calendar_file": ("group.ics", data, "text/calendar")},
        headers={"Origin": origin, **pages._cookie(role)},
    )


@pytest.mark.parametrize(("role", "status"), ROLES)
async def test_busy_opens_to_the_groups_own_people_alone(pages: Pages, role: str, status: int) -> None:
    await pages.send(pages.desk("busy"), {"calendar_url": URL}, "member")
    shown = await pages.get(pages.desk("busy"), role)
    sent = [
        await pages.send(pages.desk("busy"), {"calendar_url": SECRET}, role),
        await upload(pages, b"", role),
        await pages.send(pages.desk("busy/read"), {}, role),
        await pages.send(pages.desk("busy/remove"), {}, role),
    ]

    assert [each.status_code for each in sent] == ([422, 422, 303, 303] if status == 200 else [status] * 4)
    assert shown.status_code == status
    assert ("calendar.example.org" in shown.text) is (status == 200)
    assert SECRET not in shown.text + "".join(each.text for each in sent)


@pytest.mark.parametrize(("role", "told"), [("steward", 0), ("member", 1), ("custodian", 1)])
async def test_availability_and_no_go_times_lead_there_whoever_may_know(pages: Pages, role: str, told: int) -> None:
    availability = await pages.get(pages.desk("availability"), role)
    no_go = await pages.get(pages.desk("no-go"), role)

    assert [page.text.count(f'href="{pages.desk("busy")}"') for page in (availability, no_go)] == [told, told]


async def test_link_is_kept_and_read_by_a_worker_and_never_shown_again(pages: Pages) -> None:
    kept = await pages.send(pages.desk("busy"), {"calendar_url": f" webcal{URL.removeprefix('https')}\n"}, "member")
    page = await pages.get(kept.headers["location"], "custodian")

    said = text_of_page(page)
    assert kept.headers["location"] == pages.desk("busy?said=busy_link_kept")
    assert "From a link at calendar.example.org. It is read again several times a day." in said.replace(" .", ".")
    assert "It has not been read yet; look again in a minute." in said
    assert SECRET not in page.text + str(kept.headers)
    async with database_of(pages).read() as conn:
        assert (await conn.execute(sa.select(job.c.ref).where(job.c.kind == JOB_BUSY))).scalars().all() == [{"group": pages.world.group}]


async def test_link_that_fails_is_shown_with_its_age_and_reason_and_what_was_known(pages: Pages) -> None:
    await pages.send(pages.desk("busy"), {"calendar_url": URL}, "member")
    spans = tuple(span_of(NOON + timedelta(days=days), NOON + timedelta(days=days, hours=2)) for days in range(1, 9))
    for outcome, passed in ((Busy(spans, 1), 0), (Fault.GONE, 74)):
        async with database_of(pages).write(pages.world.clock.advance(hours=passed)) as work:
            due = await load_due(work.conn, {"group": pages.world.group}, work.now)
            assert due is not None
            await conclude(work, NotRead(due, outcome) if isinstance(outcome, Fault) else Read(due, outcome, due.marks))

    said = text_of_page(await pages.get(pages.desk("busy"), "member"))

    assert "Last read: Monday 4 January 2027, 08:00 in La Paz , UTC−04:00 . 3 days and 2 hours ago." in said
    assert "The last attempt did not succeed: Thursday 7 January 2027, 10:00 in La Paz , UTC−04:00 ." in said
    assert "The calendar: there is nothing at the link any more. Give its new link." in said
    assert "What was read before stands" in said
    assert "One entry is left out" in said
    assert said.count("to 10:00 in La Paz") == 5
    assert "Friday 8 January 2027, 08:00 to 10:00" in said


async def test_link_is_read_now_by_a_plain_form_and_a_file_is_not(pages: Pages) -> None:
    await pages.send(pages.desk("busy"), {"calendar_url": URL}, "member")
    pages.world.clock.advance(minutes=5)
    (again,) = [each for each in read_forms(await pages.get(pages.desk("busy"), "member")) if each.action.endswith("/read")]

    asked = await pages.send(again.action, again.fields, "member")
    said = text_of_page(await pages.get(asked.headers["location"], "member"))
    await upload(pages, WEEKLY)
    of_file = await pages.get(pages.desk("busy"), "member")

    assert "The calendar is being read now. Look at this page again in a minute." in said
    async with database_of(pages).read() as conn:
        assert len((await conn.execute(sa.select(job.c.id).where(job.c.kind == JOB_BUSY))).all()) == 2
    assert not [each for each in read_forms(of_file) if each.action.endswith("/read")]


async def test_file_is_read_at_once_shown_by_its_times_and_forgotten_by_a_plain_form(pages: Pages) -> None:
    kept = [await upload(pages, WEEKLY) for _ in range(2)]  # the same form twice
    page = await pages.get(kept[0].headers["location"], "custodian")
    (removal,) = [each for each in read_forms(page) if each.action.endswith("/remove")]
    removed = await pages.send(removal.action, removal.fields, "custodian")
    after = text_of_page(await pages.get(removed.headers["location"], "member"))

    said = text_of_page(page)
    assert [each.status_code for each in kept] == [303, 303]
    assert "The calendar has been read." in said
    assert "Tuesday 5 January 2027, 18:00 to 20:00 in La Paz , UTC−04:00 Tuesday 12 January 2027, 18:00 to 20:00" in said
    assert "One entry is left out" in said
    assert WORD not in page.text
    assert "The calendar is forgotten." in after
    assert "No calendar is given." in after


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The calendar’s file: this is needed."),
        (b"<!doctype html><h1>Sign in</h1>", "The calendar’s file: this is no calendar but something else, perhaps a web page."),
        (WEEKLY[:-20], "The calendar’s file: it is cut off"),
        (calendar(event(":20270105T180000Z", "DURATION:PT1S", "RRULE:FREQ=SECONDLY")), "The calendar’s file: an entry repeats too often"),
    ],
    ids=range(4),
)
async def test_file_that_cannot_be_read_leaves_what_was_known_and_says_why(pages: Pages, data: bytes, said: str) -> None:
    await upload(pages, WEEKLY)

    answer = await upload(pages, data, key="another")

    assert answer.status_code == 422
    assert said in text_of_page(answer)
    assert "What was known before stands." in text_of_page(answer)
    assert 'id="calendar_file-error"' in answer.text
    assert await count_spans(pages) == 2


async def test_file_over_its_limit_or_from_elsewhere_is_refused_unread(pages: Pages) -> None:
    assert (await upload(pages, bytes(1_100_000))).status_code == 413
    assert (await upload(pages, WEEKLY, origin="https://evil.example.org")).status_code == 403
    assert await count_spans(pages) == 0


async def test_link_that_is_none_is_said_so_beside_its_empty_field(pages: Pages) -> None:
    answer = await pages.send(pages.desk("busy"), {"calendar_url": f"http://calendar.example.org/{SECRET}"}, "member")

    assert answer.status_code == 422
    assert "The calendar’s link: this link does not begin with https:// or webcal://." in text_of_page(answer)
    assert 'id="calendar_url-error"' in answer.text
    assert SECRET not in answer.text


async def test_form_reloaded_leads_back_and_arabic_sets_the_host_apart(pages: Pages) -> None:
    await pages.send(pages.desk("busy"), {"calendar_url": URL}, "member")

    for path in ("busy/file", "busy/read", "busy/remove"):
        assert (await pages.get(pages.desk(path), "member")).headers["location"] == pages.desk("busy")
    page = await pages.get(pages.desk("busy", lang="ar"), "member")
    assert '<bdi dir="ltr">calendar.example.org</bdi>' in page.text


def database_of(pages: Pages) -> Database:
    return pages.world.database


async def count_spans(pages: Pages) -> int:
    async with database_of(pages).read() as conn:
        rows = sa.select(sa.func.count()).select_from(busy_span.join(busy_calendar))
        return int((await conn.execute(rows)).scalar_one())
