"""Which engine a network gets by its settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from coordinator.ports import Locality, Translator
from coordinator.settings import Settings
from coordinator.translators.apertium import Apertium
from coordinator.translators.choose import make_translator
from coordinator.translators.libretranslate import LibreTranslate
from coordinator.translators.none import NoTranslator
from tests.translators.engines import write_program

URL = "https://translate.example.org"


@pytest.mark.parametrize(
    ("settings", "installed", "kind"),
    [
        (Settings(), True, Apertium),
        (Settings(), False, NoTranslator),
        (Settings(translator="auto", libretranslate_url=URL), False, NoTranslator),
        (Settings(translator="none"), True, NoTranslator),
        (Settings(translator="apertium"), True, Apertium),
        (Settings(translator="apertium"), False, Apertium),
        (Settings(translator="libretranslate", libretranslate_url=URL), True, LibreTranslate),
    ],
)
async def test_engine_is_the_one_that_settings_name(
    settings: Settings, installed: bool, kind: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if installed:
        write_program(tmp_path, "cat")

    engine: Translator = make_translator(settings)

    assert type(engine) is kind
    await engine.close()


async def test_engine_elsewhere_is_known_as_such() -> None:
    engine = make_translator(Settings(translator="libretranslate", libretranslate_url=URL))

    assert (engine.name, engine.version, engine.locality) == ("libretranslate", "", Locality.REMOTE)
    await engine.close()
