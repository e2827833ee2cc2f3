// Plays a voice note: ring, waveform and words in the place of the browser's own controls.
//
// The server's markup is complete; show(card) fills it with another note, and with null empties and silences it. Of all players on a page one plays.

import { fill } from "../fill.js";

const STEP_S = 5;
const LINE_LEAD_MS = 60;   // `timeupdate` comes a little late
let playing = null;

export class VoicePlayer extends HTMLElement {
  connectedCallback() {
    if (this.audio) return;
    this.audio = this.querySelector("audio");
    this.ring = this.querySelector(".voice__ring");
    this.seek = this.querySelector(".voice__seek");
    this.strokes = this.querySelector(".voice__all");
    this.played = this.querySelector(".voice__played");
    this.time = this.querySelector(".voice__time");
    this.words = this.querySelector(".voice__words");
    this.audio.hidden = true;
    this.querySelector(".voice__bar").hidden = false;
    this.ring.addEventListener("click", () => this.toggle());
    this.seek.addEventListener("pointerdown", (event) => this.seekTo(event));
    this.seek.addEventListener("keydown", (event) => this.press(event));
    for (const kind of ["play", "pause", "ended", "timeupdate", "seeked"]) this.audio.addEventListener(kind, () => this.draw());
    this.audio.addEventListener("error", () => this.pause(), true);
    this.takeTimes(this.dataset.times.trim().split(/\s+/).filter(Boolean).map(Number));
    this.draw();
  }

  disconnectedCallback() {
    this.pause();
    if (playing === this) playing = null;
  }

  /** Another note in the same player, whose element a browser may already have let play; null takes everything away. */
  show(card) {
    this.pause();
    this.dataset.voice = card ? card.id : "";
    this.dataset.revision = card ? card.revision : "";
    this.dataset.duration = card ? card.duration_ms : 0;
    for (const source of [...this.audio.children]) source.remove();
    this.audio.removeAttribute("src");
    if (card) this.audio.append(source(card.webm, "audio/webm; codecs=opus"), source(card.mp4, "audio/mp4"));
    this.audio.load();
    this.showWords(card);
    this.strokes.setAttribute("d", card ? card.strokes : "");
    this.seek.setAttribute("aria-valuemax", String(Math.floor(this.durationMs / 1000)));
    this.draw();
  }

  /** The same note in other words, while it plays on. */
  showWords(card) {
    fill(this, card || { lines: [] });
    this.takeTimes(card ? card.lines.map(({ from_ms: from }) => from) : []);
    this.draw();
  }

  takeTimes(times) {
    this.times = times;
    this.lines = [...this.words.querySelectorAll("li")];
    this.current = -1;
  }

  get durationMs() {
    return Number(this.dataset.duration) || 0;
  }

  get isPlaying() {
    return !this.audio.paused && !this.audio.ended;
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
      await this.audio.play();
      return true;
    } catch {
      this.draw();
      return false;
    }
  }

  pause() {
    if (this.audio) this.audio.pause();
  }

  rewind() {
    this.audio.currentTime = 0;
  }

  seekTo({ clientX }) {
    const { left, width } = this.seek.getBoundingClientRect();
    this.goTo((clientX - left) / width * this.durationMs / 1000);
  }

  /** Arrow keys run as the picture does, from left to right. */
  press(event) {
    const by = { ArrowRight: STEP_S, ArrowUp: STEP_S, ArrowLeft: -STEP_S, ArrowDown: -STEP_S, Home: -Infinity, End: Infinity }[event.key];
    if (event.key === " ") this.toggle();
    else if (by !== undefined) this.goTo(this.audio.currentTime + by);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  goTo(seconds) {
    this.audio.currentTime = Math.min(Math.max(0, seconds), this.durationMs / 1000);
    this.draw();
  }

  draw() {
    const now = this.audio.currentTime * 1000;
    const isPlaying = this.isPlaying;
    this.dataset.state = isPlaying ? "playing" : "still";
    this.ring.setAttribute("aria-label", isPlaying ? this.dataset.pause : this.dataset.play);
    this.drawStrokes(this.durationMs ? now / this.durationMs : 0);
    this.time.textContent = minutes(now > 0 ? now : this.durationMs);
    this.seek.setAttribute("aria-valuenow", String(Math.floor(now / 1000)));
    this.seek.setAttribute("aria-valuetext", minutes(now));
    this.markLine(now > 0 ? this.times.filter((from) => from <= now + LINE_LEAD_MS).length - 1 : -1);
  }

  drawStrokes(part) {
    const strokes = this.strokes.getAttribute("d").split("M").filter(Boolean);
    const count = Math.round(Math.min(1, part) * strokes.length);
    this.played.setAttribute("d", strokes.slice(0, count).map((stroke) => `M${stroke}`).join(""));
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

/** "1:07" in the page's digits. */
function minutes(ms) {
  const { lang, dataset } = document.documentElement;
  const seconds = Math.round(ms / 1000);
  const say = (n, digits) => new Intl.NumberFormat(lang, { numberingSystem: dataset.numerals || "latn", minimumIntegerDigits: digits, useGrouping: false }).format(n);
  return `${say(Math.floor(seconds / 60), 1)}:${say(seconds % 60, 2)}`;
}
