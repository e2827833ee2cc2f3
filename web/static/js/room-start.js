// Registers the room of a projector page.
import { startRoom } from "./room.js";

const root = document.querySelector(".room");
if (root) startRoom(root);
