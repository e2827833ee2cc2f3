// Keeps a page with a mirror segment: news from the hub, the server's clock, and the segment's JSON again whenever it has moved on.
//
// Events carry no words; what they change is fetched from `data_path`, in the page's own language. Older answers are dropped.

import { ClockProbes } from "./clock-probes.js";
import { Ticker } from "./countdown.js";
import { LiveClient } from "./live-client.js";
import { ServerClock } from "./server-clock.js";

const REFETCH_SPREAD_MS = 150;         // walls that hear the same tap do not all ask in the same instant
const REFETCH_AGAIN_MS = 1_000;
const REFETCH_EVERY_MS = 5 * 60_000;   // the days on top move on, slowly
const ALONE_AFTER_MS = 4_000;
const OVER = [401, 403, 404];          // the link has ended: the page itself says so

/** show(data) draws a newer state; tick(now, aloneSince) runs each second by the server's clock. */
export class SegmentFollower {
  constructor(data, { show, tick }) {
    this.data = data;
    this.show = show;
    this.clock = new ServerClock();
    this.clock.guess(data.now_ms);
    this.newest = data.revision;
    this.asked = 0;        // questions are numbered: an answer that was overtaken is dropped
    this.taken = 0;
    this.aloneSince = null;
    this.ticker = new Ticker(this.clock, (now) => this.draw(now, tick));
  }

  start() {
    globalThis.__clock = this.clock;
    this.listen();
    this.ticker.aim(this.target());
    this.refetching = setInterval(() => this.refetchSoon(), REFETCH_EVERY_MS);
    addEventListener("online", () => this.refetchSoon());
  }

  target() {
    return this.data.time.ends_at_ms || 0;
  }

  /** One socket for the streams of this segment; another one when the wall turns to another segment. */
  listen() {
    this.streams = this.data.streams.join(" ");
    this.live = new LiveClient({
      url: liveUrl(), streams: this.data.streams, language: this.data.language,
      handlers: {
        onEvent: ({ data }) => this.hear(data),
        onSnapshot: ({ data }) => this.hear(data && data.meeting),
        onPong: (pong, ticks) => this.probes.pong(pong, ticks),
        onOnline: () => { this.aloneSince = null; this.probes.burst(); },
        onOffline: () => { this.aloneSince = this.clock.now(); },
      },
    });
    if (this.probes) this.probes.stop();
    this.probes = new ClockProbes(this.clock, this.live, () => this.ticker.aim(this.target()));
    this.live.start();
    this.probes.start();
  }

  hear(told) {
    if (told && told.meeting === this.data.meeting && told.revision > this.newest && told.state) this.newest = told.revision;
    this.refetchSoon();
  }

  draw(now, tick) {
    const { until_ms: until } = this.data;
    if (until && now >= until) {                 // the consent has run out: the words go before anybody is asked
      this.data = { ...this.data, until_ms: null };
      this.refetchSoon();
    }
    const isAlone = this.aloneSince !== null && now - this.aloneSince > ALONE_AFTER_MS;
    tick(now, { aloneSince: isAlone ? this.aloneSince : null, isOver: Boolean(until && now >= until) });
  }

  refetchSoon(after = 0) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refetch(), after + Math.random() * REFETCH_SPREAD_MS);
  }

  /** The segment as it stands now; resolves when it is shown, or could not be had. */
  async refetch() {
    this.asked += 1;
    const { asked } = this;
    try {
      const response = await fetch(this.data.data_path, { cache: "no-store", credentials: "same-origin" });
      if (OVER.includes(response.status)) location.reload();
      else if (response.ok) this.take(await response.json(), asked);
    } catch { /* no network: what stands stays, and the next news or reconnection asks again */ }
  }

  take(data, asked) {
    if (asked < this.taken) return;
    this.taken = asked;
    if (data.meeting === this.data.meeting && data.revision < this.newest) {
      this.refetchSoon(REFETCH_AGAIN_MS);
      return;
    }
    this.data = data;
    this.newest = data.revision;
    this.show(data);
    this.ticker.aim(this.target());
    if (data.streams.join(" ") === this.streams) return;
    this.live.stop();
    this.listen();
  }
}

function liveUrl() {
  const url = new URL("/live", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
