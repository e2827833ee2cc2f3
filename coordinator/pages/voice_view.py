"""How does a voice note look? Its levels as strokes, its words line by line under their label, and who speaks."""

from __future__ import annotations

from collections.abc import Sequence

from coordinator.domain.voice_note import Coding
from coordinator.formats.times import digits, to_ms
from coordinator.i18n import N_, Language, Languages
from coordinator.pages.context_news import NO_LABEL, VoiceCard, VoiceLine
from coordinator.pages.sounds import sound_path
from coordinator.pages.told import make_label, make_part
from coordinator.services.hearing import VoiceView

WRITTEN = N_("Written, not recorded. Words, too, can tell who wrote them.")
PITCH, MIDDLE, LEAST, MOST = 4, 32, 2, 30  # of the picture, 480 × 64 for 120 strokes


def view_voice(view: VoiceView, language: Language, languages: Languages, numerals: str, *, report_path: str = "") -> VoiceCard:
    """The note as its player shows it; with the way to report it, on pages of a group that may."""
    return VoiceCard(
        id=view.id,
        revision=view.revision,
        by=(view.speaker.name if view.speaker else "") or language.gettext("a group"),
        label=make_label(view.source, view.shown, language) if view.source and view.shown else NO_LABEL,
        lines=tuple(VoiceLine(make_part(line.piece, languages), line.from_ms, line.to_ms) for line in view.lines),
        duration_ms=view.duration_ms,
        length="" if view.duration_ms is None else length_words(view.duration_ms, numerals),
        strokes=draw_strokes(view.peaks),
        webm=_path(view, Coding.WEBM),
        mp4=_path(view, Coding.MP4),
        manner=language.gettext(WRITTEN) if view.duration_ms is None else "",
        report_path=report_path,
        ends_ms=to_ms(view.expires_at),
    )


def _path(view: VoiceView, coding: Coding) -> str:
    return sound_path(view.sounds[coding], coding) if coding in view.sounds else ""


def length_words(duration_ms: int, numerals: str) -> str:
    """ "1:07"."""
    seconds = round(duration_ms / 1_000)
    return digits(f"{seconds // 60}:{seconds % 60:02}", numerals)


def draw_strokes(peaks: Sequence[int]) -> str:
    """The path of the waveform: a stroke a level, from left to right in every language, as sound is drawn."""
    halves = (max(LEAST, peak * MOST // 255) for peak in peaks)
    return "".join(f"M{n * PITCH + PITCH // 2} {MIDDLE - half}v{2 * half}" for n, half in enumerate(halves))
