"""How does a LibreTranslate server translate for us? By the HTTP contract of its `/languages` and `/translate` (read in version 1.9.6).

Asked with `format: text` and a list of segments, it answers with a list. What it cannot translate it returns as it was, with 200. The key
goes into the body and nowhere else. Whoever answers at the address may say anything: answers are bounded, unpacked by nobody, and believed
only in the shape that was asked for.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from coordinator.errors import EngineAway, EngineFault, EngineLied, EngineRefused
from coordinator.ports import Locality, Pair
from coordinator.translators.batch import ask_in_batch

NAME = "libretranslate"
ANSWER_MOST_BYTES = 8_000_000
RETRY_MOST_S = 3_600
SILENCE_MOST_S = 120  # a second net: each call has its own time limit, over all of it
CONNECTIONS_MOST = 4
# The server's own codes, where they are not the tags of BCP 47 or mean one script or region of several.
ALIASES = {"pb": "pt-BR", "zh": "zh-Hans", "zt": "zh-Hant", "iw": "he", "in": "id", "tl": "fil", "no": "nb"}
# Plain bytes: what is not packed cannot unfold into more than is read.
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "chorus"}


class LibreTranslate:
    """The Translator over one server. `url` is where `/translate` begins; `listing_timeout_s` limits `pairs`."""

    name = NAME
    version = ""  # its API tells none

    def __init__(self, url: str, key: str = "", listing_timeout_s: float = 10) -> None:
        self.locality = Locality.SAME_HOST if is_loopback(url) else Locality.REMOTE
        self._url = url.rstrip("/")
        self._key = key
        self._listing_timeout_s = listing_timeout_s
        self._codes: dict[Pair, tuple[str, str]] = {}  # the server's own, as last listed
        self._client = httpx.AsyncClient(
            headers=HEADERS,
            timeout=SILENCE_MOST_S,
            follow_redirects=False,
            trust_env=False,  # a proxy named in the environment would take a text off this host
            limits=httpx.Limits(max_connections=CONNECTIONS_MOST),
        )

    async def pairs(self) -> frozenset[Pair]:
        """The pairs that `/languages` names. Raises EngineAway, EngineRefused, EngineLied."""
        try:
            async with asyncio.timeout(self._listing_timeout_s):
                await self._list_codes()
        except TimeoutError:
            raise EngineAway(NAME, "timeout") from None
        return frozenset(self._codes)

    async def translate(self, segments: Sequence[str], pair: Pair, deadline_s: float) -> list[str]:
        """One request for all segments. Raises EngineFault."""
        try:
            async with asyncio.timeout(deadline_s):
                if pair not in self._codes:
                    await self._list_codes()
                codes = self._codes.get(pair)
                if codes is None:
                    raise EngineRefused(NAME, "pair_unserved")
                return await ask_in_batch(NAME, segments, lambda sent: self._ask(sent, codes))
        except TimeoutError:
            raise EngineAway(NAME, "timeout") from None

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _ask(self, sent: list[str], codes: tuple[str, str]) -> Sequence[object]:
        question = {"q": sent, "source": codes[0], "target": codes[1], "format": "text"}
        answer = await self._request("POST", "/translate", question | ({"api_key": self._key} if self._key else {}))
        if not isinstance(answer, Mapping):
            raise EngineLied(NAME, "shape")
        if "error" in answer:
            raise EngineLied(NAME, "error_body")
        translated = answer.get("translatedText")
        if not isinstance(translated, list):
            raise EngineLied(NAME, "shape")
        return translated

    async def _list_codes(self) -> None:
        self._codes = dict(_read_languages(await self._request("GET", "/languages")))

    async def _request(self, method: str, path: str, question: Mapping[str, Any] | None = None) -> Any:
        """The JSON that the server answers with 200."""
        if self._client.is_closed:
            raise EngineAway(NAME, "closed")
        content = None if question is None else json.dumps(question).encode()
        headers = {} if content is None else {"Content-Type": "application/json"}
        try:
            async with self._client.stream(method, self._url + path, content=content, headers=headers) as answer:
                fault = _read_status(answer)
                if fault is not None:
                    raise fault
                body = await _read_body(answer)
        except httpx.TimeoutException:
            raise EngineAway(NAME, "timeout") from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise EngineAway(NAME, "unreachable") from None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise EngineLied(NAME, "not_json") from None


def is_loopback(url: str) -> bool:
    """Whether the server is on this very host. A name that is not `localhost` may lead anywhere, so it counts as elsewhere."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read_status(answer: httpx.Response) -> EngineFault | None:
    """What a status means; None for 200. The body of a fault is not read: it may repeat the question."""
    match answer.status_code:
        case 200:
            return None
        case 429:
            return EngineAway(NAME, "busy", _read_retry_after(answer.headers.get("retry-after", "")))
        case 401 | 403:
            return EngineRefused(NAME, "key_refused")
        case 413:
            return EngineRefused(NAME, "too_large")
        case status if 300 <= status < 400:
            return EngineRefused(NAME, "redirected")
        case status if status >= 500:
            return EngineAway(NAME, "server_error", _read_retry_after(answer.headers.get("retry-after", "")))
        case _:
            return EngineRefused(NAME, "request_refused")


def _read_retry_after(raw: str) -> int | None:
    """Seconds; the other form, a date, is not worth a clock here."""
    return min(int(raw), RETRY_MOST_S) if raw.isascii() and raw.isdigit() and len(raw) < 10 else None


async def _read_body(answer: httpx.Response) -> bytes:
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise EngineLied(NAME, "shape")
    body = bytearray()
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > ANSWER_MOST_BYTES:
            raise EngineLied(NAME, "too_much")
    return bytes(body)


def _read_languages(answer: object) -> Iterator[tuple[Pair, tuple[str, str]]]:
    """Pairs and the server's codes, of `[{code, name, targets}]`. Raises EngineLied."""
    if not isinstance(answer, list) or not all(_is_language(each) for each in answer):
        raise EngineLied(NAME, "error_body" if isinstance(answer, Mapping) and "error" in answer else "shape")
    for language in answer:
        for target in language["targets"]:
            if target != language["code"]:
                yield Pair(_tag(language["code"]), _tag(target)), (language["code"], target)


def _is_language(each: object) -> bool:
    if not isinstance(each, Mapping) or not isinstance(each.get("code"), str) or not isinstance(each.get("targets"), list):
        return False
    return all(isinstance(target, str) for target in each["targets"])


def _tag(code: str) -> str:
    """BCP 47 in its usual spelling: language small, script with a capital, region in capitals."""
    parts = code.replace("_", "-").split("-")
    tidy = [parts[0].lower(), *(part.title() if len(part) == 4 else part.upper() for part in parts[1:])]
    return ALIASES.get("-".join(tidy), "-".join(tidy))
