// The week as a grid that a hand can paint on: which cells are marked by a mouse, a finger or the arrow keys, and when they are to be painted.
//
// A finger that moves along a day paints, one that moves up or down scrolls the page (touch-action in brush.css). One cell takes part in Tab; the
// arrows go on from there, with Shift they mark more, Space and Enter paint, Escape lets go. hears: {onMark(), onPaint(range), onCancel()}.

import { DAY_MINUTES } from "./week-model.js";

const SLOT = 30;                                  // minutes of a cell
const SLOTS = DAY_MINUTES / SLOT;
const SLOP_PX = 8;                                // how far a finger moves along a day before that is no scroll
const ON_GRID = ["pointerdown", "pointermove", "pointerup", "pointercancel", "keydown", "focusin", "click"];

export class WeekGrid {
  /** `days` are [{row, band, name}] in the order shown; their cells are put over the bands. */
  constructor(element, days, hears) {
    Object.assign(this, { element, days, hears });
    this.anchor = this.end = { day: 0, slot: 17 * 60 / SLOT };         // the afternoon, when most can
    this.pressedAt = null;                                            // where a pointer went down that is still down
    this.isMarking = false;                                           // whether more is meant than the cell on which the keys stand
  }

  attach() {
    this.element.setAttribute("role", "grid");
    this.element.removeAttribute("aria-hidden");
    this.cells = this.days.map((day) => makeCells(day));
    for (const kind of ON_GRID) this.element.addEventListener(kind, this);
    this.offer(this.end);
  }

  detach() {
    for (const kind of ON_GRID) this.element.removeEventListener(kind, this);
    for (const { row, band } of this.days) {
      band.querySelector(".painter__cells").remove();
      for (const part of [row, row.firstElementChild]) part.removeAttribute("role");
    }
    this.element.removeAttribute("role");
    this.element.setAttribute("aria-hidden", "true");
  }

  /** What is marked: {days: [0, 1], from, until}, places of days as shown and minutes. */
  get range() {
    const [first, last] = inOrder(this.anchor.day, this.end.day);
    const [from, until] = inOrder(this.anchor.slot, this.end.slot);
    return { days: Array.from({ length: last - first + 1 }, (_, i) => first + i), from: from * SLOT, until: (until + 1) * SLOT };
  }

  /** Calls the hearer with each cell's element, place of the day and minutes. */
  eachCell(hear) {
    this.cells.forEach((row, day) => row.forEach((cell, slot) => hear(cell, day, { from: slot * SLOT, until: (slot + 1) * SLOT })));
  }

  handleEvent(event) {
    HANDLERS[event.type](this, event);
  }

  // --- the hand ---

  press(event) {
    const at = this.placeOfCell(event.target);      // not a name of a day, nor the hours above
    if (!at || !event.isPrimary || event.button !== 0) return;
    const isFinger = event.pointerType === "touch";
    this.element.setPointerCapture(event.pointerId);
    if (!isFinger) this.stand(at);
    Object.assign(this, { pressedAt: at, pressedX: event.clientX });
    if (isFinger) return;                           // its press may become a scroll
    event.preventDefault();                         // no text is selected
    this.mark(at, at);
  }

  drag(event) {
    if (!this.pressedAt || (!this.isMarking && Math.abs(event.clientX - this.pressedX) < SLOP_PX)) return;
    const at = this.placeOf(event);
    if (!this.isMarking || !isSame(at, this.end)) this.mark(this.pressedAt, at);
  }

  release(event) {
    if (!this.pressedAt) return;
    this.mark(this.pressedAt, this.placeOf(event));
    this.paint();
  }

  /** What moves no pointer, as a screen reader's press on a cell. */
  click({ detail, target }) {
    const at = this.placeOfCell(target);
    if (detail > 0 || !at) return;
    this.mark(at, at);
    this.paint();
  }

  cancel() {
    this.pressedAt = null;
    if (!this.isMarking) return;
    this.stand(this.end);
    this.hears.onCancel();
  }

  /** The cell under a pointer, or the nearest one. */
  placeOf({ clientX, clientY }) {
    const rows = this.days.map(({ band }) => band.getBoundingClientRect());
    const below = rows.findIndex(({ bottom }) => clientY < bottom);
    const { left, right, width } = rows[0];
    const part = (this.isRightToLeft ? right - clientX : clientX - left) / width;
    return { day: below < 0 ? rows.length - 1 : below, slot: within(Math.floor(part * SLOTS), SLOTS) };
  }

  get isRightToLeft() {
    return getComputedStyle(this.element).direction === "rtl";
  }

  // --- the keys ---

  key(event) {
    if (event.altKey || event.metaKey) return;
    const to = this.target(event);
    if (to) this.go(to, event.shiftKey);
    else if (event.key === " " || event.key === "Enter") this.paint();
    else if (event.key === "Escape" && this.isMarking) this.cancel();
    else return;
    event.preventDefault();
  }

  /** Where a key leads, or null. */
  target({ key, ctrlKey }) {
    const { day, slot } = this.end;
    const [ahead, back] = this.isRightToLeft ? ["ArrowLeft", "ArrowRight"] : ["ArrowRight", "ArrowLeft"];
    switch (key) {
      case ahead: return { day, slot: within(slot + 1, SLOTS) };
      case back: return { day, slot: within(slot - 1, SLOTS) };
      case "ArrowUp": return { day: within(day - 1, this.days.length), slot };
      case "ArrowDown": return { day: within(day + 1, this.days.length), slot };
      case "Home": return { day: ctrlKey ? 0 : day, slot: 0 };
      case "End": return { day: ctrlKey ? this.days.length - 1 : day, slot: SLOTS - 1 };
      default: return null;
    }
  }

  go(to, isExtending) {
    const { anchor, isMarking } = this;
    this.stand(to, { preventScroll: false });
    if (isExtending) this.mark(anchor, to);
    else if (isMarking) this.hears.onMark();
  }

  /** Keys that came to a cell by another way, as a screen reader's. */
  arrive({ target }) {
    const at = this.placeOfCell(target);
    if (at && !this.pressedAt && !isSame(at, this.end)) this.stand(at);
  }

  // --- both ---

  mark(anchor, end) {
    Object.assign(this, { anchor, end, isMarking: true });
    this.hears.onMark();
  }

  paint() {
    const { range } = this;
    this.stand(this.end);
    this.hears.onPaint(range);
  }

  /** The keys stand on one cell, and nothing is marked or pressed. */
  stand(place, { preventScroll = true } = {}) {
    Object.assign(this, { anchor: place, end: place, isMarking: false, pressedAt: null });
    this.offer(place);
    this.cellAt(place).focus({ preventScroll });
  }

  /** The cell that Tab leads to. */
  offer(place) {
    if (this.offered) this.offered.tabIndex = -1;
    this.offered = this.cellAt(place);
    this.offered.tabIndex = 0;
  }

  cellAt({ day, slot }) {
    return this.cells[day][slot];
  }

  placeOfCell(cell) {
    const day = this.cells.findIndex((row) => row.includes(cell));
    return day < 0 ? null : { day, slot: this.cells[day].indexOf(cell) };
  }
}

const HANDLERS = {
  pointerdown: (grid, event) => grid.press(event),
  pointermove: (grid, event) => grid.drag(event),
  pointerup: (grid, event) => grid.release(event),
  pointercancel: (grid) => grid.cancel(),
  keydown: (grid, event) => grid.key(event),
  focusin: (grid, event) => grid.arrive(event),
  click: (grid, event) => grid.click(event),
};

function makeCells({ row, band, name }) {
  const cells = Array.from({ length: SLOTS }, () => make("painter__cell", "gridcell"));
  const around = make("painter__cells", "presentation");
  for (const cell of cells) {
    cell.tabIndex = -1;
    around.append(cell);
  }
  band.append(around);
  row.setAttribute("role", "row");
  row.firstElementChild.setAttribute("role", "rowheader");
  row.firstElementChild.setAttribute("aria-label", name);
  return cells;
}

function make(name, role) {
  const made = document.createElement("div");
  made.className = name;
  made.setAttribute("role", role);
  return made;
}

function isSame(one, other) {
  return one.day === other.day && one.slot === other.slot;
}

function inOrder(one, other) {
  return one < other ? [one, other] : [other, one];
}

function within(place, count) {
  return Math.min(Math.max(place, 0), count - 1);
}
