// Writes data into markup that the server made: text, language, addresses, what is shown, and lists cloned from their <template>.
//
// data-text="title.words"  data-lang="title"  data-href="path"  data-when="label.is_read"  data-unless="rows"  data-mark="changed"
// data-list="rows". What is in [data-voices] is not ours (js/voice-list.js). A path is looked up in the item; an empty one is the item itself. Nothing here makes markup from text.

/** Fills everything below `root` (a part of the page, or a clone) from `data`. */
export function fill(root, data) {
  for (const part of root.children) {
    if (part.localName === "template" || part.dataset.voices !== undefined) continue;
    write(part, data);
    if (part.dataset.list === undefined) fill(part, data);
    else refill(part, valueAt(data, part.dataset.list) || []);
  }
}

function write(part, data) {
  const { text, lang, href, when, unless, mark } = part.dataset;
  if (text !== undefined) say(part, valueAt(data, text));
  if (lang !== undefined) speak(part, valueAt(data, lang));
  if (href !== undefined) part.setAttribute("href", valueAt(data, href) || "");
  if (when !== undefined) part.toggleAttribute("hidden", !isThere(valueAt(data, when)));
  if (unless !== undefined) part.toggleAttribute("hidden", isThere(valueAt(data, unless)));
  if (mark !== undefined) part.toggleAttribute("data-changed", Boolean(valueAt(data, mark)));
}

function say(part, value) {
  const words = value === undefined || value === null ? "" : String(value);
  if (part.textContent !== words) part.textContent = words;
}

/** The language and direction of people's words. */
function speak(part, words) {
  if (!words) return;
  part.lang = words.language;
  part.dir = words.direction;
}

function refill(list, items) {
  const template = [...list.children].find((child) => child.localName === "template");
  if (!template) return;
  for (const old of [...list.children]) if (old !== template) old.remove();
  for (const item of items) {
    const row = document.importNode(template.content, true);
    fill(row, item);
    list.append(row);
  }
}

function valueAt(data, path) {
  if (!path) return data;
  return path.split(".").reduce((value, name) => (value === undefined || value === null ? undefined : value[name]), data);
}

function isThere(value) {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
