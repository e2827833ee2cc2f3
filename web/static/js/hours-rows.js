// The plain form of hours, as the painter reads and writes it: the fields of each row, new rows where all are taken, and how it was at first.

import { digits, t } from "./messages.js";
import { isReadable, rowKey } from "./week-model.js";

const DIGIT = /\p{Nd}/u;

export class HoursRows {
  /** `form` holds the rows of hours in #windows and those of quiet hours in #quiet. */
  constructor(form) {
    this.windows = rowsIn(form.querySelector("#windows"));
    this.quiet = rowsIn(form.querySelector("#quiet"));
    this.first = this.windows.length;              // rows behind these are ours
  }

  /** The rows of hours that mean something and are not to be taken away. */
  readWindows() {
    return this.windows.filter((row) => row.isPainted).map((row) => row.read());
  }

  readQuiet() {
    return this.quiet.filter((row) => !row.isGone).map((row) => row.read());
  }

  /** Makes the form say these rows. Each stays where it stood; one that cannot be read, or is to be taken away, is left alone. */
  write(wanted) {
    const left = new Map(wanted.map((row) => [rowKey(row), row]));
    for (const row of this.windows.filter(({ isPainted }) => isPainted)) {
      const key = rowKey(row.read());
      row.keepDays(left.has(key) ? left.get(key).days : []);
      left.delete(key);
    }
    for (const row of left.values()) this.findBlank().fill(row);
    this.dropBlanks();
  }

  /** The form as the page came. */
  reset() {
    for (const row of this.windows.splice(this.first)) row.element.remove();
    for (const row of this.windows) row.reset();
  }

  findBlank() {
    const blank = this.windows.find(({ isBlank }) => isBlank);
    if (blank) return blank;
    const last = this.windows[this.windows.length - 1];
    const made = last.makeNext();
    last.element.after(made.element);
    this.windows.push(made);
    return made;
  }

  dropBlanks() {
    while (this.windows.length > this.first && this.windows[this.windows.length - 1].isBlank) this.windows.pop().element.remove();
  }
}

class HoursRow {
  constructor(element) {
    this.element = element;
    this.boxes = [...element.querySelectorAll("[name*='.days.']")];
    this.from = element.querySelector("[name$='.from']");
    this.to = element.querySelector("[name$='.to']");
    this.level = element.querySelector("[name$='.level']");
    this.gone = element.querySelector("[name$='.gone']");
  }

  read() {
    const days = this.boxes.filter((box) => box.checked).map(dayOf);
    return { days, from: latin(this.from.value), to: latin(this.to.value), level: this.level ? this.level.value : "" };
  }

  get isGone() {
    return Boolean(this.gone && this.gone.checked);
  }

  /** Whether the painter shows it. */
  get isPainted() {
    return !this.isGone && isReadable(this.read());
  }

  get isBlank() {
    const { days, from, to } = this.read();
    return !(this.isGone || days.length || from || to);
  }

  /** The same hours on these days; on none, the row is empty. */
  keepDays(days) {
    if (!days.length) this.fill({ days, from: "", to: "", level: this.level.value });
    else if (days.join() !== this.read().days.join()) this.fill({ ...this.read(), days });
  }

  fill({ days, from, to, level }) {
    for (const box of this.boxes) box.checked = days.includes(dayOf(box));
    this.from.value = digits(from);
    this.to.value = digits(to);
    this.level.value = level;
    this.showFaults(false);
  }

  reset() {
    for (const box of this.boxes) box.checked = box.defaultChecked;
    for (const option of this.level.options) option.selected = option.defaultSelected;
    for (const field of [this.from, this.to]) field.value = field.defaultValue;
    if (this.gone) this.gone.checked = this.gone.defaultChecked;
    this.showFaults(true);
  }

  /** What the server found wrong is no longer said of a row that has changed. */
  showFaults(areThere) {
    for (const fault of this.element.querySelectorAll(".field__error")) fault.hidden = !areThere;
    for (const field of this.element.querySelectorAll("[aria-invalid]")) field.setAttribute("aria-invalid", String(areThere));
  }

  /** An empty row to stand behind this one. */
  makeNext() {
    const element = this.element.cloneNode(true);
    for (const old of element.querySelectorAll(".field__error, .hours__gone")) old.remove();
    const number = Number(/\[(\d+)\]/.exec(this.from.name)[1]) + 1;
    for (const part of [element, ...element.querySelectorAll("[id], [name], [for]")]) renumber(part, number);
    for (const name of element.querySelectorAll("legend, .hours__name")) name.textContent = rowName(number + 1);
    const made = new HoursRow(element);
    made.fill({ days: [], from: "", to: "", level: made.level.options[0].value });
    return made;
  }
}

/** `windows[3].from` and `windows-3--from` under another number. */
function renumber(part, number) {
  part.removeAttribute("aria-describedby");
  part.removeAttribute("aria-invalid");
  for (const name of ["id", "name", "for"]) {
    if (part.hasAttribute(name)) part.setAttribute(name, part.getAttribute(name).replace(/^(windows[-[])\d+/, `$1${number}`));
  }
}

function rowName(number) {
  // Translators: one of several in a form: "Hours 3".
  return t("%(whole)s %(number)s", { whole: t("Hours"), number });
}

function rowsIn(part) {
  return part ? [...part.querySelectorAll(".hours__row")].map((element) => new HoursRow(element)) : [];
}

function dayOf(box) {
  return box.name.slice(-2);
}

/** The same time in Latin digits: those of every script stand ten in a row, zero first. */
function latin(text) {
  return [...text.trim()].map((letter) => (DIGIT.test(letter) ? String(digitValue(letter.codePointAt(0))) : letter)).join("");
}

function digitValue(code) {
  let value = 0;
  while (value < 9 && DIGIT.test(String.fromCodePoint(code - value - 1))) value++;
  return value;
}
