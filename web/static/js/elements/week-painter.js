// Lets a group paint its week, with a mouse, a finger or the keys, over the picture that the server made; the plain form below is written along.
//
// <week-painter data-form="hours-form"> around the picture. Parts with data-painting are for this, those with data-plain for pages without it.
// The form stays what is sent: a change in its rows shows in the picture, and a row that cannot be read is left alone.

import { HoursRows } from "../hours-rows.js";
import { WeekGrid } from "../week-grid.js";
import { beatenOfDay, DAYS, kindWithin, painted, quietOf, rowsOf, runsOfDay, weekOf } from "../week-model.js";
import { drawDay } from "../week-picture.js";
import { sayCancelled, sayCell, sayMarked, sayPainted, sayQuiet, sayReset } from "../week-words.js";

export class WeekPainter extends HTMLElement {
  connectedCallback() {
    this.form = document.getElementById(this.dataset.form);
    this.rows = new HoursRows(this.form);
    if (!this.rows.windows.length) return;            // nothing to write into
    this.days = [...this.querySelectorAll(".painter__day")].map(readDay);
    this.told = this.querySelector("[role=status]");
    this.grid = new WeekGrid(this.querySelector(".painter"), this.days, {
      onMark: () => this.mark(),
      onPaint: (range) => this.paint(range),
      onCancel: () => this.cancel(),
    });
    this.grid.attach();
    this.listen("addEventListener");
    this.show(true);
    this.read();
  }

  disconnectedCallback() {
    if (!this.grid) return;
    this.listen("removeEventListener");
    this.grid.detach();
    this.show(false);
  }

  listen(how) {
    this.form[how]("input", this);
    this.querySelector("[data-reset]")[how]("click", this);
    globalThis[how]("pageshow", this);                // a browser that goes back fills fields in after us
  }

  handleEvent({ type }) {
    if (type === "click") this.reset();
    else this.read();
  }

  show(isPainting) {
    for (const part of this.querySelectorAll("[data-painting]")) part.hidden = !isPainting;
    for (const part of this.querySelectorAll("[data-plain]")) part.hidden = isPainting;
  }

  /** Takes the week from the form. */
  read() {
    this.week = weekOf(this.rows.readWindows());
    this.quiet = quietOf(this.rows.readQuiet());
    this.draw();
  }

  // --- what the hand does ---

  mark() {
    const { range, isMarking } = this.grid;
    this.draw();
    this.tell(isMarking ? sayMarked(this.namesOf(range), range) : "");
  }

  paint(range) {
    const made = this.paintedOver(range);
    if (made.some((level, minute) => level !== this.week[minute])) this.rows.write(rowsOf(made, this.quiet, this.rows.readWindows()));
    this.read();
    this.tell(this.sayDone(range));
  }

  cancel() {
    this.draw();
    this.tell(sayCancelled());
  }

  reset() {
    this.rows.reset();
    this.read();
    this.tell(sayReset());
  }

  // --- what is shown and said ---

  /** The week as it is, with what is marked; under a pointer that is still down, as it would be when it is lifted. */
  draw() {
    const { range, isMarking, pressedAt } = this.grid;
    const week = isMarking && pressedAt ? this.paintedOver(range) : this.week;
    this.days.forEach(({ svg, index }, place) => {
      const marked = isMarking && range.days.includes(place) ? range : null;
      drawDay(svg, { runs: runsOfDay(week, this.quiet, index), beaten: beatenOfDay(week, this.quiet, index), marked });
    });
    this.describe();
  }

  /** Each cell in words, as it is. */
  describe() {
    const { range, isMarking } = this.grid;
    const runs = this.days.map(({ index }) => runsOfDay(this.week, this.quiet, index));
    this.grid.eachCell((cell, place, minutes) => {
      const isIn = isMarking && range.days.includes(place) && minutes.from >= range.from && minutes.until <= range.until;
      write(cell, "aria-label", sayCell(kindWithin(runs[place], minutes), this.days[place].name, minutes));
      write(cell, "aria-selected", String(isIn));
    });
  }

  sayDone(range) {
    const quiet = this.quiet.subarray(range.from, range.until);
    const said = sayPainted(this.brush, this.namesOf(range), range);
    if (this.brush === "none" || !quiet.includes(1)) return said;
    return quiet.includes(0) ? `${said} ${sayQuiet()}` : sayQuiet();
  }

  tell(words) {
    if (this.told.textContent !== words) this.told.textContent = words;
  }

  get brush() {
    return this.querySelector("input[name=brush]:checked").value;
  }

  paintedOver({ days, from, until }) {
    return painted(this.week, this.quiet, { days: days.map((place) => this.days[place].index), from, until, level: this.brush });
  }

  namesOf({ days }) {
    return days.map((place) => this.days[place].name);
  }
}

function readDay(row) {
  const { day, name } = row.dataset;
  return { row, band: row.querySelector(".painter__band"), svg: row.querySelector("svg"), index: DAYS.indexOf(day), name };
}

function write(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
