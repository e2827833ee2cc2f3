// Registers the player of voice notes, and keeps the page's lists of them as the news say.
import { VoicePlayer } from "./elements/voice-player.js";
import { keepVoices } from "./voice-list.js";

customElements.define("voice-player", VoicePlayer);
keepVoices([...document.querySelectorAll("[data-voices]")]);
