"""Apertium as Debian ships it, and programs of its name that hang, lie, fail and leave children behind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvloop

from coordinator.errors import EngineAway, EngineFault, EngineLied
from coordinator.ports import Locality, Pair
from coordinator.translators.apertium import Apertium
from tests.translators.engines import children, require_apertium, wait_until, write_program

PAIR = Pair("es", "pt")
SEGMENTS = ["agua", "árboles"]
FOREVER = "sleep 600"
ECHO = "cat"


@pytest.fixture
async def apertium() -> AsyncIterator[Apertium]:
    made = Apertium()
    yield made
    await made.close()
    assert made._running == set()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that stands first on PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


async def fault_of(apertium: Apertium, deadline_s: float = 20) -> tuple[type[EngineFault], str]:
    with pytest.raises(EngineFault) as caught:
        await apertium.translate(SEGMENTS, PAIR, deadline_s)
    assert caught.value.engine == "apertium"
    return type(caught.value), caught.value.code


def is_there(path: str) -> bool:
    return Path(path).exists()


# --- the real one -----------------------------------------------------------------------------------------------------


async def test_apertium_drafts_spanish_into_portuguese(apertium: Apertium) -> None:
    require_apertium()

    [drafted, title] = await apertium.translate(
        ["Nuestra acción hace eco de la suya: en Xq0x plantan árboles mientras en Xq1x limpian el río a las Xq2x.", "Sin agua no hay vida"],
        Pair("es", "pt-BR"),
        20,
    )

    assert drafted == "Nossa ação faz eco da sua: em Xq0x plantam árvores enquanto em Xq1x limpam o rio às Xq2x."
    assert title == "Sem água não há vida"


async def test_apertium_distinguishes_the_two_portugueses(apertium: Apertium) -> None:
    require_apertium()

    assert await apertium.translate(["acción"], Pair("es", "pt"), 20) == ["acção"]
    assert await apertium.translate(["acción"], Pair("es", "pt-BR"), 20) == ["ação"]


@pytest.mark.parametrize(
    ("pair", "asked", "answered"),
    [
        (Pair("es", "en"), "La casa", "The house"),  # its last word is lost without the mark at the end
        (Pair("en", "es"), "the house", "La casa"),
        (Pair("es", "fr"), "lee Xq0x", "Il lit Xq0x"),  # where a token in brackets would come apart
        (Pair("fr", "es"), "la maison", "la casa"),
        (Pair("pt", "es"), "a água", "el agua"),
    ],
)
async def test_apertium_serves_each_installed_pair(apertium: Apertium, pair: Pair, asked: str, answered: str) -> None:
    require_apertium()

    assert await apertium.translate([asked], pair, 20) == [answered]


async def test_apertium_says_where_and_what_it_is(apertium: Apertium) -> None:
    require_apertium()
    assert apertium.version == ""

    await apertium.pairs()

    assert apertium.version[0].isdigit()
    assert apertium.locality is Locality.SAME_HOST


# --- what it lists ----------------------------------------------------------------------------------------------------


async def test_pairs_are_read_from_modes_as_tags(apertium: Apertium, place: Path) -> None:
    write_program(
        place, ECHO, "es-pt es-pt_BR eng-spa spa-eng_US hbs-eng hbs_HR-eng eng-hbs_SR ind-zlm nno-nob eng-cat_valencia eco-es-fr es-pt-x *"
    )

    pairs = await apertium.pairs()

    assert sorted((pair.source, pair.target) for pair in pairs) == [
        ("en", "es"),
        ("en", "sr-Latn"),
        ("es", "en-US"),
        ("es", "pt"),
        ("es", "pt-BR"),
        ("hr", "en"),
        ("id", "ms"),
        ("nn", "nb"),
        ("sh", "en"),
    ]
    assert apertium.version == "9.8.7"


async def test_pairs_installed_meanwhile_are_there_at_once(apertium: Apertium, place: Path) -> None:
    write_program(place, ECHO, "es-pt")
    before = await apertium.pairs()

    write_program(place, ECHO, "es-pt fr-es")

    assert await apertium.pairs() - before == {Pair("fr", "es")}


async def test_pairs_of_a_program_without_packages_are_none(apertium: Apertium, place: Path) -> None:
    write_program(place, ECHO, "*")

    assert await apertium.pairs() == frozenset()


async def test_program_that_is_not_there_is_away(apertium: Apertium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert await fault_of(apertium) == (EngineAway, "not_installed")
    with pytest.raises(EngineAway):
        await apertium.pairs()


async def test_listing_that_hangs_is_away(place: Path) -> None:
    (place / "apertium").write_text(f"#!/bin/sh\n{FOREVER}\n")
    (place / "apertium").chmod(0o755)
    before = children()

    with pytest.raises(EngineAway) as away:
        await Apertium(listing_timeout_s=0.2).pairs()

    assert away.value.code == "timeout"
    assert children() <= before


# --- how a program fails ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [
        ("cat >/dev/null", (EngineLied, "count")),
        (r"cat >/dev/null; printf '.[]\0.[]\0'", (EngineLied, "empty")),
        (r"cat >/dev/null; printf 'um.[]\0'", (EngineLied, "count")),
        (r"cat >/dev/null; printf 'um.[]\000dois.[]\0tres.[]\0'", (EngineLied, "count")),
        (r"cat >/dev/null; printf '\377\376.[]\0um.[]\0'", (EngineLied, "shape")),
        ("exec yes", (EngineLied, "too_much")),
        ("head -c 100000000 /dev/zero", (EngineLied, "too_much")),
        ("cat; exit 3", (EngineAway, "process_failed")),
        ("exit 0", (EngineLied, "count")),
        ("kill -9 $$", (EngineAway, "process_failed")),
        ("cat; kill -9 $$", (EngineAway, "process_failed")),
    ],
)
async def test_program_that_fails_or_lies_is_found_out(apertium: Apertium, place: Path, behaviour: str, fault: tuple[type, str]) -> None:
    write_program(place, behaviour)
    before = children()

    assert await fault_of(apertium) == fault
    assert children() <= before


@pytest.mark.parametrize(
    "behaviour",
    [
        f"exec {FOREVER}",
        f"trap '' TERM INT HUP; {FOREVER}",
        f"{FOREVER} & {FOREVER} & wait",
        f"({FOREVER} | {FOREVER} | {FOREVER})",
        f"cat; {FOREVER}",
        "while true; do printf x; sleep 1; done",
        "exec 1>&-; sleep 600",
    ],
)
async def test_program_that_hangs_is_killed_with_all_it_started(apertium: Apertium, place: Path, behaviour: str) -> None:
    write_program(place, behaviour)
    before = children()

    assert await fault_of(apertium, deadline_s=0.5) == (EngineAway, "timeout")
    await wait_until(lambda: children() <= before)


async def test_program_that_leaves_a_child_behind_is_heard_and_the_child_killed(apertium: Apertium, place: Path) -> None:
    """The child holds the pipe open, so its end would never come."""
    write_program(place, f"{FOREVER} & {ECHO}")
    before = children()

    assert await apertium.translate(SEGMENTS, PAIR, 20) == SEGMENTS
    await wait_until(lambda: children() <= before)


async def test_program_that_never_reads_is_no_deadlock(apertium: Apertium, place: Path) -> None:
    write_program(place, f"exec {FOREVER}")

    with pytest.raises(EngineAway) as away:
        await apertium.translate(["agua " * 100_000], PAIR, 0.5)

    assert away.value.code == "timeout"


async def test_program_that_cannot_be_started_is_away(apertium: Apertium, place: Path) -> None:
    (place / "apertium").write_text("#!/no/such/interpreter\n")
    (place / "apertium").chmod(0o755)

    assert await fault_of(apertium) == (EngineAway, "process_failed")


@pytest.mark.parametrize("waiting", [1, 5])
async def test_translate_cancelled_kills_the_whole_group(apertium: Apertium, place: Path, waiting: int) -> None:
    """Those that wait for their turn are cancelled as well as those that run."""
    write_program(place, f"{FOREVER} & {FOREVER}")
    before = children()
    running = [asyncio.create_task(apertium.translate(SEGMENTS, PAIR, 60)) for _ in range(waiting)]
    await wait_until(lambda: len(children() - before) >= 3)

    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)

    assert all(task.cancelled() for task in running)
    await wait_until(lambda: children() <= before)


async def test_close_kills_what_runs_and_its_caller_hears_of_it(apertium: Apertium, place: Path) -> None:
    write_program(place, f"{FOREVER} & {FOREVER}")
    before = children()
    running = asyncio.create_task(apertium.translate(SEGMENTS, PAIR, 60))
    await wait_until(lambda: len(children() - before) >= 3)

    await apertium.close()

    with pytest.raises(EngineAway):
        await running
    await wait_until(lambda: children() <= before)


# --- what a program is told -------------------------------------------------------------------------------------------


async def test_program_gets_no_text_on_its_command_line_and_no_environment(
    apertium: Apertium, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHORUS_SECRET_KEY", "hunter2" * 6)
    monkeypatch.setenv("APERTIUM_DATADIR", "/elsewhere")
    write_program(
        place,
        r"""cat >/dev/null; printf '%s.[]\0' "$*" "$(/usr/bin/env | /usr/bin/cut -d= -f1 | /usr/bin/sort | /usr/bin/tr '\n' ' ')" """,
    )

    [arguments, names] = await apertium.translate(SEGMENTS, PAIR, 20)

    assert arguments == "-u -z -f none es-pt"
    assert set(names.split()) - {"PWD", "OLDPWD", "SHLVL", "_"} == {"LANG", "PATH", "TMPDIR"}


async def test_program_is_fed_by_a_pipe(apertium: Apertium, place: Path) -> None:
    """Not by a socket, which the script of Apertium cannot open again."""
    write_program(place, r"cat </dev/stdin >/dev/null && test -p /dev/stdin && printf 'sim.[]\000sim.[]\000'")

    assert await apertium.translate(SEGMENTS, PAIR, 20) == ["sim", "sim"]


def test_apertium_in_the_loop_of_the_web_process() -> None:
    require_apertium()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(Apertium().translate(["agua", "casa"], PAIR, 20)) == ["água", "casa"]


async def test_program_killed_leaves_no_file_behind(apertium: Apertium, place: Path) -> None:
    write_program(place, f'echo x >"$TMPDIR/left"; echo "$TMPDIR" >{place}/where; {FOREVER}')

    assert await fault_of(apertium, deadline_s=3) == (EngineAway, "timeout")

    assert not is_there((place / "where").read_text().strip())


async def test_programs_at_once_are_two_at_most(apertium: Apertium, place: Path) -> None:
    """Each counts those beside it; the third waits for its turn."""
    write_program(
        place,
        rf"""cat >/dev/null; touch {place}/run.$$; /bin/sleep 0.1; n=$(ls {place}/run.* | wc -l); rm {place}/run.$$; printf "$n.[]\000$n.[]\000" """,
    )

    answers = await asyncio.gather(*(apertium.translate(SEGMENTS, PAIR, 60) for _ in range(6)))

    assert max(int(count) for answer in answers for count in answer) <= 2
