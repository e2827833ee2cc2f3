"""What does a packet look like where there is no network? One page that opens from a memory stick, and a text that says what to do with it.

The page holds every language at once; which one is shown is decided by its address (`index.html#in-ar`), without script. Styles are our
own, written into it, and its policy allows nothing from elsewhere. So are sounds, once for all languages, as Opus in WebM alone: it is the
smaller of the two files, and every free browser plays it. An older Apple device, which does not, has the words. Links are addresses to be copied, not anchors: a browser would look up
their hosts before anybody follows them.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from babel import Locale, UnknownLocaleError
from markupsafe import Markup

from coordinator.domain.packet import Packet, PacketGroup, PacketText, PacketVoice, manifest_of
from coordinator.domain.spotlight import Audience
from coordinator.domain.translation import show
from coordinator.domain.voice_note import Coding
from coordinator.domain.zones import to_wall_time, utc_offset
from coordinator.formats.isolation import Setting, compose, set_city, set_ltr
from coordinator.formats.packet import PAGE_SHARE, WORDS_BYTES, fingerprint_of, public_key_of, seal
from coordinator.formats.places import place_name
from coordinator.formats.times import date_words, offset_words, to_ms
from coordinator.i18n import N_, Language, Languages
from coordinator.pages.context_packets import PacketAnswer, PacketLanguage, PacketPage, PacketPlayer, PacketView, PacketVoiceView
from coordinator.pages.context_told import TextView
from coordinator.pages.render import Renderer
from coordinator.pages.told import direction_of, make_label, make_part, view_text
from coordinator.pages.voice_view import draw_strokes

STYLES = ("css/tokens.css", "css/base.css", "css/components/told.css", "css/components/packet.css")
SCRIPT = "js/packet.js"
POLICY = "default-src 'none'; media-src data:; style-src '{style}'; script-src '{script}'; base-uri 'none'; form-action 'none'"
DOCUMENT = """<!doctype html>
<html class="night" lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
<script>{script}</script>
</body>
</html>
"""
AUDIENCES = {
    Audience.PARTNERS: N_("For the meetings of partner groups, not for the public."),
    Audience.PUBLIC: N_("It may be shown in public."),
}
INSTANTLY_BEFORE = timedelta(microseconds=1)

Sounds = Mapping[str, bytes]
NO_SOUNDS: Sounds = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Press:
    """What every packet of this network is made with. `default` is the language that says what another's catalog cannot."""

    renderer: Renderer
    languages: Languages
    default: str
    network: str
    seed: bytes

    @property
    def fingerprint(self) -> str:
        """How this network is told from another one that uses its name."""
        return fingerprint_of(public_key_of(self.seed))

    def speaker(self, tag: str) -> Language:
        """Who says what Chorus says beside words in `tag`."""
        return self.languages.shown_in(tag, self.default).language


def make_packet(packet: Packet, press: Press, first: str, sounds: Sounds = NO_SOUNDS) -> bytes:
    """The signed zip. Where everything together is too large, what is missed least stays out. `first` is the language shown at first.

    `sounds` are those of the packet's voices, as Opus, by the voice's id; a voice whose sound is not among them stays out.
    """
    packet = packet.with_sounds(sounds)
    room = WORDS_BYTES + int(sum(map(len, sounds.values())) * (1 + PAGE_SHARE))
    made = _seal(packet, press, first, sounds)
    while len(made) > room and (smaller := packet.lighter()) is not None:
        packet, made = smaller, _seal(smaller, press, first, sounds)
    return made


def _seal(packet: Packet, press: Press, first: str, sounds: Sounds) -> bytes:
    page, readme = make_page(packet, press, first, sounds), make_readme(packet, press)
    carried = [sounds[voice.voice_id] for voice in packet.sounding()]
    return seal(manifest_of(packet), page=page, readme=readme, seed=press.seed, sounds=carried)


# --- index.html -----------------------------------------------------------------------------------------------------------


def make_page(packet: Packet, press: Press, first: str, sounds: Sounds = NO_SOUNDS) -> bytes:
    """The page, in UTF-8. An unknown `first` is the original's language."""
    tags = packet.languages()
    first = first if first in tags else tags[0]
    ordered = [*(tag for tag in tags if tag != first), first]  # the style sheet wants the first one last
    views = tuple(_view(packet, press, tag, first) for tag in ordered)
    speaker = press.speaker(first)
    page = PacketPage(views, tuple(_players(packet, speaker, sounds)), to_ms(packet.expires_at))
    body = press.renderer.text("packet_page.html", page, speaker)
    title = views[-1].text.title
    return _document(press.renderer, body, speaker, title.words if title else press.network).encode()


def _document(renderer: Renderer, body: str, speaker: Language, title: str) -> str:
    style, script = "\n".join(_asset(renderer, name) for name in STYLES), _asset(renderer, SCRIPT)
    policy = POLICY.format(style=_allowed(style), script=_allowed(script))
    return Markup(DOCUMENT).format(  # noqa: S704 - our own words; what is filled in and is not markup is escaped
        language=speaker.tag,
        direction=speaker.direction,
        policy=policy,
        title=title,
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        body=Markup(body),  # noqa: S704 - a template's output
    )


def _asset(renderer: Renderer, name: str) -> str:
    found = renderer.static.get(name)
    assert found is not None  # part of every installation
    return found.body.decode()


def _allowed(content: str) -> str:
    """How a policy names the one style or script it allows (CSP3 §6.7.2)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _view(packet: Packet, press: Press, tag: str, first: str) -> PacketView:
    speaker = press.speaker(tag)
    return PacketView(
        anchor=_anchor(tag),
        language=speaker.tag,
        direction=speaker.direction,
        first=tag == first,
        menu=tuple(_menu(packet, press, tag, first)),
        menu_label=speaker.gettext("Languages"),
        teller=group_words(packet.teller, speaker),
        text=_text(packet.text, press, tag, packet.made_at),
        ask_heading=speaker.gettext("What we ask of others"),
        consent_heading=speaker.gettext("What may be shown where"),
        audience=speaker.gettext(AUDIENCES[packet.audience]),
        last_day=Markup(say_last_day(packet, speaker, Setting.HTML)),  # noqa: S704 - composed as markup
        over=speaker.gettext("The last day on which this may be shown has passed. Its words are hidden; please delete the file."),
        voices=tuple(_voices(packet, press, tag)),
        answers=tuple(
            PacketAnswer(_answer_words(echo.answerer, speaker), _text(echo.text, press, tag, packet.made_at)) for echo in packet.echoes
        ),
        links_heading=speaker.gettext("Where to read on"),
        links=tuple((link.words, link.url) for link in packet.links),
        signed=_signed(press, speaker),
    )


def _menu(packet: Packet, press: Press, current: str, first: str) -> Iterable[PacketLanguage]:
    """The languages by their own names, the one that is shown at first before the others."""
    for tag in sorted(packet.languages(), key=lambda each: (each != first, each)):
        yield PacketLanguage(_anchor(tag), own_name(tag, press.languages), tag, direction_of(tag, press.languages), tag == current)


def _text(text: PacketText, press: Press, tag: str, made_at: datetime) -> TextView:
    source = text.source("")
    shown = show(source, text.renderings("", str, made_at), tag)  # rows without ids: nothing is stored
    return view_text(source, shown, press.speaker(tag), press.languages)


def _voices(packet: Packet, press: Press, tag: str) -> Iterable[PacketVoiceView]:
    """The words of each voice, in the best words there are for this language; they begin as its lines are spoken."""
    speaker, numbers = press.speaker(tag), _numbers(packet)
    for voice in packet.voices:
        source = voice.text.source("")
        shown = show(source, voice.text.renderings("", str, packet.made_at), tag)
        begins = [start_ms for start_ms, _ in voice.sound.times] if voice.sound else [0] * len(source.sections)
        begins_ms = dict(zip((section.key for section in source.sections), begins, strict=True))
        yield PacketVoiceView(
            number=numbers.get(voice.voice_id, 0),
            heading=_voice_words(voice, speaker),
            label=make_label(source, shown, speaker),
            lines=tuple((begins_ms[piece.key], make_part(piece, press.languages)) for piece in shown.pieces),
            last_day=_say_voices_last_day(voice, speaker) if voice.expires_at < packet.expires_at else "",
            ends_ms=to_ms(voice.expires_at),
        )


def _players(packet: Packet, speaker: Language, sounds: Sounds) -> Iterable[PacketPlayer]:
    for number, voice in enumerate(packet.sounding(), 1):
        assert voice.sound is not None  # it sounds
        address = f"data:{Coding.WEBM.content_type};base64,{base64.b64encode(sounds[voice.voice_id]).decode()}"
        yield PacketPlayer(number, _voice_words(voice, speaker), address, draw_strokes(voice.sound.peaks), to_ms(voice.expires_at))


def _numbers(packet: Packet) -> dict[str, int]:
    return {voice.voice_id: number for number, voice in enumerate(packet.sounding(), 1)}


def _signed(press: Press, speaker: Language) -> Markup:
    sentence = speaker.gettext("Signed by %(network)s. The fingerprint of this network is %(fingerprint)s.")
    fingerprint = set_ltr(press.fingerprint, Setting.HTML)
    return Markup(compose(sentence, Setting.HTML, network=set_city(press.network, Setting.HTML), fingerprint=fingerprint))  # noqa: S704 - composed as markup


# --- README.txt -----------------------------------------------------------------------------------------------------------


def make_readme(packet: Packet, press: Press) -> bytes:
    """What to do with the packet, in each of its languages that Chorus speaks."""
    speakers = dict.fromkeys(press.speaker(tag) for tag in packet.languages())
    return "\n".join(_readme_part(packet, press, speaker) for speaker in speakers).encode()


def _readme_part(packet: Packet, press: Press, speaker: Language) -> str:
    teller = group_words(packet.teller, speaker) or speaker.gettext("A partner group")
    told = speaker.gettext("A mirror packet: %(group)s tells of its struggle, for a meeting without a network.")
    signed = speaker.gettext("Signed by %(network)s. The fingerprint of this network is %(fingerprint)s.")
    lines = (
        compose(told, Setting.ISOLATED, group=set_city(teller, Setting.ISOLATED)),
        speaker.gettext("Open index.html in a browser. Nothing is fetched from anywhere."),
        say_last_day(packet, speaker, Setting.ISOLATED),
        speaker.gettext("A network takes the packet in only as a whole: pass the file on as it is, without unpacking it."),
        compose(
            signed,
            Setting.ISOLATED,
            network=set_city(press.network, Setting.ISOLATED),
            fingerprint=set_ltr(press.fingerprint, Setting.ISOLATED),
        ),
    )
    return f"{speaker.name}\n\n" + "".join(f"{line}\n" for line in lines)


# --- words ----------------------------------------------------------------------------------------------------------------


def say_last_day(packet: Packet, speaker: Language, setting: Setting) -> str:
    """The last day on which the packet may be shown, by its teller's clock if that may be known, else by UTC."""
    zone_id = packet.teller.zone_id or "UTC"
    last = packet.expires_at - INSTANTLY_BEFORE
    date = date_words(to_wall_time(last, zone_id), speaker)
    if not packet.teller.zone_id:
        return compose(speaker.gettext("The last day on which this may be shown is %(date)s, in UTC."), setting, date=date)
    city = place_name(packet.teller.place, zone_id, speaker)
    offset = offset_words(utc_offset(last, zone_id), speaker)
    sentence = speaker.gettext("The last day on which this may be shown is %(date)s in %(city)s, %(offset)s.")
    return compose(sentence, setting, date=date, city=set_city(city, setting), offset=set_ltr(offset, setting))


def group_words(group: PacketGroup, speaker: Language) -> str:
    """ "Rede Mangue, Recife": as much as may be said, empty for nothing."""
    if not group.name or not group.place:
        return group.name
    # Translators: a group and its place: "Rede Mangue, Recife".
    return speaker.gettext("%(group)s, %(place)s", group=group.name, place=group.place)


def _answer_words(answerer: PacketGroup, speaker: Language) -> str:
    words = group_words(answerer, speaker)
    return speaker.gettext("An echo from %(group)s", group=words) if words else speaker.gettext("An echo from a partner group")


def _voice_words(voice: PacketVoice, speaker: Language) -> str:
    words = group_words(voice.speaker, speaker)
    return speaker.gettext("A voice from %(group)s", group=words) if words else speaker.gettext("A voice from a partner group")


def _say_voices_last_day(voice: PacketVoice, speaker: Language) -> str:
    date = date_words((voice.expires_at - INSTANTLY_BEFORE).astimezone(UTC), speaker)
    return compose(speaker.gettext("The last day on which this voice may be heard is %(date)s, in UTC."), Setting.BARE, date=date)


def own_name(tag: str, languages: Languages) -> str:
    """What a language calls itself; its tag where nobody has written that down."""
    known = languages.get(tag)
    if known is not None:
        return known.name
    try:
        return Locale.parse(tag, sep="-").display_name or tag
    except (UnknownLocaleError, ValueError):
        return tag


def _anchor(tag: str) -> str:
    return f"in-{tag}"
