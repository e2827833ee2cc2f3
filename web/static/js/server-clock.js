// What time is it on the server, and how sure is this page of it?
//
// The device's clock is never trusted: the page counts with performance.now() and learns from probes what to add to it.
// A probe is four stamps: sent and back by performance.now(), received and sent again by the server (UTC, ms).
// The estimate is the best of a batch of eight (the quickest round trip has the least room for error). A better filter
// may take the place of `bestOf`; nothing outside knows how it works.

export const BATCH_SIZE = 8;
const DRIFT_PPM = 20;            // how far a quartz may run away from the server's between batches
const UNEQUAL_PATHS = 0.05;      // of the quickest round trip: the part that no filter can see
const LEAST_LIKELY_MS = 1;
const GUESS_MS = 10_000;         // a page may be some seconds old; a device further off than this is not to be believed
const JUMP_MS = 250;             // Date and performance.now() apart by more: the device slept, or its clock was set
const SANE_MS = { from: Date.UTC(2020, 0, 1), to: Date.UTC(2038, 0, 1) };

/** The shared clock: `now()` is the server's time in ms since 1970; `likely()` and `worst()` are how far off it may be, in ms. */
export class ServerClock {
  constructor({ ticks = () => performance.now(), wall = () => Date.now() } = {}) {
    this.ticks = ticks;
    this.wall = wall;
    this.estimate = null;        // {offset, likely, worst, at}: server time = ticks + offset, as known at ticks `at`
    this.batch = [];
    this.doubted = false;
    this.apart = wall() - ticks();
    this.guessed = null;
  }

  /** Until the first probe is back: the time at which the server made the page, unless the device agrees with it and is finer. */
  guess(serverNow) {
    if (Number.isFinite(serverNow)) this.guessed = serverNow - this.ticks();
  }

  /** "unsynced" before the first probe is back, "synced", or "resyncing" after the device slept. */
  get state() {
    if (!this.estimate) return "unsynced";
    return this.doubted ? "resyncing" : "synced";
  }

  now() {
    if (this.estimate) return this.ticks() + this.estimate.offset;
    const guess = this.guessed === null ? this.wall() : this.ticks() + this.guessed;
    return Math.abs(this.wall() - guess) < GUESS_MS ? this.wall() : guess;
  }

  likely() {
    return this.estimate ? this.estimate.likely + this.drift() : Infinity;
  }

  worst() {
    return this.estimate ? this.estimate.worst + this.drift() : Infinity;
  }

  /** Takes one probe; answers whether a batch is complete and the estimate is as good as it gets for now. */
  add({ sent, back, received, answered }) {
    const trip = back - sent - (answered - received);
    const stamps = [sent, back, received, answered];
    if (!stamps.every(Number.isFinite) || trip < 0 || back < sent || received < SANE_MS.from || received > SANE_MS.to) return false;
    this.batch.push({ trip, offset: (received - sent + answered - back) / 2, at: back });
    if (!this.estimate) this.take(bestOf(this.batch));      // the first answer beats none
    if (this.batch.length < BATCH_SIZE) return false;
    this.take(bestOf(this.batch));
    this.batch = [];
    return true;
  }

  /** Keeps whichever of the old and the new estimate claims less; after doubt the old one claims nothing. */
  take(fresh) {
    const worn = this.estimate && !this.doubted && this.batch.length >= BATCH_SIZE && this.worst() < fresh.worst;
    if (!worn) this.estimate = fresh;
    if (this.batch.length >= BATCH_SIZE) this.doubted = false;
  }

  /** To be called each second: notices that the device slept or was frozen. A step of its clock alone costs a new batch and changes nothing. */
  notice() {
    const apart = this.wall() - this.ticks();
    const jumped = Math.abs(apart - this.apart) > JUMP_MS;
    this.apart = apart;
    if (jumped) this.doubt();
    return jumped;
  }

  /** Throws away half-collected probes and says "resyncing" until a fresh batch is in. */
  doubt() {
    this.batch = [];
    this.doubted = Boolean(this.estimate);
  }

  drift() {
    return ((this.ticks() - this.estimate.at) * DRIFT_PPM) / 1e6;
  }
}

/** The estimate of a batch: the quickest probe, as sure as the next quickest agree with it. */
export function bestOf(batch) {
  const ordered = [...batch].sort((a, b) => a.trip - b.trip);
  const [best] = ordered;
  const near = ordered.slice(0, 3).map((probe) => Math.abs(probe.offset - best.offset));
  const likely = Math.max(LEAST_LIKELY_MS, UNEQUAL_PATHS * best.trip, Math.max(...near) / 2);
  return { offset: best.offset, likely: Math.min(likely, best.trip / 2 + LEAST_LIKELY_MS), worst: best.trip / 2 + LEAST_LIKELY_MS, at: best.at };
}
