"""How is a calendar fetched from where a group says it lies, without being led to where nobody should look?

Each hop: the link is checked, its host is resolved once, every address that comes back must be on the open internet, and the connection goes
to one of these very addresses, so that a name cannot lead elsewhere a moment later. The certificate must be the host's. Redirects are
followed by hand. No cookie, no password, no proxy of the environment; what arrives is counted as it comes and unpacked, and given up as
soon as it is too much. Neither the link nor its host is ever logged; an httpx client would log it, so its transport is used without one.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urljoin

import httpx

from coordinator.calendars.addresses import is_open
from coordinator.calendars.links import HTTPS_PORT, check_url
from coordinator.domain.busy import MAX_BYTES, CalendarRefused, Fault
from coordinator.errors import Invalid

CONNECT_TIMEOUT_S = 5.0
ADDRESSES_TRIED = 4
MAX_HOPS = 4  # the link, and three that it sends us on to
MAX_MARK_CHARS = 300  # of an ETag or a date
HEADERS = {"Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "identity", "Connection": "close", "User-Agent": "chorus"}
GZIP_WINDOW = 31  # zlib's number for gzip with its header

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Marks:
    """By what a server knows a version of a calendar again; empty where it gave nothing."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        """The question whether there is another version by now."""
        return {name: value for name, value in (("If-None-Match", self.etag), ("If-Modified-Since", self.last_modified)) if value}


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of a calendar, at most MAX_BYTES; None when it is the version that was known by its marks."""

    data: bytes | None
    marks: Marks


async def resolve(host: str, port: int) -> Sequence[str]:
    """The numeric addresses of a host, as the system knows them. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def make_trust() -> ssl.SSLContext:
    """The certificates that everybody trusts, whatever the environment says."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches calendars; safe for many tasks at once. What is given here is the open internet's unless a test brings its own."""

    trust: ssl.SSLContext = field(default_factory=make_trust)
    resolve: Resolve = resolve
    is_open: Callable[[str], bool] = is_open
    port: int = HTTPS_PORT
    deadline: timedelta = timedelta(seconds=20)

    async def fetch(self, url: str, known: Marks) -> Fetched:
        """The calendar at `url`, of which the version with the marks `known` is known already. Raises CalendarRefused."""
        try:
            async with asyncio.timeout(self.deadline.total_seconds()):
                return await self._follow(url, known)
        except TimeoutError:
            raise CalendarRefused(Fault.TOO_SLOW) from None

    async def _follow(self, url: str, known: Marks) -> Fetched:
        for _ in range(MAX_HOPS):
            async with self._ask(url, known) as answer:
                if not answer.has_redirect_location:
                    return await _read(answer, known)
                url = _read_location(url, answer.headers["location"])
        raise CalendarRefused(Fault.REDIRECTED)

    @contextlib.asynccontextmanager
    async def _ask(self, url: str, known: Marks) -> AsyncIterator[httpx.Response]:
        """One request, sent to the first address of the host that answers."""
        with _naming_faults():
            target = httpx.URL(url)
            addresses = await self._find_addresses(target.raw_host.decode("ascii"))
            async with httpx.AsyncHTTPTransport(verify=self.trust, trust_env=False) as transport:
                answer = await self._send(transport, target, addresses, known)
                try:
                    yield answer
                finally:
                    await answer.aclose()

    async def _find_addresses(self, host: str) -> Sequence[str]:
        try:
            addresses = await self.resolve(host, self.port)
        except (OSError, UnicodeError):  # a label that is too long is a UnicodeError
            raise CalendarRefused(Fault.UNKNOWN_HOST) from None
        if not addresses:
            raise CalendarRefused(Fault.UNKNOWN_HOST)
        if not all(self.is_open(address) for address in addresses):
            raise CalendarRefused(Fault.ADDRESS)
        return addresses[:ADDRESSES_TRIED]

    async def _send(self, transport: httpx.AsyncHTTPTransport, target: httpx.URL, addresses: Sequence[str], known: Marks) -> httpx.Response:
        """To one address after the other, until one can be reached."""
        *others, last = addresses
        for address in others:
            with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await transport.handle_async_request(self._request(target, address, known))
        return await transport.handle_async_request(self._request(target, last, known))

    def _request(self, target: httpx.URL, address: str, known: Marks) -> httpx.Request:
        """To the address by its number, under the host's name: `sni_hostname` is also whose certificate is asked for."""
        extensions = {
            "sni_hostname": target.raw_host.decode("ascii"),
            "timeout": {"connect": CONNECT_TIMEOUT_S, "read": None, "write": None, "pool": None},  # the deadline is over all of it
        }
        headers = HEADERS | known.headers() | {"Host": target.netloc.decode("ascii")}
        return httpx.Request("GET", target.copy_with(host=address, port=self.port), headers=headers, extensions=extensions)


@contextlib.contextmanager
def _naming_faults() -> Iterator[None]:
    """What httpx raises, whose words hold addresses, as a fault of ours."""
    try:
        yield
    except httpx.TimeoutException:
        raise CalendarRefused(Fault.TOO_SLOW) from None
    except httpx.InvalidURL:
        raise CalendarRefused(Fault.UNKNOWN_HOST) from None
    except httpx.HTTPError as fault:
        raise CalendarRefused(Fault.CERTIFICATE if _is_of_tls(fault) else Fault.UNREACHABLE) from None


def _is_of_tls(fault: BaseException | None) -> bool:
    """Whether the two sides could not agree on who they are. httpx keeps the cause, not the kind."""
    while fault is not None:
        if isinstance(fault, ssl.SSLError):
            return True
        fault = fault.__cause__ or fault.__context__
    return False


def _read_location(url: str, location: str) -> str:
    """Where a redirect leads, if that is a link that we would have taken. Raises CalendarRefused."""
    try:
        return check_url(urljoin(url, location))
    except (Invalid, ValueError):
        raise CalendarRefused(Fault.REDIRECTED) from None


async def _read(answer: httpx.Response, known: Marks) -> Fetched:
    """What a status means, and the body of a good one. The body of a fault is not read."""
    match answer.status_code:
        case 200:
            return Fetched(await _read_body(answer), Marks(_read_mark(answer, "etag"), _read_mark(answer, "last-modified")))
        case 304 if known.headers():
            return Fetched(None, known)
        case 401 | 403:
            raise CalendarRefused(Fault.DENIED)
        case 404 | 410:
            raise CalendarRefused(Fault.GONE)
        case _:
            raise CalendarRefused(Fault.SERVER)


def _read_mark(answer: httpx.Response, name: str) -> str:
    value = answer.headers.get(name, "")
    return value if len(value) <= MAX_MARK_CHARS and value.isascii() and value.isprintable() else ""


async def _read_body(answer: httpx.Response) -> bytes:
    """The body, unpacked where it came packed although we asked for plain bytes; no more than fits is ever held."""
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise CalendarRefused(Fault.SERVER)
    unpack = zlib.decompressobj(GZIP_WINDOW) if coding.endswith("gzip") else None
    body, arrived = bytearray(), 0
    async for chunk in answer.aiter_raw():
        arrived += len(chunk)
        body += chunk if unpack is None else _unpack(unpack, chunk, MAX_BYTES + 1 - len(body))
        if max(len(body), arrived) > MAX_BYTES:
            raise CalendarRefused(Fault.TOO_BIG)
    if unpack is not None and not unpack.eof:
        raise CalendarRefused(Fault.BROKEN)
    return bytes(body)


def _unpack(unpack: zlib._Decompress, chunk: bytes, most: int) -> bytes:
    """The next bytes, at most `most`: what would have been more is not made."""
    try:
        return unpack.decompress(chunk, most)
    except zlib.error:
        raise CalendarRefused(Fault.BROKEN) from None
