"""The `chorus` command: reads settings and arguments, calls one function of the product, says what came of it.

Answers go to stdout, everything else to stderr. Exit codes: 0 done, 1 failed, 2 the input or the settings are at fault.
Each command imports what it needs when it is called: `chorus serve` starts five processes, and loading everything takes a second in each.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import zoneinfo
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

import click

from coordinator.embedded import CannotServe, prepare_data_directory, read_or_make_secret_key
from coordinator.errors import ChorusError, Invalid, problem
from coordinator.settings import Settings, describe, read_settings

if TYPE_CHECKING:
    from coordinator.beginnings import Sign

AT_FAULT = 2

data_option = click.option("--data", type=click.Path(path_type=Path), help="Data directory; default CHORUS_DATA or .data.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="chorus", prog_name="chorus")
def main() -> None:
    """Chorus lets partner groups on several continents act at the same moment."""
    zoneinfo.reset_tzpath(to=[])  # zone rules come from packages whose version we show, never from this machine's own files
    os.environ.setdefault("PYTZ_SKIPEXISTSCHECK", "1")  # else it opens all six hundred files of its wheel first, to see that they are there
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # of numpy's linear algebra, which nothing uses: its threads spin before they sleep


@main.command()
@click.option("--host", help="Address to listen on; default CHORUS_HOST or 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; default CHORUS_PORT or 8000.")
@data_option
@click.option("--demo", is_flag=True, help="Bring in 42 partner groups and an agreed action.")
def serve(host: str | None, port: int | None, data: Path | None, demo: bool) -> None:
    """Run a whole network on this machine, until Ctrl-C."""
    from coordinator import supervisor  # deferred: the other commands need no processes

    with faults_told():
        settings = read_settings(os.environ, host=host, port=port, data=data)
        start_log(settings, "serve")
        sys.exit(supervisor.serve(settings, os.environ, demo=demo, on_ready=_say_ready))


def _say_ready(address: str) -> None:
    click.echo(f"Chorus is open at {address}")


@main.command()
@click.option("--fd", type=int, hidden=True, help="A listening socket inherited from `chorus serve`.")
@click.option("--go-fd", type=int, hidden=True, help="A pipe that closes when the database is ready.")
@click.option("--ready-fd", type=int, hidden=True, help="A pipe on which `chorus serve` hears that pages are answered.")
@click.option("--host", help="Address to listen on; default CHORUS_HOST or 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; default CHORUS_PORT or 8000.")
def web(fd: int | None, go_fd: int | None, ready_fd: int | None, host: str | None, port: int | None) -> None:
    """Run one web process; needs CHORUS_REDIS_URL, and a migrated database."""
    with faults_told():
        settings = scaled_out_settings(host=host, port=port)
        start_log(settings, "web")
        use_one_source_of_zones(settings)
        from coordinator.webserver import Inherited, run_web  # deferred: heavy, and this command's alone

        run_web(settings, Inherited(fd, go_fd, ready_fd))


@main.command()
@click.option("--queue", type=click.Choice(["short", "long"]), default="short", show_default=True, help="Which jobs this process does.")
def worker(queue: str) -> None:
    """Run one worker process; needs CHORUS_REDIS_URL, and a migrated database."""
    with faults_told():
        settings = scaled_out_settings()
        start_log(settings, f"worker-{queue}")
        use_one_source_of_zones(settings)
        from worker.main import run_worker  # deferred: heavy, and this command's alone

        run_worker(settings, queue)


@main.command(name="settings")
@data_option
def show_settings(data: Path | None) -> None:
    """Show every setting: name, value (secrets masked), unit and what it is for."""
    with faults_told():
        for row in describe(read_settings(os.environ, data=data)):
            unit = f" {row.unit}" if row.unit else ""
            default = "" if row.value == row.default else f" (default: {row.default or 'unset'}{unit if row.default else ''})"
            click.echo(f"{row.name}={row.value}{unit if row.value else ''}{default}\n    {row.help}")


@main.command()
@click.argument("file", type=click.File("rb"))
def resolve(file: BinaryIO) -> None:
    """Find the moments that suit the groups in FILE (JSON; - reads stdin). A fault in it is told as JSON, exit code 2."""
    from coordinator.formats.resolve_file import answer  # deferred: numpy, this command's alone

    gc.disable()  # a hundred thousand small values, none of them in a circle, and the process ends with the answer
    try:
        use_zones_of_the_data_directory()
        click.echo(answer(_decode(file.read())), nl=False)
    except Invalid as fault:
        click.echo(json.dumps(as_problem(fault), ensure_ascii=False, indent=1))
        sys.exit(AT_FAULT)


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Invalid(problem("", "bad_encoding", f"byte {fault.start}")) from None


@main.command()
@data_option
def migrate(data: Path | None) -> None:
    """Bring the database to what this Chorus needs; `chorus serve` does it by itself. Safe to repeat."""
    with faults_told():
        settings = settings_with_key(data=data)
        start_log(settings, "migrate")
        from coordinator.beginnings import store_network  # deferred: SQLAlchemy and the services
        from coordinator.upkeep import run_migrate

        now = datetime.now(UTC)
        for revision in run_migrate(settings, now):
            click.echo(f"Applied {revision}.")
        asyncio.run(store_network(settings, now))


@main.command(hidden=True)
@click.option("--demo", is_flag=True)
@click.option("--address", required=True, help="Where people find this network, with a slash at its end.")
def prepare(demo: bool, address: str) -> None:
    """What `chorus serve` does before it opens: migrate, first start, demo; prints the links to open."""
    with faults_told():
        settings = settings_with_key()
        start_log(settings, "prepare")
        use_renewed_zones(settings)
        from coordinator.beginnings import begin  # deferred: SQLAlchemy and the services
        from coordinator.upkeep import run_migrate

        gc.disable()  # this process is short, and half a second shorter so
        now = datetime.now(UTC)
        run_migrate(settings, now)
        say_signs(asyncio.run(begin(settings, now, demo=demo)), address)


@main.command(name="import")
@click.argument("file", type=click.File("rb"))
@data_option
def import_groups(file: BinaryIO, data: Path | None) -> None:
    """Take the partner groups of FILE (CSV) into the network: all of them, or none and a line for each fault."""
    with faults_told():
        settings = settings_with_key(data=data)
        start_log(settings, "import")
        use_renewed_zones(settings)
        from coordinator.beginnings import import_file  # deferred: SQLAlchemy and the services
        from coordinator.upkeep import run_migrate

        now = datetime.now(UTC)
        run_migrate(settings, now)
        names = asyncio.run(import_file(settings, file.read(), now))
        click.echo(f"{len(names)} groups came in. A steward makes their custodians' links.")


@main.group()
def link() -> None:
    """Make links for those who cannot ask a steward."""


@link.command(name="steward")
@data_option
def steward_link(data: Path | None) -> None:
    """Print a new steward's link; earlier ones stay as they are."""
    with faults_told():
        settings = settings_with_key(data=data)
        start_log(settings, "link")
        use_renewed_zones(settings)
        from coordinator.beginnings import link_steward  # deferred: SQLAlchemy and the services
        from coordinator.upkeep import run_migrate

        now = datetime.now(UTC)
        run_migrate(settings, now)
        say_signs([asyncio.run(link_steward(settings, now))], f"{settings.base_url or f'http://{settings.host}:{settings.port}'}/")


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@data_option
def backup(file: Path, data: Path | None) -> None:
    """Write the whole network to FILE while it runs. Keep it as safe as the server: it holds the network's key."""
    with faults_told():
        settings = settings_with_key(data=data)
        start_log(settings, "backup")
        from coordinator.upkeep import run_backup  # deferred: SQLAlchemy

        manifest = run_backup(settings, file, datetime.now(UTC))
        click.echo(f"{file} holds {sum(manifest.rows.values())} rows and {manifest.blobs} files of sound, and was read back whole.")
        say_missing(manifest.missing)


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", "over", is_flag=True, help="Replace the network that is there, after a copy of it.")
@data_option
def restore(file: Path, over: bool, data: Path | None) -> None:
    """Bring the network in FILE back, into SQLite or PostgreSQL. Stop every process of the network first."""
    with faults_told():
        settings = read_settings(os.environ, data=data)
        start_log(settings, "restore")
        from coordinator.upkeep import run_restore  # deferred: SQLAlchemy

        manifest = run_restore(settings, file, datetime.now(UTC), replace=over)
        click.echo(f"Restored {sum(manifest.rows.values())} rows and {manifest.blobs} files of sound as of {manifest.made_at}.")
        say_missing(manifest.missing)


@main.group(name="zones")
def zone_rules() -> None:
    """The law of time zones: what it does to agreed moments, and how it is renewed."""


@zone_rules.command(name="check")
@data_option
def zones_check(data: Path | None) -> None:
    """Read every moment to come again under the zone rules in use, and tell the groups whose clock will read otherwise than they agreed to."""
    with faults_told():
        settings = settings_for_zones(data)
        from coordinator.renewal import read_again  # deferred: SQLAlchemy and the services
        from coordinator.upkeep import run_migrate

        now = datetime.now(UTC)
        run_migrate(settings, now)
        say_lines(asyncio.run(read_again(settings, now)))


@zone_rules.command(name="update")
@click.argument("wheels", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="[WHEEL]...")
@data_option
def zones_update(wheels: tuple[Path, ...], data: Path | None) -> None:
    """Take newer zone rules out of the WHEELs of pytz and tzdata, then do as `zones check`. Nothing in them is run."""
    with faults_told():
        settings = settings_for_zones(data)
        from coordinator import renewal  # deferred: SQLAlchemy and the services
        from coordinator.upkeep import run_migrate

        if not wheels:
            click.echo(renewal.HOW_TO, err=True)
            sys.exit(AT_FAULT)
        now = datetime.now(UTC)
        table = renewal.read_files(wheels, now)
        run_migrate(settings, now)
        say_lines(asyncio.run(renewal.renew(settings, table, now)))
        say_lines(asyncio.run(renewal.read_again(settings, now)))
        say_lines([renewal.start_anew(settings)])


def settings_for_zones(data: Path | None) -> Settings:
    """The settings, with the rules taken up that were renewed before. Raises Invalid, CannotServe."""
    settings = read_settings(os.environ, data=data)
    prepare_data_directory(settings.data)
    start_log(settings, "zones")
    use_renewed_zones(settings)
    return settings


# --- what the commands share --------------------------------------------------------------------------------------------------------------


def say_lines(lines: Iterable[str]) -> None:
    """Each on a line of its own."""
    for line in lines:
        click.echo(line)


def say_signs(signs: Iterable[Sign], address: str) -> None:
    """A line for each way in, ready to be opened."""
    for sign in signs:
        click.echo(f"  {sign.label}:\n    {address}{sign.path.removeprefix('/')}")


def say_missing(blob_ids: Sequence[str]) -> None:
    """What a backup should hold and could not: a disk lost it, or damaged it."""
    if blob_ids:
        click.echo(f"Not found, or damaged, and so not in the backup: {', '.join(f'blobs/{blob_id}' for blob_id in blob_ids)}", err=True)


def start_log(settings: Settings, process: str) -> None:
    """Sets up the log of this process."""
    from coordinator.logs import configure_logging  # deferred: structlog takes a tenth of a second, and `resolve` logs nothing

    configure_logging(settings.log_level, settings.log_format, process)


def use_renewed_zones(settings: Settings) -> None:
    """Computes with the zone rules that `chorus zones update` has kept, if there are any; before anything reads a time."""
    if settings.embedded_database and not (settings.data / "zones").is_dir():
        return
    from coordinator.zone_rules import take_up_rules  # deferred: SQLAlchemy, which `resolve` does without

    take_up_rules(settings)


def use_zones_of_the_data_directory() -> None:
    """The same for a command that has no other use for settings, and so no quarrel with faulty ones."""
    try:
        settings = read_settings(os.environ)
    except Invalid:
        return
    if settings.embedded_database:
        use_renewed_zones(settings)


def use_one_source_of_zones(settings: Settings) -> None:
    """As `use_renewed_zones`, and makes icalendar read zones as the rest of Chorus does, before anything else loads it."""
    use_renewed_zones(settings)
    import icalendar  # deferred: only processes that read or write calendars need it

    icalendar.use_pytz()  # type: ignore[no-untyped-call]  # icalendar annotates most, not this


def settings_with_key(**overrides: Any) -> Settings:
    """The settings with the network's secret key: given, or from the data directory. Raises Invalid, CannotServe."""
    settings = read_settings(os.environ, **overrides)
    if settings.secret_key:
        return settings
    if not settings.embedded_database:
        raise Invalid(problem("CHORUS_SECRET_KEY", "missing"))
    prepare_data_directory(settings.data)
    return replace(settings, secret_key=read_or_make_secret_key(settings.data))


def scaled_out_settings(**overrides: Any) -> Settings:
    """As `settings_with_key`, for a process that shares a Redis with others. Raises Invalid when none is named."""
    settings = settings_with_key(**overrides)
    if not settings.redis_url:
        raise Invalid(problem("CHORUS_REDIS_URL", "missing"))
    return settings


@contextmanager
def faults_told() -> Iterator[None]:
    """Says a fault of input or surroundings in a sentence each, on stderr, and ends with exit code 2."""
    try:
        yield
    except CannotServe as fault:
        click.echo(str(fault), err=True)
        sys.exit(AT_FAULT)
    except ChorusError as fault:
        tell(fault, sys.stderr)
        sys.exit(AT_FAULT)


def tell(fault: ChorusError, file: TextIO) -> None:
    """One line for each thing that is wrong, in English as everything in the terminal."""
    from coordinator.formats.sentences import say_all, say_error  # deferred: Babel, and only when something is wrong
    from coordinator.i18n import read_languages

    english = read_languages()["en"]
    match fault:
        case Invalid():
            lines = say_all(fault, english)
        case _ if type(fault).__module__ == ChorusError.__module__:
            lines = [say_error(fault, english)]
        case _:
            lines = [str(fault)]  # of the store: told to operators only, so it says its own sentence
    for line in lines:
        click.echo(line, file=file)


def as_problem(fault: Invalid) -> dict[str, Any]:
    """The fault as RFC 9457 JSON, as the API tells it."""
    from coordinator.formats.sentences import say, say_error  # deferred: Babel, and only when something is wrong
    from coordinator.i18n import read_languages

    english = read_languages()["en"]
    told = [
        {"field": p.field, "code": p.code, "value": p.value, "remedy": list(p.remedy), "sentence": say(p, english)} for p in fault.problems
    ]
    return {"type": "about:blank", "title": "Unprocessable Entity", "status": 422, "detail": say_error(fault, english), "problems": told}


if __name__ == "__main__":
    main()
