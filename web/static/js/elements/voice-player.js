// Plays a voice note: ring, waveform and words in the place of the browser's own controls. One that was written is read aloud instead.
//
// The server's markup is complete; show(card) fills it with another note, and with null empties and silences it. Of all players on a page one plays.
// Fires "ended" when a note has been heard to its end.

import { fill } from "../fill.js";
import { ReadAloud, whenVoicesChange } from "../read-aloud.js";
import { SoundBar } from "../sound-bar.js";

const LINE_LEAD_MS = 60;   // `timeupdate` comes a little late
let playing = null;

export class VoicePlayer extends HTMLElement {
  connectedCallback() {
    if (!this.audio) this.setUp();
    this.forgetVoices = whenVoicesChange(() => this.draw());
    addEventListener("pagehide", this.hush);      // speech would outlive its page
    this.draw();
  }

  disconnectedCallback() {
    this.forgetVoices();
    removeEventListener("pagehide", this.hush);
    this.pause();
    if (playing === this) playing = null;
  }

  setUp() {
    this.hush = () => this.pause();
    this.audio = this.querySelector("audio");
    this.reader = new ReadAloud();
    this.bar = new SoundBar(this, this.audio, () => this.toggle());
    this.ring = this.querySelector(".voice__ring");
    this.stop = this.querySelector(".voice__stop");
    this.words = this.querySelector(".voice__words");
    this.audio.hidden = true;
    this.ring.addEventListener("click", () => this.toggle());
    this.stop.addEventListener("click", () => { this.reader.stop(); this.ring.focus(); });
    for (const kind of ["play", "pause", "ended", "timeupdate", "seeked"]) this.audio.addEventListener(kind, () => this.draw());
    for (const kind of ["play", "pause", "ended", "line"]) this.reader.addEventListener(kind, () => this.draw());
    for (const means of [this.audio, this.reader]) means.addEventListener("ended", () => this.dispatchEvent(new Event("ended")));
    this.audio.addEventListener("error", () => this.pause(), true);
    this.takeLines(this.dataset.times.trim().split(/\s+/).filter(Boolean).map(Number));
  }

  /** Another note in the same player, whose element a browser may already have let play; null takes everything away. */
  show(card) {
    this.pause();
    this.reader.stop();
    this.dataset.voice = card ? card.id : "";
    this.dataset.revision = card ? card.revision : "";
    this.dataset.duration = card ? card.duration_ms ?? "" : 0;
    for (const source of [...this.audio.children]) source.remove();
    this.audio.removeAttribute("src");
    if (card && card.webm) this.audio.append(source(card.webm, "audio/webm; codecs=opus"), source(card.mp4, "audio/mp4"));
    this.audio.load();
    this.bar.show({ strokes: card ? card.strokes : "", durationMs: this.durationMs });
    this.showWords(card);
  }

  /** The same note in other words, while it plays on. */
  showWords(card) {
    fill(this, card || { lines: [] });
    this.takeLines(card ? card.lines.map(({ from_ms: from }) => from) : []);
    this.draw();
  }

  takeLines(times) {
    this.times = times;
    this.lines = [...this.words.querySelectorAll("li")];
    this.current = -1;
    this.reader.take(this.isWritten ? this.lines.map(({ textContent, lang }) => ({ words: textContent, language: lang })) : []);
  }

  /** Whether it was written and has no sound. */
  get isWritten() {
    return this.dataset.duration === "";
  }

  /** Whether it can only be read by eye: it was written, and no voice of this browser speaks its language. */
  get isVoiceless() {
    return this.isWritten && !this.reader.canRead;
  }

  get durationMs() {
    return Number(this.dataset.duration) || 0;
  }

  /** What plays it. */
  get means() {
    return this.isWritten ? this.reader : this.audio;
  }

  get isPlaying() {
    return !this.means.paused && !this.means.ended;
  }

  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  /** Resolves to whether it plays: a browser may refuse, and a line may be broken. */
  async play() {
    if (playing && playing !== this) playing.pause();
    playing = this;
    try {
      await this.means.play();
      return true;
    } catch {
      this.draw();
      return false;
    }
  }

  pause() {
    if (!this.audio) return;
    this.audio.pause();
    this.reader.pause();
  }

  /** Within a tap: what this player begins later by itself, a browser lets it begin then. */
  unlock() {
    this.audio.load();
    this.reader.unlock();
  }

  draw() {
    const { isPlaying, isWritten, isVoiceless } = this;
    this.dataset.state = isPlaying ? "playing" : "still";
    this.ring.setAttribute("aria-label", isPlaying ? this.dataset.pause : this.dataset.play);
    this.querySelector(".voice__bar").hidden = isVoiceless;
    this.querySelector(".voice__aloud").hidden = isVoiceless;
    this.querySelector(".voice__voiceless").hidden = !isVoiceless;
    this.stop.hidden = !isWritten;
    this.bar.hide(isWritten);
    if (!isWritten) this.bar.draw(this.durationMs);
    this.markLine(isWritten ? this.reader.index : this.lineHeard());
  }

  lineHeard() {
    const now = this.audio.currentTime * 1000;
    return now > 0 ? this.times.filter((from) => from <= now + LINE_LEAD_MS).length - 1 : -1;
  }

  markLine(index) {
    if (index === this.current) return;
    this.current = index;
    this.lines.forEach((line, i) => (i === index ? line.setAttribute("aria-current", "true") : line.removeAttribute("aria-current")));
    if (index >= 0 && this.words.scrollHeight > this.words.clientHeight) this.words.scrollTop = this.topFor(index);
  }

  /** Where words that do not all fit are scrolled to: the line before stays in sight, where there is room for both. */
  topFor(index) {
    const line = this.lines[index];
    const before = this.lines[index - 1] || line;
    const fits = line.offsetTop + line.offsetHeight - before.offsetTop <= this.words.clientHeight;
    return (fits ? before : line).offsetTop;
  }
}

function source(src, type) {
  const made = document.createElement("source");
  made.src = src;
  made.type = type;
  return made;
}
