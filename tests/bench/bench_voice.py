"""How soon is a voice note heard elsewhere? On the running demo network, with a recording of a minute.

A custodian sends it by the page's own form. Seconds from that form's answer until the note is ready (read in its child process, levelled,
both files stored), and from the form that publishes it, its words already written, until somebody else's request for its sound is answered
200. Their sum is what a group waits whose words are ready; who writes them takes longer than any machine. One note a round, taken back.
"""

from __future__ import annotations

import http.client
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import TypeVar

from tests.bench.bench_mirror import Desk
from tests.bench.bench_sound import SECONDS, make_minute
from tests.bench.figures import Figure, Promise
from tests.bench.network import PATIENCE_S, Network
from tests.worker.sound.recordings import WEBM, record

HEARD = Promise("must", 8)
ROUNDS = 3
LOOK_EVERY_S = 0.02
WORDS = "We stand with you.\nFrom one shore to the other."

T = TypeVar("T")


def measure(network: Network, data: Path) -> list[Figure]:
    """The whole, and its two parts beside it."""
    desk, sound = Desk(network, *network.sign_in(), "voices"), record(WEBM, make_minute())
    rounds = [_play(desk, network.port, data, sound) for _ in range(ROUNDS)]
    sent_s, ready_s, heard_s = (median(times) for times in zip(*rounds, strict=True))
    note = f"of {SECONDS} s: ready after {ready_s:.2f} s, published → heard {heard_s:.2f} s; the slowest {max(r + h for _, r, h in rounds):.2f} s"
    return [Figure(f"voice: sent → heard, median of {ROUNDS}", ready_s + heard_s, "s", sent_s, "sending it", HEARD, note)]


def _play(desk: Desk, port: int, data: Path, sound: bytes) -> tuple[float, float, float]:
    """Seconds that sending took, until the note was ready, and from publishing until it was heard."""
    before, began = _ids(data), time.perf_counter()
    desk.send_file(desk.path, "sound", sound)
    sent = time.perf_counter()
    voice_id, sound_id = _wait(lambda: _find_ready(data, before))
    ready = time.perf_counter()
    note = f"{desk.path}/{voice_id}"
    desk.send(f"{note}/words", {"language": "en", "words": WORDS})
    if _ask(port, sound_id) != 404:
        raise RuntimeError("it was heard before it was published")
    published = time.perf_counter()
    desk.send(f"{note}/publish", {"public": "on"})
    _wait(lambda: _ask(port, sound_id) == 200)
    heard = time.perf_counter()
    desk.send(f"{note}/withdraw", {})
    return sent - began, ready - sent, heard - published


def _ids(data: Path) -> set[str]:
    return {row[0] for row in _select(data, "SELECT id FROM voice_note")}


def _find_ready(data: Path, before: set[str]) -> tuple[str, str] | None:
    found = _select(data, "SELECT id, webm_id, state FROM voice_note WHERE state IN ('ready', 'refused')")
    fresh = [row for row in found if row[0] not in before]
    if fresh and fresh[0][2] == "refused":
        raise RuntimeError("the recording was refused")
    return (fresh[0][0], fresh[0][1]) if fresh else None


def _select(data: Path, query: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(f"file:{data / 'chorus.db'}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def _ask(port: int, sound_id: str) -> int:
    """What somebody without any link is answered who asks for the sound."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)) as connection:
        connection.request("GET", f"/sounds/{sound_id}.webm")
        answer = connection.getresponse()
        answer.read()
    return answer.status


def _wait(look: Callable[[], T | None]) -> T:
    until = time.perf_counter() + PATIENCE_S
    while time.perf_counter() < until:
        if found := look():
            return found
        time.sleep(LOOK_EVERY_S)
    raise RuntimeError("it never came")
