// What does a group's week hold, minute by minute? Reads rows of hours, paints, and says the rows that mean the same. Knows no page and no language.
//
// A row is {days: ["MO", …], from: "17:30", to: "21:30", level: "preferred"}: days are those it begins on, and hours that do not end after they begin
// run past midnight, from Sunday into Monday (coordinator/domain/availability.py). A week is a Uint8Array of levels, one a minute from Monday 00:00;
// quiet hours are a Uint8Array of 0 and 1, one a minute of any day.

export const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
export const DAY_MINUTES = 1440;
export const LEVELS = ["none", "possible", "preferred"];   // where two rows overlap, the later one counts

const WEEK_MINUTES = DAYS.length * DAY_MINUTES;

/** The week that those rows make; rows that the server would refuse make nothing. */
export function weekOf(rows) {
  const week = new Uint8Array(WEEK_MINUTES);
  for (const row of rows) {
    const span = readSpan(row);
    const level = LEVELS.indexOf(row.level);
    if (!span || level < 1) continue;
    for (const day of row.days.map((code) => DAYS.indexOf(code))) {
      for (let i = 0, at = day * DAY_MINUTES + span.start; i < span.length; i++, at++) week[at % WEEK_MINUTES] = Math.max(week[at % WEEK_MINUTES], level);
    }
  }
  return week;
}

/** The quiet minutes of a day that those spans, {from, to}, make. */
export function quietOf(spans) {
  const quiet = new Uint8Array(DAY_MINUTES);
  for (const span of spans.map(readSpan).filter(Boolean)) {
    for (let i = 0; i < span.length; i++) quiet[(span.start + i) % DAY_MINUTES] = 1;
  }
  return quiet;
}

/** Whether a row means something: it has days, and hours that can be read. */
export function isReadable(row) {
  return row.days.length > 0 && readSpan(row) !== null;
}

/**
 * The week with a level laid over some days (0–6) from a minute until another. Quiet hours take no paint, as they beat it; "none" takes away what lies
 * beneath them too.
 */
export function painted(week, quiet, { days, from, until, level }) {
  const made = Uint8Array.from(week);
  const value = LEVELS.indexOf(level);
  for (const day of days) {
    for (let minute = from; minute < until; minute++) if (!quiet[minute] || value === 0) made[day * DAY_MINUTES + minute] = value;
  }
  return made;
}

/**
 * The fewest rows that make this week, each stretch whole. One that lies wholly in quiet hours would never open: it is left out, unless a row of
 * `known` had these hours before. The server tells whoever typed it.
 */
export function rowsOf(week, quiet, known = []) {
  const rows = new Map();
  const knownKeys = new Set(known.map(rowKey));
  for (const stretch of stretchesOf(week)) {
    const said = sayStretch(stretch);
    const key = rowKey(said);
    if (isNeverOpen(stretch, quiet) && !knownKeys.has(key)) continue;
    if (!rows.has(key)) rows.set(key, { days: [], ...said });
    rows.get(key).days.push(DAYS[Math.floor(stretch.start / DAY_MINUTES)]);
  }
  return [...rows.values()].map((row) => ({ ...row, days: DAYS.filter((day) => row.days.includes(day)) }));
}

/** What rows have in common whose days could stand in one. */
export function rowKey(row) {
  const { start, length } = readSpan(row);
  return `${start} ${length} ${row.level}`;
}

/** The stretches of one kind that a day is made of, in order: {kind, from, until} in minutes; what is quiet is only that. */
export function runsOfDay(week, quiet, day) {
  return runs(DAY_MINUTES, (minute) => (quiet[minute] ? "quiet" : LEVELS[week[day * DAY_MINUTES + minute]])).map(({ value, from, until }) => ({ kind: value, from, until }));
}

/** The one kind that those runs have between two minutes of their day, or "mixed". */
export function kindWithin(runs, { from, until }) {
  const kinds = new Set(runs.filter((run) => run.from < until && run.until > from).map(({ kind }) => kind));
  return kinds.size === 1 ? [...kinds][0] : "mixed";
}

/** Where hours of a day lie beneath quiet ones and are beaten: {from, until}. */
export function beatenOfDay(week, quiet, day) {
  return runs(DAY_MINUTES, (minute) => Boolean(quiet[minute] && week[day * DAY_MINUTES + minute])).filter(({ value }) => value);
}

/** Minutes from midnight of "7:05" or "17:30", 1440 for "24:00", null for anything else. */
export function readMinute(text) {
  const [, hours, minutes] = /^([0-9]{1,2}):([0-5][0-9])$/.exec(text) || [];
  const minute = Number(hours) * 60 + Number(minutes);
  return minute <= DAY_MINUTES ? minute : null;
}

/** "17:30" for 1050; 1440 is "24:00". */
export function minuteText(minute) {
  return `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;
}

function readSpan({ from, to }) {
  const start = readMinute(from);
  const end = readMinute(to);
  if (start === null || end === null || start === DAY_MINUTES) return null;
  return { start, length: end > start ? end - start : end + DAY_MINUTES - start };
}

/** {start, length, level} of all that is not nothing, from the first edge of the week on; none is longer than a day. */
function stretchesOf(week) {
  const first = week.findIndex((level, minute) => level !== week[(minute + WEEK_MINUTES - 1) % WEEK_MINUTES]);
  const at = Math.max(first, 0);            // a week of one level has no edge
  return runs(WEEK_MINUTES, (minute) => week[(at + minute) % WEEK_MINUTES])
    .filter(({ value }) => value > 0)
    .flatMap(({ value, from, until }) => withinADay((at + from) % WEEK_MINUTES, until - from).map((part) => ({ ...part, level: LEVELS[value] })));
}

/** A stretch as it is, or cut at each midnight when it is longer than a row can say. */
function withinADay(start, length) {
  if (length <= DAY_MINUTES) return [{ start, length }];
  const head = DAY_MINUTES - (start % DAY_MINUTES);
  return [{ start, length: head }, ...withinADay((start + head) % WEEK_MINUTES, length - head)];
}

function isNeverOpen({ start, length }, quiet) {
  for (let i = 0; i < length; i++) if (!quiet[(start + i) % DAY_MINUTES]) return false;
  return true;
}

function sayStretch({ start, length, level }) {
  const from = start % DAY_MINUTES;
  const until = from + length;
  return { from: minuteText(from), to: minuteText(until > DAY_MINUTES ? until - DAY_MINUTES : until), level };
}

/** {value, from, until} of each run of equal values of 0 … count − 1. */
function runs(count, valueAt) {
  const found = [];
  for (let at = 0; at < count; at++) {
    const value = valueAt(at);
    const last = found[found.length - 1];
    if (last && last.value === value) last.until = at + 1;
    else found.push({ value, from: at, until: at + 1 });
  }
  return found;
}

function pad(number) {
  return String(number).padStart(2, "0");
}
