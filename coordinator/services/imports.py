"""How does `groups.csv` become groups? Every fault of the file is named with its line; then all groups come in, or none."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from coordinator.domain.access import Caller, Right
from coordinator.domain.group import Group, GroupDraft, read_group, same_name
from coordinator.domain.listing import Listing
from coordinator.errors import Faults, Invalid, Problem, TooLarge, problem
from coordinator.services.groups import add_groups, find_taken_names
from coordinator.store.database import Work

COLUMNS = ("name", "city", "zone", "language", "availability", "quiet", "blocked")
FIELDS = {"city": "place"}  # column → field of a group, where they differ
FILE_BYTES = 1_000_000
ROWS_MOST = 2_000
CELL_CHARS = 10_000
LINE = re.compile(r"line\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Row:
    """One group of the file, and the line it begins on (the header is line 1)."""

    line: int
    draft: GroupDraft


def read_csv(data: bytes, languages: Collection[str], taken: Collection[str] = ()) -> list[Row]:
    """The groups of a comma-separated file in UTF-8, with or without a BOM, in their order. Empty lines are skipped.

    Raises Invalid with every fault of every line (`line[7].zone`), names that the file holds twice among them, and those in `taken` (keys
    of `same_name`); TooLarge over 1 MB.
    """
    lines = _parse(_decode(data))
    columns = _read_header(lines[0][1] if lines else [])
    if len(lines) > ROWS_MOST + 1:
        raise Invalid(problem("", "too_many", len(lines) - 1, ROWS_MOST))
    faults = Faults()
    rows = [Row(line, faults.read(f"line[{line}]", _read_row, cells, columns, languages)) for line, cells in lines[1:]]
    _note_twins(lines[1:], columns, faults)
    for line, name in _names(lines[1:], columns):
        if same_name(name) in taken:
            faults.add(f"line[{line}].name", "name_taken", name)
    if not rows:
        faults.add("", "csv_no_rows")
    faults.problems.sort(key=_line_of)
    faults.check()
    return rows


async def import_groups(work: Work, caller: Caller, rows: Collection[Row], listing: Listing = Listing.PARTNERS) -> list[Group]:
    """Takes all groups of a file into the network under one listing. Raises Invalid with every name that is taken already."""
    caller.require(Right.STEER)
    taken, faults = await find_taken_names(work, caller), Faults()
    for row in rows:
        if same_name(row.draft.profile.name) in taken:
            faults.add(f"line[{row.line}].name", "name_taken", row.draft.profile.name)
    faults.check()
    return await add_groups(work, [replace(row.draft, profile=replace(row.draft.profile, listing=listing)) for row in rows])


def _decode(data: bytes) -> str:
    if len(data) > FILE_BYTES:
        raise TooLarge(FILE_BYTES)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = fault.object[: fault.start].count(b"\n") + 1
        raise Invalid(problem(f"line[{line}]", "bad_encoding", fault.object[fault.start : fault.end].hex())) from None


def _parse(text: str) -> list[tuple[int, list[str]]]:
    """Line number and cells of each line that is not empty. A quoted cell may hold line breaks: the line is where the row begins."""
    csv.field_size_limit(FILE_BYTES)
    reader, lines, begins = csv.reader(io.StringIO(text, newline=""), strict=True), [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error:
        raise Invalid(problem(f"line[{begins}]", "csv_malformed")) from None
    return lines


def _read_header(cells: list[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in cells]
    if len(columns) == 1 and columns[0].count(";") >= 2:
        raise Invalid(problem("line[1]", "csv_semicolons", columns[0], ",".join(COLUMNS)))
    faults = Faults()
    for column in COLUMNS:
        if column not in columns:
            faults.add("line[1]", "csv_column_missing", column, *COLUMNS)
    for column in dict.fromkeys(columns):
        if column not in COLUMNS:
            faults.add("line[1]", "csv_columns_unknown", column, *COLUMNS)
        elif columns.count(column) > 1:
            faults.add("line[1]", "duplicate", column)
    faults.check()
    return columns


def _read_row(cells: list[str], columns: list[str], languages: Collection[str]) -> GroupDraft:
    if len(cells) != len(columns):
        raise Invalid(problem("", "csv_row_short", len(cells), len(columns)))
    row = dict(zip(columns, cells, strict=True))
    faults = Faults()
    for column, cell in row.items():
        if len(cell) > CELL_CHARS:
            faults.add(column, "too_long", cell, CELL_CHARS, len(cell))
    faults.check()
    try:
        return read_group({FIELDS.get(column, column): cell for column, cell in row.items()}, languages)
    except Invalid as fault:
        columns_of = {field: column for column, field in FIELDS.items()}
        raise Invalid(*(replace(p, field=columns_of.get(p.field, p.field)) for p in fault.problems)) from None


def _line_of(found: Problem) -> int:
    numbered = LINE.match(found.field)
    return int(numbered[1]) if numbered else 0


def _note_twins(lines: list[tuple[int, list[str]]], columns: list[str], faults: Faults) -> None:
    first_lines: dict[str, int] = {}
    for line, name in _names(lines, columns):
        first = first_lines.setdefault(same_name(name), line)
        if first != line:
            faults.add(f"line[{line}].name", "csv_name_twice", name, first)


def _names(lines: list[tuple[int, list[str]]], columns: list[str]) -> Iterator[tuple[int, str]]:
    for line, cells in lines:
        row: Mapping[str, str] = dict(zip(columns, cells, strict=False))
        if same_name(row.get("name", "")):
            yield line, row["name"]
