// Which phase is it, how many whole seconds are left, and when does that change next? (DESIGN §5, the same on the server.)

export const GATHERING_FROM_S = 3600;
export const COUNTING_FROM_S = 599;
export const FINAL_FROM_S = 10;
export const NOW_FOR_MS = 10_000;
export const THANKS_FOR_MS = 30 * 60_000;
const SECOND_MS = 1_000;
const LEAST_WAIT_MS = 4;
const HAIR_MS = 250;

/** Whole seconds left, n = ceil((T − now) / 1 s); zero or less from T on. */
export function secondsLeft(at, now) {
  return Math.ceil((at - now) / SECOND_MS);
}

/** The phase at server time `now` (all in ms). */
export function phaseAt(at, ends, now) {
  const left = secondsLeft(at, now);
  if (left > GATHERING_FROM_S) return "waiting";
  if (left > COUNTING_FROM_S) return "gathering";
  if (left > FINAL_FROM_S) return "counting";
  if (left > 0) return "final";
  if (now < at + NOW_FOR_MS) return "now";
  if (now < ends) return "holding";
  return now < Math.max(ends, at + NOW_FOR_MS) + THANKS_FOR_MS ? "thanks" : "waiting";
}

/** Which of several legs is shown at `now`: the place in `legs` ({at_ms, ends_ms}, in order of time, never empty). The rule is that of the server. */
export function turnAt(legs, now) {
  const ahead = legs.findIndex((leg) => leg.at_ms > now);
  const begun = (ahead < 0 ? legs.length : ahead) - 1;
  if (ahead < 0 || begun < 0) return Math.max(begun, 0);
  const shows = phaseAt(legs[begun].at_ms, legs[begun].ends_ms, now);
  const countsDown = secondsLeft(legs[ahead].at_ms, now) <= COUNTING_FROM_S;
  return shows === "waiting" || (countsDown && shows !== "now") ? ahead : begun;
}

/** The one timer of a page: calls `draw(now)` at each whole second of the target, by the server's clock. */
export class Ticker {
  constructor(clock, draw) {
    this.clock = clock;
    this.draw = draw;
    this.at = 0;
  }

  /** Starts, or goes on towards another target. */
  aim(at) {
    this.at = at;
    clearTimeout(this.timer);
    this.tick();
  }

  stop() {
    clearTimeout(this.timer);
  }

  tick() {
    const now = this.clock.now();
    this.draw(now);
    const rest = (((this.at - now) % SECOND_MS) + SECOND_MS) % SECOND_MS;
    this.timer = setTimeout(() => this.tick(), Math.max(LEAST_WAIT_MS, rest || SECOND_MS));
  }
}

/** Keeps digits from counting up when the clock is set back by a hair: time then stands still for as long. A larger jump is let through. */
export class Rising {
  constructor() {
    this.last = -Infinity;
  }

  next(now) {
    const back = this.last - now;
    if (!(back > 0 && back < HAIR_MS)) this.last = now;
    return this.last;
  }
}
