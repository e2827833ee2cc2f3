"""Which engine does a network use? The one that its settings name; with nothing set, Apertium where it is installed."""

from __future__ import annotations

import shutil

from coordinator.ports import Translator
from coordinator.settings import Settings
from coordinator.translators.apertium import NAME as APERTIUM
from coordinator.translators.apertium import Apertium
from coordinator.translators.none import NoTranslator


def make_translator(settings: Settings) -> Translator:
    """The network's engine, opened by nothing yet. The caller closes it."""
    match settings.translator:
        case "libretranslate":
            from coordinator.translators.libretranslate import LibreTranslate  # deferred: an HTTP client, which most networks never need

            return LibreTranslate(settings.libretranslate_url, settings.libretranslate_key, settings.translate_timeout_s)
        case "apertium":
            return Apertium(settings.translate_timeout_s)
        case "auto" if shutil.which(APERTIUM) is not None:
            return Apertium(settings.translate_timeout_s)
        case _:
            return NoTranslator()
