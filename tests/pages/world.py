"""The small network of tests/api/world.py, walked with plain forms and a cookie, as a browser without script would."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx

from coordinator.keys import IDEMPOTENCY_FIELD, SESSION_COOKIE
from tests.api.world import BASE, HIDDEN_WORDS, PROPOSAL, World, open_world
from tests.conftest import FakeClock

__all__ = ["HIDDEN_WORDS", "PROPOSAL", "Pages", "open_pages", "text_of_page"]

Form = Mapping[str, Any] | list[tuple[str, Any]]


@dataclass
class Pages:
    """Pages of the world's public group ("Minga del Agua", La Paz), by role; `other` is Casseroles in Lyon, `hidden` hides."""

    world: World
    keys: int = 0

    @property
    def client(self) -> httpx.AsyncClient:
        return self.world.client

    def desk(self, rest: str = "", group: str = "", lang: str = "en") -> str:
        """The address of one of a group's pages."""
        return f"/{lang}/g/{group or self.world.group}/{rest}"

    async def get(self, path: str, role: str = "", **headers: str) -> httpx.Response:
        return await self.client.get(path, headers={**self._cookie(role), **headers})

    async def send(self, path: str, form: Form, role: str = "custodian", *, key: str | None = None, origin: str = BASE) -> httpx.Response:
        """The form as a browser sends it; a fresh idempotency key unless one is given."""
        self.keys += 1
        fields = list(form.items()) if isinstance(form, Mapping) else list(form)
        body = urlencode([*fields, (IDEMPOTENCY_FIELD, key or f"test-key-{self.keys:06d}")], doseq=True)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin, **self._cookie(role)}
        return await self.client.post(path, content=body, headers=headers)

    def _cookie(self, role: str) -> dict[str, str]:
        return {"Cookie": f"{SESSION_COOKIE}={self.world.tokens[role]}"} if role else {}

    async def draft(self, **fields: Any) -> str:
        """A draft made through its form; the slug."""
        answer = await self.send(self.desk("propose"), PROPOSAL | fields)
        assert answer.status_code == 303, answer.text
        found = re.search(r"/actions/([^?/]+)", answer.headers["location"])
        assert found is not None
        return found[1]

    async def propose(self, start: str = "2027-02-10T18:00:00Z") -> str:
        """A moment put forward through its form; the slug."""
        slug = await self.draft()
        answer = await self.send(self.desk(f"actions/{slug}/put-forward"), {"start": start})
        assert answer.status_code == 303, answer.text
        return slug

    async def confirm(self, start: str = "2027-02-10T18:00:00Z") -> str:
        """An action that all groups agreed to, through their forms; the slug."""
        slug = await self.propose(start)
        for role in ("other", "hidden"):
            group = getattr(self.world, role)
            answer = await self.send(self.desk(f"actions/{slug}/respond", group), {"response": "consent"}, role)
            assert answer.status_code == 303, answer.text
        return slug


@asynccontextmanager
async def open_pages(url: str, clock: FakeClock) -> AsyncIterator[Pages]:
    """The whole application on the database at `url`."""
    async with open_world(url, clock) as world:
        yield Pages(world)


def text_of_page(answer: httpx.Response) -> str:
    """What a reader reads: no markup, single spaces."""
    body = re.sub(r"<(script|style|svg|head)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())
