// When is the server asked for its time, and over which way? Batches of eight over the socket, over HTTP while there is none.

import { BATCH_SIZE } from "./server-clock.js";

const SPACING_MS = 120;
const ANSWER_TIMEOUT_MS = 5_000;
const REFRESH_MS = 60_000;
const RETRY_MS = 4_000;
const NOTICE_MS = 1_000;
const TIME_PATH = "/api/v1/time";

/**
 * Keeps `clock` fed until `stop()`. `live.ping(a)` sends a ping and says whether it could; its pongs come in through `pong()`.
 * `onLearnt()` is called when the first probe is back and after each batch: what shows the time should look again.
 */
export class ClockProbes {
  constructor(clock, live, onLearnt = () => {}) {
    this.clock = clock;
    this.live = live;
    this.onLearnt = onLearnt;
    this.waiting = new Map();      // ticks when sent → timer
    this.asked = 0;
    this.timer = null;
    this.wake = () => { if (document.visibilityState !== "hidden") this.burst(); };
  }

  start() {
    document.addEventListener("visibilitychange", this.wake);
    for (const name of ["online", "pageshow", "resume"]) addEventListener(name, this.wake);
    this.noticing = setInterval(() => { if (this.clock.notice()) this.burst(); }, NOTICE_MS);
    this.burst();
  }

  stop() {
    document.removeEventListener("visibilitychange", this.wake);
    for (const name of ["online", "pageshow", "resume"]) removeEventListener(name, this.wake);
    clearInterval(this.noticing);
    clearTimeout(this.timer);
  }

  /** A batch now, whatever was planned. */
  burst() {
    this.asked = 0;
    this.plan(0);
  }

  plan(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), delay);
  }

  ask() {
    this.asked += 1;
    const sent = this.clock.ticks();
    if (!this.live.ping(sent)) this.askOverHttp(sent);
    else this.waiting.set(sent, setTimeout(() => this.waiting.delete(sent), ANSWER_TIMEOUT_MS));
    if (this.asked < BATCH_SIZE) this.plan(SPACING_MS);
    else this.afterBatch();
  }

  /** The rest until the next batch: soon when this one brought nothing, else a minute. */
  afterBatch() {
    this.asked = 0;
    this.plan(this.clock.state === "synced" ? REFRESH_MS : RETRY_MS);
  }

  /** A pong of the socket; `back` is read first thing in its message handler. */
  pong({ a, received, sent }, back) {
    if (!this.waiting.has(a)) return;
    clearTimeout(this.waiting.get(a));
    this.waiting.delete(a);
    this.take({ sent: a, back, received, answered: sent });
  }

  async askOverHttp(sent) {
    try {
      const response = await fetch(TIME_PATH, { cache: "no-store", credentials: "omit" });
      const back = this.clock.ticks();
      if (!response.ok || back - sent > ANSWER_TIMEOUT_MS) return;
      const answer = await response.json();
      this.take({ sent, back, received: answer.received, answered: answer.sent });
    } catch { /* no network: the next batch will ask again */ }
  }

  take(probe) {
    const isFirst = this.clock.state === "unsynced";
    const isWhole = this.clock.add(probe);
    if (isWhole) this.afterBatch();
    if (isWhole || isFirst) this.onLearnt();
  }
}
