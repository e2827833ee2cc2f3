"""Through the very child that reads for the product: bombs are refused by name, within their time and memory, and a liar is not believed."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest

from coordinator.calendars.child import READING_CPU_S
from coordinator.calendars.parent import ReaderFailed, read_confined
from coordinator.domain import zones
from coordinator.domain.busy import MAX_BYTES, Busy, CalendarRefused, Fault
from tests.calendars.ics import between, calendar, event, said
from tests.children import children, pretending

JANUARY = between("2027-01-01", "2027-02-01")
STARTING_CPU_S = 6  # imports and every zone's rules, on a busy machine
A, B = JANUARY.start_ms, JANUARY.start_ms + 1_000


@pytest.fixture(autouse=True)
def _nobody_is_left() -> Iterator[None]:
    before = children()
    yield
    assert children() - before == set()


def children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def outcome(program: str) -> str | int | Fault:
    """How many entries were left out, or the fault, or how the child ended."""
    try:
        busy: Busy = await read_confined(b"x", "UTC", JANUARY, command=pretending(program))
    except CalendarRefused as refused:
        return refused.fault
    except ReaderFailed as failed:
        return failed.reason.removesuffix(" None").removesuffix(" -9")  # of one that is not listened to, nobody waits to hear how it ended
    return busy.left_out


async def test_read_confined_gives_the_spans_and_no_word_of_the_calendar() -> None:
    entry = event(";TZID=Australia/Lord_Howe:20270110T180000", "DURATION:PT1H", "SUMMARY:Assembly", "RRULE:FREQ=WEEKLY;COUNT=2")

    busy = await read_confined(calendar(entry, "SUMMARY:nothing"), "Asia/Kathmandu", JANUARY)

    assert (said(busy), busy.left_out) == (["2027-01-10 07:00 – 08:00", "2027-01-17 07:00 – 08:00"], 1)


@pytest.mark.usefixtures("installed_rules_afterwards")
async def test_read_confined_goes_by_the_rules_in_use_though_it_can_open_no_file() -> None:
    """Renewed rules are newer than what is installed; here Berlin keeps Kathmandu's time."""
    tables = {**zones.read_tables(), "Europe/Berlin": zones.read_tables()["Asia/Kathmandu"]}
    zones.use_rules("2099c", tables, lambda name: BytesIO(tables[name]), tzdata="2099c")

    entries = [event(f"{of_berlin}:20270110T180000", uid=str(n)) for n, of_berlin in enumerate((";TZID=Europe/Berlin", ""))]
    busy = await read_confined(calendar(*entries), "Europe/Berlin", JANUARY)

    assert said(busy) == ["2027-01-10 12:15 – 13:15"]


# Each is looked for to the end of the calendar; a fast machine is through with one of them before its time is up.
NEVER = [event(":19700101T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", uid=str(n)) for n in range(20)]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (calendar(*NEVER), Fault.TOO_COSTLY),
        (calendar(event(":20270101T100000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY")), Fault.RULE),
        (calendar(event(":20270101T100000Z", "DURATION:PT1H", "RRULE:FREQ=SECONDLY")), Fault.RULE),
        (b"<html><h1>Please sign in</h1></html>", Fault.NOT_A_CALENDAR),
        (b"\x1f\x8b\x08\x00" + bytes(9_000), Fault.NOT_A_CALENDAR),
    ],
    ids=["never", "often", "secondly", "html", "gzip"],
)
async def test_read_confined_bomb_is_refused_by_name_within_its_time(data: bytes, fault: Fault) -> None:
    before = children_cpu_s()

    with pytest.raises(CalendarRefused) as refused:
        await read_confined(data, "UTC", JANUARY)

    assert refused.value.fault is fault
    assert children_cpu_s() - before <= READING_CPU_S + 1 + STARTING_CPU_S


@pytest.mark.parametrize(("size", "fault"), [(0, Fault.EMPTY), (MAX_BYTES + 1, Fault.TOO_BIG)])
async def test_read_confined_wrong_size_is_refused_before_a_child_is_started(size: int, fault: Fault) -> None:
    with pytest.raises(CalendarRefused) as refused:
        await read_confined(bytes(size), "UTC", JANUARY, command=("/nonexistent",))

    assert refused.value.fault is fault


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("", "ended with 0"),
        ("sys.exit(3)", "ended with 3"),
        ("tell(b'?', b''); time.sleep(600)", "ended with"),
        ("tell(b'B', b'', 2**31); time.sleep(600)", "ended with"),
        ("os.kill(os.getpid(), 24)", "ended with -24"),  # before it had read a byte
        ("tell(b'R', b'because')", Fault.CRASHED),
        ("tell(b'R', b'busy_rule')", Fault.RULE),
        ("tell(b'L', b'[]'); os.kill(os.getpid(), 11)", Fault.CRASHED),
        ("tell(b'L', b'[]'); os.kill(os.getpid(), 24)", Fault.TOO_COSTLY),
        ("tell(b'B', b'nonsense')", Fault.CRASHED),
        ("tell(b'B', b'[' * 9_000)", Fault.CRASHED),
        ("tell(b'B', b'{}')", Fault.CRASHED),
        (f"""tell(b'B', b'{{"spans": [[{A}, {B}]], "left_out": 2}}')""", 2),
        (f"""tell(b'B', b'{{"spans": [[{A}, {B}]], "left_out": -1}}')""", Fault.CRASHED),
        (f"""tell(b'B', b'{{"spans": [[{B}, {A}]], "left_out": 0}}')""", Fault.CRASHED),  # backwards
        (f"""tell(b'B', b'{{"spans": [[{A}, {B}], [{B}, {B + 1}]], "left_out": 0}}')""", Fault.CRASHED),  # touching
        (f"""tell(b'B', b'{{"spans": [[{A - 1}, {B}]], "left_out": 0}}')""", Fault.CRASHED),  # before what was asked for
        (f"""tell(b'B', b'{{"spans": [[{A}, {B}.5]], "left_out": 0}}')""", Fault.CRASHED),
        (f"""tell(b'B', b'{{"spans": [[{A}]], "left_out": 0}}')""", Fault.CRASHED),
        (f"""tell(b'B', b'{{"spans": [["{A}", "the hall"]], "left_out": 0}}')""", Fault.CRASHED),
    ],
)
async def test_read_confined_child_that_lies_or_dies_is_named(program: str, expected: str | int | Fault) -> None:
    assert await outcome(program) == expected


async def test_read_confined_child_not_done_by_its_deadline_is_ended() -> None:
    with pytest.raises(ReaderFailed) as failed:
        await read_confined(b"x", "UTC", JANUARY, deadline=timedelta(seconds=0.3), command=pretending("os.fork()\ntime.sleep(600)"))

    assert failed.value.reason == "deadline"
