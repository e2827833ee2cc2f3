"""Every kind of file that a stranger may send instead of a voice note, and the one code by which each is refused."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np

from coordinator.domain.voice_note import MAX_BYTES, Refusal
from tests.worker.sound.recordings import RECIPES, WEBM, Recipe, Sound, record, speak

Bytes = Callable[[], bytes]
PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
MP4, WAV, FLOAT, FLAC = RECIPES["mp4 aac"], RECIPES["wav 16 bit"], RECIPES["wav float"], RECIPES["flac"]
HOUR_S = 3_600


def good(recipe: Recipe = WEBM, seconds: float = 5, channels: int = 1) -> bytes:
    return record(recipe, speak(seconds, rate_hz=recipe.rate_hz, channels=channels))


def wav(*, rate: int = 48_000, channels: int = 1, bits: int = 16, tag: int = 1, data: bytes = b"", claimed: int | None = None) -> bytes:
    """A WAV file by hand, with a header that says anything."""
    align = max(1, channels * bits // 8) & 0xFFFF
    fmt = struct.pack("<HHIIHH", tag, channels, rate, (rate * align) & 0xFFFF_FFFF, align, bits)
    size = len(data) if claimed is None else claimed
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", min(len(body) if claimed is None else claimed + 36, 0xFFFF_FFFE)) + body


def noise(size: int, seed: int = 7) -> bytes:
    return random.Random(seed).randbytes(size)


def samples_with(value: float) -> bytes:
    """Two seconds of float WAV in which one sample is of no use."""
    sound = speak(2)
    sound[0, 70_000] = value
    return wav(tag=3, bits=32, data=sound.astype("<f4").tobytes())


def flat(seconds: float, value: float = 0.0) -> Sound:
    return np.full((1, int(seconds * 48_000)), value, np.float32)


def clicks() -> bytes:
    """Five single samples at full scale in ten seconds of nothing."""
    sound = flat(10)
    sound[0, 24_000::96_000] = 1
    return wav(data=(sound * 32_767).astype("<i2").tobytes())


def png(width: int, height: int) -> bytes:
    """A black picture that is small as a file and large when it is opened."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compress(bytes((width + 1) * height), 9)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


def silence_in_opus(hours: float, container: str = "ogg") -> bytes:
    """Packets that say in two bytes that nothing is heard for 120 ms."""
    written = io.BytesIO()
    with av.open(written, "w", format=container) as out:
        stream = out.add_stream("libopus", rate=48_000, layout="mono")
        stream.codec_context.open()
        for i in range(int(hours * HOUR_S / 0.12)):
            packet = av.Packet(b"\xfb\x06")  # CELT, 20 ms, six frames, each of no length
            packet.stream, packet.time_base, packet.pts, packet.dts, packet.duration = (
                stream,
                Fraction(1, 48_000),
                i * 5_760,
                i * 5_760,
                5_760,
            )
            out.mux(packet)
    return written.getvalue()


def with_gap(hours: int) -> bytes:
    """Four seconds, of which the second half is stamped hours later."""
    sound, written = record(WEBM, speak(4)), io.BytesIO()
    with av.open(io.BytesIO(sound)) as source, av.open(written, "w", format="webm") as out:
        stream = out.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is None:
                continue
            late = hours * HOUR_S * 1_000 if packet.pts > 2_000 else 0
            packet.pts, packet.dts, packet.stream = packet.pts + late, packet.dts + late, stream
            out.mux(packet)
    return written.getvalue()


def with_flipped(data: bytes, every: int) -> bytes:
    """The same file with a bit turned in each so-many-th byte after its beginning."""
    changed = bytearray(data)
    for place in range(1_500, len(changed), every):
        changed[place] ^= 0x55
    return bytes(changed)


def patched(data: bytes, atom: bytes, offset: int, value: int) -> bytes:
    """An MP4 with one number of an atom changed, counted from the end of the atom's name."""
    place = data.index(atom) + len(atom) + offset
    return data[:place] + struct.pack(">I", value) + data[place + 4 :]


def nested_atoms(depth: int) -> bytes:
    body = b""
    for _ in range(depth):
        body = struct.pack(">I", len(body) + 8) + b"moov" + body
    return b"\0\0\0\x14ftypisom\0\0\x02\0isom" + body


def id3_with(body: bytes, *, claimed: int | None = None) -> bytes:
    size = len(body) if claimed is None else claimed
    return b"ID3\x04\0\0" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + body


def one_by_one(count: int) -> bytes:
    """A Matroska file in which each of so many samples has a packet of its own."""
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=8_000, layout="mono")
        for i in range(count):
            packet = av.Packet(struct.pack("<h", i % 3_000))
            packet.stream, packet.time_base, packet.pts, packet.dts, packet.duration = stream, Fraction(1, 8_000), i, i, 1
            container.mux(packet)
    return out.getvalue()


def many_headed(channels: int) -> bytes:
    """A WebM file whose Opus header, and track, claim so many channels, coupled at random."""
    data = good()
    head = data.index(b"OpusHead")
    track = data.index(b"\x9f\x81\x01")  # Channels: 1
    changed = bytearray(data)
    changed[head + 9], changed[head + 18], changed[track + 2] = channels, 255, channels
    return bytes(changed)


def with_cover(picture: bytes) -> bytes:
    """An MP3 file with a picture in its tags."""
    frame = b"\0image/png\0\x03\0" + picture
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return id3_with(b"APIC" + size + b"\0\0" + frame) + good(RECIPES["mp3 without a length"])


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../x", good())
    return out.getvalue()


def with_attachments(count: int) -> bytes:
    """A Matroska file that carries other files along."""
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as container:
        stream = container.add_stream("flac", rate=48_000, layout="mono")
        for i in range(count):
            container.add_attachment(f"../../x{i}", "text/plain", b"words of another")
        for frame in _plain_frames(speak(3)):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def _plain_frames(sound: Sound) -> list[av.AudioFrame]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000, frame_size=4_096)
    whole = av.AudioFrame.from_ndarray(sound, format="fltp", layout="mono")
    whole.sample_rate, whole.pts = 48_000, 0
    return [*resampler.resample(whole), *resampler.resample(None)]


EBML = good()[:40]
R = Refusal

BAD: dict[str, tuple[Bytes, Refusal]] = {
    # not sound at all
    "nothing": (lambda: b"", R.EMPTY),
    "one byte": (lambda: b"\0", R.NOT_AUDIO),
    "text called .webm": (lambda: b"This is not a voice note.\n" * 100, R.NOT_AUDIO),
    "text in UTF-16": (lambda: "نص وليس صوتا".encode("utf-16") * 50, R.NOT_AUDIO),
    "a path": (lambda: b"../../x", R.NOT_AUDIO),
    "a name with line breaks and overrides": (lambda: "note\r\nX-Evil: 1\u202egnp.webm".encode(), R.NOT_AUDIO),
    "random bytes": (lambda: noise(100_000), R.NOT_AUDIO),
    "6 MB of zeros": (lambda: bytes(6_000_000), R.NOT_AUDIO),
    "HTML": (lambda: b"<!doctype html><script>alert(1)</script>", R.NOT_AUDIO),
    "SVG": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", R.NOT_AUDIO),
    "DASH": (lambda: b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'/>", R.NOT_AUDIO),
    "HLS playlist": (lambda: PLAYLIST, R.NOT_AUDIO),
    "HLS playlist after a mark of order": (lambda: b"\xef\xbb\xbf" + PLAYLIST, R.NOT_AUDIO),
    "ffconcat": (lambda: b"ffconcat version 1.0\nfile /etc/passwd\n", R.NOT_AUDIO),
    "SDP": (lambda: b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 0\r\n", R.NOT_AUDIO),
    "PNG": (lambda: png(16, 16), R.NOT_AUDIO),
    "JPEG": (lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0" + noise(500), R.NOT_AUDIO),
    "GIF": (lambda: b"GIF89a" + noise(500), R.NOT_AUDIO),
    "WebP": (lambda: b"RIFF\xf4\1\0\0WEBPVP8 " + noise(500), R.NOT_AUDIO),
    "PDF": (lambda: b"%PDF-1.7\n" + noise(500), R.NOT_AUDIO),
    "ELF": (lambda: b"\x7fELF\2\1\1" + noise(500), R.NOT_AUDIO),
    "a sound in gzip": (lambda: gzip.compress(good()), R.NOT_AUDIO),
    "a sound in zip": (lambda: zipped(), R.NOT_AUDIO),
    "200 MB of zeros in 200 kB": (lambda: gzip.compress(bytes(200 * 2**20), 6), R.NOT_AUDIO),
    # sound, but in containers that are not taken
    "AMR": (lambda: b"#!AMR\n" + b"\x3c" * 4_000, R.NOT_AUDIO),
    "AIFF": (lambda: good(Recipe("aiff", "pcm_s16be")), R.NOT_AUDIO),
    "AU": (lambda: good(Recipe("au", "pcm_s16be")), R.NOT_AUDIO),
    "ASF": (lambda: good(Recipe("asf", "wmav2")), R.NOT_AUDIO),
    "AVI": (lambda: good(Recipe("avi", "libmp3lame")), R.NOT_AUDIO),
    "FLV": (lambda: good(Recipe("flv", "libmp3lame", 44_100)), R.NOT_AUDIO),
    "MPEG transport stream": (lambda: good(Recipe("mpegts", "libmp3lame")), R.NOT_AUDIO),
    "RF64": (lambda: b"RF64\xff\xff\xff\xffWAVEds64" + noise(500), R.NOT_AUDIO),
    "AAC without a container": (lambda: good(Recipe("adts", "aac")), R.NOT_AUDIO),
    "layer II": (lambda: good(Recipe("mp2", "mp2")), R.NOT_AUDIO),
    "sound after a blank": (lambda: b" " + good(), R.NOT_AUDIO),
    # a good beginning with nothing behind it
    "WebM, then random bytes": (lambda: EBML + noise(50_000), R.UNREADABLE),
    "WebM, cut in its header": (lambda: good()[:60], R.UNREADABLE),
    "Ogg, then random bytes": (lambda: b"OggS" + noise(50_000), R.UNREADABLE),
    "Ogg's mark 20,000 times": (lambda: b"OggS" * 20_000, R.UNREADABLE),
    "Ogg, cut in its header": (lambda: good(RECIPES["ogg opus, as Firefox records"])[:60], R.UNREADABLE),
    "MP4, then random bytes": (lambda: b"\0\0\0\x18ftypisom" + noise(50_000), R.UNREADABLE),
    "MP4, its mark alone": (lambda: b"\0\0\0\x18ftypisom\0\0\2\0isom", R.UNREADABLE),
    "MP4 that is a picture": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + noise(5_000), R.UNREADABLE),
    "MP4, 20,000 atoms deep": (lambda: nested_atoms(20_000), R.UNREADABLE),
    "WAV, then random bytes": (lambda: b"RIFF\x24\0\0\0WAVE" + noise(50_000), R.UNREADABLE),
    "WAV, its header alone": (lambda: wav(), R.TOO_SHORT),
    "FLAC, then random bytes": (lambda: b"fLaC" + noise(50_000), R.UNREADABLE),
    "FLAC, its mark alone": (lambda: b"fLaC", R.UNREADABLE),
    "MP3's mark 20,000 times": (lambda: b"\xff\xfb\x90\x64" * 20_000, R.UNREADABLE),
    "tags alone": (lambda: id3_with(bytes(5_000)), R.UNREADABLE),
    "tags that claim 256 MB": (lambda: id3_with(bytes(5_000), claimed=2**28 - 1), R.UNREADABLE),
    # polyglots
    "HTML under tags": (lambda: id3_with(b"") + b"<!doctype html><script>alert(1)</script>" * 50, R.UNREADABLE),
    "playlist under tags": (lambda: id3_with(b"") + PLAYLIST * 50, R.UNREADABLE),
    "SVG under a WAV header": (lambda: b"RIFF\x24\0\0\0WAVE<svg xmlns='http://www.w3.org/2000/svg'/>", R.UNREADABLE),
    "playlist under WebM's mark": (lambda: EBML + PLAYLIST, R.UNREADABLE),
    "zip under MP4's mark": (lambda: b"\0\0\0\x18ftypisom\0\0\2\0isom" + zipped(), R.UNREADABLE),
    # cut off
    "WebM, cut in half": (lambda: good(seconds=10)[: len(good(seconds=10)) // 2], R.TRUNCATED),
    "MP4, cut in half": (lambda: good(MP4)[: len(good(MP4)) // 2], R.UNREADABLE),
    "MP4 with its index first, cut in half": (
        lambda: good(Recipe("mp4", "aac", options={"movflags": "faststart"}), 10)[:30_000],
        R.TRUNCATED,
    ),
    "MP3, cut in half": (lambda: good(RECIPES["mp3"], 10)[:30_000], R.TRUNCATED),
    "WAV, cut in half": (lambda: good(WAV)[:200_000], R.TRUNCATED),
    "FLAC, cut in half": (lambda: good(FLAC, 10)[:200_000], R.TRUNCATED),
    "WAV that claims ten hours": (lambda: wav(data=speak(2).astype("<f4").tobytes(), claimed=3_456_000_000), R.TRUNCATED),
    "ten hours between two packets": (lambda: with_gap(10), R.TRUNCATED),
    # damaged
    "WebM, every 40th byte turned": (lambda: with_flipped(good(seconds=10), 40), R.TRUNCATED),
    "WebM, every 400th byte turned": (lambda: with_flipped(good(seconds=10), 400), R.TRUNCATED),
    "Ogg, every 40th byte turned": (lambda: with_flipped(good(RECIPES["ogg opus, as Firefox records"]), 40), R.UNREADABLE),
    "FLAC, every 4,000th byte turned": (lambda: with_flipped(good(FLAC, 10), 4_000), R.UNEVEN),
    "MP3, every 40th byte turned": (lambda: with_flipped(good(RECIPES["mp3"], 10), 40), R.DAMAGED),
    "MP4, every 40th byte turned": (lambda: with_flipped(good(MP4, 10), 40), R.CODEC),
    "MP4, every 400th byte of its packets turned": (lambda: with_flipped(good(MP4, 10)[:50_000], 400) + good(MP4, 10)[50_000:], R.DAMAGED),
    "one voice, then two, in one Ogg": (
        lambda: good(RECIPES["ogg opus, as Firefox records"]) + good(RECIPES["ogg opus, as Firefox records"], channels=2),
        R.MANY_TRACKS,
    ),
    "16 kHz, then 48 kHz, in one Ogg": (
        lambda: good(replace(RECIPES["ogg vorbis"], rate_hz=16_000), channels=2) + good(RECIPES["ogg vorbis"], channels=2),
        R.MANY_TRACKS,
    ),
    "not a number among samples": (lambda: samples_with(float("nan")), R.DAMAGED),
    "an infinite sample": (lambda: samples_with(float("inf")), R.DAMAGED),
    "a sample of 10³⁰": (lambda: samples_with(1e30), R.DAMAGED),
    # the wrong streams
    "video and sound in WebM": (lambda: record(WEBM, speak(3), video=True), R.HAS_VIDEO),
    "video and sound in MP4": (lambda: record(MP4, speak(3), video=True), R.HAS_VIDEO),
    "video alone": (lambda: record(MP4, speak(3), tracks=0, video=True), R.HAS_VIDEO),
    "cover alone": (lambda: record(MP4.with_tags({}, cover=True), speak(3), tracks=0), R.NO_AUDIO),
    "two tracks in MP4": (lambda: record(MP4, speak(3), tracks=2), R.MANY_TRACKS),
    "two tracks in Matroska": (lambda: record(Recipe("matroska", "libopus"), speak(3), tracks=2), R.MANY_TRACKS),
    "twelve tracks": (lambda: record(Recipe("matroska", "flac"), speak(1), tracks=12), R.MANY_TRACKS),
    "five files attached": (lambda: with_attachments(5), R.MANY_TRACKS),
    # the wrong kind of sound
    "6 channels in AAC": (lambda: good(MP4, channels=6), R.CHANNELS),
    "8 channels in WAV": (lambda: wav(channels=8, data=bytes(800_000)), R.CHANNELS),
    "200 channels": (lambda: wav(channels=200, data=bytes(2_000_000)), R.CHANNELS),
    "1,000 channels": (lambda: wav(channels=1_000, data=bytes(4_000_000)), R.CHANNELS),
    "65,535 channels": (lambda: wav(channels=65_535, data=bytes(4_000_000)), R.CHANNELS),
    "no channel": (lambda: wav(channels=0, data=bytes(200_000)), R.CHANNELS),
    "rate 0": (lambda: wav(rate=0, data=bytes(200_000)), R.UNREADABLE),
    "rate 1": (lambda: wav(rate=1, data=bytes(200_000)), R.RATE),
    "rate 4,000": (lambda: wav(rate=4_000, data=bytes(200_000)), R.RATE),
    "rate 768,000": (lambda: wav(rate=768_000, data=bytes(2_000_000)), R.RATE),
    "rate 4,294,967,295": (lambda: wav(rate=2**32 - 1, data=bytes(200_000)), R.UNREADABLE),
    "µ-law": (lambda: good(Recipe("wav", "pcm_mulaw", 8_000)), R.CODEC),
    "8 bits": (lambda: good(Recipe("wav", "pcm_u8")), R.CODEC),
    "ADPCM": (lambda: good(Recipe("wav", "adpcm_ima_wav")), R.CODEC),
    "64 bits": (lambda: good(Recipe("wav", "pcm_f64le")), R.CODEC),
    "AC-3 in Matroska": (lambda: good(Recipe("matroska", "ac3")), R.CODEC),
    "MP2 in Matroska": (lambda: good(Recipe("matroska", "mp2")), R.CODEC),
    "a WAV codec that nobody has": (lambda: wav(tag=0x7777, data=bytes(200_000)), R.CODEC),
    # the wrong length
    "0.3 s": (lambda: good(seconds=0.3), R.TOO_SHORT),
    "120 s": (lambda: good(seconds=120), R.TOO_LONG),
    "an hour of silence in FLAC": (lambda: record(Recipe("flac", "flac", 8_000), np.zeros((1, HOUR_S * 8_000), np.float32)), R.TOO_LONG),
    "ten hours of silence in 1 MB": (lambda: silence_in_opus(10), R.TOO_LONG),
    "an hour of silence in WebM": (lambda: silence_in_opus(1, "webm"), R.TOO_LONG),
    "over 6 MiB": (lambda: wav(data=bytes(MAX_BYTES)), R.TOO_BIG),
    # nothing to hear
    "silence": (lambda: wav(data=bytes(480_000)), R.SILENT),
    "a direct current": (lambda: wav(data=(flat(5, 0.5) * 32_767).astype("<i2").tobytes()), R.UNEVEN),
    "a whisper below the noise of any room": (lambda: record(WAV, speak(5, peak=0.001, noise=0.0)), R.SILENT),
    "clicks in silence": (lambda: clicks(), R.UNEVEN),
    # numbers that promise the impossible
    "MP4 of four thousand million samples": (lambda: patched(good(MP4), b"stsz", 8, 0xFFFF_FFFF), R.UNREADABLE),
    "MP4 of a packet of 4 GB": (lambda: patched(good(MP4), b"stsz", 12, 0xFFFF_FFFF), R.TRUNCATED),
    "a packet for each sample": (lambda: one_by_one(45_000), R.TOO_COSTLY),
    "Opus of 255 channels": (lambda: many_headed(255), R.CHANNELS),
}
