"""How does Apertium translate for us? Debian's program, one process a batch, the text through a pipe, never on a command line.

Its rules are data that come with packages (`apertium-es-pt`, `apertium-eng-spa`, …); a pair is served from the moment its package is
installed. No network is used. Between close languages (Spanish, Portuguese, Catalan) the drafts are good, elsewhere they give the gist.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from coordinator.errors import EngineAway, EngineLied, EngineRefused
from coordinator.ports import Locality, Pair
from coordinator.translators.batch import ask_in_batch
from coordinator.translators.process import Failed, SaidTooMuch, Talk, run
from coordinator.translators.stream import read_stream, write_stream

NAME = "apertium"
PROCESSES_AT_ONCE = 2  # each is a pipeline of some ten programs
LISTING_MOST_BYTES = 100_000
VERSION_CHARS = 40
ANSWER_MOST_TIMES, ANSWER_MOST_BYTES = 8, 100_000  # as many times the question, and then some
SEARCHED = "/usr/local/bin:/usr/bin:/bin"
MODE = re.compile(r"([a-z]{2,3})(?:_([A-Z]{2}))?-([a-z]{2,3})(?:_([A-Z]{2}))?")
# ISO 639-3, as newer pairs are named, to the tags of BCP 47, which wants the shorter code where there is one.
TAGS = {
    "afr": "af", "arg": "an", "ast": "ast", "bel": "be", "bre": "br", "bul": "bg", "cat": "ca", "cym": "cy", "dan": "da", "deu": "de", "ell": "el",
    "eng": "en", "epo": "eo", "est": "et", "eus": "eu", "fas": "fa", "fin": "fi", "fra": "fr", "gle": "ga", "glg": "gl", "hbs": "sh", "hin": "hi",
    "hrv": "hr", "hun": "hu", "ind": "id", "isl": "is", "ita": "it", "kaz": "kk", "lat": "la", "lav": "lv", "lit": "lt", "mar": "mr", "mkd": "mk",
    "mlt": "mt", "nld": "nl", "nno": "nn", "nob": "nb", "oci": "oc", "pol": "pl", "por": "pt", "quz": "quz", "ron": "ro", "rus": "ru", "slk": "sk",
    "slv": "sl", "spa": "es", "sqi": "sq", "srd": "sc", "srp": "sr", "swa": "sw", "swe": "sv", "tat": "tt", "tur": "tr", "ukr": "uk", "urd": "ur",
    "uzb": "uz", "zho": "zh", "zlm": "ms", "zsm": "ms",
}  # fmt: skip
# Written in Latin letters by Apertium: the variants of Serbo-Croatian are languages of their own here.
VARIANTS = {("hbs", "BS"): "bs", ("hbs", "HR"): "hr", ("hbs", "SR"): "sr-Latn"}


class Apertium:
    """The Translator over the program `apertium` on PATH, looked for anew each time. `listing_timeout_s` limits `pairs`."""

    name = NAME
    locality = Locality.SAME_HOST

    def __init__(self, listing_timeout_s: float = 10) -> None:
        self._listing_timeout_s = listing_timeout_s
        self._gate = asyncio.Semaphore(PROCESSES_AT_ONCE)
        self._running: set[Talk] = set()
        self._version = ""
        self._modes: dict[Pair, str] = {}  # as last listed
        self._closed = False

    @property
    def version(self) -> str:
        """What `apertium -V` says, once `pairs` or `translate` has asked it: "3.8.3"."""
        return self._version

    async def pairs(self) -> frozenset[Pair]:
        """The pairs whose packages are installed. Raises EngineAway."""
        try:
            async with asyncio.timeout(self._listing_timeout_s):
                await self._list_modes()
        except TimeoutError:
            raise EngineAway(NAME, "timeout") from None
        return frozenset(self._modes)

    async def translate(self, segments: Sequence[str], pair: Pair, deadline_s: float) -> list[str]:
        """One process for all segments. Raises EngineAway, EngineRefused `pair_unserved` or `too_large`, EngineLied."""
        try:
            async with asyncio.timeout(deadline_s):
                if pair not in self._modes:
                    await self._list_modes()
                mode = self._modes.get(pair)
                if mode is None:
                    raise EngineRefused(NAME, "pair_unserved")
                return await ask_in_batch(NAME, segments, lambda sent: self._ask(sent, mode))
        except TimeoutError:
            raise EngineAway(NAME, "timeout") from None

    async def close(self) -> None:
        """Kills what is running, whose callers hear EngineAway."""
        self._closed = True
        for talk in tuple(self._running):
            talk.kill()

    async def _ask(self, sent: list[str], mode: str) -> list[str]:
        given = write_stream(sent)
        output = await self._run(["-u", "-z", "-f", "none", mode], given, len(given) * ANSWER_MOST_TIMES + ANSWER_MOST_BYTES)
        try:
            return read_stream(output, sent)
        except UnicodeDecodeError:
            raise EngineLied(NAME, "shape") from None

    async def _list_modes(self) -> None:
        if not self._version:
            self._version = (
                (await self._run(["-V"], b"", LISTING_MOST_BYTES)).decode(errors="replace").strip().rpartition(" ")[2][:VERSION_CHARS]
            )
        listing = (await self._run(["-l"], b"", LISTING_MOST_BYTES)).decode(errors="replace")
        self._modes = dict(reversed([*_read_modes(listing)]))  # of two for one pair, the first by name

    async def _run(self, options: list[str], given: bytes, most_bytes: int) -> bytes:
        program = shutil.which(NAME)
        if program is None:
            raise EngineAway(NAME, "not_installed")
        async with self._gate:
            if self._closed:
                raise EngineAway(NAME, "closed")
            # The script makes an empty file there, which a killed one would leave behind.
            with tempfile.TemporaryDirectory(prefix="chorus-", ignore_cleanup_errors=True) as directory:
                environ = {"LANG": "C.UTF-8", "PATH": f"{Path(program).parent}:{SEARCHED}", "TMPDIR": directory}
                try:
                    return await run(
                        [program, *options], given, environ=environ, directory=Path(directory), most_bytes=most_bytes, running=self._running
                    )
                except Failed:
                    raise EngineAway(NAME, "process_failed") from None
                except SaidTooMuch:
                    raise EngineLied(NAME, "too_much") from None


def _read_modes(listing: str) -> Iterator[tuple[Pair, str]]:
    """Pairs and modes of `apertium -l`, as `eng-spa` or `es-pt_BR`. Other modes are variants and experiments, and left out."""
    for mode in sorted(listing.split()):
        found = MODE.fullmatch(mode)
        if found is not None:
            yield Pair(_tag(found[1], found[2]), _tag(found[3], found[4])), mode


def _tag(code: str, variant: str | None) -> str:
    if variant is None:
        return TAGS.get(code, code)
    return VARIANTS.get((code, variant)) or f"{TAGS.get(code, code)}-{variant}"
