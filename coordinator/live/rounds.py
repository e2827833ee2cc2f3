"""How does what must be done again and again survive its failures?"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

JITTER = 0.2

log = structlog.get_logger(__name__)


async def attempt(name: str, do: Callable[[], Awaitable[None]]) -> None:
    """Does it once. A part that is away is one line in the log, a fault of ours is a traceback; neither ends the round."""
    try:
        await do()
    except (SQLAlchemyError, RedisError, OSError) as error:
        log.warning("live.round_failed", round=name, error=type(error).__name__)
    except Exception:
        log.exception("live.round_crashed", round=name)


async def every(interval_s: float, name: str, do: Callable[[], Awaitable[None]]) -> None:
    """Does it for ever, at once and then every `interval_s` ± 20 %, so that processes do not move in step."""
    while True:
        await attempt(name, do)
        await asyncio.sleep(interval_s * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - jitter, not a secret
