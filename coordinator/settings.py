"""What can be set from outside? Every `CHORUS_*` variable: its name, default, unit and help, side by side.

Read once, at start, by `read_settings`; nothing else reads the environment. With nothing set at all Chorus runs embedded: SQLite and a
private Valkey in the data directory. Three settings move it to real servers: DATABASE_URL, REDIS_URL and SECRET_KEY (DESIGN §2).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from coordinator.errors import Invalid, Problem, problem

PREFIX = "CHORUS_"
SECRET_KEY_CHARS = 32
MASK = "•••"
DATABASE_SCHEMES = ("sqlite+aiosqlite", "postgresql+psycopg")
REDIS_SCHEMES = ("redis", "rediss", "unix")
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("console", "json")
TRANSLATORS = ("auto", "none", "apertium", "libretranslate")

Reader = Callable[[str], Any]


def read_text(raw: str) -> str:
    """Any text without control characters."""
    if not raw.isprintable():
        raise Invalid(problem("", "setting_unprintable", raw))
    return raw


def read_whole(least: int, most: int) -> Reader:
    """A reader of whole numbers from `least` to `most`, both included."""

    def read(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", raw) or not least <= int(raw) <= most:
            raise Invalid(problem("", "setting_number", raw, least, most))
        return int(raw)

    return read


def read_choice(*choices: str) -> Reader:
    """A reader of one of `choices`, in any case."""

    def read(raw: str) -> str:
        if raw.lower() not in choices:
            raise Invalid(problem("", "setting_choice", raw, *choices))
        return raw.lower()

    return read


def read_database_url(raw: str) -> str:
    """`sqlite+aiosqlite:///path` or `postgresql+psycopg://…`; plain `sqlite:` and `postgresql:` are completed."""
    completed = re.sub(r"^sqlite:", "sqlite+aiosqlite:", re.sub(r"^postgres(ql)?:", "postgresql+psycopg:", raw))
    _split(completed, DATABASE_SCHEMES)
    return completed


def read_redis_url(raw: str) -> str:
    """`redis://…`, `rediss://…` or `unix://…`."""
    _split(raw, REDIS_SCHEMES)
    return raw


def read_base_url(raw: str) -> str:
    """Scheme and host of this network, without a path: `https://chorus.example.org`."""
    parts = _split(raw, ("http", "https"))
    if not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
        raise Invalid(problem("", "setting_base_url", _mask_url(raw), "https://chorus.example.org"))
    return raw.rstrip("/")


def read_engine_url(raw: str) -> str:
    """Where an engine answers: scheme, host and perhaps a path, no query and no password (that is what its key is for)."""
    parts = _split(raw, ("http", "https"))
    if not parts.hostname or parts.query or parts.fragment or parts.username is not None:
        shown = re.sub(r"[?#].*", f"?{MASK}", _mask_url(raw))  # a key may stand there
        raise Invalid(problem("", "setting_engine_url", shown, "http://127.0.0.1:5000"))
    return raw.rstrip("/")


def read_secret_key(raw: str) -> str:
    """At least 32 characters. The value is never repeated in a message."""
    if len(raw) < SECRET_KEY_CHARS or not raw.isprintable():
        raise Invalid(problem("", "setting_secret_short", MASK, SECRET_KEY_CHARS))
    return raw


def read_networks(raw: str) -> tuple[str, ...]:
    """Addresses and networks, separated by commas: `127.0.0.1, 10.0.0.0/8`."""
    names = tuple(name.strip() for name in raw.split(",") if name.strip())
    wrong = [name for name in names if not _is_network(name)]
    if wrong:
        raise Invalid(*(problem("", "setting_network", name, "127.0.0.1", "10.0.0.0/8") for name in wrong))
    return names


def _is_network(name: str) -> bool:
    try:
        ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False
    return True


def _split(raw: str, schemes: tuple[str, ...]) -> SplitResult:
    """The parts of a URL with one of `schemes`; passwords stay out of the message."""
    try:
        parts = urlsplit(raw)
        _ = parts.port  # read for its ValueError: `redis://host:abc`
    except ValueError:
        raise Invalid(problem("", "setting_url", MASK, *(f"{scheme}://…" for scheme in schemes))) from None
    if parts.scheme not in schemes:
        raise Invalid(problem("", "setting_url", _mask_url(raw), *(f"{scheme}://…" for scheme in schemes)))
    return parts


def setting(default: Any, read: Reader, help_: str, *, unit: str = "", secret: bool = False) -> Any:
    """A field of `Settings`: default, reader of its text, unit, and what it is for."""
    return field(default=default, metadata={"read": read, "help": help_, "unit": unit, "secret": secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that is set from outside. Empty text means "not set"; `repr` shows no secret."""

    data: Path = setting(
        Path(".data"), lambda raw: Path(read_text(raw)), "Directory of the database, the secret key, backups and stored bytes."
    )
    host: str = setting("127.0.0.1", read_text, "Address to listen on; 0.0.0.0 or :: for every network of this machine.")
    port: int = setting(8000, read_whole(0, 65535), "TCP port to listen on; 0 lets the system choose.")
    base_url: str = setting(
        "", read_base_url, "Public address, like https://chorus.example.org; decides scheme, host, accepted origin and cookie name. "
        "Needed unless people come by localhost or a numeric address.",
    )  # fmt: skip
    database_url: str = setting("", read_database_url, "SQLAlchemy URL of the database; unset: SQLite in the data directory.", secret=True)
    redis_url: str = setting(
        "", read_redis_url, "URL of a Valkey or Redis server; unset: a private one started by `chorus serve`.", secret=True
    )
    secret_key: str = setting(
        "", read_secret_key, "Key of signatures and sealed addresses, 32 characters or more, the same for every process; "
        "unset: secret.key in the data directory.", secret=True,
    )  # fmt: skip
    trusted_proxies: tuple[str, ...] = setting(
        (),
        read_networks,
        "Addresses or networks of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas.",
    )
    log_level: str = setting("info", read_choice(*LOG_LEVELS), "Least severe message that is logged: debug, info, warning or error.")
    log_format: str = setting("console", read_choice(*LOG_FORMATS), "console for people, json for machines: one object a line.")
    sockets_max: int = setting(
        10_000, read_whole(1, 1_000_000), "Most live sockets of one web process; further ones are asked to come back."
    )
    sockets_per_address_max: int = setting(
        200, read_whole(1, 1_000_000), "Most live sockets from one address (IPv4) or /64 network (IPv6); a hall may sit behind one address."
    )
    heartbeat_s: int = setting(15, read_whole(1, 60), "Time between two heartbeats of a live socket.", unit="s")
    poll_ms: int = setting(1_000, read_whole(50, 60_000), "Time between two looks at the event log when no hint arrives.", unit="ms")
    events_kept_days: int = setting(400, read_whole(1, 3_650), "How long events stay in the log.", unit="days")
    backups_kept: int = setting(
        10, read_whole(1, 1_000), "How many of the backups that `chorus serve` makes before a migration are kept.", unit="files"
    )

    translator: str = setting(
        "auto",
        read_choice(*TRANSLATORS),
        "Engine of machine drafts: none, apertium, libretranslate, or auto: apertium where it is installed.",
    )
    libretranslate_url: str = setting(
        "", read_engine_url, "Address of a LibreTranslate server, like http://127.0.0.1:5000; on another host it gets only the texts whose "
        "group consented.",
    )  # fmt: skip
    libretranslate_key: str = setting("", read_text, "Key of the LibreTranslate server, if it asks for one.", secret=True)
    translate_timeout_s: int = setting(10, read_whole(1, 120), "Most time that an engine gets for one draft.", unit="s")

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{row.name}={row.value!r}' for row in describe(self))})"

    @property
    def embedded_database(self) -> bool:
        """Whether the database is the SQLite file in the data directory."""
        return not self.database_url

    @property
    def effective_database_url(self) -> str:
        """The database's URL, set or not."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data / 'chorus.db'}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of `chorus settings`; `value` is masked where it is secret."""

    name: str
    value: str
    default: str
    unit: str
    help: str


def read_settings(environ: Mapping[str, str], **overrides: Any) -> Settings:
    """The settings of `environ`, with `overrides` (already typed, from the command line; None means not given) winning.

    An empty variable counts as unset. Raises Invalid with every fault; `field` names the variable.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = _unknown(environ)
    for each in fields(Settings):
        raw = environ.get(variable(each.name), "").strip()
        if overrides.get(each.name) is not None or not raw:
            continue
        try:
            values[each.name] = each.metadata["read"](raw)
        except Invalid as fault:
            problems.extend(p.under(variable(each.name)) for p in fault.problems)
    if values.get("translator") == "libretranslate" and not environ.get(variable("libretranslate_url"), "").strip():
        problems.append(problem(variable("libretranslate_url"), "missing"))
    if problems:
        raise Invalid(*problems)
    return Settings(**values, **{name: value for name, value in overrides.items() if value is not None})


def _unknown(environ: Mapping[str, str]) -> list[Problem]:
    """A misspelt variable would otherwise be ignored in silence. Those of the tests are none of ours."""
    known = {variable(each.name) for each in fields(Settings)} | set(NOT_SETTINGS)
    strangers = sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
    return [problem(name, "setting_unknown", name, *_near(name, known)) for name in strangers]


NOT_SETTINGS = (f"{PREFIX}TEST_SEED", f"{PREFIX}SOAK")  # read by the tests


def _near(name: str, known: set[str]) -> list[str]:
    import difflib  # deferred: only a misspelt variable needs it

    return difflib.get_close_matches(name, sorted(known), 1)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def to_environ(settings: Settings) -> dict[str, str]:
    """The variables that make `read_settings` return these settings again: how a parent process tells its children."""
    return {variable(each.name): _write(value) for each in fields(Settings) if (value := getattr(settings, each.name)) != _default(each)}


def describe(settings: Settings) -> list[Row]:
    """Every setting in the order of this file, secrets and passwords masked."""
    return [
        Row(
            variable(each.name),
            _masked(each, getattr(settings, each.name)),
            _write(_default(each)),
            each.metadata["unit"],
            each.metadata["help"],
        )
        for each in fields(settings)
    ]


def _masked(each: Field[Any], value: Any) -> str:
    written = _write(value)
    if not each.metadata["secret"] or not written:
        return written
    return _mask_url(written) if "://" in written else MASK


def _mask_url(url: str) -> str:
    """The URL without its password, wherever it stands: before the host, or as a parameter."""
    without_password = re.sub(r"(//[^/@:]*):.*@", rf"\1:{MASK}@", url)
    return re.sub(r"((?:password|passfile|sslpassword)=)[^&]*", rf"\1{MASK}", without_password)


def _default(each: Field[Any]) -> Any:
    assert each.default is not MISSING
    return each.default


def _write(value: Any) -> str:
    match value:
        case tuple():
            return ",".join(value)
        case _:
            return str(value)
