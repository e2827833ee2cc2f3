"""A draft by an engine: masked, checked, never the original, and never without consent."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from coordinator.domain.glossary import Term
from coordinator.domain.masking import TOKEN, write_token
from coordinator.errors import EngineAway, EngineFault, EngineLied, EngineRefused
from coordinator.ports import Locality, Pair
from coordinator.services.machine import UNIT_MOST_CHARS, Draft, Piece, draft_segments, needs_consent
from coordinator.translators.apertium import Apertium
from coordinator.translators.libretranslate import LibreTranslate
from tests.translators.engines import always, require_apertium, serve_libretranslate

PAIRS = frozenset({Pair("es", "pt"), Pair("es", "en"), Pair("fr", "es"), Pair("en", "zh")})
TERMS = (Term("apoyo mutuo", "es", "pt-BR", "ajuda mútua"), Term("Huerta Común", "es"), Term("espejo", "es", "en", "mirror"))
Speak = Callable[[str], str]


def shout(words: str) -> str:
    """Every word another one, tokens kept: what an honest engine does."""
    return re.sub(rf"({TOKEN.pattern})|[^\W\d_]+", lambda found: found[0] if found[1] else f"{found[0]}ão", words)


@dataclass
class FakeTranslator:
    """The Translator port: speaks as `speak` says, and keeps what it was asked."""

    speak: Speak = shout
    served: frozenset[Pair] = PAIRS
    locality: Locality = Locality.SAME_HOST
    fault: EngineFault | None = None
    name: str = "fake"
    version: str = "7"
    asked_for_pairs: int = 0
    batches: list[tuple[Pair, list[str]]] = field(default_factory=list)

    async def pairs(self) -> frozenset[Pair]:
        self.asked_for_pairs += 1
        return self.served

    async def translate(self, segments: Sequence[str], pair: Pair, deadline_s: float) -> list[str]:
        self.batches.append((pair, list(segments)))
        if self.fault is not None:
            raise self.fault
        return [self.speak(segment) for segment in segments]

    async def close(self) -> None:
        pass


async def draft(
    engine: FakeTranslator,
    *segments: str,
    source: str = "es",
    target: str = "pt-BR",
    terms: Sequence[Term] = TERMS,
    may_leave: bool = False,
) -> Draft | None:
    return await draft_segments(engine, segments, source, target, terms=terms, may_leave=may_leave, deadline_s=20)  # type: ignore[arg-type]  # a fake


async def pieces(engine: FakeTranslator, *segments: str) -> tuple[Piece, ...]:
    drafted = await draft(engine, *segments)
    assert drafted is not None
    return drafted.pieces


async def lie_of(engine: FakeTranslator, *segments: str) -> str:
    with pytest.raises(EngineLied) as lied:
        await draft(engine, *segments)
    assert lied.value.engine == "fake"
    return lied.value.code


# --- an honest engine -------------------------------------------------------------------------------------------------


async def test_draft_says_what_made_it() -> None:
    engine = FakeTranslator()

    assert await draft(engine, "agua clara") == Draft((Piece("aguaão claraão"),), "fake", "7", "")
    assert engine.batches == [(Pair("es", "pt"), ["agua clara"])]


async def test_draft_masks_before_and_renders_after() -> None:
    engine = FakeTranslator()

    (piece,) = await pieces(engine, "El apoyo mutuo en la Huerta Común: 17:30, https://a.example/x, {lugar}. Apoyo mutuo.")

    assert engine.batches[0][1] == ["El Xq0x en la Xq1x: Xq2x, Xq3x, Xq4x. Xq5x."]
    assert piece == Piece("Elão ajuda mútua enão laão Huerta Común: 17:30, https://a.example/x, {lugar}. Ajuda mútua.")


async def test_draft_takes_the_terms_of_its_languages_only() -> None:
    engine = FakeTranslator()

    await draft(engine, "El espejo", terms=[*TERMS, Term("El", "fr", "pt-BR", "Le")])

    assert engine.batches[0][1] == ["El espejo"]


async def test_draft_through_a_pivot_is_labelled_and_masked_once() -> None:
    engine = FakeTranslator()

    drafted = await draft(engine, "eau 25 %", source="fr")

    assert drafted == Draft((Piece("eauãoão 25 %"),), "fake", "7", "es")
    assert engine.batches == [(Pair("fr", "es"), ["eau Xq0x"]), (Pair("es", "pt"), ["eauão Xq0x"])]


@pytest.mark.parametrize(("source", "target"), [("es", "ar"), ("sw", "es"), ("es", "es"), ("pt", "pt-BR"), ("es", "zh-Hant")])
async def test_draft_without_a_route_is_none(source: str, target: str) -> None:
    engine = FakeTranslator()

    assert await draft(engine, "agua", source=source, target=target) is None
    assert engine.batches == []


async def test_draft_of_nothing_asks_nothing() -> None:
    engine = FakeTranslator()

    assert await draft(engine) == Draft((), "fake", "7", "")
    assert engine.batches == []


async def test_white_space_and_blank_lines_stay_with_us() -> None:
    engine = FakeTranslator()

    drafted = await pieces(engine, "  uno \n\n\tdos\r\n \n", "", " \n ", "tres")

    assert engine.batches[0][1] == ["uno", "dos", "tres"]
    assert drafted == (Piece("  unoão \n\n\tdosão\r\n \n"), Piece(""), Piece(" \n "), Piece("tresão"))


async def test_segments_without_words_are_not_sent_and_come_back() -> None:
    engine = FakeTranslator()
    segments = ("😀 25 %", "https://a.example", "…", "Huerta Común", "{x} 17:30", "١٢")

    assert await pieces(engine, *segments) == tuple(Piece(segment) for segment in segments)
    assert engine.batches == []


async def test_segment_that_is_a_term_comes_back_rendered() -> None:
    assert await pieces(FakeTranslator(), "Apoyo mutuo", "agua") == (Piece("Ajuda mútua"), Piece("aguaão"))


async def test_long_line_is_cut_into_sentences_and_joined() -> None:
    engine = FakeTranslator()
    line = " ".join(f"Frase número {n} con agua." for n in range(100))

    (piece,) = await pieces(engine, line)

    sent = engine.batches[0][1]
    assert len(sent) > 3
    assert max(map(len, sent)) <= UNIT_MOST_CHARS
    assert piece == Piece(" ".join(f"Fraseão númeroão {n} conão aguaão." for n in range(100)))


async def test_line_breaks_of_an_answer_do_not_break_the_line() -> None:
    assert await pieces(FakeTranslator(lambda words: f"\n{words[0]}ão\n\nsim \n"), "agua") == (Piece("aão  sim"),)


# --- an engine that lies ----------------------------------------------------------------------------------------------


def lose_first(words: str) -> str:
    return TOKEN.sub("", shout(words), count=1)


LIES: dict[str, tuple[Speak, str]] = {
    "empty": (lambda words: "", "empty"),
    "blank": (lambda words: " \n\u00a0", "empty"),
    "unchanged": (lambda words: words, "unchanged"),
    "unchanged but for space and case": (lambda words: f"  {words.upper()}  ".replace(" ", "  "), "unchanged"),
    "a token lost": (lose_first, "tokens_lost"),
    "a token twice": (lambda words: f"{shout(words)} Xq0x", "tokens_lost"),
    "a token never asked": (lambda words: f"{shout(words)} Xq77x", "tokens_lost"),
    "tokens spelled otherwise": (lambda words: shout(words).replace("Xq", "X q"), "tokens_lost"),
    "tokens translated": (lambda words: TOKEN.sub("17:30", shout(words)), "tokens_lost"),
    "tokens alone": (lambda words: " ".join(token[0] for token in TOKEN.finditer(words)) or "…", "empty"),
    "turned around": (lambda words: f"\u202e{shout(words)}", "unfit"),
    "control characters": (lambda words: f"{shout(words)}\x1b[31m", "unfit"),
    "endless": (lambda words: shout(words) * 100, "tokens_lost"),
}


@pytest.mark.parametrize(("speak", "code"), LIES.values(), ids=LIES)
async def test_engine_that_lies_about_everything_makes_no_draft(speak: Speak, code: str) -> None:
    assert await lie_of(FakeTranslator(speak), "El agua a las 17:30", "A las 9 el agua, y a las 10 los árboles") == code


async def test_engine_that_answers_without_end_makes_no_draft() -> None:
    assert await lie_of(FakeTranslator(lambda words: shout(words) * 1_000), "agua") == "unfit"


@pytest.mark.parametrize(("speak", "code"), LIES.values(), ids=LIES)
async def test_segment_that_failed_stays_in_the_original_and_says_why(speak: Speak, code: str) -> None:
    engine = FakeTranslator(lambda words: speak(words) if "mal" in words else shout(words))

    drafted = await pieces(engine, "El mal a las 17:30", "El bien a las 17:30", "17:30")

    assert drafted == (Piece(None, code), Piece("Elão bienão aão lasão 17:30"), Piece("17:30"))


async def test_segment_of_which_one_line_failed_stays_in_the_original() -> None:
    engine = FakeTranslator(lambda words: "" if "mal" in words else shout(words))

    assert await pieces(engine, "bien\nmal\nbien", "bien") == (Piece(None, "empty"), Piece("bienão"))


async def test_segment_of_which_one_line_is_the_same_in_both_languages_is_a_draft() -> None:
    engine = FakeTranslator(lambda words: words if words == "Radio" else shout(words))

    assert await pieces(engine, "Radio\nagua") == (Piece("Radio\naguaão"),)


async def test_engine_that_answers_another_count_makes_no_draft() -> None:
    class Miscounting(FakeTranslator):
        async def translate(self, segments: Sequence[str], pair: Pair, deadline_s: float) -> list[str]:
            return [*await super().translate(segments, pair, deadline_s), "mais"]

    assert await lie_of(Miscounting(), "agua", "árboles") == "count"


# --- once more, in pieces ---------------------------------------------------------------------------------------------


async def test_failed_segment_is_tried_once_more_by_sentences() -> None:
    engine = FakeTranslator(lambda words: lose_first(words) if "." in words[:-1] else shout(words))

    drafted = await pieces(engine, "Ven a las 9. Trae 2 panes.", "agua")

    assert engine.batches[1:] == [(Pair("es", "pt"), ["Ven a las Xq0x.", "Trae Xq1x panes."])]
    assert drafted == (Piece("Venão aão lasão 9. Traeão 2 panesão."), Piece("aguaão"))


async def test_failed_sentence_is_tried_once_more_by_clauses() -> None:
    engine = FakeTranslator(lambda words: "" if "," in words[:-1] else shout(words))

    assert await pieces(engine, "Ven a las 9, 10 o 11, con agua") == (Piece("Venão aão lasão 9, 10 oão 11, conão aguaão"),)
    assert engine.batches[1][1] == ["Ven a las Xq0x,", "Xq1x o Xq2x,", "con agua"]


async def test_failed_segment_that_fails_again_stays_and_is_not_tried_a_third_time() -> None:
    engine = FakeTranslator(lambda words: lose_first(words) if "Xq" in words else shout(words))

    assert await pieces(engine, "Ven a las 9. Trae pan.", "agua") == (Piece(None, "tokens_lost"), Piece("aguaão"))
    assert len(engine.batches) == 2


async def test_failed_word_that_cannot_be_cut_is_not_tried_again() -> None:
    engine = FakeTranslator(lambda words: "" if words == "mal" else shout(words))

    assert await pieces(engine, "mal", "agua") == (Piece(None, "empty"), Piece("aguaão"))
    assert len(engine.batches) == 1


async def test_engine_that_goes_away_meanwhile_leaves_what_it_did() -> None:
    class Leaving(FakeTranslator):
        async def translate(self, segments: Sequence[str], pair: Pair, deadline_s: float) -> list[str]:
            if self.batches:
                raise EngineAway(self.name, "timeout")
            return await super().translate(segments, pair, deadline_s)

    engine = Leaving(lambda words: "" if "mal" in words else shout(words))

    assert await pieces(engine, "mal, mal", "agua") == (Piece(None, "empty"), Piece("aguaão"))


async def test_second_hop_gets_what_the_first_said() -> None:
    engine = FakeTranslator(lambda words: "" if "nada" in words else shout(words))

    drafted = await draft(engine, "nada", "eau", source="fr")

    assert drafted is not None
    assert drafted.pieces == (Piece(None, "empty"), Piece("eauãoão"))


# --- faults and time --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [EngineAway("fake", "busy", 30), EngineRefused("fake", "key_refused"), EngineLied("fake", "not_json")])
async def test_fault_of_the_engine_is_the_callers(fault: EngineFault) -> None:
    with pytest.raises(EngineFault) as caught:
        await draft(FakeTranslator(fault=fault), "agua")

    assert caught.value is fault


@pytest.mark.parametrize("late", ["pairs", "translate"])
async def test_engine_that_keeps_no_deadline_is_given_up(late: str) -> None:
    class Late(FakeTranslator):
        async def pairs(self) -> frozenset[Pair]:
            if late == "pairs":
                await asyncio.Event().wait()
            return await super().pairs()

        async def translate(self, segments: Sequence[str], pair: Pair, deadline_s: float) -> list[str]:
            await asyncio.Event().wait()
            return []

    with pytest.raises(EngineAway) as away:
        await draft_segments(Late(), ["agua"], "es", "pt", terms=(), may_leave=False, deadline_s=0.05)  # type: ignore[arg-type]  # a fake

    assert (away.value.engine, away.value.code) == ("fake", "timeout")


async def test_engine_hears_how_much_time_is_left() -> None:
    heard: list[float] = []

    class Listening(FakeTranslator):
        async def translate(self, segments: Sequence[str], pair: Pair, deadline_s: float) -> list[str]:
            heard.append(deadline_s)
            return await super().translate(segments, pair, deadline_s)

    await draft(Listening(), "eau", source="fr")

    assert 0 < heard[1] <= heard[0] <= 20


# --- consent ----------------------------------------------------------------------------------------------------------


async def test_remote_engine_without_consent_hears_nothing_at_all() -> None:
    engine = FakeTranslator(locality=Locality.REMOTE)

    assert needs_consent(engine)  # type: ignore[arg-type]  # a fake
    assert await draft(engine, "agua", may_leave=False) is None
    assert (engine.asked_for_pairs, engine.batches) == (0, [])


async def test_remote_engine_with_consent_drafts() -> None:
    engine = FakeTranslator(locality=Locality.REMOTE)

    assert await draft(engine, "agua", may_leave=True) == Draft((Piece("aguaão"),), "fake", "7", "")


@pytest.mark.parametrize("locality", [Locality.SAME_HOST, Locality.IN_PROCESS])
async def test_engine_on_this_host_needs_no_consent(locality: Locality) -> None:
    engine = FakeTranslator(locality=locality)

    assert not needs_consent(engine)  # type: ignore[arg-type]  # a fake
    assert await draft(engine, "agua", may_leave=False) is not None


async def test_remote_server_without_consent_gets_no_request() -> None:
    async with serve_libretranslate() as server:
        engine = LibreTranslate(server.url)
        engine.locality = Locality.REMOTE  # as if the address were another host's

        refused = await draft_segments(engine, ["agua"], "es", "pt-BR", terms=(), may_leave=False, deadline_s=20)
        unasked = list(server.requests)
        drafted = await draft_segments(engine, ["agua"], "es", "pt-BR", terms=(), may_leave=True, deadline_s=20)

        await engine.close()
    assert (refused, unasked) == (None, [])
    assert drafted == Draft((Piece("água"),), "libretranslate", "", "")


# --- any text ---------------------------------------------------------------------------------------------------------

WORDS = [
    "agua",
    "árboles",
    "Nuestra",
    "acción",
    "la",
    "y",
    "o",
    "río",
    "niñez",
    "مرحبا",
    "नमस्ते",
    "水",
    "😀",
    "«sí»",
    "no:",
    "¿qué?",
    "(eco)",
]
LINKS = ["https://a.example/x?y=1#z", "www.b.org", "a@b.org", "@maria@masto.social", "#ClimaYa", "c.example.org/ruta"]
PLACEHOLDERS = ["{lugar}", "%(time)s", "%s", "{{ a }}", "{% if x %}", "<b>", "</b>", "${x}", "{0}"]
NUMBERS = [
    "17:30",
    "9.30 am",
    "19:15 UTC+5:45",
    "3/5/2027",
    "2027-01-04",
    "1.234,56",
    "25 %",
    "12 500",
    "+254 712 345 678",
    "١٧:٣٠",
    "A4",
    "7",
]
NAMES = ["Huerta Común", "Apoyo mutuo"]
SHOWN_AS = {"Huerta Común": "Huerta Común", "Apoyo mutuo": "Ajuda mútua"}


def random_text(draw: random.Random) -> tuple[str, list[str]]:
    """A text, and what of it must come back."""
    kept, parts = [], []
    for _ in range(draw.randrange(1, 40)):
        if draw.random() < 0.35:
            part = draw.choice(LINKS + PLACEHOLDERS + NUMBERS + NAMES)
            kept.append(SHOWN_AS.get(part, part))
        else:
            part = draw.choice(WORDS)
        parts += [part, draw.choice([" ", " ", " ", ", ", "; ", " – ", "\n", "\n\n", " ... "])]
    return "".join(parts), kept


def make_liar(draw: random.Random) -> Speak:
    """An engine that spoils every third answer, each time in another way."""
    ways = [speak for speak, _ in LIES.values()]
    moves: list[Speak] = [
        lambda words: " ".join(sorted(shout(words).split(), key=lambda _: draw.random())),
        lambda words: TOKEN.sub(lambda token: token[0].swapcase(), shout(words)),
        lambda words: TOKEN.sub(lambda token: f" {token[0]} ", shout(words)),
        lambda words: TOKEN.sub(lambda token: write_token(draw.randrange(5)), shout(words)),
        lambda words: shout(words).replace("q", "Q").replace("1", "١"),
        lambda words: shout(words)[: draw.randrange(len(words) + 1)],
    ]
    return lambda words: draw.choice(ways + moves)(words) if draw.random() < 0.33 else shout(words)


async def test_thousand_texts_keep_every_link_placeholder_number_and_name_or_stay_in_the_original(rng: random.Random, share: int) -> None:
    drafted = original = 0
    for _ in range(1_000 * share):
        texts = [random_text(rng) for _ in range(rng.randrange(1, 4))]
        try:
            found = await pieces(FakeTranslator(make_liar(rng)), *(text for text, _ in texts))
        except EngineLied:
            original += len(texts)
            continue
        for (text, kept), piece in zip(texts, found, strict=True):
            if piece.text is None:
                assert piece.problem in {"empty", "unchanged", "tokens_lost", "unfit"}
                original += 1
                continue
            drafted += 1
            assert_kept(piece.text, kept)
            assert piece.text.count("\n") == text.count("\n")
            assert not TOKEN.search(piece.text)

    assert drafted > 200 * share
    assert original > 200 * share


def assert_kept(text: str, kept: Sequence[str]) -> None:
    """Each part stands in the text, and as often. Longer ones first: one may be a part of another."""
    for part in sorted(kept, key=len, reverse=True):
        assert part in text, (part, text)
        text = text.replace(part, "\x00", 1)


# --- real engines -----------------------------------------------------------------------------------------------------


async def test_apertium_drafts_a_struggle_with_everything_kept() -> None:
    require_apertium()
    segments = [
        "Huerta Común de Lima",
        "El río se seca: 25 % menos agua en 2027.\n\nNos vemos el 3 de mayo a las 17:30 en https://a.example/x, {lugar}.",
        "Escribe a @huerta o a hola@b.org. Apoyo mutuo para todas.",
    ]

    drafted = await draft_segments(Apertium(), segments, "es", "pt-BR", terms=TERMS, may_leave=False, deadline_s=20)

    assert drafted is not None
    assert (drafted.engine, drafted.via) == ("apertium", "")
    assert drafted.version[0].isdigit()
    texts = [piece.text or "" for piece in drafted.pieces]
    assert texts[1].startswith("O rio seca-se: 25 % menos água em 2027.\n\n")
    assert texts[1].endswith("às 17:30 em https://a.example/x, {lugar}.")
    assert "3 de maio" in texts[1]
    assert "@huerta" in texts[2]
    assert "hola@b.org" in texts[2]
    assert "Ajuda mútua para todas" in texts[2]


async def test_apertium_drafts_french_into_portuguese_via_spanish() -> None:
    require_apertium()

    drafted = await draft_segments(Apertium(), ["la maison et l'eau à 17:30"], "fr", "pt", terms=(), may_leave=False, deadline_s=20)

    assert drafted is not None
    assert drafted.via == "es"
    [piece] = drafted.pieces
    assert piece.text is not None
    assert all(word in piece.text for word in ("casa", "água", "17:30"))


async def test_server_that_returns_everything_as_it_was_makes_no_draft() -> None:
    async with serve_libretranslate() as server:
        server.instead["/translate"] = always(200, {"translatedText": ["Brxzglw"]})
        engine = LibreTranslate(server.url)

        with pytest.raises(EngineLied) as lied:
            await draft_segments(engine, ["Brxzglw"], "es", "pt-BR", terms=(), may_leave=False, deadline_s=20)

        await engine.close()
    assert lied.value.code == "unchanged"
