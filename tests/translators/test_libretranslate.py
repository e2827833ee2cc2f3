"""A LibreTranslate server that keeps its contract, and servers that are down, slow, strict, lying or led elsewhere."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from coordinator.errors import EngineAway, EngineFault, EngineLied, EngineRefused
from coordinator.ports import Locality, Pair
from coordinator.translators.libretranslate import ANSWER_MOST_BYTES, LibreTranslate, is_loopback
from tests.translators.engines import Handler, LibreServer, always, never, serve_libretranslate, wait_until

PAIR = Pair("es", "pt-BR")
SEGMENTS = ["agua", "árboles"]
OURS = {"translatedText": ["água", "árvores"]}
KEY = "hunter2-hunter2"


@pytest.fixture
async def server() -> AsyncIterator[LibreServer]:
    async with serve_libretranslate() as running:
        yield running


@pytest.fixture
async def engine(server: LibreServer) -> AsyncIterator[LibreTranslate]:
    made = LibreTranslate(server.url)
    yield made
    await made.close()


async def fault_of(engine: LibreTranslate, deadline_s: float = 20) -> EngineFault:
    with pytest.raises(EngineFault) as caught:
        await engine.translate(SEGMENTS, PAIR, deadline_s)
    assert caught.value.engine == "libretranslate"
    return caught.value


# --- the contract -----------------------------------------------------------------------------------------------------


async def test_translate_asks_once_for_all_segments_as_text(server: LibreServer, engine: LibreTranslate) -> None:
    assert await engine.translate(["agua", "", "árboles"], PAIR, 20) == ["água", "", "árvores"]

    assert server.requests == [
        ("GET", "/languages", None),
        ("POST", "/translate", {"q": SEGMENTS, "source": "es", "target": "pb", "format": "text"}),
    ]


async def test_translate_sends_nothing_that_is_blank(server: LibreServer, engine: LibreTranslate) -> None:
    assert await engine.translate(["", " \n"], PAIR, 20) == ["", " \n"]

    assert [path for _, path, _ in server.requests] == ["/languages"]


async def test_translate_asks_for_plain_bytes_and_says_who_asks(server: LibreServer, engine: LibreTranslate) -> None:
    await engine.translate(SEGMENTS, PAIR, 20)

    sent = server.headers[-1]
    assert (sent["accept-encoding"], sent["user-agent"], sent["content-type"]) == ("identity", "chorus", "application/json")
    assert not {"cookie", "authorization", "referer"} & set(sent)


async def test_pairs_are_in_our_tags(engine: LibreTranslate) -> None:
    pairs = await engine.pairs()

    assert sorted((pair.source, pair.target) for pair in pairs) == [
        ("en", "es"),
        ("en", "zh-Hant"),
        ("es", "en"),
        ("es", "pt-BR"),
        ("pt-BR", "es"),
    ]


@pytest.mark.parametrize(
    ("code", "tag"),
    [("pb", "pt-BR"), ("pt-BR", "pt-BR"), ("pt-br", "pt-BR"), ("zh", "zh-Hans"), ("zh-Hans", "zh-Hans"), ("zt", "zh-Hant"), ("ZH-hant", "zh-Hant"),
     ("sr-Latn", "sr-Latn"), ("iw", "he"), ("tl", "fil"), ("es_419", "es-419"), ("sw", "sw")],
)  # fmt: skip
async def test_pairs_know_other_spellings_and_ask_in_the_servers_own(
    server: LibreServer, engine: LibreTranslate, code: str, tag: str
) -> None:
    server.instead["/languages"] = always(200, [{"code": "es", "name": "", "targets": [code]}])
    server.instead["/translate"] = always(200, OURS)

    assert await engine.pairs() == {Pair("es", tag)}
    await engine.translate(SEGMENTS, Pair("es", tag), 20)
    assert server.requests[-1][2]["target"] == code


async def test_pairs_are_asked_anew_each_time(server: LibreServer, engine: LibreTranslate) -> None:
    before = await engine.pairs()

    server.instead["/languages"] = always(200, [])

    assert before
    assert await engine.pairs() == frozenset()


async def test_address_with_a_path_is_kept(server: LibreServer) -> None:
    engine = LibreTranslate(f"{server.url}/nowhere/")

    assert (await fault_of(engine)).code == "request_refused"  # 404, from below the path
    await engine.close()


# --- the key ----------------------------------------------------------------------------------------------------------


async def test_key_goes_into_the_body_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serve_libretranslate(key=KEY) as server:
        engine = LibreTranslate(server.url, KEY)

        assert await engine.translate(SEGMENTS, PAIR, 20) == ["água", "árvores"]

        await engine.close()
    assert server.requests[-1][2]["api_key"] == KEY
    assert KEY not in json.dumps([server.headers, [path for _, path, _ in server.requests]])
    assert KEY not in caplog.text
    assert "agua" not in caplog.text


@pytest.mark.parametrize("key", ["", "wrong"])
async def test_key_that_is_wrong_is_refused_without_being_repeated(key: str) -> None:
    async with serve_libretranslate(key=KEY) as server:
        engine = LibreTranslate(server.url, key)

        fault = await fault_of(engine)

        await engine.close()
    assert (type(fault), fault.code, str(fault)) == (EngineRefused, "key_refused", "libretranslate: key_refused")


# --- faults -----------------------------------------------------------------------------------------------------------

REFUSALS = {
    "400": (always(400, {"error": "es is not supported"}), EngineRefused, "request_refused"),
    "401": (always(401, {}), EngineRefused, "key_refused"),
    "403": (always(403, {"error": "banned"}), EngineRefused, "key_refused"),
    "404": (always(404, b"<html>"), EngineRefused, "request_refused"),
    "413": (always(413, b""), EngineRefused, "too_large"),
    "429": (always(429, {"error": "Slowdown"}), EngineAway, "busy"),
    "500": (always(500, {"error": "boom"}), EngineAway, "server_error"),
    "502": (always(502, b"<html>"), EngineAway, "server_error"),
    "503": (always(503, b""), EngineAway, "server_error"),
    "redirect": (always(302, b"", location="/other"), EngineRefused, "redirected"),
    "permanent redirect": (always(308, b"", location="https://a.example/"), EngineRefused, "redirected"),
    "204": (always(204, b""), EngineRefused, "request_refused"),
}
LIES: dict[str, tuple[Any, str]] = {
    "error": ({"error": "agua"}, "error_body"),
    "error beside an answer": ({"error": "agua", **OURS}, "error_body"),
    "no JSON": (b"<html>agua</html>", "not_json"),
    "nothing": (b"", "not_json"),
    "half of JSON": (b'{"translatedText": ["ag', "not_json"),
    "no UTF-8": (b'{"translatedText": ["\xff\xfe", "x"]}', "not_json"),
    "deep JSON": (b"[" * 100_000, "not_json"),
    "a list": (["água", "árvores"], "shape"),
    "a number": (7, "shape"),
    "null": (None, "shape"),
    "no text": ({"detectedLanguage": {}}, "shape"),
    "one string for a list": ({"translatedText": "água"}, "shape"),
    "too few": ({"translatedText": ["água"]}, "count"),
    "too many": ({"translatedText": ["água", "árvores", "x"]}, "count"),
    "none": ({"translatedText": []}, "count"),
    "a null among them": ({"translatedText": ["água", None]}, "shape"),
    "a list among them": ({"translatedText": ["água", ["árvores"]]}, "shape"),
    "all empty": ({"translatedText": ["", " "]}, "empty"),
    "huge": (b'{"translatedText": ["' + b"x" * ANSWER_MOST_BYTES + b'", "y"]}', "too_much"),
}


@pytest.mark.parametrize(("handler", "kind", "code"), REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("path", ["/translate", "/languages"])
async def test_status_says_what_to_do(
    server: LibreServer, engine: LibreTranslate, path: str, handler: Handler, kind: type[EngineFault], code: str
) -> None:
    server.instead[path] = handler

    fault = await fault_of(engine)

    assert (type(fault), fault.code) == (kind, code)
    assert [asked for _, asked, _ in server.requests if asked == "/other"] == []


@pytest.mark.parametrize(("body", "code"), LIES.values(), ids=LIES)
async def test_answer_of_200_that_is_no_translation_is_a_lie(server: LibreServer, engine: LibreTranslate, body: Any, code: str) -> None:
    server.instead["/translate"] = always(200, body)

    fault = await fault_of(engine)

    assert (type(fault), fault.code) == (EngineLied, code)
    assert "agua" not in str(fault)


@pytest.mark.parametrize(
    ("listing", "code"),
    [
        ({"error": "x"}, "error_body"),
        ({}, "shape"),
        ([7], "shape"),
        ([{"code": "es"}], "shape"),
        ([{"code": 7, "targets": []}], "shape"),
        ([{"code": "es", "targets": [None]}], "shape"),
        (b"<html>", "not_json"),
    ],
)
async def test_listing_of_another_shape_is_a_lie(server: LibreServer, engine: LibreTranslate, listing: Any, code: str) -> None:
    server.instead["/languages"] = always(200, listing)

    with pytest.raises(EngineLied) as lied:
        await engine.pairs()

    assert lied.value.code == code


async def test_packed_answer_is_not_unpacked(server: LibreServer, engine: LibreTranslate) -> None:
    """A kilobyte may unfold into gigabytes; we asked for plain bytes."""
    server.instead["/translate"] = always(200, zlib.compress(b"x" * 10_000_000), content_encoding="deflate")

    assert (await fault_of(engine)).code == "shape"


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("30", 30),
        ("0", 0),
        ("999999", 3_600),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("٣", None),
    ],
)
async def test_busy_server_says_when_to_come_back(
    server: LibreServer, engine: LibreTranslate, retry_after: str, seconds: int | None
) -> None:
    server.instead["/translate"] = always(429, {}, **({"retry_after": retry_after} if retry_after.isascii() else {}))

    fault = await fault_of(engine)

    assert isinstance(fault, EngineAway)
    assert fault.retry_after_s == seconds


async def test_server_that_is_down_is_away() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        engine = LibreTranslate(f"http://127.0.0.1:{unused.getsockname()[1]}")

        fault = await fault_of(engine)

        await engine.close()
    assert (type(fault), fault.code) == (EngineAway, "unreachable")


@pytest.mark.parametrize("url", ["http://no-such-host.invalid", "https://127.0.0.1:1", "http://xn--\u00fc.invalid"])
async def test_address_that_leads_nowhere_is_away(url: str) -> None:
    engine = LibreTranslate(url)

    fault = await fault_of(engine)

    await engine.close()
    assert (type(fault), fault.code) == (EngineAway, "unreachable")


async def test_server_that_hangs_up_is_away() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as listening:
        engine = LibreTranslate(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}")

        fault = await fault_of(engine)

        await engine.close()
    assert (type(fault), fault.code) == (EngineAway, "unreachable")


@pytest.mark.parametrize("path", ["/translate", "/languages"])
async def test_slow_server_is_given_up_at_the_deadline_and_left(server: LibreServer, engine: LibreTranslate, path: str) -> None:
    server.instead[path] = never

    fault = await fault_of(engine, deadline_s=0.3)

    assert (type(fault), fault.code) == (EngineAway, "timeout")
    await wait_until(lambda: server.open_requests == 0)


async def test_listing_that_never_comes_is_given_up(server: LibreServer) -> None:
    server.instead["/languages"] = never
    engine = LibreTranslate(server.url, listing_timeout_s=0.2)

    with pytest.raises(EngineAway) as away:
        await engine.pairs()

    await engine.close()
    assert away.value.code == "timeout"


async def test_server_that_drips_is_given_up_at_the_deadline() -> None:
    """Each byte comes in time; the whole does not."""

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        try:
            for _ in range(1_000):
                writer.write(b"[")
                await writer.drain()
                await asyncio.sleep(0.02)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as listening:
        engine = LibreTranslate(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}")

        fault = await fault_of(engine, deadline_s=0.3)

        await engine.close()
    assert (type(fault), fault.code) == (EngineAway, "timeout")


async def test_translate_cancelled_lets_go_of_the_server(server: LibreServer, engine: LibreTranslate) -> None:
    server.instead["/translate"] = never
    running = asyncio.create_task(engine.translate(SEGMENTS, PAIR, 60))
    await wait_until(lambda: server.requests[-1:] != [] and server.requests[-1][1] == "/translate")

    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert running.cancelled()
    await wait_until(lambda: server.open_requests == 0)


async def test_server_that_was_down_serves_again(server: LibreServer, engine: LibreTranslate) -> None:
    server.instead["/translate"] = always(500, {})
    await fault_of(engine)

    server.instead.clear()

    assert await engine.translate(SEGMENTS, PAIR, 20) == ["água", "árvores"]


# --- where it is ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:5000", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:5000", True),
        ("http://localhost/lt", True),
        ("http://LOCALHOST", True),
        ("http://10.0.0.5", False),
        ("http://0.0.0.0", False),
        ("http://libretranslate:5000", False),
        ("https://translate.example.org", False),
        ("http://localhost.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://127.0.0.1@example.org", False),
        ("http://2130706433", False),
    ],
)
async def test_server_on_this_host_is_told_from_one_elsewhere(url: str, here: bool) -> None:
    engine = LibreTranslate(url)

    assert engine.locality is (Locality.SAME_HOST if here else Locality.REMOTE)
    assert is_loopback(url) is here
    await engine.close()


async def test_proxy_of_the_environment_is_not_asked(server: LibreServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    engine = LibreTranslate(server.url)

    assert await engine.translate(SEGMENTS, PAIR, 20) == ["água", "árvores"]
    await engine.close()
