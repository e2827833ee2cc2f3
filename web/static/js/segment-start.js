// Registers the wall of a mirror segment.
import { VoicePlayer } from "./elements/voice-player.js";
import { startSegment } from "./segment.js";

customElements.define("voice-player", VoicePlayer);
const root = document.querySelector(".segment");
if (root) startSegment(root);
