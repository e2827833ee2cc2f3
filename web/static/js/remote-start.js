// Registers the remote of a mirror segment.
import { startRemote } from "./remote.js";

const root = document.querySelector("main.remote");
if (root) startRemote(root);
