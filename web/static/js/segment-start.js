// Registers the wall of a mirror segment.
import { startSegment } from "./segment.js";

const root = document.querySelector(".segment");
if (root) startSegment(root);
