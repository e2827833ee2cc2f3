// Writes a room's words into the parts that the server's page already has. Only what changed is written.

import { bandRow } from "./band.js";
import { fill } from "./fill.js";
import { digits, isolate, ltr, t } from "./messages.js";
import { aloneSince, milestone, minutesLeft, newsWords, nowWord, ownClock, sureness, timeLeft } from "./room-words.js";

const LONG_CARD_CHARS = 9;
const TITLE_CHARS = { short: 28, middling: 60 };
const SHIFT_STEPS = 8;
const ON_LINE_PHASES = ["counting", "final", "now"];      // the head's clock shows its seconds

export class RoomView {
  constructor(root) {
    this.root = root;
    this.parts = new Map([...root.querySelectorAll("[data-say]")].map((part) => [part.dataset.say, part]));
    this.count = root.querySelector("[data-countdown]");
    this.bands = root.querySelector('[data-part="bands"]');
    this.card = root.querySelector('[data-part="card"]');
    this.news = root.querySelector('[data-part="news"]');
    this.told = root.querySelector('[data-part="spotlight"]');
    this.sure = root.querySelector('[data-part="sure"]');
    this.heard = null;
  }

  /** Writes `text` into a part; an empty text hides it where `hides` says so. */
  say(name, text, { hides = false } = {}) {
    const part = this.parts.get(name);
    if (!part) return;
    if (part.textContent !== text) part.textContent = text;
    if (hides) part.hidden = !text;
  }

  /** A new action, or the same one changed: everything that does not tick. */
  showAction(room) {
    const { action } = room;
    this.root.dataset.action = action ? "some" : "none";
    this.say("title", action ? action.title : t("No moment stands yet"));
    const title = this.parts.get("title");
    title.dataset.length = titleLength(title.textContent.length);
    title.lang = action ? action.title_language : document.documentElement.lang;
    this.say("what", action ? action.what : "");
    this.say("at", action ? action.at : t("As soon as the groups agree on a moment, this screen counts down to it."));
    this.parts.get("badge").hidden = !(action && action.practice);
    this.parts.get("moving").hidden = !(action && action.moving);
    this.say("moved-from", action ? action.moved_from : "");
    this.parts.get("moved-from").parentElement.hidden = !(action && action.moved_from);
    this.say("more", room.more, { hides: true });
    this.refill(room.bands);
    this.showSpotlight(room.spotlight);
  }

  /** Another group's struggle, in the phases that have time for it; null takes it away. */
  showSpotlight(spotlight) {
    this.root.dataset.mirror = spotlight ? "some" : "none";
    this.told.hidden = !spotlight;
    fill(this.told, spotlight || {});
  }

  refill(bands) {
    while (this.bands.firstChild) this.bands.firstChild.remove();
    this.bands.append(...bands.map(bandRow));
  }

  /** The phase as a whole: the stylesheet shows its parts. */
  showPhase(phase, room) {
    if (this.root.dataset.phase === phase) return;
    this.root.dataset.phase = phase;
    this.showCard(phase, room.action);
    if (phase === "now") this.hear(nowWord());
  }

  showCard(phase, action) {
    const words = action && { holding: holdingWords, thanks: thanksWords }[phase];
    this.card.hidden = !words;
    if (!words) return;
    const { lead, big, rest } = words(action);
    this.say("card-lead", lead);
    this.say("card-big", big);
    this.say("card-rest", rest);
    this.parts.get("card-big").classList.toggle("card__long", big.length > LONG_CARD_CHARS);
  }

  /** The countdown: the attribute always, words before counting, digits from then on. */
  showCount(phase, left) {
    const seconds = Math.max(0, left);
    if (this.count.dataset.countdown !== String(seconds)) this.count.dataset.countdown = String(seconds);
    if (phase === "waiting") this.countWords(left > 0 ? timeLeft(left) : "");
    else if (phase === "gathering") this.countWords(minutesLeft(left));
    else this.countDigits(phase, seconds);
    const sentence = ["gathering", "counting", "final"].includes(phase) ? milestone(left) : null;
    if (sentence) this.hear(sentence);
  }

  countWords(words) {
    this.cells = null;
    if (this.count.textContent !== words) this.count.textContent = words;
  }

  /** m:ss with each digit in a cell of its own; in the last ten (and at zero) the seconds alone. */
  countDigits(phase, seconds) {
    const minutes = phase === "counting" ? String(Math.floor(seconds / 60)) : "";
    const rest = phase === "counting" ? String(seconds % 60).padStart(2, "0") : String(seconds);
    if (!this.cells) this.cells = digitCells(this.count);
    write(this.cells.minutes, minutes);
    write(this.cells.seconds, rest);
    const colon = minutes ? ":" : "";
    if (this.cells.colon.textContent !== colon) this.cells.colon.textContent = colon;
  }

  /** The head: the own city's clock, and how sure it is. */
  showClock(room, phase, now) {
    const { clock, exact, date, offset } = ownClock(room.own, now);
    this.say("clock", ON_LINE_PHASES.includes(phase) ? exact : clock);
    if (date) this.say("today", date);
    this.say("offset", offset);
  }

  showSureness(phase, clock, toleranceMs) {
    const isShown = phase === "counting" || phase === "gathering";
    this.sure.hidden = !isShown;
    if (!isShown) return;
    const { text, unsure } = sureness(clock, toleranceMs);
    this.say("sure", text);
    this.sure.toggleAttribute("data-unsure", unsure);
  }

  showAlone(room, since, phase) {
    this.say("alone", since ? aloneSince(room.own, since, ["gathering", "counting", "final"].includes(phase)) : "", { hides: true });
  }

  /** Over any phase: {kind, title, reason, fresh, old}; null takes it away. */
  showNews(news) {
    this.news.hidden = !news;
    if (!news) return;
    this.say("news-first", newsWords(news.kind, news.title));
    this.say("news-reason", news.reason || "", { hides: true });
    this.say("news-new", news.fresh || "", { hides: true });
    this.say("news-old", news.old || "");
    this.parts.get("news-old").parentElement.hidden = !news.old;
  }

  /** Burn-in: one of eight steps a minute, never during the last ten seconds. */
  shift(phase, now) {
    const step = String(1 + (Math.floor(now / 60_000) % SHIFT_STEPS));
    if (phase !== "final" && phase !== "now" && this.root.dataset.shift !== step) this.root.dataset.shift = step;
  }

  hear(sentence) {
    if (this.heard === sentence) return;
    this.heard = sentence;
    this.say("milestone", sentence);
  }
}

function titleLength(chars) {
  return chars <= TITLE_CHARS.short ? "short" : chars <= TITLE_CHARS.middling ? "middling" : "long";
}

function holdingWords(action) {
  const { time, city, date, offset } = action.until;
  return { lead: action.holding, big: time, rest: t("%(city)s, %(date)s, %(offset)s", { city: isolate(city), date, offset: ltr(offset) }) };
}

function thanksWords(action) {
  return { lead: action.title, big: t("Thank you."), rest: action.thanks };
}

/** Replaces the words of the countdown by cells; its text stays "4:07". */
function digitCells(count) {
  count.textContent = "";
  const made = (name) => {
    const part = document.createElement("span");
    part.className = `count__${name}`;
    count.append(part);
    return part;
  };
  return { minutes: made("minutes"), colon: made("colon"), seconds: made("seconds") };
}

/** Writes a number into a part, a cell a digit, touching only digits that changed. */
function write(part, number) {
  const text = digits(number);
  while (part.childElementCount > text.length) part.lastElementChild.remove();
  while (part.childElementCount < text.length) {
    const cell = document.createElement("span");
    cell.className = "count__digit";
    part.append(cell);
  }
  [...text].forEach((digit, i) => { if (part.children[i].textContent !== digit) part.children[i].textContent = digit; });
}
