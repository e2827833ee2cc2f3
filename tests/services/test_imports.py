"""groups.csv comes in whole or not at all, and every bad line is named."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.assets import asset_root
from coordinator.domain.availability import Reach
from coordinator.domain.listing import Listing
from coordinator.errors import Forbidden, Invalid, TooLarge
from coordinator.i18n import read_languages
from coordinator.services.callers import OPERATOR
from coordinator.services.groups import load_groups
from coordinator.services.imports import COLUMNS, import_groups, read_csv
from coordinator.store.database import Database
from tests.factories import NOON, add_group, caller_as, count_rows, load_events

LANGUAGES = ("en", "es", "pt-BR")
HEADER = "name,city,zone,language,availability,quiet,blocked"
GOOD = "Minga del Agua,La Paz,America/La_Paz,es,WE 17:00-20:00; SA-SU 09:00-18:00,22:00-06:00,2027-02-01"


def make_file(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join((header, *lines, "")).encode()


def faults_of(data: bytes) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        read_csv(data, LANGUAGES)
    return [(p.field, p.code) for p in refused.value.problems]


@pytest.fixture(scope="module")
def demo_file() -> bytes:
    return (asset_root() / "demo" / "groups.csv").read_bytes()


# --- reading ----------------------------------------------------------------------------------------------------------


def test_read_csv_the_demo_network(demo_file: bytes) -> None:
    rows = read_csv(demo_file, [language.tag for language in read_languages()])

    assert len(rows) == 42
    assert (rows[0].line, rows[0].draft.profile.name, rows[0].draft.profile.place) == (2, "Huerta Común", "Ciudad de México")
    assert {row.draft.availability.reach for row in rows} == {Reach.WAKING}
    assert {row.draft.profile.listing for row in rows} == {Listing.PARTNERS}


@pytest.mark.parametrize(
    "data",
    [
        make_file(GOOD),
        b"\xef\xbb\xbf" + make_file(GOOD),
        make_file(GOOD).replace(b"\n", b"\r\n"),
        make_file("", GOOD, ",,,,,,"),
        make_file(GOOD, header=" Name , CITY,zone,language,availability,quiet,blocked"),
        make_file(GOOD).rstrip(b"\n"),
    ],
    ids=["plain", "bom", "crlf", "empty lines", "header in other case", "no last newline"],
)
def test_read_csv_spellings_of_one_file_read_alike(data: bytes) -> None:
    (row,) = read_csv(data, LANGUAGES)

    assert row.draft == read_csv(make_file(GOOD), LANGUAGES)[0].draft
    assert row.draft.availability.to_text() == {
        "availability": "WE 17:00-20:00; SA-SU 09:00-18:00",
        "quiet": "22:00-06:00",
        "blocked": "2027-02-01",
    }


def test_read_csv_names_every_fault_of_every_line() -> None:
    data = make_file(
        GOOD,
        "Harbour,Berlin,Europe/Berln,de,MO 10:00-12:00,,",
        "",
        "Short,Berlin",
        "Night,Lima,America/Lima,es,SU 25:00-26:00,all day,2027-02-30",
        ",Lima,America/Lima,es,,,",
    )

    assert faults_of(data) == [
        ("line[3].zone", "zone_unknown"),
        ("line[3].language", "language_unknown"),
        ("line[5]", "csv_row_short"),
        ("line[6].quiet", "span_malformed"),
        ("line[6].availability", "time_malformed"),
        ("line[6].availability", "time_malformed"),
        ("line[6].blocked", "date_malformed"),
        ("line[7].name", "missing"),
    ]


def test_read_csv_counts_lines_through_quoted_line_breaks() -> None:
    quoted = '"Minga","La Paz",America/La_Paz,es,"WE 17:00-20:00;\n SA 09:00-18:00",,'

    assert [row.line for row in read_csv(make_file(quoted, GOOD), LANGUAGES)] == [2, 4]


def test_read_csv_city_is_called_by_its_column() -> None:
    assert faults_of(make_file(GOOD.replace("La Paz", "x" * 200))) == [("line[2].city", "too_long")]


def test_read_csv_with_semicolons_says_so() -> None:
    data = make_file(GOOD.replace(",", ";"), header=HEADER.replace(",", ";"))

    with pytest.raises(Invalid) as refused:
        read_csv(data, LANGUAGES)

    (fault,) = refused.value.problems
    assert (fault.field, fault.code, fault.remedy) == ("line[1]", "csv_semicolons", (HEADER,))


def test_read_csv_columns_missing_unknown_and_twice() -> None:
    header = "name,town,language,availability,quiet,quiet"

    assert faults_of(make_file(header=header)) == [
        ("line[1]", "csv_column_missing"),
        ("line[1]", "csv_column_missing"),
        ("line[1]", "csv_column_missing"),
        ("line[1]", "csv_columns_unknown"),
        ("line[1]", "duplicate"),
    ]


def test_read_csv_bad_utf8_names_the_line() -> None:
    assert faults_of(make_file(GOOD) + b"Caf\xe9,x\n") == [("line[3]", "bad_encoding")]


def test_read_csv_latin1_file_is_refused_as_a_whole() -> None:
    data = make_file("Huerta Común,Ciudad de México,America/Mexico_City,es,,,").decode().encode("latin-1")

    assert faults_of(data) == [("line[2]", "bad_encoding")]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_read_csv_of_nothing_misses_every_column(data: bytes) -> None:
    assert faults_of(data) == [("line[1]", "csv_column_missing")] * len(COLUMNS)


def test_read_csv_without_groups_is_refused() -> None:
    assert faults_of(make_file()) == [("", "csv_no_rows")]


def test_read_csv_unclosed_quote_is_refused() -> None:
    assert faults_of(make_file(GOOD, '"Open,x,America/Lima,es,,,')) == [("line[3]", "csv_malformed")]


def test_read_csv_name_twice_names_the_second_line() -> None:
    data = make_file(GOOD, GOOD.replace("Minga del Agua", "MINGA  del agua"), GOOD.replace("Minga", "Other"))

    with pytest.raises(Invalid) as refused:
        read_csv(data, LANGUAGES)

    (fault,) = refused.value.problems
    assert (fault.field, fault.code, fault.remedy) == ("line[3].name", "csv_name_twice", ("2",))


@pytest.mark.parametrize("column", ["name", "availability", "zone"])
def test_read_csv_huge_cell_is_a_fault_of_its_line(column: str) -> None:
    cells = dict(zip(COLUMNS, GOOD.split(","), strict=True)) | {column: "x" * 10_241}

    (fault, *_) = faults_of(make_file(",".join(cells.values())))

    assert fault == (f"line[2].{column}", "too_long")


def test_read_csv_control_and_bidi_characters_are_faults() -> None:
    data = make_file(GOOD.replace("Minga", "Min\x00ga"), GOOD.replace("La Paz", "La \u202ePaz").replace("Minga", "Other"))

    assert faults_of(data) == [("line[2].name", "control_characters"), ("line[3].city", "bidi_characters")]


def test_read_csv_file_over_its_limit_is_not_read() -> None:
    with pytest.raises(TooLarge):
        read_csv(b"x" * 1_000_001, LANGUAGES)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode) | st.text(max_size=200).map(lambda t: make_file(t)))
def test_read_csv_of_anything_answers_with_groups_or_with_faults(data: bytes) -> None:
    try:
        rows = read_csv(data, LANGUAGES)
    except Invalid as fault:
        rows = []
        lines = data.count(b"\n") + data.count(b"\r") + 2
        named = [p.field.split("[")[1].split("]")[0] for p in fault.problems if p.field]
        outside = [line for line in named if not 1 <= int(line) <= lines]
    else:
        outside = []

    assert outside == []
    assert all(row.draft.profile.name for row in rows)


# --- importing --------------------------------------------------------------------------------------------------------


async def test_import_groups_takes_all_under_one_listing(database: Database) -> None:
    rows = read_csv(make_file(GOOD, GOOD.replace("Minga", "Other")), LANGUAGES)

    async with database.write(NOON) as work:
        await import_groups(work, OPERATOR, rows, Listing.PUBLIC)

    async with database.read() as conn:
        groups = await load_groups(conn)
        told = await load_events(conn, "public")
    assert [(g.name, g.listing, g.revision) for g in groups] == [
        ("Minga del Agua", Listing.PUBLIC, 1),
        ("Other del Agua", Listing.PUBLIC, 1),
    ]
    assert [data["group"] for _, _, data in told] == [g.id for g in groups]


async def test_import_groups_again_names_every_group_and_writes_nothing(database: Database, demo_file: bytes) -> None:
    rows = read_csv(demo_file, [language.tag for language in read_languages()])
    async with database.write(NOON) as work:
        await import_groups(work, OPERATOR, rows)
    async with database.read() as conn:
        before = await count_rows(conn)

    with pytest.raises(Invalid) as refused:
        async with database.write(NOON) as work:
            await import_groups(work, OPERATOR, rows)

    assert [(p.field, p.code) for p in refused.value.problems] == [(f"line[{n}].name", "name_taken") for n in range(2, 44)]
    async with database.read() as conn:
        assert await count_rows(conn) == before


async def test_import_groups_with_one_name_taken_takes_none(database: Database) -> None:
    rows = read_csv(make_file(GOOD, GOOD.replace("Minga", "Other")), LANGUAGES)
    async with database.write(NOON) as work:
        await add_group(work.conn, "other DEL agua", listing="hidden")

    with pytest.raises(Invalid) as refused:
        async with database.write(NOON) as work:
            await import_groups(work, OPERATOR, rows)

    assert [(p.field, p.value) for p in refused.value.problems] == [("line[3].name", "Other del Agua")]
    async with database.read() as conn:
        assert [g.name for g in await load_groups(conn)] == ["other DEL agua"]


async def test_import_groups_is_the_stewards(database: Database) -> None:
    async with database.write(NOON) as work:
        with pytest.raises(Forbidden):
            await import_groups(work, caller_as("custodian", "x"), read_csv(make_file(GOOD), LANGUAGES))


def test_written_file_is_read_back(demo_file: bytes) -> None:
    """What a spreadsheet writes of the demo network (all cells quoted) reads as the same groups."""
    tags = [language.tag for language in read_languages()]
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(csv.reader(io.StringIO(demo_file.decode(), newline="")))

    assert [row.draft for row in read_csv(out.getvalue().encode(), tags)] == [row.draft for row in read_csv(demo_file, tags)]


def test_read_csv_names_what_is_taken_beside_every_other_fault() -> None:
    data = make_file("Minga,La Paz,America/La_Paz,es,WE 17:00-20:00,,", "Cedar,Beirut,Asia/Nowhere,es,WE 17:00-20:00,,")

    with pytest.raises(Invalid) as refused:
        read_csv(data, LANGUAGES, {"minga"})

    assert [(p.field, p.code) for p in refused.value.problems] == [("line[2].name", "name_taken"), ("line[3].zone", "zone_unknown")]
