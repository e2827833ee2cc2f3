// Registers the recorder of voice notes, and lets its page hear what becomes of them.
import "./voice-start.js";           // the player, in which a recording is heard before it is sent
import { VoiceRecorder } from "./elements/voice-recorder.js";
import { VoiceNews } from "./voice-news.js";

customElements.define("voice-recorder", VoiceRecorder);
for (const recorder of document.querySelectorAll("voice-recorder")) {
  const news = new VoiceNews(document.querySelector("[data-notes]"), { stream: recorder.dataset.stream, onState: (voice, state) => recorder.tellState(voice, state) });
  recorder.addEventListener("sent", ({ detail }) => news.add(detail.voice));
  news.start();
}
