"""How long does an engine's draft of a spotlight take, against the bare program on the same text?

A text of 600 words in paragraphs, with links, times and numbers in it, from Spanish into Portuguese by Debian's Apertium: masked, cut,
sent, compared and put together by `draft_segments`, beside `apertium es-pt` alone, in turns. Seconds of wall time.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from collections.abc import Sequence
from statistics import quantiles

from coordinator.domain.glossary import Term
from coordinator.services.machine import draft_segments
from coordinator.translators.apertium import NAME, Apertium
from tests.bench.figures import Figure, Promise, take_in_turns

MUST = Promise("must", 5)  # at p95, the draft of a 600-word spotlight on a pair that the engine serves
ROUNDS = 20
WORDS = 600
MODE = "es-pt"
TERMS = (Term("Huerta Común de Lima", "es"), Term("apoyo mutuo", "es", "pt", "apoio mútuo"))
PARAGRAPHS = """
La Huerta Común de Lima se queda sin agua. Desde el 3 de mayo el río baja con un 25 % menos, y la empresa que riega los campos de arriba
no dice cuánta toma. Nuestra acción hace eco de la suya: en Nairobi plantan árboles mientras en Lima limpiamos el río.

Nos vemos cada lunes a las 17:30 en la plaza, con palas, baldes y pan para 40 personas. Quien no puede venir escribe a agua@huerta.example o
mira https://huerta.example/agua, donde está el mapa de los pozos. El apoyo mutuo no espera a que llueva.

Pedimos tres cosas a los demás grupos: que cuenten nuestra historia en su ciudad, que pregunten quién vende el agua en la suya, y que el 21 de
junio guarden con nosotras un minuto de silencio junto a su río. Después, cada grupo dice qué cambia en su próxima acción.
""".strip().split("\n\n")


def measure() -> list[Figure]:
    """Draft and program; nothing where there is no Apertium with that pair."""
    if not _is_served():
        return []
    segments = write_text()
    taken: list[float] = []
    medians = take_in_turns({"draft": lambda: _note(taken, _draft_s(segments)), "program": lambda: _program_s(segments)}, ROUNDS)
    p95_s = quantiles(taken, n=20)[-1]
    size = f"{sum(len(segment.split()) for segment in segments)} words"
    return [
        Figure("draft: 600 words es→pt", medians["draft"], "s", medians["program"], f"apertium {MODE}", None, size),
        Figure("draft: 600 words es→pt, p95", p95_s, "s", medians["program"], f"apertium {MODE}", MUST, f"{ROUNDS} runs"),
    ]


def write_text() -> list[str]:
    """Paragraphs, the last one cut, of WORDS words in all."""
    segments, left = [], WORDS
    for turn in range(WORDS):
        words = PARAGRAPHS[turn % len(PARAGRAPHS)].split()[:left]
        segments += [" ".join(words)] if words else []
        left -= len(words)
    return segments


def _is_served() -> bool:
    if shutil.which(NAME) is None:
        return False
    listing = subprocess.run([NAME, "-l"], check=False, capture_output=True, text=True)
    return MODE in listing.stdout.split()


def _draft_s(segments: Sequence[str]) -> float:
    began = time.perf_counter()
    drafted = asyncio.run(draft_segments(Apertium(), segments, "es", "pt", terms=TERMS, may_leave=False, deadline_s=60))
    taken_s = time.perf_counter() - began
    if drafted is None or any(piece.text is None for piece in drafted.pieces):
        raise RuntimeError("the draft is not whole")
    return taken_s


def _program_s(segments: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run([NAME, "-u", MODE], check=True, input="\n\n".join(segments).encode(), capture_output=True)
    return time.perf_counter() - began


def _note(taken: list[float], value: float) -> float:
    taken.append(value)
    return value
