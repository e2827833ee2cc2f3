// Keeps a part of an open page as the mirror stands: one socket, and the part's JSON fetched again whenever a spotlight or echo changed, or
// zone law has parted one of the group's moments.
//
// <… data-live="partners group:7f3k" data-source="/en/g/7f3k/news.json">. The key "o", or the link [data-original], shows the original words
// and back. With data-only-tell nothing is rebuilt: the element says that something has changed, and what is typed on the page stays.

import { fill } from "./fill.js";
import { liveUrl, LiveClient } from "./live-client.js";

const SPREAD_MS = 200;          // everybody hears at once; they need not all ask in the same instant
const AGAIN_MS = 3_000;
const GONE = [401, 403, 404];
const KINDS = /^(spotlight|echo|voice|zone|move)\./;

export class MirrorNews {
  constructor(part) {
    this.part = part;
    this.source = part.dataset.source;
    this.onlyTells = part.dataset.onlyTell !== undefined;
    this.showsOriginal = new URLSearchParams(location.search).get("original") === "1";
    this.shown = null;
    this.live = new LiveClient({
      url: liveUrl(), streams: part.dataset.live.split(" "), language: document.documentElement.lang,
      handlers: {
        onEvent: ({ kind, data }) => { if (KINDS.test(kind)) this.hear(data || {}); },
        onSnapshot: () => this.fetchSoon(),
      },
    });
  }

  start() {
    this.live.start();
    addEventListener("keydown", (event) => { if (isPlainKey(event, "o")) this.turn(event); });
    this.part.addEventListener("click", (event) => { if (event.target.closest("[data-original]") && !isModified(event)) this.turn(event); });
  }

  stop() {
    this.live.stop();
    clearTimeout(this.timer);
  }

  hear(data) {
    if (!this.onlyTells) this.fetchSoon();
    else if (this.source.endsWith(`/${data.spotlight}.json`)) this.part.hidden = false;
  }

  /** From the translation to the original, or back. */
  turn(event) {
    const link = this.part.querySelector("[data-original]");
    if (this.onlyTells || !link || link.hidden) return;
    event.preventDefault();
    this.showsOriginal = !this.showsOriginal;
    this.load();
  }

  fetchSoon(after = 0) {
    if (this.onlyTells || this.timer) return;
    this.timer = setTimeout(() => this.load({ isNews: true }), after + Math.random() * SPREAD_MS);
  }

  /** Fetches and shows; an answer that a later question has overtaken is dropped. */
  async load({ isNews = false } = {}) {
    clearTimeout(this.timer);
    this.timer = null;
    const asked = this.asked = {};
    try {
      const response = await fetch(this.showsOriginal ? `${this.source}?original=1` : this.source, { cache: "no-store", credentials: "same-origin" });
      const text = response.ok ? await response.text() : "";
      if (asked !== this.asked) return;
      if (response.ok) this.show(text, isNews);
      else if (GONE.includes(response.status)) this.showGone();
      else this.fetchSoon(AGAIN_MS);
    } catch { /* no network: what we have stands, and the next snapshot asks again */ }
  }

  show(text, isNews) {
    if (text === this.shown) return;
    const isFirst = this.shown === null;
    this.shown = text;
    const focused = this.part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const news = JSON.parse(text);
    fill(this.part, news);
    this.part.dispatchEvent(new CustomEvent("news", { detail: news }));
    if (focused) this.focusAgain(focused);
    const heard = this.part.querySelector("[data-heard]");
    if (heard && isNews && !isFirst) heard.textContent = heard.dataset.heard;
  }

  /** A reader on the keyboard stays on the link they were at. */
  focusAgain(href) {
    if (this.part.contains(document.activeElement)) return;
    const same = [...this.part.querySelectorAll("a[href]")].find((link) => link.getAttribute("href") === href);
    if (same) same.focus({ preventScroll: true });
  }

  /** What we show may not be seen any more: its words leave the page at once. */
  showGone() {
    const gone = document.querySelector("[data-gone]");
    if (!gone) return;
    this.stop();
    gone.hidden = false;
    this.part.remove();
    document.title = gone.textContent;
  }
}

function isPlainKey(event, key) {
  const isTyping = event.target.closest && event.target.closest("input, textarea, select, [contenteditable]");
  return event.key === key && !isModified(event) && !isTyping && !event.repeat;
}

function isModified(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
}

/** Brings each [data-live] below `root` to life. */
export function hearMirror(root) {
  for (const part of root.querySelectorAll("[data-live]")) new MirrorNews(part).start();
}
