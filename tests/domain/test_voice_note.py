"""Which recordings are taken: the first bytes, the limits, and what a child process may say of what it made."""

from __future__ import annotations

import ast
import inspect
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.domain import voice_note
from coordinator.domain.voice_note import (
    MAX_BYTES,
    PEAKS,
    SNIFFED_BYTES,
    Coding,
    Demuxer,
    Encoded,
    Refusal,
    Sound,
    SoundRefused,
    VoiceCommand,
    VoiceState,
    check_duration,
    check_size,
    check_stream,
    explain,
    is_level,
    is_quiet,
    next_state,
    read_sound,
    sniff,
)
from coordinator.errors import Conflict
from coordinator.formats.sentences import PROBLEMS, say
from coordinator.i18n import read_languages

EBML = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84"
SHA = "0123456789abcdef" * 4
FILES = {Coding.WEBM: (SHA, 250_000), Coding.MP4: (SHA[::-1], 400_000)}


def told(**changes: Any) -> dict[str, Any]:
    """What the child says of a good recording, with `changes`."""
    levels = {"webm": [-16.2, -1.9], "mp4": [-15.9, -2.4]}
    return {"duration_ms": 60_000, "source_lufs": -23.5, "peaks": [128] * PEAKS, "levels": levels} | changes


@pytest.mark.parametrize(
    ("head", "demuxer"),
    [
        (EBML + b"webm", Demuxer.MATROSKA),
        (EBML + b"matroska", Demuxer.MATROSKA),
        (b"OggS\0\x02", Demuxer.OGG),
        (b"\0\0\0\x1cftypisom", Demuxer.MP4),
        (b"\0\0\0\x18ftypM4A ", Demuxer.MP4),
        (b"RIFF\x24\0\0\0WAVEfmt ", Demuxer.WAV),
        (b"fLaC\0\0\0\x22", Demuxer.FLAC),
        (b"ID3\x04\0\0", Demuxer.MP3),
        (b"\xff\xfb\x90\x64", Demuxer.MP3),
        (b"\xff\xf3\x40\xc0", Demuxer.MP3),
    ],
)
def test_sniff_known_beginning_chooses_its_one_demuxer(head: bytes, demuxer: Demuxer) -> None:
    assert sniff(head) is demuxer


@pytest.mark.parametrize(
    "head",
    [
        b"\0",
        b"hello, this is a voice note",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd",
        b"ffconcat version 1.0\nfile /etc/passwd",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<?xml version='1.0'?><MPD/>",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0\0\x10JFIF",
        b"GIF89a",
        b"PK\x03\x04",
        b"\x1f\x8b\x08",
        b"%PDF-1.7",
        b"\x7fELF",
        b"#!AMR\n",
        b"RIFF\x24\0\0\0AVI LIST",
        b"RIFF\x24\0\0\0WEBPVP8 ",
        b"RIFX\0\0\0\x24WAVE",
        b"RF64\xff\xff\xff\xffWAVE",
        b"FORM\0\0\0\x24AIFF",
        EBML + b"mkvoid",
        b"\xff\xf1\x50\x80",  # AAC without a container
        b"\xff\xfd\x90\x04",  # layer II
        b" OggS",
    ],
)
def test_sniff_anything_else_is_refused(head: bytes) -> None:
    with pytest.raises(SoundRefused) as fault:
        sniff(head)

    assert fault.value.code is Refusal.NOT_AUDIO


def test_sniff_nothing_is_empty() -> None:
    with pytest.raises(SoundRefused) as fault:
        sniff(b"")

    assert fault.value.code is Refusal.EMPTY


@given(st.binary(max_size=600))
def test_sniff_any_bytes_needs_only_the_first_ones(data: bytes) -> None:
    def outcome(head: bytes) -> object:
        try:
            return sniff(head)
        except SoundRefused as fault:
            return fault.code

    assert outcome(data) == outcome(data[:SNIFFED_BYTES])


@pytest.mark.parametrize(
    ("check", "code"),
    [
        (lambda: check_size(0), Refusal.EMPTY),
        (lambda: check_size(MAX_BYTES + 1), Refusal.TOO_BIG),
        (lambda: check_stream("cook", 48_000, 1), Refusal.CODEC),
        (lambda: check_stream("opus", 0, 1), Refusal.RATE),
        (lambda: check_stream("opus", 7_999, 1), Refusal.RATE),
        (lambda: check_stream("opus", 96_001, 1), Refusal.RATE),
        (lambda: check_stream("opus", 48_000, 0), Refusal.CHANNELS),
        (lambda: check_stream("opus", 48_000, 3), Refusal.CHANNELS),
        (lambda: check_duration(999, None), Refusal.TOO_SHORT),
        (lambda: check_duration(90_501, None), Refusal.TOO_LONG),
        (lambda: check_duration(10_000, 13_001), Refusal.TRUNCATED),
        (lambda: check_duration(100, 60_000), Refusal.TRUNCATED),
        (lambda: check_duration(90_501, 36_000_000), Refusal.TOO_LONG),
    ],
)
def test_limits_just_passed_are_refused_with_their_code(check: Any, code: Refusal) -> None:
    with pytest.raises(SoundRefused) as fault:
        check()

    assert fault.value.code is code


def test_limits_just_kept_are_taken() -> None:
    check_size(1)
    check_size(MAX_BYTES)
    check_stream("opus", 8_000, 1)
    check_stream("aac", 96_000, 2)
    check_duration(1_000, None)
    check_duration(90_500, 90_500)
    check_duration(10_000, 13_000)


@pytest.mark.parametrize(
    ("lufs", "true_peak_db", "level"),
    [(-16, -1.5, True), (-15, -9, True), (-17, -9, True), (-14.9, -9, False), (-17.1, -9, False), (-16, -1.4, False)],
)
def test_is_level_holds_both_promises(lufs: float, true_peak_db: float, level: bool) -> None:
    assert is_level(lufs, true_peak_db) is level


def test_read_sound_good_description_becomes_the_sound() -> None:
    sound = read_sound(told(), FILES)

    encoded = {Coding.WEBM: Encoded(SHA, 250_000, -16.2, -1.9), Coding.MP4: Encoded(SHA[::-1], 400_000, -15.9, -2.4)}
    assert sound == Sound(60_000, -23.5, (128,) * PEAKS, encoded)
    assert (sound.lufs, sound.true_peak_db, is_quiet(sound.source_lufs)) == (-16.2, -1.9, False)


def test_sound_that_came_quiet_says_so() -> None:
    assert is_quiet(read_sound(told(source_lufs=-35.1), FILES).source_lufs)


@pytest.mark.parametrize(
    "changes",
    [
        {"duration_ms": 999},
        {"duration_ms": 10**9},
        {"duration_ms": float("nan")},
        {"duration_ms": "soon"},
        {"source_lufs": -56},
        {"source_lufs": float("nan")},
        {"source_lufs": float("inf")},
        {"peaks": []},
        {"peaks": [0] * (PEAKS + 1)},
        {"peaks": [256] + [0] * (PEAKS - 1)},
        {"peaks": [-1] + [0] * (PEAKS - 1)},
        {"levels": {"webm": [-16, -2], "mp4": [-18, -2]}},
        {"levels": {"webm": [-16, float("nan")], "mp4": [-16, -2]}},
        {"levels": {"webm": [-16, -2, 0], "mp4": [-16, -2]}},
    ],
)
def test_read_sound_of_a_child_that_lies_is_no_sound(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        read_sound(told(**changes), FILES)


@pytest.mark.parametrize("files", [{Coding.WEBM: (SHA, 0), Coding.MP4: (SHA, 1)}, {Coding.WEBM: ("x", 1), Coding.MP4: (SHA, 1)}])
def test_read_sound_without_its_files_is_no_sound(files: dict[Coding, tuple[str, int]]) -> None:
    with pytest.raises(ValueError):
        read_sound(told(), files)


def test_read_sound_survives_its_own_json() -> None:
    assert read_sound(json.loads(json.dumps(told())), FILES) == read_sound(told(), FILES)


def test_refusals_each_have_a_line_of_their_own_and_a_sentence() -> None:
    body = next(
        node for node in ast.parse(inspect.getsource(voice_note)).body if isinstance(node, ast.ClassDef) and node.name == "Refusal"
    ).body[1:]

    said = [isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body]

    assert said == [False, True] * len(Refusal)
    assert {code.value for code in Refusal} <= set(PROBLEMS)


@pytest.mark.parametrize("code", list(Refusal))
def test_explain_every_refusal_is_a_whole_sentence(code: Refusal) -> None:
    said = say(explain(code), read_languages()["en"])

    assert said.startswith("The recording: ")
    assert "%" not in said
    assert "  " not in said


def test_explain_names_what_would_be_taken() -> None:
    english = read_languages()["en"]

    assert say(explain(Refusal.TOO_LONG), english) == "The recording: this is too long. A voice note has up to 90 seconds."
    assert "Possible is WebM, Ogg, MP4, M4A, WAV, FLAC, or MP3." in say(explain(Refusal.NOT_AUDIO), english)


def test_next_state_every_cell_is_as_drawn() -> None:
    drawn = {
        "uploaded": {"keep": "ready", "refuse": "refused", "withdraw": "withdrawn"},
        "refused": {},
        "ready": {"offer": "offered", "publish": "published", "withdraw": "withdrawn"},
        "offered": {"publish": "published", "decline": "declined", "withdraw": "withdrawn"},
        "published": {"decline": "declined", "withdraw": "withdrawn"},
        "declined": {"withdraw": "withdrawn"},
        "withdrawn": {},
    }

    for state in VoiceState:
        for command in VoiceCommand:
            if (target := drawn[state.value].get(command.value)) is not None:
                assert next_state(state, command) == target
            else:
                with pytest.raises(Conflict):
                    next_state(state, command)
