// Says sentences in the page's language. The catalog comes with the page, or is fetched; a missing sentence shows its English key.
//
// t("…", {name}) and tn("one", "many", count, {n}) are what `make messages` looks for; pgettext and npgettext take a context first.

const GLUE = "\u0004";
const ZERO_OF = { latn: 0x30, arab: 0x660, arabext: 0x6f0, deva: 0x966 };

let messages = {};
let pluralIndex = { one: 0, other: 1 };
let pluralRules = new Intl.PluralRules("en");
let zero = ZERO_OF.latn;

/** Takes a catalog {language, plural, messages} and the numbering system of the page's digits. */
export function speak(catalog, numerals = "latn") {
  messages = catalog.messages || {};
  pluralIndex = catalog.plural || pluralIndex;
  pluralRules = new Intl.PluralRules(catalog.language || "en");
  zero = ZERO_OF[numerals] || ZERO_OF.latn;
}

/** Fetches the sentences of the page's language, which lie beside the scripts. Resolves to whether they are there. */
export async function learn() {
  const { lang, dataset } = document.documentElement;
  try {
    const response = await fetch(new URL(`../i18n/${lang}.json`, import.meta.url));
    if (!response.ok) return false;
    speak(await response.json(), dataset.numerals);
    return true;
  } catch {
    speak({}, dataset.numerals);
    return false;
  }
}

export function t(message, values) {
  return filled(single(message, message), values);
}

export function tn(singular, plural, count, values) {
  return filled(counted(singular, singular, plural, count), values);
}

export function pgettext(context, message, values) {
  return filled(single(context + GLUE + message, message), values);
}

export function npgettext(context, singular, plural, count, values) {
  return filled(counted(context + GLUE + singular, singular, plural, count), values);
}

/** A whole number or a text with Latin digits, in the page's digits. */
export function digits(text) {
  return zero === ZERO_OF.latn ? String(text) : String(text).replace(/[0-9]/g, (digit) => String.fromCharCode(zero + Number(digit)));
}

/** A piece that always runs left to right (offsets, signed numbers), so that it does not fall apart in a right-to-left sentence. */
export function ltr(text) {
  return `\u2066${text}\u2069`;
}

/** Words of people in a sentence: their direction stays inside. */
export function isolate(text) {
  return `\u2068${text}\u2069`;
}

function single(key, message) {
  const found = messages[key];
  return Array.isArray(found) ? found[0] : found || message;
}

function counted(key, singular, plural, count) {
  const forms = messages[key];
  const form = Array.isArray(forms) ? forms[pluralIndex[pluralRules.select(count)]] : forms;
  return form || (count === 1 ? singular : plural);
}

function filled(sentence, values = {}) {
  return sentence.replace(/%\((\w+)\)s/g, (place, name) => (name in values ? String(values[name]) : place));
}
