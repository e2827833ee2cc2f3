// Shows how far a sound has played, as strokes and as time, and takes it elsewhere by pointer or keys.

import { minutes } from "./minutes.js";

const STEP_S = 5;

export class SoundBar {
  /** `root` holds the bar; `audio` is what plays; `toggle` is called for the space bar. */
  constructor(root, audio, toggle) {
    this.audio = audio;
    this.toggle = toggle;
    this.seek = root.querySelector(".voice__seek");
    this.strokes = root.querySelector(".voice__all");
    this.played = root.querySelector(".voice__played");
    this.time = root.querySelector(".voice__time");
    this.seek.addEventListener("pointerdown", (event) => this.seekTo(event));
    this.seek.addEventListener("keydown", (event) => this.press(event));
  }

  show({ strokes, durationMs }) {
    this.strokes.setAttribute("d", strokes);
    this.seek.setAttribute("aria-valuemax", String(Math.floor(durationMs / 1000)));
  }

  hide(isHidden) {
    this.seek.toggleAttribute("hidden", isHidden);
    this.time.hidden = isHidden;
  }

  draw(durationMs) {
    this.durationMs = durationMs;
    const now = this.audio.currentTime * 1000;
    this.drawStrokes(durationMs ? now / durationMs : 0);
    this.time.textContent = minutes(now > 0 ? now : durationMs);
    this.seek.setAttribute("aria-valuenow", String(Math.floor(now / 1000)));
    this.seek.setAttribute("aria-valuetext", minutes(now));
  }

  drawStrokes(part) {
    const strokes = this.strokes.getAttribute("d").split("M").filter(Boolean);
    const count = Math.round(Math.min(1, part) * strokes.length);
    this.played.setAttribute("d", strokes.slice(0, count).map((stroke) => `M${stroke}`).join(""));
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

  /** The audio's own "seeked" draws it. */
  goTo(seconds) {
    this.audio.currentTime = Math.min(Math.max(0, seconds), this.durationMs / 1000);
    this.draw(this.durationMs);
  }
}

/** "1:07" in the page's digits. */
