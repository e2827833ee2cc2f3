// Shows a public page's times as in the reader's city, once they have chosen one. The server's words stay when anything is amiss.
//
// Only pages that offer the choice are touched: a block [data-change-city] holding a <select> whose options carry zone names.
// The zone rules are the browser's here; the server's own words, the calendar and the rooms never depend on them.

const STORED_ZONE = "chorus.city";

/** Fills the choice with what was kept, listens to it, and rewrites each <time data-local> below `root`. */
export function showLocalTimes(root) {
  const block = root.querySelector("[data-change-city]");
  const select = block && block.querySelector("select");
  if (!select) return;
  block.hidden = false;
  offerOwnCity(select);
  const kept = read();
  if (kept && [...select.options].some((option) => option.value === kept)) select.value = kept;
  const show = () => apply(root, select.value, select.selectedOptions[0].textContent.trim());
  select.addEventListener("change", () => { keep(select.value); show(); });
  if (kept && select.value === kept) show();
}

/** Adds the device's own zone to the choice, by the name of its city, where the page does not offer it already. */
function offerOwnCity(select) {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || [...select.options].some((option) => option.value === zone)) return;
  select.append(new Option(zone.split("/").pop().replaceAll("_", " "), zone));
}

function apply(root, zone, city) {
  for (const element of root.querySelectorAll("time[data-local]")) {
    const words = zone ? localWords(new Date(element.dateTime), zone, city) : serverWords(element);
    if (words) write(element, words);
  }
}

function write(element, words) {
  for (const part of element.querySelectorAll("[data-part]")) {
    if (!("server" in part.dataset)) part.dataset.server = part.textContent;
    const text = words[part.dataset.part];
    if (text !== undefined && part.textContent !== text) part.textContent = text;
  }
}

/** What the server had written, so that the choice can be taken back. */
function serverWords(element) {
  const parts = [...element.querySelectorAll("[data-part]")].filter((part) => "server" in part.dataset);
  return Object.fromEntries(parts.map((part) => [part.dataset.part, part.dataset.server]));
}

/** {clock, date, city, offset} of an instant in a zone, or null where the browser knows neither. */
export function localWords(instant, zone, city) {
  const language = document.documentElement.lang;
  const numerals = document.documentElement.dataset.numerals || "latn";
  const locale = `${language === "en" ? "en-GB" : language}-u-nu-${numerals}`;
  try {
    const format = (options) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options }).format(instant);
    return {
      clock: format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
      date: format({ weekday: "long", day: "numeric", month: "long", year: "numeric" }),
      city,
      offset: offsetWords(instant, zone, locale),
    };
  } catch {
    return null;
  }
}

function offsetWords(instant, zone, locale) {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(instant);
  const { year, month, day, hour, minute } = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]));
  const minutes = Math.round((Date.UTC(year, month - 1, day, hour, minute) - Math.floor(instant.getTime() / 60_000) * 60_000) / 60_000);
  const two = new Intl.NumberFormat(locale, { minimumIntegerDigits: 2, useGrouping: false });
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? "\u2212" : "+"}${two.format(Math.floor(size / 60))}:${two.format(size % 60)}`;
}

function read() {
  try {
    return localStorage.getItem(STORED_ZONE);
  } catch {
    return null;   // storage may be closed to us: the choice then lasts as long as the page
  }
}

function keep(zone) {
  try {
    if (zone) localStorage.setItem(STORED_ZONE, zone);
    else localStorage.removeItem(STORED_ZONE);
  } catch { /* as above */ }
}
