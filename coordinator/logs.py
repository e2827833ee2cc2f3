"""How does a process write its log? One line an event: a name, fields with ids, never an address, a token or anybody's words.

Lines go to stderr; stdout belongs to answers of commands. The access log is off, since request targets carry secrets of feeds.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

FOREIGN_LEVEL = logging.WARNING  # uvicorn tells socket paths and arq the arguments of jobs, both at INFO


def configure_logging(level: str, form: str, process: str) -> None:
    """Sets up this process's log: `level` as in settings, `form` "console" or "json", `process` the name in every line."""
    renderer = _renderer(form)
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(process),
        # Plain tracebacks: both of structlog's richer forms print local variables, secrets among them.
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    logging.basicConfig(handlers=[handler], level=FOREIGN_LEVEL, force=True)


def _renderer(form: str) -> Any:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=24)


def _named(process: str) -> Any:
    def add(_logger: object, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        return {**event, "process": process}

    return add
