// What does a room say: time left in words, milestones to be heard, how sure the clock is, the hour in its own city?

import { digits, isolate, ltr, npgettext, pgettext, t, tn } from "./messages.js";

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;
const MILESTONES_S = [3600, 1800, 900, 600, 300, 120, 60, 30, 10];
const LEAST_SHOWN_MS = 1;

/** "In 61 days and 22 hours.": the two largest units, as the server says it (formats/times.py). */
export function timeLeft(seconds) {
  const days = Math.floor(seconds / DAY_S);
  const hours = Math.floor((seconds % DAY_S) / HOUR_S);
  const minutes = Math.floor((seconds % HOUR_S) / MINUTE_S);
  const units = days ? [inDays(days), hours && inHours(hours)] : hours ? [inHours(hours), minutes && inMinutes(minutes)] : [inMinutes(Math.max(1, minutes))];
  const [larger, smaller] = units;
  return smaller ? t("In %(larger)s and %(smaller)s.", { larger, smaller }) : t("In %(time)s.", { time: larger });
}

function inDays(count) {
  return npgettext("in or ago", "%(n)s day", "%(n)s days", count, { n: digits(count) });
}

function inHours(count) {
  return npgettext("in or ago", "%(n)s hour", "%(n)s hours", count, { n: digits(count) });
}

function inMinutes(count) {
  return npgettext("in or ago", "%(n)s minute", "%(n)s minutes", count, { n: digits(count) });
}

/** "41 min", giant on a wall while rooms gather: minutes begun count whole. */
export function minutesLeft(seconds) {
  const count = Math.ceil(seconds / MINUTE_S);
  // Translators: giant on a wall: minutes left, as short as can be ("41 min").
  return tn("%(n)s min", "%(n)s min", count, { n: digits(count) });
}

/** What a screen reader hears when `seconds` is a milestone; null otherwise. */
export function milestone(seconds) {
  if (!MILESTONES_S.includes(seconds)) return null;
  if (seconds >= MINUTE_S) {
    const count = seconds / MINUTE_S;
    return tn("%(n)s minute left.", "%(n)s minutes left.", count, { n: digits(count) });
  }
  return tn("%(n)s second left.", "%(n)s seconds left.", seconds, { n: digits(seconds) });
}

/** How sure the clock is: {text, unsure}; `text` is empty while there is nothing to say. */
export function sureness(clock, toleranceMs) {
  const likely = clock.likely();
  if (clock.state === "unsynced" || !Number.isFinite(likely)) return { text: t("not sure: this is the device’s own clock"), unsure: true };
  if (clock.state === "resyncing") return { text: t("not sure: setting the clock again"), unsure: true };
  // Translators: %(likely)s and %(worst)s are written like ±8.
  if (likely > toleranceMs) return { text: t("not sure: %(likely)s ms", { likely: plusMinus(likely) }), unsure: true };
  // Translators: how sure the room's clock is of the server's time; %(likely)s and %(worst)s are written like ±8.
  const text = t("This clock is right to %(likely)s ms, at most %(worst)s ms", { likely: plusMinus(likely), worst: plusMinus(clock.worst()) });
  return { text, unsure: false };
}

function plusMinus(ms) {
  return ltr(`±${digits(Math.max(LEAST_SHOWN_MS, Math.ceil(ms)))}`);
}

/** The wall clock of the room's own city at server time `now`: {clock, seconds, iso, offset}, from the offsets the server sent. */
export function ownClock(own, now) {
  const [, offsetS, offset] = own.offsets.filter(([from]) => from <= now).pop() || own.offsets[0];
  const wall = new Date(now + offsetS * 1000);
  const iso = Number.isFinite(wall.getTime()) ? wall.toISOString() : "";
  return { clock: digits(iso.slice(11, 16)), exact: digits(iso.slice(11, 19)), date: own.dates[iso.slice(0, 10)] || "", offset };
}

/** "No network since 19:02 in Kathmandu, UTC+05:45, still counting.", in the room's own city. */
export function aloneSince(own, since, isCounting) {
  const { clock, offset } = ownClock(own, since);
  const values = { time: clock, city: isolate(own.city), offset: ltr(offset) };
  if (isCounting) return t("No network since %(time)s in %(city)s, %(offset)s, still counting.", values);
  return t("No network since %(time)s in %(city)s, %(offset)s.", values);
}

/** What the hall reads when the moment has moved or is cancelled. */
export function newsWords(kind, title) {
  if (kind === "cancelled") return t("%(title)s is cancelled.", { title: isolate(title) });
  return t("%(title)s has moved.", { title: isolate(title) });
}

/** The giant word at zero. */
export function nowWord() {
  return pgettext("the moment has come, giant on a wall", "Now");
}
