"""How are zone rules renewed from the command line, and every moment to come read again under them? Returns what there is to say, a line each.

In English, as everything in the terminal. Groups read the same in their own words on their pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from coordinator.beginnings import open_database
from coordinator.domain import zones
from coordinator.domain.moment import Lawless, Parted, Sentence
from coordinator.embedded import ask_to_renew
from coordinator.errors import Invalid, problem
from coordinator.formats.cities import city_name
from coordinator.formats.times import say_sentence
from coordinator.formats.zone_wheels import WHEEL_BYTES, Wheel, ZoneTable, check_table, read_wheels
from coordinator.i18n import Language, read_languages
from coordinator.services.zone_law import Drift, find_drifts, read_batch
from coordinator.settings import Settings
from coordinator.store.zone_law import find_used_zones, load_rules_version
from coordinator.zone_rules import keep_rules, take_up_rules

HOW_TO = (
    "Fetch the newest wheels wherever there is a network: pip download --no-deps pytz tzdata\n"
    "Then, here: chorus zones update pytz-*.whl tzdata-*.whl"
)


def read_files(paths: Sequence[Path], now: datetime) -> ZoneTable:
    """The table in these wheels, if it can be used in place of the rules in use. Raises Invalid, OSError."""
    table = read_wheels([Wheel(path.name, _read(path)) for path in paths])
    check_table(table, zones.rules_version(), now)
    return table


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(WHEEL_BYTES + 1)


async def renew(settings: Settings, table: ZoneTable, now: datetime) -> list[str]:
    """Keeps the table and computes with it from now on. Raises Invalid `wheel_zone_lost`, and nothing was changed."""
    async with open_database(settings) as database, database.read() as conn:
        used = await find_used_zones(conn, now)
    lost = sorted(zone_id for zone_id in used - set(table.zone_ids) if zones.is_zone_id(zone_id))
    if lost:
        raise Invalid(*(problem("wheel", "wheel_zone_lost", zone_id) for zone_id in lost))
    before = zones.rules_version()
    keep_rules(settings, table, now)
    take_up_rules(settings)
    return [f"Zone rules {table.version} are kept; those in use were {before}."]


async def read_again(settings: Settings, now: datetime) -> list[str]:
    """Reads every moment to come again, tells the groups, and says what drifts."""
    async with open_database(settings) as database:
        after: str | None = ""
        while after is not None:
            async with database.write(now) as work:
                after = await read_batch(work, after)
        async with database.read() as conn:
            drifts, newest = await find_drifts(conn, now), await load_rules_version(conn)
    return list(_say(drifts, newest or "", read_languages()["en"]))


def _say(drifts: Sequence[Drift], newest: str, english: Language) -> Iterator[str]:
    rules = zones.rules_version()
    if zones.release_order(newest) > zones.release_order(rules):
        yield f"Zone rules {rules} are older than {newest}, under which this network was read before. Nobody was told anything; renew them first."
    if not drifts:
        yield f"Under zone rules {rules} every moment to come reads as it was agreed to."
        return
    yield f"Under zone rules {rules} these moments read otherwise than they were agreed to ({len(drifts)}). Their groups are told, and choose:"
    for drift in drifts:
        agreed = drift.agreed
        yield ""
        yield f"  {agreed.group_name}: {agreed.title}"
        yield f"    agreed to: {_say_sentence(agreed.sentence, english)} (zone rules {agreed.sentence.tzdata})"
        yield f"    reads now: {_say_reading(drift.reading, english)}"


def _say_reading(reading: Parted | Lawless, english: Language) -> str:
    match reading:
        case Parted(now=now):
            return _say_sentence(now, english)
        case Lawless(zone_id=zone_id):
            return f"nobody knows: these rules lack the zone {zone_id}; renew them with “chorus zones update”"


def _say_sentence(sentence: Sentence, english: Language) -> str:
    return say_sentence(sentence, english, city_name(sentence.zone_id, english))


def start_anew(settings: Settings) -> str:
    """Has the running `chorus serve` start its processes anew; what is left to do by hand."""
    if settings.embedded_database and ask_to_renew(settings.data):
        return "The running `chorus serve` starts its processes anew and computes with them in a few seconds; rooms go on counting."
    return "Processes read the rules when they start: start every `chorus serve`, `chorus web` and `chorus worker` of this network anew."
