// A room: one target, the server's clock, and the phases in between; it goes on when the network goes.
//
// The page brings everything it needs as JSON. News from the hub changes the target at once; the words follow by fetching
// the same JSON again (`data_path`). Nothing here can stop a countdown but a newer revision of its action.

import { ClockProbes } from "./clock-probes.js";
import { phaseAt, Rising, secondsLeft, Ticker, turnAt } from "./countdown.js";
import { liveUrl, LiveClient } from "./live-client.js";
import { localWords } from "./local-time.js";
import { isolate, ltr, speak, t } from "./messages.js";
import { RoomView } from "./room-view.js";
import { RoomVoices } from "./room-voices.js";
import { ServerClock } from "./server-clock.js";

const ALONE_AFTER_MS = 4_000;            // a blink of the network is not worth a badge
const REFETCH_EVERY_MS = 15 * 60_000;    // dates and offsets of the own city reach some days ahead
const REFETCH_SPREAD_MS = 800;           // rooms that hear the same news do not all ask in the same instant
const MIRROR_SPREAD_MS = 200;            // told words are small, and everybody should see them within a second
const REFETCH_AGAIN_MS = 3_000;
const NEWS_MOVED_FOR_MS = 45_000;
const NEWS_CANCELLED_FOR_MS = 10 * 60_000;
const MOVE_ON_MS = 30_000;

export class Room {
  constructor(root, data) {
    this.room = data;
    this.clock = new ServerClock();
    this.clock.guess(data.now_ms);
    this.view = new RoomView(root);
    this.voices = new RoomVoices(root);
    this.phase = null;
    this.rising = new Rising();
    this.news = null;
    this.aloneSince = null;
    this.newestRevision = data.action ? data.action.revision : 0;
    this.live = new LiveClient({
      url: liveUrl(), streams: data.streams, language: data.language, room: data.room,
      handlers: {
        onEvent: (event) => this.hearEvent(event),
        onSnapshot: ({ data }) => this.hearSnapshot(data),
        onPong: (pong, ticks) => this.probes.pong(pong, ticks),
        onOnline: () => { this.aloneSince = null; this.probes.burst(); },
        onOffline: () => { this.aloneSince = this.clock.now(); },
      },
    });
    this.probes = new ClockProbes(this.clock, this.live, () => this.ticker.aim(this.target()));
    this.ticker = new Ticker(this.clock, (now) => this.draw(now));
    this.online = () => this.refetchSoon();
  }

  start() {
    globalThis.__clock = this.clock;
    addEventListener("online", this.online);
    this.view.showAction(this.room);
    if (this.isCancelled()) this.tellCancelled(this.room.action);
    this.live.start();
    this.probes.start();
    this.ticker.aim(this.target());
    this.refetching = setInterval(() => this.refetchSoon(), REFETCH_EVERY_MS);
  }

  stop() {
    removeEventListener("online", this.online);
    this.live.stop();
    this.probes.stop();
    this.ticker.stop();
    clearInterval(this.refetching);
    clearTimeout(this.refetchTimer);
  }

  target() {
    return this.room.action ? this.room.action.at_ms : 0;
  }

  // --- drawing ---

  draw(estimate) {
    const { action } = this.room;
    const now = this.rising.next(estimate);
    this.turnLeg(now);
    const phase = this.isStanding() ? phaseAt(action.at_ms, action.ends_ms, now) : "waiting";
    this.view.showPhase(phase, this.room);
    if (phase !== this.phase) this.turnTo(phase);
    this.view.showCount(phase, action ? secondsLeft(action.at_ms, now) : 0);
    this.view.showClock(this.room, phase, now);
    this.view.showSureness(phase, this.clock, this.room.tolerance_ms);
    this.view.showAlone(this.room, this.aloneFor(now), phase);
    this.view.shift(phase, now);
    this.endNews(now);
    this.endSpotlight(now);
    this.endVoices(now);
    if (phase === "waiting" && action && now >= action.ends_ms && this.room.moves_on) this.moveOn();
  }

  /** A room that goes through several legs turns to the next one by itself: all that changes with it came with the page. */
  turnLeg(now) {
    const { action, legs = [] } = this.room;
    if (legs.length < 2 || !this.isStanding()) return;
    const { bands, more, ...leg } = legs[turnAt(legs, now)];
    if (leg.leg === action.leg) return;
    Object.assign(action, leg);
    Object.assign(this.room, { bands, more });
    this.view.showAction(this.room);
    this.ticker.at = action.at_ms;
  }

  /** What came in is asked for when the thanks begin, and heard until they are over. */
  turnTo(phase) {
    this.phase = phase;
    this.showVoices();
    if (phase === "thanks" && !this.refetchTimer) this.refetchSoon();
  }

  showVoices() {
    this.voices.show(this.phase === "thanks" ? this.room.voices || [] : []);
  }

  isStanding() {
    return Boolean(this.room.action) && this.room.action.state === "confirmed";
  }

  isCancelled() {
    return Boolean(this.room.action) && this.room.action.state === "cancelled";
  }

  aloneFor(now) {
    return this.aloneSince !== null && now - this.aloneSince > ALONE_AFTER_MS ? this.aloneSince : null;
  }

  /** Thanks are over: ask what comes next, until something does. */
  moveOn() {
    if (!this.refetchTimer) this.refetchSoon(MOVE_ON_MS);
  }

  // --- news ---

  hearEvent({ kind, data }) {
    const { action } = this.room;
    if (action && data && data.action === action.slug) this.hearOfOurs(kind, data, action);
    if (kind.startsWith("action.") || kind === "group.changed") this.refetchSoon();
    if (kind.startsWith("spotlight.") && data) this.hearOfMirror(data);
    if (kind.startsWith("voice.") && data) this.hearOfVoice(kind, data);
  }

  /** What was taken back leaves the wall before anything is asked. */
  hearOfMirror(data) {
    const { spotlight } = this.room;
    if (spotlight && data.spotlight === spotlight.slug && data.state !== "published") this.dropSpotlight();
    this.refetchSoon(0, MIRROR_SPREAD_MS);
  }

  /** What was taken back falls silent before anything is asked. */
  hearOfVoice(kind, { voice }) {
    if (kind === "voice.withdrawn") this.room.voices = (this.room.voices || []).filter(({ id }) => id !== voice);
    this.showVoices();
    this.refetchSoon(0, MIRROR_SPREAD_MS);
  }

  dropSpotlight() {
    this.room.spotlight = null;
    this.view.showSpotlight(null);
  }

  /** Its consent ends on the minute, network or none. */
  endSpotlight(now) {
    const { spotlight } = this.room;
    if (spotlight && Number.isFinite(spotlight.until_ms) && now >= spotlight.until_ms) this.dropSpotlight();
  }

  /** So does a note, whoever has loaded its sound. */
  endVoices(now) {
    const voices = this.room.voices || [];
    const standing = voices.filter(({ ends_ms: ends }) => now < ends);
    if (standing.length === voices.length) return;
    this.room.voices = standing;
    this.showVoices();
  }

  /** A snapshot comes at the start, and after an absence too long for the cursor. */
  hearSnapshot(data) {
    const { action } = this.room;
    const ours = action && data && (data.actions || []).find((one) => one.action === action.slug);
    if (ours) this.hearOfOurs(`action.${ours.state}`, ours, action);
    this.refetchSoon();
  }

  hearOfOurs(kind, data, action) {
    const told = new Map((data.legs || []).filter(({ at_ms: at }) => Number.isFinite(at)).map((one) => [one.leg, one.at_ms]));
    const at = told.get(action.leg);
    const moved = at !== undefined && at !== action.at_ms;
    // What partners hear of a change may leave our leg out; our own stream then says the same revision once more, with it.
    if (!(data.revision > action.revision || (moved && data.revision === action.revision))) return;
    this.newestRevision = data.revision;
    const old = action.at;
    this.moveLegs(told);
    Object.assign(action, { revision: data.revision, state: data.state, moving: data.moving });
    if (data.state === "cancelled") {
      this.tellCancelled(Object.assign(action, { reason: data.reason || "" }));
      this.ticker.aim(action.at_ms);
    }
    if (data.state !== "cancelled" && moved) this.retarget(action, at, old);
  }

  /** The legs that are not shown now move as well; one that is not told of any more is gone. `told`: number → instant. */
  moveLegs(told) {
    const { legs = [] } = this.room;
    for (const leg of legs.filter((one) => told.has(one.leg) && told.get(one.leg) !== one.at_ms)) {
      const at = told.get(leg.leg);
      Object.assign(leg, { at_ms: at, ends_ms: leg.ends_ms + at - leg.at_ms, at: this.wordsFor(at) });
    }
    const standing = legs.filter((one) => told.has(one.leg)).sort((a, b) => a.at_ms - b.at_ms);
    if (standing.length) this.room.legs = standing;
  }

  retarget(action, at, old) {
    action.ends_ms += at - action.at_ms;
    action.at_ms = at;
    action.at = this.wordsFor(at);
    this.tell({ kind: "moved", title: action.title, fresh: action.at, old }, NEWS_MOVED_FOR_MS);
    this.view.showAction(this.room);
    this.ticker.aim(at);
  }

  /** Until the server's words come: the browser's, in the own city. */
  wordsFor(at) {
    const { city, zone_id: zone } = this.room.own;
    const words = localWords(new Date(at), zone, city);
    return words ? t("%(date)s, %(time)s in %(city)s, %(offset)s", { date: words.date, time: words.clock, city: isolate(city), offset: ltr(words.offset) }) : "";
  }

  tell(news, forMs) {
    this.news = { ...news, until: this.clock.now() + forMs };
    this.view.showNews(this.news);
  }

  tellCancelled({ title, reason, at }) {
    this.tell({ kind: "cancelled", title, reason, old: at }, this.room.moves_on ? NEWS_CANCELLED_FOR_MS : Infinity);
  }

  endNews(now) {
    if (!this.news || now < this.news.until) return;
    this.news = null;
    this.view.showNews(null);
    this.refetchSoon();
  }

  // --- the page's data, again ---

  refetchSoon(after = 0, spread = REFETCH_SPREAD_MS) {
    clearTimeout(this.refetchTimer);
    this.refetchTimer = setTimeout(() => this.refetch(), after + Math.random() * spread);
  }

  async refetch() {
    this.refetchTimer = null;
    try {
      const response = await fetch(this.room.data_path, { cache: "no-cache", credentials: "same-origin" });
      if (response.ok) this.take(await response.json());
    } catch { /* no network: what we have stands, and the next news or reconnection asks again */ }
  }

  /** Newer data take the place of ours; older ones (a cache on the way) are asked for again. */
  take(data) {
    const ours = this.room.action;
    const theirs = data.action;
    const isSame = Boolean(ours && theirs) && theirs.slug === ours.slug;
    if (isSame && theirs.revision < this.newestRevision) {
      this.refetchSoon(REFETCH_AGAIN_MS);
      return;
    }
    if (this.news && this.isCancelled() && !isSame) return;      // the sentence stays as long as it should
    const wasCancelled = this.isCancelled();
    const isTurned = isSame && theirs.leg !== ours.leg;
    const hasMoved = !isSame || isTurned || theirs.at_ms !== ours.at_ms;
    this.room = data;
    this.newestRevision = theirs ? theirs.revision : 0;
    this.view.showAction(data);
    this.showVoices();
    if (isSame) this.tellWhatChanged(ours, theirs, { wasCancelled, hasMoved: hasMoved && !isTurned });
    if (hasMoved) this.ticker.aim(this.target());
  }

  /** What the sentences over the wall say, now that the server's words are here (or that its news never came). */
  tellWhatChanged(ours, theirs, { wasCancelled, hasMoved }) {
    if (this.isCancelled() && !wasCancelled) this.tellCancelled(theirs);
    else if (this.news && this.news.kind === "moved") this.view.showNews(Object.assign(this.news, { fresh: theirs.at }));
    else if (hasMoved) this.tell({ kind: "moved", title: theirs.title, fresh: theirs.at, old: ours.at }, NEWS_MOVED_FOR_MS);
  }
}

/** Reads the page's JSON and starts its room; a page whose JSON is amiss keeps the server's words. */
export function startRoom(root) {
  const data = JSON.parse(document.getElementById("room").textContent);
  speak(data.catalog, data.numerals);
  const room = new Room(root, data);
  room.start();
  return room;
}
