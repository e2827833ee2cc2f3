"""What can go wrong, as types that carry what is needed to act on it.

    ChorusError
    ├── Invalid              input breaks a rule; carries every `Problem` at once      → 422
    ├── Conflict             the state does not allow it (any more)                    → 409
    ├── NotFound             unknown, revoked, foreign: all alike, so nothing leaks     → 404
    ├── NotSignedIn          no valid session or bearer token                          → 401
    ├── Forbidden            signed in, but the access table says no                   → 403
    ├── KeyReused            an idempotency key came back with another body            → 422
    ├── TooLarge             a body over its limit                                     → 413
    ├── TooMany              a rate limit or a quota                                   → 429
    ├── Unavailable          a part we need is not there just now                      → 503
    └── EngineFault          a translation engine gave no draft; met in jobs           → 503
        ├── EngineAway       down, too slow, asked too often: try again later
        ├── EngineRefused    bad key, unserved pair, too much: trying again does not help
        └── EngineLied       it answered, and the answer is no translation

Domain and services raise; the edge maps once (`pages/problems.py`, `api/problems.py`, `live/endpoint.py`).
Sentences for people are made there, from `code`, through gettext; nothing here is ever shown as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar, cast

T = TypeVar("T")
P = ParamSpec("P")

SHOWN_VALUE_CHARS = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of one field.

    `field` is the name in form and JSON alike, with its path (`windows[2].from`); empty when the whole is at fault.
    `code` is stable and has one translated sentence in `formats/sentences.py`.
    `value` is what was given, shortened; `remedy` holds what would be accepted (names, bounds, examples), in order.
    """

    field: str
    code: str
    value: str = ""
    remedy: tuple[str, ...] = ()

    def under(self, path: str) -> Problem:
        """The same fault, seen from a container at `path`."""
        joined = path if not self.field else f"{path}{'' if self.field.startswith('[') else '.'}{self.field}"
        return Problem(joined, self.code, self.value, self.remedy)


def problem(field: str, code: str, value: object = "", *remedy: object) -> Problem:
    """A `Problem` whose value is cut to what a person can read, with control and bidi characters made visible."""
    return Problem(field, code, shown(value), tuple(str(r) for r in remedy))


def shown(value: object) -> str:
    """`value` as one short line: unprintable and bidi characters become U+FFFD, the rest is cut at 80 characters."""
    text = "".join(c if c.isprintable() else "\ufffd" for c in str(value)[: SHOWN_VALUE_CHARS + 1])
    return text if len(text) <= SHOWN_VALUE_CHARS else text[: SHOWN_VALUE_CHARS - 1] + "…"


class ChorusError(Exception):
    """Base of everything that Chorus raises on purpose."""


class Invalid(ChorusError):
    """Input breaks rules. `problems` is never empty and names every fault that could be found, not only the first."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{p.field}: {p.code}" for p in problems))


class Conflict(ChorusError):
    """The thing is in a state that does not allow this. `code` has a translated sentence, `details` its values."""

    def __init__(self, code: str, **details: str) -> None:
        self.code = code
        self.details = details
        super().__init__(code)


class NotFound(ChorusError):
    """Unknown, revoked or another's: the caller cannot tell which."""

    def __init__(self, what: str = "") -> None:
        self.what = what
        super().__init__(what)


class NotSignedIn(ChorusError):
    """The page or command needs a link, and none that holds was shown."""


class Forbidden(ChorusError):
    """The access table refuses `right` to every grant of this session."""

    def __init__(self, right: str) -> None:
        self.right = right
        super().__init__(right)


class KeyReused(ChorusError):
    """An idempotency key was used before with another body."""


class TooLarge(ChorusError):
    """A body is over `limit_bytes`."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        super().__init__(str(limit_bytes))


class TooMany(ChorusError):
    """A limit was reached; `retry_after_s` says when to come back."""

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(str(retry_after_s))


class Unavailable(ChorusError):
    """A part we need is not there just now (`part` names it: database, redis, zone rules)."""

    def __init__(self, part: str) -> None:
        self.part = part
        super().__init__(part)


class EngineFault(ChorusError):
    """A translation engine gave no draft. `engine` is its name, `code` a stable word for logs and records; never anybody's words."""

    def __init__(self, engine: str, code: str) -> None:
        self.engine = engine
        self.code = code
        super().__init__(f"{engine}: {code}")


class EngineAway(EngineFault):
    """The engine cannot answer just now; try again later, after `retry_after_s` where it says so.

    Codes: timeout, unreachable, busy, server_error, process_failed, not_installed, closed.
    """

    def __init__(self, engine: str, code: str, retry_after_s: int | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(engine, code)


class EngineRefused(EngineFault):
    """The engine will not answer this, however often it is asked.

    Codes: pair_unserved, key_refused, request_refused, redirected, too_large.
    """


class EngineLied(EngineFault):
    """The engine answered, and what it said is no translation of what was asked.

    Codes: count, empty, unchanged, tokens_lost, unfit, error_body, not_json, shape, too_much.
    """


class Faults:
    """Collects the problems of several readers, so that a form hears of all its faults at once.

    faults = Faults()
    title = faults.read("title", read_title, form.get("title", ""))
    zone_id = faults.read("zone", read_zone_id, form.get("zone", ""))
    faults.check()                      # raises Invalid with everything found
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def read(self, path: str, reader: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `reader` returns; on Invalid its problems are kept under `path` and the value must not be used before `check`."""
        try:
            return reader(*args, **kwargs)
        except Invalid as fault:
            self.problems.extend(p.under(path) if path else p for p in fault.problems)
            return cast(T, None)

    def add(self, field: str, code: str, value: object = "", *remedy: object) -> None:
        """Notes one fault found by the caller itself."""
        self.problems.append(problem(field, code, value, *remedy))

    def check(self) -> None:
        """Raises Invalid if anything was found."""
        if self.problems:
            raise Invalid(*self.problems)
