// Registers the room of a projector page.
import { VoicePlayer } from "./elements/voice-player.js";
import { startRoom } from "./room.js";

customElements.define("voice-player", VoicePlayer);
const root = document.querySelector(".room");
if (root) startRoom(root);
