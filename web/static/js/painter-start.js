// Registers the week painter once its sentences are there; without them the plain form does alone.
import { WeekPainter } from "./elements/week-painter.js";
import { learn } from "./messages.js";

learn().then((canSpeak) => {
  if (canSpeak) customElements.define("week-painter", WeekPainter);
});
