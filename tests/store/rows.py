"""One believable row for every table, so that a test can fill a whole database and count it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from coordinator.store.tables import CivilDate, Instant, metadata

AT = datetime(2027, 1, 4, 12, 0, 0, 123456, tzinfo=UTC)
BYTES, BLOB_ID = b"\x00\xffbody", "b10b" * 8
CHOSEN = {  # where a check or a foreign key allows only some values
    "network": {"id": 1, "threshold_percent": 67},
    "group": {"reach": "waking", "listing": "partners", "numerals": "latn"},
    "action": {"kind": "silence", "shape": "instant", "state": "confirmed"},
    "invitation": {"response": "consent"},
    "rota": {"duty": "custodian"},
    "link": {"role": "custodian"},
    "job": {"state": "waiting"},
    "busy_calendar": {"kind": "link", "fault": "busy_gone"},
    "stream": {"head": 1, "floor": 0},
    "event": {"seq": 1},
    "text": {"kind": "spotlight"},
    "rendering": {"origin": "human"},
    "spotlight": {"state": "published", "audience": "partners"},
    "voice_note": {"state": "ready", "webm_id": BLOB_ID, "mp4_id": BLOB_ID},
    "voice_report": {"reason": "other"},
    "blob": {"id": BLOB_ID, "sha256": hashlib.sha256(BYTES).hexdigest(), "size_bytes": len(BYTES)},
    "blob_part": {"part": 0},
    "upload_chunk": {"blob_id": BLOB_ID},
    "meeting": {"state": "running"},
}


def fill_every_table(connection: sa.Connection) -> dict[str, int]:
    """Adds one row to each table; returns the number of rows by table."""
    for table in metadata.sorted_tables:
        connection.execute(sa.insert(table).values(**row_of(table)))
    return count_rows(connection)


def row_of(table: sa.Table) -> Mapping[str, Any]:
    """Values for every column; a foreign key points at the row that the other table gets here."""
    return {column.name: _value(column) for column in table.columns}


def count_rows(connection: sa.Connection) -> dict[str, int]:
    """The number of rows of each table."""
    return {table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in metadata.sorted_tables}


def load_rows(connection: sa.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in the order of the primary keys."""
    return {
        table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))]
        for table in metadata.sorted_tables
    }


def _value(column: sa.Column[Any]) -> Any:
    chosen = CHOSEN.get(column.table.name, {})
    if column.name in chosen:
        return chosen[column.name]
    for key in column.foreign_keys:
        return _value(key.column)
    return _plain_value(column)


def _plain_value(column: sa.Column[Any]) -> Any:
    match column.type:
        case Instant():
            return AT
        case CivilDate():
            return date(2027, 1, 4)
        case sa.JSON():
            return {"say": "ğüşل", "list": [1, None, True]}
        case sa.Boolean():
            return True
        case sa.Integer():
            return 2**40 if isinstance(column.type, sa.BigInteger) else 7
        case sa.Float():
            return -16.25
        case sa.LargeBinary():
            return BYTES
        case sa.String():
            return f"{column.table.name}.{column.name}"[: column.type.length]
    raise AssertionError(f"no value for {column}")
