"""What a packet's page and its README say, and how much of it fits."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from coordinator.domain.packet import Packet, PacketEcho, PacketGroup
from coordinator.domain.packet_rules import ECHOES_MOST, carry, read_packet
from coordinator.domain.spotlight import make_sections
from coordinator.domain.translation import Origin, Source
from coordinator.formats.isolation import Setting
from coordinator.formats.packet import PACKET_BYTES, SOUNDS_BYTES, WORDS_BYTES, fingerprint_of, public_key_of, unseal
from coordinator.i18n import Languages, read_languages
from coordinator.pages.packet_page import Press, make_packet, make_page, make_readme, own_name, say_last_day
from coordinator.pages.render import Renderer
from tests.factories import NOON
from tests.packets import SEED, make_rendering, make_source, make_voice
from tests.packets import make_packet as sample

WEB = Path(__file__).parents[2] / "web"
TAGS = ("ar", "en", "es", "fa", "fr", "hi", "id", "pt-BR", "ru", "sw", "uk", "zh-Hans")


@pytest.fixture(scope="module")
def languages() -> Languages:
    return read_languages()


@pytest.fixture(scope="module")
def press(languages: Languages) -> Press:
    return Press(Renderer(WEB, languages), languages, "en", "Chorus <b>of</b> rivers", SEED)


def heaviest() -> Packet:
    """As much as the rules allow: four bytes a sign, every translation three times as long, as many echoes as fit."""
    words = {f"body.{n}": "\U0001f9e8" * 780 for n in range(1, 11)} | {"title": "\U0001f9e8" * 120, "consent": "x"}
    source = Source("original", "qu", make_sections({"title": words.pop("title"), **words}))
    longer = {section.key: section.words * 3 for section in source.sections}
    renderings = [make_rendering(source, tag, longer, origin=Origin.MACHINE) for tag in TAGS if tag != "sw"]
    renderings.append(make_rendering(source, "sw", longer))
    echo = make_source({"share": "\U0001f9e8" * 400, "answer": "\U0001f9e8" * 400}, "en")
    answer = PacketEcho(PacketGroup("Minga"), "2027-Q1", carry(echo, []))
    return sample(text=carry(source, renderings), echoes=(answer,) * ECHOES_MOST)


def test_packet_that_would_be_too_large_leaves_out_what_is_missed_least(press: Press) -> None:
    packet = heaviest()
    data = make_packet(packet, press, "ar")
    kept = read_packet(unseal(data).manifest)

    assert len(packet.languages()) == 13
    assert len(data) <= WORDS_BYTES
    assert kept.echoes == ()
    assert kept.text.sections == packet.text.sections
    assert "sw" in kept.languages()  # a person's work is the last to go
    assert 2 < len(kept.languages()) < 13


def test_packet_with_voices_carries_each_sound_once_in_the_page_and_once_beside_it(press: Press) -> None:
    packet = sample(voices=(make_voice("a"), make_voice("b", sound=None), make_voice("gone"), make_voice("c")))
    data = make_packet(packet, press, "ar", {"a": b"first", "c": b"second"})
    kept = unseal(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        page = archive.read("index.html").decode()

    assert [voice.voice_id for voice in read_packet(kept.manifest).voices] == ["a", "b", "c"]
    assert kept.sounds == (b"first", b"second")
    assert re.findall(r'src="([^"]+)"', page) == [f"data:audio/webm;base64,{base64.b64encode(sound).decode()}" for sound in kept.sounds]
    assert page.count("Stand with us.") == 3 * 3  # in each of its languages but Arabic, for each voice
    assert page.count("قفوا معنا.") == 3


def test_packet_with_the_longest_voices_fits(press: Press) -> None:
    sounds = {"a": bytes(SOUNDS_BYTES // 2), "b": bytes(SOUNDS_BYTES // 2)}
    data = make_packet(replace(heaviest(), voices=(make_voice("a"), make_voice("b"))), press, "ar", sounds)

    assert len(unseal(data).sounds) == 2
    assert WORDS_BYTES < len(data) <= PACKET_BYTES


def test_packet_made_twice_is_the_same_file(press: Press) -> None:
    assert make_packet(sample(), press, "en") == make_packet(sample(), press, "en")


def test_page_begins_with_the_language_asked_for_or_else_the_original(press: Press) -> None:
    for first, opens in (("ar", "in-ar"), ("en", "in-en"), ("fr", "in-pt-BR"), ("../x", "in-pt-BR")):
        page = make_page(sample(), press, first).decode()
        assert f'<article class="packet__view packet__view--first" id="{opens}"' in page
        assert page.count("packet__view--first") - page.count(".packet__view--first") == 1
        assert page.rindex("<article") == page.index('<article class="packet__view packet__view--first"')


def test_page_and_readme_are_utf8_and_name_signer_and_last_day(press: Press) -> None:
    with zipfile.ZipFile(io.BytesIO(make_packet(sample(), press, "en"))) as archive:
        page, readme = archive.read("index.html").decode(), archive.read("README.txt").decode()

    assert "Chorus &lt;b&gt;of&lt;/b&gt; rivers" in page
    for said in (fingerprint_of(public_key_of(SEED)), "28 February 2027", "Rede Mangue, Recife"):
        assert said in page
        assert said in readme
    assert make_readme(sample(), press).decode() == readme
    assert [line for line in readme.splitlines() if line in ("English", "español", "العربية")] == ["English", "العربية", "español"]


def test_last_day_is_the_tellers_or_else_utcs(languages: Languages) -> None:
    packet = sample()
    nowhere = replace(packet, teller=PacketGroup("Reed"))
    english = languages["en"]

    assert (
        say_last_day(packet, english, Setting.BARE)
        == "The last day on which this may be shown is Sunday 28 February 2027 in Recife, UTC−03:00."
    )
    assert say_last_day(nowhere, english, Setting.BARE) == "The last day on which this may be shown is Monday 1 March 2027, in UTC."
    assert say_last_day(replace(packet, expires_at=NOON), english, Setting.BARE).endswith("Monday 4 January 2027 in Recife, UTC−03:00.")


@pytest.mark.parametrize(
    ("tag", "name"), [("ar", "العربية"), ("pt-BR", "português (Brasil)"), ("qu", "Runasimi"), ("tlh-x", "tlh-x"), ("zz", "zz")]
)
def test_own_name_of_any_language_is_its_own_or_its_tag(languages: Languages, tag: str, name: str) -> None:
    assert own_name(tag, languages) == name
