// Draws one row of the room's bands from numbers, as formats/bands.py does on the server. Text goes in by textContent only.

const SVG = "http://www.w3.org/2000/svg";
const DAY_MINUTES = 1440;

function svg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function html(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** runs: [tone, minute, minutes]; midnights: minutes; both on an axis of one day. */
export function bandPicture({ runs, midnights }) {
  const picture = svg("svg", { class: "band", viewBox: `0 0 ${DAY_MINUTES} 10`, preserveAspectRatio: "none", "aria-hidden": "true" });
  for (const [tone, x, width] of runs) picture.append(svg("rect", { class: `t${tone}`, x, width, height: 10 }));
  if (midnights.length) picture.append(svg("path", { class: "midnight", d: midnights.map((x) => `M${x} 0V10`).join("") }));
  return picture;
}

/** One <li> of the room's list. */
export function bandRow(band) {
  const row = html("li", `bands__row${band.own ? " bands__row--own" : ""}${band.few ? " bands__row--few" : ""}`);
  const from = html("span", "bands__label bands__from");
  from.append(html("b", "", band.time), " ", html("bdi", "", band.city));
  const offset = html("bdi", "", band.offset);
  offset.dir = "ltr";
  const to = html("span", "bands__label bands__to", `${band.weekday} `);
  to.append(offset);
  row.append(bandPicture(band), html("span", "bands__cut"), from, to);
  return row;
}
