"""What every engine must do: one suite for all adapters of the Translator port.

Segments here are what `services/machine.py` would send and much that it would not. An engine that serves nothing must refuse each of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import pytest

from coordinator.errors import EngineAway, EngineFault, EngineRefused
from coordinator.ports import Locality, Pair
from coordinator.translators.apertium import Apertium
from coordinator.translators.batch import BATCH_MOST_BYTES
from coordinator.translators.libretranslate import LibreTranslate
from coordinator.translators.none import NoTranslator
from tests.translators.engines import Engine, children, require_apertium, serve_libretranslate, wait_until

SPANISH_TO_PORTUGUESE = Pair("es", "pt-BR")
DEADLINE_S = 30
ALL = ["none", "apertium", "libretranslate"]

Check = Callable[[Sequence[str], Sequence[str]], bool]


@pytest.fixture(params=ALL)
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    """Each adapter in turn, over what it really speaks to."""
    match request.param:
        case "none":
            yield Engine(NoTranslator(), None)
        case "apertium":
            require_apertium()
            apertium = Apertium()
            yield Engine(apertium, SPANISH_TO_PORTUGUESE)
            await apertium.close()
        case _:
            async with serve_libretranslate() as server:
                libretranslate = LibreTranslate(server.url)
                yield Engine(libretranslate, SPANISH_TO_PORTUGUESE)
                await libretranslate.close()


async def translate(engine: Engine, segments: Sequence[str], deadline_s: float = DEADLINE_S) -> list[str]:
    return await engine.translator.translate(segments, engine.pair or SPANISH_TO_PORTUGUESE, deadline_s)


async def assert_refuses(engine: Engine, segments: Sequence[str]) -> None:
    """What an engine without pairs does with everything."""
    with pytest.raises(EngineRefused) as refused:
        await translate(engine, segments)
    assert (refused.value.engine, refused.value.code) == (engine.translator.name, "pair_unserved")


# --- what goes in, and what must come out -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    segments: Sequence[str]
    holds: Check


def same(asked: Sequence[str], answered: Sequence[str]) -> bool:
    """Every segment as it was."""
    return list(asked) == list(answered)


def has(*words: str) -> Check:
    """Every answer holds all these words."""
    return lambda _, answered: all(word in answer.lower() for answer in answered for word in words)


def keeps(signs: str) -> Check:
    """Every answer holds each of these signs as often as its question."""
    return lambda asked, answered: all(a.count(sign) == b.count(sign) for a, b in zip(asked, answered, strict=True) for sign in signs)


def both(*checks: Check) -> Check:
    return lambda asked, answered: all(check(asked, answered) for check in checks)


def each_has_its_token(asked: Sequence[str], answered: Sequence[str]) -> bool:
    return all(f"Xq{number}x" in answer for number, answer in enumerate(answered))


CASES = {
    "nothing": Case([], same),
    "one word": Case(["agua"], has("água")),
    "one sentence": Case(["Nuestra acción: árboles y agua."], has("nossa", "árvores", "água")),
    "empty": Case([""], same),
    "blank": Case(["", " ", "\n", "\t\t", "\u00a0", "\u2003"], same),
    "empty ones among others": Case(["agua", "", "agua", " "], lambda _, b: has("água")(_, [b[0], b[2]]) and [b[1], b[3]] == ["", " "]),
    "order": Case([f"agua Xq{n}x" for n in range(60)], both(has("água"), each_has_its_token)),
    "the same thrice": Case(["agua y árboles"] * 3, lambda _, b: len(set(b)) == 1 and "água" in b[0]),
    "same as source": Case(["Brxzglw"], same),
    "one of many the same as source": Case(["agua", "Brxzglw"], lambda a, b: "água" in b[0].lower() and a[1] == b[1]),
    "capitals": Case(["Agua", "AGUA"], has("água")),
    "other scripts": Case(["مرحبا", "שלום", "नमस्ते", "你好", "Ελλάδα"], same),
    "mixed directions": Case(["مرحبا agua שלום agua"], both(has("água", "مرحبا", "שלום"))),
    "direction marks": Case(["\u200fagua\u200e agua"], both(has("água"), keeps("\u200f\u200e"))),
    "joiners and marks": Case(["می\u200cخواهم e\u0301 agua"], has("می\u200cخواهم", "água")),
    "10 kB of emoji": Case(["😀" * 2_560, "agua 👩🏽‍🚀 agua"], lambda a, b: a[0] == b[0] and "👩🏽‍🚀" in b[1] and "água" in b[1]),
    "HTML": Case(["<b>agua</b> & <script>alert(1)</script>"], both(has("<b>", "</b>", "água"), keeps("<>&()/"))),
    "Jinja": Case(["{{ agua }} {% if x %} {# y #} agua"], both(has("água"), keeps("{}%#"))),
    "format strings": Case(["%(x)s %s %d {0} {} ${x} agua"], both(has("água"), keeps("%(){}$"))),
    "JSON and escapes": Case(['"agua" \\n \\u0041 \\" agua'], both(has("água"), keeps('"\\'))),
    "signs of Apertium's stream": Case(["^agua<n>$ [agua] \\ / @agua *agua #agua +", "[[t:b:1]]agua[[/]]"], both(has("água"), keeps("^$<>[]\\/@*#+"))),
    "the mark of an end": Case(["agua.[]", "agua []", "agua."], both(has("água"), keeps(".[]"))),
    "tildes": Case(["~agua~ ~ agua"], both(has("água"), keeps("~"))),
    "shell": Case(["$(touch agua) `id` ; agua | cat > agua && agua"], both(has("água"), keeps("$`;|>&()"))),
    "options": Case(["-l", "--help", "-"], same),
    "line break": Case(["agua\nagua"], both(has("água"), keeps("\n"), lambda _, b: "agua" not in b[0])),
    "blank lines": Case(["agua\n\n\nagua\n"], both(has("água"), lambda _, b: b[0].count("água") == 2)),
    "carriage return": Case(["agua\r\nagua"], both(has("água"), keeps("\r\n"))),
    "tabs": Case(["agua\tagua"], both(has("água"), keeps("\t"))),
    "line separators": Case(["agua\u2028agua\u0085agua"], has("água")),
    "NUL": Case(["agua\0agua", "\0agua", "agua\0"], both(has("água"), lambda _, b: b[0].count("água") == 2)),
    "control characters": Case(["agua \x01\x07\x1b[31m agua \x7f"], has("água")),
    "half a character": Case(["agua \ud83d agua"], has("água")),
    "byte order mark": Case(["\ufeffagua"], has("água")),
    "white space around": Case(["  agua  ", "\u00a0agua"], has("água")),
    "punctuation alone": Case(["…", "—", "¿?", "()"], lambda a, b: [x.strip("¿") for x in a] == [x.strip("¿") for x in b]),
    "digits alone": Case(["12345", "1 2 3"], same),
    "token": Case(["Xq0x", "Xq0x Xq1x", "Xq10x"], same),
    "tokens among words": Case(["Xq0x agua Xq1x, Xq12x: agua (Xq3x). Xq4xXq5x"], has("xq0x", "xq1x", "xq12x", "(xq3x)", "xq4xxq5x", "água")),
    "long segment": Case(["agua y árboles. " * 1_500], lambda _, b: b[0].count("água") == 1_500),
    "long word": Case(["x" * 20_000], same),
    "very long batch": Case(["agua", "árboles"] * 1_000, lambda _, b: b[0].lower() == "água" and b[1].lower() == "árvores" and len(set(b)) == 2),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_translate_keeps_count_order_and_what_is_no_word(engine: Engine, case: Case) -> None:
    if engine.pair is None:
        await assert_refuses(engine, case.segments)
        return

    answered = await translate(engine, case.segments)

    assert len(answered) == len(case.segments)
    assert case.holds(case.segments, answered), answered


# --- what it says of itself -------------------------------------------------------------------------------------------


async def test_engine_names_itself(engine: Engine) -> None:
    assert engine.translator.name in ALL
    assert engine.translator.locality in Locality
    assert isinstance(engine.translator.version, str)


async def test_pairs_are_what_is_served_and_never_a_language_onto_itself(engine: Engine) -> None:
    pairs = await engine.translator.pairs()

    assert (engine.pair in pairs) if engine.pair else pairs == frozenset()
    assert [pair for pair in pairs if pair.source == pair.target] == []
    assert await engine.translator.pairs() == pairs


@pytest.mark.parametrize(
    "pair", [Pair("es", "es"), Pair("es", "tlh"), Pair("tlh", "es"), Pair("", ""), Pair("-l", "es"), Pair("../es", "pt")]
)
async def test_translate_unserved_pair_is_refused(engine: Engine, pair: Pair) -> None:
    with pytest.raises(EngineRefused) as refused:
        await engine.translator.translate(["agua"], pair, DEADLINE_S)

    assert refused.value.code == "pair_unserved"


# --- how it behaves ---------------------------------------------------------------------------------------------------


async def test_translate_twice_gives_the_same(engine: Engine) -> None:
    if engine.pair is None:
        await assert_refuses(engine, ["agua"])
        return

    assert await translate(engine, ["agua", "árboles"]) == await translate(engine, ["agua", "árboles"])


async def test_translate_batches_at_once_keep_apart(engine: Engine) -> None:
    if engine.pair is None:
        await assert_refuses(engine, ["agua"])
        return

    batches = [[f"agua Xq{batch}x", f"árboles Xq{batch}x"] for batch in range(8)]
    answers = await asyncio.gather(*(translate(engine, batch) for batch in batches))

    assert [[f"Xq{batch}x" in answer for answer in answers[batch]] for batch in range(8)] == [[True, True]] * 8


async def test_translate_too_much_is_refused(engine: Engine) -> None:
    with pytest.raises(EngineRefused) as refused:
        await translate(engine, ["agua " * (BATCH_MOST_BYTES // 5 + 1)])

    assert refused.value.code == ("too_large" if engine.pair else "pair_unserved")


async def test_translate_after_the_deadline_is_given_up_and_works_again(engine: Engine) -> None:
    before = children()
    with pytest.raises(EngineFault) as given_up:
        await translate(engine, ["agua"] * 100, deadline_s=0)

    if engine.pair is None:
        assert isinstance(given_up.value, EngineRefused)
        return
    assert isinstance(given_up.value, EngineAway)
    assert given_up.value.code == "timeout"
    assert children() <= before
    assert (await translate(engine, ["agua"]))[0].lower() == "água"


async def test_translate_cancelled_leaves_nothing_running(engine: Engine) -> None:
    before = children()
    running = asyncio.create_task(translate(engine, ["agua y árboles"] * 1_000))
    if engine.translator.name == "apertium":
        await wait_until(lambda: len(children() - before) > 3)
    else:
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError if engine.pair else EngineRefused):
        await running

    await wait_until(lambda: children() <= before)
    if engine.pair is not None:
        assert (await translate(engine, ["agua"]))[0].lower() == "água"


async def test_close_twice_is_harmless_and_translate_is_over(engine: Engine) -> None:
    await engine.translator.close()
    await engine.translator.close()

    with pytest.raises(EngineFault) as over:
        await translate(engine, ["agua"])
    assert over.value.code == ("closed" if engine.pair else "pair_unserved")
