// Makes the pieces of a mirror segment's pages from its JSON, as the server's templates make them. Text goes in by textContent only.

import { digits, isolate, ltr, t } from "./messages.js";
import { ownClock } from "./room-words.js";

const SVG = "http://www.w3.org/2000/svg";
const SOON_S = 30;
const EYE = "M2 12c3-5 6.5-7.5 10-7.5S19 7 22 12c-3 5-6.5 7.5-10 7.5S5 17 2 12z";

export function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function refill(part, children) {
  while (part.firstChild) part.firstChild.remove();
  part.append(...children);
}

/** Writes `text` where it differs; an empty one hides the part if `hides`. */
export function say(part, text, { hides = false } = {}) {
  if (!part) return;
  if (part.textContent !== text) part.textContent = text;
  if (hides) part.hidden = !text;
}

/** People's words in their own language and direction. */
export function words({ words: text, language, direction, changed }, name = "p") {
  const made = element(name, "people-say", text);
  made.lang = language;
  made.dir = direction;
  if (changed) made.dataset.changed = "";
  return made;
}

/** What a text is: outlined, in words, with the eye when a second speaker has read it; then where it comes from. */
export function label({ kind, words: text, source, is_read: isRead }) {
  const made = element("span", "told-label");
  made.dataset.label = kind;
  if (isRead) made.append(eye());
  made.append(element("span", "", text));
  return source ? [made, " ", element("span", "soft told-source", source)] : [made];
}

function eye() {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("aria-hidden", "true");
  const lid = document.createElementNS(SVG, "path");
  lid.setAttribute("d", EYE);
  const pupil = document.createElementNS(SVG, "circle");
  for (const [key, value] of Object.entries({ cx: 12, cy: 12, r: 3.4 })) pupil.setAttribute(key, value);
  picture.append(lid, pupil);
  return picture;
}

/** A heading with people's words under it, or the question that stands there until then. */
export function column({ heading, parts, prompt, label: what }) {
  const made = element("section", "segment__column");
  made.append(element("h2", "", heading), ...parts.map((part) => words(part)));
  if (what) made.append(origin(what));
  if (!parts.length && prompt) made.append(element("p", "segment__prompt", prompt));
  return made;
}

/** The line that says what translated words are. */
export function origin(what) {
  const made = element("p", "told-origin segment__origin");
  made.append(...label(what));
  return made;
}

/** What is left at server time `now`: {digits, words, tone, seconds}; the same as the server says it. */
export function timeLeft({ digits: said, words: state, tone, ends_at_ms: endsAt, left_s: left }, now) {
  if (!endsAt) return { digits: said, words: state, tone, seconds: Math.max(0, left) };
  const seconds = Math.ceil((endsAt - now) / 1000);
  const size = Math.abs(seconds);
  const text = digits(`${Math.floor(size / 60)}:${String(size % 60).padStart(2, "0")}`);
  if (seconds < 0) return { digits: text, words: t("over"), tone: "over", seconds: 0 };
  return { digits: text, words: t("left"), tone: seconds <= SOON_S ? "soon" : "calm", seconds };
}

/** "19:15 Kathmandu, Sat UTC+5:45" at server time `now`. */
export function placeClock({ city, offsets, weekdays }, now) {
  const { clock, date, offset } = ownClock({ offsets, dates: weekdays }, now);
  return t("%(time)s %(city)s, %(weekday)s %(offset)s", { time: clock, city: isolate(city), weekday: date, offset: ltr(offset) });
}
