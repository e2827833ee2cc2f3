"""What comes out of good recordings: as loud as promised by a second meter, playable, the same each time, and nothing in it but sound."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from coordinator.domain.voice_note import MAX_TRUE_PEAK_DB, PEAKS, TARGET_LUFS, TOLERANCE_LU, Coding, is_quiet
from tests.worker.sound.bad import png, with_cover, zipped
from tests.worker.sound.oracle import measure
from tests.worker.sound.recordings import RECIPES, WEBM, Recipe, Sound, decode_plainly, record, speak
from worker.sound.parent import Processed, process_sound

METERS_AGREE = 0.05  # dB; both round
PEAK_METERS_AGREE = 0.3
PLANTED = {
    "title": "PLANTED-title",
    "artist": "PLANTED-Amina-Diallo",
    "comment": "PLANTED-comment",
    "date": "1977-05-04",
    "location": "+40.7589-073.9851/",
    "make": "PLANTED-phone",
    "encoder": "PLANTED-recorder",
    "creation_time": "1977-05-04T03:02:01Z",
}
TOKENS = (b"PLANTED", b"40.7589", b"1977-05-04", b"\xff\xd8\xff", b"image/", b"\x89PNG")
WITH_COVER = ("mp4 aac", "mp3", "flac")


def level_of(data: bytes) -> tuple[float, float]:
    return measure(decode_plainly(data))


def assert_kept(processed: Processed) -> None:
    """The promises that hold for each output, whatever came in."""
    for coding, data in processed.files.items():
        lufs, true_peak_db = level_of(data)
        assert abs(lufs - TARGET_LUFS) <= TOLERANCE_LU
        assert true_peak_db <= MAX_TRUE_PEAK_DB
        told = processed.sound.encoded[coding]
        assert lufs == pytest.approx(told.lufs, abs=METERS_AGREE)
        assert true_peak_db == pytest.approx(told.true_peak_db, abs=PEAK_METERS_AGREE)
    assert len(processed.sound.peaks) == PEAKS
    assert 40 <= max(processed.sound.peaks) <= 255


@pytest.mark.parametrize("name", RECIPES)
async def test_process_each_kind_of_recording_is_level_and_tells_nothing(name: str) -> None:
    recipe = RECIPES[name]
    channels = 2 if "vorbis" in name else 1
    data = record(recipe.with_tags(PLANTED, cover=name in WITH_COVER), speak(4, rate_hz=recipe.rate_hz, channels=channels))

    processed = await process_sound(data)

    assert_kept(processed)
    assert 3_900 <= processed.sound.duration_ms <= 4_150
    assert [token for token in TOKENS for out in processed.files.values() if token in out] == []


def test_recordings_that_are_sent_do_tell() -> None:
    """So that finding nothing in the outputs says something."""
    tagged = {name: record(each.with_tags(PLANTED, cover=name in WITH_COVER), _short(name)) for name, each in RECIPES.items()}

    assert [name for name, data in tagged.items() if b"PLANTED" not in data] == ["mp3 without a length"]  # nor with tags
    assert [name for name in WITH_COVER if b"\xff\xd8\xff" not in tagged[name]] == []
    assert [name for name, data in tagged.items() if b"40.7589" in data or b"loci" in data] != []


def _short(name: str) -> Sound:
    return speak(1, rate_hz=RECIPES[name].rate_hz, channels=2 if "vorbis" in name else 1)


VOICES: dict[str, Callable[[], Sound]] = {
    "quiet stereo": lambda: speak(5, peak=0.05, channels=2),
    "very quiet": lambda: speak(5, peak=0.012, noise=0.0002),
    "clipped": lambda: np.clip(speak(5, peak=4.0), -1, 1),
    "over full scale": lambda: speak(5, peak=3.5),
    "noisy": lambda: speak(5, peak=0.05, noise=0.02),
    "with a knock": lambda: _with_knock(speak(8, peak=0.1)),
    "nearer, with a knock": lambda: _with_knock(speak(8, peak=0.14)),  # no gain brings it to the ceiling that its encoder asks for
    "with a direct current": lambda: speak(5) * 0.5 + np.float32(0.4),
    "with digital silence": lambda: _with_silence(speak(12)),
    "one channel silent": lambda: np.vstack([speak(5), np.zeros((1, 240_000), np.float32)]),
    "a tone": lambda: (0.5 * np.sin(np.arange(240_000) * 2 * np.pi * 440 / 48_000)).astype(np.float32).reshape(1, -1),
    "white noise": lambda: (0.05 * np.random.default_rng(3).standard_normal(240_000)).astype(np.float32).reshape(1, -1),
    "a second": lambda: speak(1.01),
    "ninety seconds": lambda: speak(90),
}


def _with_knock(sound: Sound) -> Sound:
    sound[:, 100_000:100_200] = np.sign(np.sin(np.arange(200) / 5))
    return sound


def _with_silence(sound: Sound) -> Sound:
    sound[:, 150_000:450_000] = 0
    return sound


@pytest.mark.parametrize("name", VOICES)
async def test_process_each_kind_of_voice_is_level(name: str) -> None:
    sound = VOICES[name]()

    processed = await process_sound(record(replace(WEBM, bit_rate=96_000), sound))

    assert_kept(processed)
    assert processed.sound.duration_ms == pytest.approx(sound.shape[1] / 48, abs=150)


async def test_process_speech_of_a_machine_is_level(tmp_path: Path) -> None:
    if not (espeak := shutil.which("espeak-ng")):
        pytest.skip("espeak-ng is not here; `scripts/bootstrap dev` installs it")
    path = tmp_path / "speech.wav"
    words = "We stand with you. When the clock reads zero, our square will be silent together with yours. "
    subprocess.run([espeak, "-w", path, words * 4], check=True)  # noqa: ASYNC221 - nothing else runs here

    processed = await process_sound(path)

    assert_kept(processed)


async def test_process_the_same_sound_from_wav_and_flac_gives_the_same_files() -> None:
    wav, flac, again = [await process_sound(record(RECIPES[name], speak(4))) for name in ("wav 16 bit", "flac", "flac")]

    assert wav.sound == flac.sound == again.sound
    assert wav.files == flac.files == again.files


async def test_process_quiet_recording_is_raised_and_says_so() -> None:
    quiet, loud = [await process_sound(record(WEBM, speak(3, peak=peak, noise=peak / 100))) for peak in (0.02, 0.3)]

    assert (is_quiet(quiet.sound.source_lufs), is_quiet(loud.sound.source_lufs)) == (True, False)
    assert quiet.sound.source_lufs == pytest.approx(loud.sound.source_lufs - 23.5, abs=1)


async def test_process_peaks_follow_the_voice() -> None:
    sound = speak(10)
    sound[:, 240_000:] *= 0.1

    peaks = (await process_sound(record(WEBM, sound))).sound.peaks

    assert min(max(peaks[i : i + 10]) for i in range(0, 50, 10)) > 5 * max(peaks[62:])


async def test_process_what_hangs_on_a_recording_stays_behind() -> None:
    """An archive behind a recording and a script in its tags: both are there for whoever opens the file as something else."""
    script = b"<script>alert(1)</script>"
    recordings = [record(WEBM, speak(2)) + zipped(), with_cover(png(16, 16) + script), record(RECIPES["mp3"], speak(2)) + script * 100]

    for data in recordings:
        processed = await process_sound(data)
        assert_kept(processed)
        assert [token for token in (script, b"../../x", b"PK\x03\x04") for out in processed.files.values() if token in out] == []


async def test_process_outputs_are_what_browsers_play() -> None:
    processed = await process_sound(record(WEBM, speak(4, channels=2)))

    for coding, data in processed.files.items():
        with av.open(io.BytesIO(data)) as container:
            (stream,) = container.streams
            tags = {**container.metadata, **stream.metadata}
            described = (stream.type, stream.codec_context.name, stream.codec_context.sample_rate, stream.codec_context.channels)
            assert described == ("audio", {Coding.WEBM: "opus", Coding.MP4: "aac"}[coding], 48_000, 1)
            assert container.duration / 1_000 == pytest.approx(processed.sound.duration_ms, abs=60)
            assert tags.keys() <= {
                "major_brand",
                "minor_version",
                "compatible_brands",
                "handler_name",
                "vendor_id",
                "language",
                "encoder",
                "DURATION",
            }
            assert tags.get("encoder", "Lavf") == "Lavf"  # FFmpeg's name, without a version
    mp4 = processed.files[Coding.MP4]
    assert mp4.index(b"moov") < mp4.index(b"mdat")
    created = mp4.index(b"mvhd") + 8
    assert mp4[created : created + 8] == bytes(8)


async def test_process_unusual_rate_of_a_good_recording_is_no_obstacle() -> None:
    for rate_hz in (8_000, 11_025, 22_050, 96_000):
        assert_kept(await process_sound(record(Recipe("wav", "pcm_s16le", rate_hz), speak(2, rate_hz=rate_hz))))
