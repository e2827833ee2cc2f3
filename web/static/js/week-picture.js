// Draws one day of the week into the picture that the server made. coordinator/formats/week.py draws the same shapes.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 30;
const STRIPES = [0, 10, 20];      // where those of possible hours begin
const STRIPE = 3;
const HATCH = 60;                 // minutes between the strokes over quiet hours, and the minutes that each runs through
const BEATEN = 4;                 // how high hours show that lie beneath quiet ones

/** `runs` and `beaten` as the model tells them; `marked` is {from, until} or null. */
export function drawDay(svg, { runs, beaten, marked }) {
  const grid = svg.querySelector(".painter__grid");
  for (const old of [...svg.children]) if (old !== grid && !old.matches(".painter__none")) old.remove();
  const shapes = [...runs.flatMap(shapesOf), ...beaten.map((run) => bar("painter__beaten", run, HEIGHT - BEATEN, BEATEN))];
  for (const shape of shapes) grid.before(shape);
  if (marked) grid.after(...["painter__around", "painter__marked"].map((name) => bar(name, marked, 0, HEIGHT)));
}

function shapesOf(run) {
  if (run.kind === "none") return [];
  const ground = bar(`painter__${run.kind}`, run, 0, HEIGHT);
  if (run.kind === "possible") return [ground, ...STRIPES.map((y) => bar("painter__stripe", run, y, STRIPE))];
  return run.kind === "quiet" ? [ground, shape("path", { class: "painter__hatch", d: hatch(run) })] : [ground];
}

/** Rising strokes, one an hour, cut where the run begins and ends. */
function hatch({ from, until }) {
  const first = Math.floor(from / HATCH);
  return Array.from({ length: Math.ceil(until / HATCH) - first }, (_, i) => stroke((first + i) * HATCH, from, until)).join("");
}

function stroke(foot, from, until) {
  const [start, end] = [Math.max(foot, from), Math.min(foot + HATCH, until)];
  const height = (minute) => HEIGHT - ((minute - foot) * HEIGHT) / HATCH;
  return `M${start} ${height(start)}L${end} ${height(end)}`;
}

function bar(name, { from, until }, y, height) {
  return shape("rect", { class: name, x: from, y, width: until - from, height });
}

function shape(kind, attributes) {
  const made = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
