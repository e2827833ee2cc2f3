"""A server of calendars on a real socket with real TLS, certificates that it signs itself, and a resolver that says what a test wants."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from coordinator.calendars.addresses import is_open
from coordinator.calendars.fetching import Fetcher

HOST = "calendar.example.org"
LOCAL = "127.0.0.1"
FAR_AGO, FAR_OFF = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

Answer = Callable[[str, Mapping[str, str], asyncio.StreamWriter], Awaitable[None]]


@cache
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's side for HOST alone, and the side of somebody who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    cert = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), FAR_AGO, FAR_OFF)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = cert.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as directory:
        path = Path(directory) / "both.pem"
        path.write_bytes(secret + pem)
        server.load_cert_chain(path)
    return server, ssl.create_default_context(cadata=pem.decode())


class Names:
    """A resolver: what each host is called by number, one answer after the other, the last one for ever. Remembers what it was asked."""

    def __init__(self, answers: Mapping[str, Sequence[Sequence[str]]] | None = None) -> None:
        self.asked: list[str] = []
        self._answers = dict({HOST: [[LOCAL]]} if answers is None else answers)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self._answers:
            return [_numeric(host)]
        answers = self._answers[host]
        return answers[min(self.asked.count(host), len(answers)) - 1]


def _numeric(host: str) -> str:
    """A host that is an address already, as any resolver has it. Raises OSError for a name."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        raise OSError("no such name") from None


class Server:
    """What it answers, by path, and the requests that came: path and headers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, Mapping[str, str]]] = []

    def fetcher(self, names: Names | None = None, *, deadline_s: float = 10, trusting: bool = True, local: bool = True) -> Fetcher:
        """One that reaches this server, which stands where nobody else may look: `local` makes that one address an exception."""
        return Fetcher(
            trust=contexts()[1] if trusting else ssl.create_default_context(),
            resolve=names or Names(),
            is_open=(lambda address: address == LOCAL or is_open(address)) if local else is_open,
            port=self.port,
            deadline=timedelta(seconds=deadline_s),
        )

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
            path = first.split()[1]
            self.requests.append((path, headers))
            await self.answers.get(path, says(404))(path, headers, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    """A server that runs inside."""
    server = Server(0)
    async with await asyncio.start_server(server.take, LOCAL, 0, ssl=contexts()[0]) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


def says(status: int, body: bytes = b"", **headers: str) -> Answer:
    """An answer with its length."""

    async def answer(_path: str, _headers: Mapping[str, str], writer: asyncio.StreamWriter) -> None:
        said = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in ({"Content-Length": str(len(body))} | headers).items())
        writer.write(f"HTTP/1.1 {status} So\r\n{said}\r\n".encode() + body)
        await writer.drain()

    return answer


def sends_on(location: str, status: int = 302) -> Answer:
    """A redirect."""
    return says(status, b"moved", Location=location)


def writes(*parts: bytes, wait_s: float = 0, for_ever: bool = False) -> Answer:
    """Raw bytes, with a wait before each; the last one again and again if `for_ever`."""

    async def answer(_path: str, _headers: Mapping[str, str], writer: asyncio.StreamWriter) -> None:
        queue = list(parts)
        while queue:
            await asyncio.sleep(wait_s)
            writer.write(queue[0] if for_ever and len(queue) == 1 else queue.pop(0))
            await writer.drain()

    return answer


def embedded(address: str) -> list[str]:
    """The ways in which an address of IPv4 hides in one of IPv6."""
    number = int(ipaddress.IPv4Address(address))
    prefixes = ("::ffff:0:0", "::", "64:ff9b::", "64:ff9b:1::", "::ffff:0:0:0")
    hidden = [str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) + number)) for prefix in prefixes]
    return [*hidden, str(ipaddress.IPv6Address((0x2002 << 112) + (number << 80)))]
