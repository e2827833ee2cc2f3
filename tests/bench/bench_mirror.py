"""How soon does a published spotlight stand on partners' screens, and in another language?

On the running demo network: a custodian publishes 600 words in Spanish by the page's own form, while as many sockets as the network has
groups follow `partners`. Seconds from sending the form to the last socket's event, and to the row of Apertium's Portuguese draft, beside
the form's own answer (the floor: nothing can be heard before that is committed). One spotlight a round, each taken back afterwards.
"""

from __future__ import annotations

import http.client
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

import msgspec
from websockets.sync.client import ClientConnection, connect

from coordinator.keys import SUBPROTOCOL
from coordinator.translators.apertium import NAME as APERTIUM
from tests.bench.bench_translate import write_text
from tests.bench.figures import Figure, Promise
from tests.bench.network import PATIENCE_S, Network

ON_SCREENS = Promise("must", 1)
DRAFTED = Promise("must", 5)
SCREENS = 42
ROUNDS = 8
LANGUAGE = "pt-BR"
LOOK_EVERY_S = 0.02
BOUNDARY = "chorus-bench"


def measure(network: Network, data: Path) -> list[Figure]:
    """Both figures; without Apertium the first alone."""
    cookie, desk = network.sign_in()
    with ExitStack() as stack:
        forms = Desk(network, cookie, desk, "spotlights")
        screens = [stack.enter_context(follow(network, network.sign_in()[0])) for _ in range(SCREENS)]
        rounds = [_play(forms, screens, data) for _ in range(ROUNDS)]
    answered, heard, drafted = zip(*rounds, strict=True)
    floor, floor_name = median(answered), "the form's answer"
    figures = [Figure("publish → 42 screens", max(heard), "s", floor, floor_name, ON_SCREENS, f"the slowest of {ROUNDS}")]
    if all(drafted):
        p95_s = quantiles(drafted, n=20)[-1]
        figures.append(
            Figure("publish → machine draft, p95", p95_s, "s", floor, floor_name, DRAFTED, f"600 words es→{LANGUAGE}, {ROUNDS} runs")
        )
    return figures


class Desk:
    """A custodian's forms, each over a connection of its own: a kept one would be closed while a draft is waited for."""

    def __init__(self, network: Network, cookie: str, desk: str, page: str) -> None:
        self._port = network.port
        self._headers = {"Cookie": cookie, "Origin": network.url}
        self.path = f"{desk.partition('?')[0].rstrip('/')}/{page}"

    def send(self, path: str, form: dict[str, str]) -> str:
        """Sends a form; where it leads. Raises RuntimeError when it was not taken."""
        return self._post(path, urlencode(form).encode(), "application/x-www-form-urlencoded")

    def send_file(self, path: str, field: str, data: bytes) -> str:
        """Sends a form with one file, as a browser does."""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="file"\r\n\r\n'
        return self._post(path, head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={BOUNDARY}")

    def _post(self, path: str, body: bytes, content_type: str) -> str:
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)) as connection:
            connection.request("POST", path, body, self._headers | {"Content-Type": content_type})
            answer = connection.getresponse()
            answer.read()
        if answer.status != 303:
            raise RuntimeError(f"{path} answered {answer.status}")
        return answer.headers["Location"].partition("?")[0]


@contextmanager
def follow(network: Network, cookie: str) -> Iterator[ClientConnection]:
    """One screen that is live on `partners`; each is a session of its own, as a newer socket of a session replaces its older ones."""
    url = f"ws://127.0.0.1:{network.port}/live"
    with connect(url, subprotocols=[SUBPROTOCOL], origin=network.url, additional_headers={"Cookie": cookie}) as screen:
        screen.send('{"type":"hello","streams":{"partners":null},"language":"en","room":null}')
        while msgspec.json.decode(screen.recv(timeout=PATIENCE_S))["type"] != "snapshot":
            pass
        yield screen


def _play(desk: Desk, screens: list[ClientConnection], data: Path) -> tuple[float, float, float]:
    """One spotlight: seconds to the form's answer, to the last screen, to its draft (0 without an engine)."""
    form = {
        "title": "La marea es nuestra",
        "story": "\n\n".join(write_text()),
        "consent": "Todo.",
        "language": "es",
        "audience": "partners",
    }
    spotlight = desk.send(f"{desk.path}/new", form)
    began = time.perf_counter()
    desk.send(f"{spotlight}/publish", {})
    answered_s = time.perf_counter() - began
    for screen in screens:
        while msgspec.json.decode(screen.recv(timeout=PATIENCE_S)).get("kind") != "spotlight.published":
            pass
    heard_s = time.perf_counter() - began
    drafted_s = _wait_for_draft(data, spotlight.rpartition("/")[2], began) if shutil.which(APERTIUM) else 0.0
    desk.send(f"{spotlight}/delete", {})
    return answered_s, heard_s, drafted_s


def _wait_for_draft(data: Path, slug: str, began: float) -> float:
    query = "SELECT 1 FROM rendering r JOIN spotlight s ON s.text_id = r.text_id WHERE s.slug = ? AND r.language = ?"
    with closing(sqlite3.connect(f"file:{data / 'chorus.db'}?mode=ro", uri=True)) as database:
        while time.perf_counter() - began < PATIENCE_S:
            if database.execute(query, (slug, LANGUAGE)).fetchone():
                return time.perf_counter() - began
            time.sleep(LOOK_EVERY_S)
    raise RuntimeError("no draft came")
