// What the painter says of its week, in whole sentences. Names of days come from the page, times are in its digits.

import { digits, t } from "./messages.js";
import { minuteText } from "./week-model.js";

const CELL = {
  // Translators: one cell of a picture of the week: "Monday, 17:00 to 17:30: good for us".
  preferred: (values) => t("%(day)s, %(from)s to %(until)s: good for us", values),
  possible: (values) => t("%(day)s, %(from)s to %(until)s: possible", values),
  none: (values) => t("%(day)s, %(from)s to %(until)s: not then", values),
  quiet: (values) => t("%(day)s, %(from)s to %(until)s: quiet hours", values),
  // Translators: a part of these hours is good, possible or quiet, another is not.
  mixed: (values) => t("%(day)s, %(from)s to %(until)s: not the same throughout", values),
};

const PAINTED = {
  preferred: (values) => t("%(day)s, %(from)s to %(until)s, is now good for us.", values),
  possible: (values) => t("%(day)s, %(from)s to %(until)s, is now possible.", values),
  none: (values) => t("%(day)s, %(from)s to %(until)s, is now outside our hours.", values),
};

const PAINTED_DAYS = {
  // Translators: the same hours of several days: "Monday to Friday, 17:00 to 21:30, are now good for us."
  preferred: (values) => t("%(first)s to %(last)s, %(from)s to %(until)s, are now good for us.", values),
  possible: (values) => t("%(first)s to %(last)s, %(from)s to %(until)s, are now possible.", values),
  none: (values) => t("%(first)s to %(last)s, %(from)s to %(until)s, are now outside our hours.", values),
};

/** What one cell is: `kind` as in the model, or "mixed". */
export function sayCell(kind, day, minutes) {
  return CELL[kind]({ day, ...say(minutes) });
}

/** What is marked: `days` are the names of its days, in order. */
export function sayMarked(days, minutes) {
  // Translators: what a hand has marked in the picture of the week, before it is painted.
  if (days.length === 1) return t("Marked: %(day)s, %(from)s to %(until)s.", { day: days[0], ...say(minutes) });
  return t("Marked: %(first)s to %(last)s, %(from)s to %(until)s.", { ...ends(days), ...say(minutes) });
}

export function sayPainted(level, days, minutes) {
  return days.length === 1 ? PAINTED[level]({ day: days[0], ...say(minutes) }) : PAINTED_DAYS[level]({ ...ends(days), ...say(minutes) });
}

export function sayQuiet() {
  return t("Quiet hours weigh more and take no paint: change them below if they are not right.");
}

export function sayCancelled() {
  return t("Nothing was painted.");
}

export function sayReset() {
  return t("The hours are again as they were when the page came.");
}

function ends(days) {
  return { first: days[0], last: days[days.length - 1] };
}

function say({ from, until }) {
  return { from: digits(minuteText(from)), until: digits(minuteText(until)) };
}
