// Records a voice note, lets it be heard and recorded again, and sends it, over a broken line and a reload too. A chosen file goes the same way.
//
// <voice-recorder data-uploads="/api/v1/groups/7f3k/uploads" data-most-s="90"> around the plain form for a file, which stays where nothing can be recorded.
// A part with data-in is shown in the states that it names; what is said lies in the element's <template>. Fires "sent" with {voice}, the note's id.

import { KeptRecordings } from "../kept-recordings.js";
import { closeMicrophone, nameFault, openMicrophone, Recording, whyNoRecording } from "../microphone.js";
import { minutes, percent } from "../minutes.js";
import { canUpload, Refused, Upload } from "../upload.js";

const STROKES = 120;
const ANNOUNCED_S = [30, 10];          // seconds left, said to whoever cannot see the clock
const ID_BYTES = 12;

export class VoiceRecorder extends HTMLElement {
  connectedCallback() {
    if (this.parts) return;
    this.parts = collect(this, "part");
    this.words = collect(this.querySelector(":scope > template").content, "say");
    this.form = this.querySelector("form");
    this.player = this.querySelector("voice-player");
    this.kept = new KeptRecordings();
    this.mostMs = Number(this.dataset.mostS) * 1000;
    for (const button of this.querySelectorAll("[data-do]")) button.addEventListener("click", () => this[button.dataset.do]());
    if (canUpload()) this.form.addEventListener("submit", (event) => this.sendFile(event));
    this.offer();
    this.resume();
  }

  disconnectedCallback() {
    if (this.recording) this.recording.stop();
    if (this.url) URL.revokeObjectURL(this.url);
  }

  /** The recorder above the form, or the reason why nothing can be recorded here. */
  offer() {
    const why = whyNoRecording() || (canUpload() ? "" : "unsupported");
    this.rest = why ? "barred" : "idle";
    this.parts.get("own").hidden = false;
    if (why) this.complain(this.say(why));
    this.become(this.rest);
  }

  /** What an earlier visit has left unsent. */
  async resume() {
    if (!canUpload()) return;
    const draft = await this.kept.find(this.dataset.uploads);
    if (!draft || this.dataset.state !== this.rest) return;
    this.take(draft);
    this.tell(this.say("resumed"));
  }

  // --- recording ---

  async record() {
    if (this.dataset.state === "asking") return;
    this.complain("");
    this.tell(this.say("asking"));
    this.become("asking");
    let stream = null;
    try {
      stream = await openMicrophone();
      if (this.isConnected) this.begin(stream);
      else closeMicrophone(stream);
    } catch (fault) {
      if (stream) closeMicrophone(stream);
      this.recording = null;
      this.tell("");
      this.become(this.rest);
      this.complain(this.say(nameFault(fault)));
    }
  }

  begin(stream) {
    this.recording = new Recording(stream, {
      mostMs: this.mostMs,
      hears: { onLevel: (level, ms) => this.draw(level, ms), onEnd: (done) => this.keep(done) },
    });
    this.recording.start();
    this.toAnnounce = ANNOUNCED_S.filter((seconds) => seconds * 1000 < this.mostMs);
    this.draw(0, 0);
    this.become("recording");
    this.tell(this.say("recording"));
  }

  stop() {
    this.recording.stop();
  }

  /** How loud it is, what has been said so far, and how long there is. */
  draw(level, ms) {
    const leftMs = Math.max(0, this.mostMs - ms);
    this.parts.get("level").setAttribute("r", String(Math.round(7 + 11 * Math.sqrt(Math.min(1, level)))));
    this.parts.get("strokes").setAttribute("d", drawStrokes(this.recording.levels, this.mostMs / 100, 1));
    write(this.parts.get("left"), minutes(leftMs));
    const due = this.toAnnounce.filter((seconds) => leftMs <= seconds * 1000).pop();
    if (due === undefined) return;
    this.toAnnounce = this.toAnnounce.filter((seconds) => seconds < due);
    this.tell(this.say(`left-${due}`));
  }

  /** The recording has ended, by the speaker's hand or otherwise. */
  async keep({ blob, durationMs, levels, why }) {
    this.recording = null;
    if (!blob.size) {
      this.tell("");
      this.become(this.rest);
      this.complain(this.say("empty"));
      return;
    }
    const draft = this.makeDraft(blob, { durationMs, levels });
    this.take(draft);
    this.tell(this.say(why));
    await this.kept.keep(draft);
  }

  makeDraft(blob, { durationMs = 0, levels = [] } = {}) {
    const { spotlight, meeting } = this.form.elements;
    const about = { spotlight: spotlight.value, meeting: meeting.value };
    return { id: freshId(), path: this.dataset.uploads, at: Date.now(), blob, durationMs, levels, about, upload: "" };
  }

  /** A draft to be heard, sent or thrown away. A file, of which nothing was measured, cannot be heard here. */
  take(draft) {
    this.draft = draft;
    this.player.hidden = !draft.levels.length;
    if (draft.levels.length) this.player.show(this.makeCard(draft));
    this.become("recorded");
    this.parts.get("again").hidden = this.rest === "barred";
  }

  makeCard({ blob, durationMs, levels }) {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(blob);
    const strokes = drawStrokes(levels, levels.length, Math.max(...levels));
    return { id: "", revision: 0, duration_ms: durationMs, lines: [], strokes, webm: this.url, mp4: this.url };
  }

  async again() {
    this.discard().then((voice) => { if (voice) this.announce(voice); });
    await this.record();
  }

  /** Thrown away here and there; unless it had arrived just before. */
  async drop() {
    const discarding = this.discard();
    this.complain("");
    this.become(this.rest);
    this.tell(this.say("dropped"));
    const voice = await discarding;
    if (voice && this.dataset.state === this.rest) this.arrived(voice, "too-late");
    else if (voice) this.announce(voice);
  }

  /** Forgets the draft, and what the server has of it. Resolves to the id of the voice note that it has become all the same, or "". */
  async discard() {
    const upload = this.upload || this.makeUpload(this.draft);
    await this.forget();
    return upload.giveUp();
  }

  // --- sending ---

  async sendFile(event) {
    const [file] = this.form.elements.sound.files;
    if (!file) return;
    event.preventDefault();
    this.form.removeAttribute("aria-busy");        // once.js: it was not sent this way
    this.draft = this.makeDraft(file);
    this.become("sending");
    await this.kept.keep(this.draft);
    await this.send();
  }

  async send() {
    const { draft } = this;
    this.player.pause();
    this.complain("");
    this.become("sending");
    this.tell(this.say("sending"));
    this.upload = this.makeUpload(draft);
    try {
      const voice = await this.upload.send();
      await this.forget();
      this.arrived(voice, "arrived");
    } catch (refused) {
      if (draft === this.draft) this.refuse(refused);
    }
  }

  makeUpload(draft) {
    const ours = (hear) => (value) => (draft === this.draft ? hear(value) : undefined);
    return new Upload({
      path: draft.path, blob: draft.blob, about: draft.about, upload: draft.upload,
      hears: {
        onBegun: ours((id) => { draft.upload = id; return this.kept.keep(draft); }),
        onProgress: ours((part) => this.progress(part)),
        onLine: ours((isThere) => this.line(isThere)),
      },
    });
  }

  progress(part) {
    this.parts.get("progress").value = part;
    write(this.parts.get("progress-words"), this.say("progress").replace("%(percent)s", percent(part)));
  }

  line(isThere) {
    if (this.isLineThere !== isThere) this.tell(this.say(isThere ? "sending" : "line"));
    this.isLineThere = isThere;
  }

  arrived(voice, words) {
    this.sent = voice;
    this.form.reset();
    this.parts.get("arrived").href = `#${voice}`;
    this.become("sent");
    this.tell(this.say(words));
    this.announce(voice);
  }

  announce(voice) {
    this.dispatchEvent(new CustomEvent("sent", { detail: { voice } }));
  }

  /** The server's own sentence. A recording stays to be sent again, or not; a file its sender still has. */
  refuse(refused) {
    if (!this.draft.levels.length) this.discard();
    this.become(this.draft ? "recorded" : this.rest);
    this.tell("");
    this.complain((refused instanceof Refused && refused.message) || this.say("failed"));
  }

  /** Forgets the draft in this browser. */
  async forget() {
    const { id } = this.draft;
    this.draft = this.upload = null;
    this.player.pause();
    await this.kept.forget(id);
  }

  another() {
    this.tell("");
    this.become(this.rest);
    this.resume();             // another page of this browser may have left one
  }

  // --- what is shown ---

  /** Shows the parts of a state; who was at a control that goes is led to the first one that comes. */
  become(state) {
    const hadFocus = this.contains(document.activeElement);
    this.dataset.state = state;
    this.isLineThere = true;
    for (const part of this.querySelectorAll("[data-in]")) part.hidden = !part.dataset.in.split(" ").includes(state);
    if (state === "sending") this.progress(0);
    const main = hadFocus && [...this.querySelectorAll("[data-main]")].find((part) => !part.closest("[hidden]"));
    if (main) main.focus();
  }

  say(name) {
    return this.words.get(name).textContent;
  }

  /** What a worker has made of the note that was sent last. */
  tellState(voice, state) {
    const words = this.words.get(`is-${state}`);
    if (voice !== this.sent || !words || this.draft || this.recording) return;
    this.sent = "";
    this.tell(words.textContent);
  }

  /** Politely, as soon as whoever listens has heard the rest. */
  tell(words) {
    write(this.parts.get("told"), words);
  }

  /** At once: what cannot be done, and what to do instead. */
  complain(words) {
    write(this.parts.get("fault"), words);
    this.parts.get("fault").hidden = !words;
  }
}

function collect(root, name) {
  return new Map([...root.querySelectorAll(`[data-${name}]`)].map((part) => [part.dataset[name], part]));
}

function write(part, words) {
  if (part.textContent !== words) part.textContent = words;
}

function freshId() {
  return [...crypto.getRandomValues(new Uint8Array(ID_BYTES))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Levels (0–`highest`) as strokes in a picture of 480 × 64 that has room for `room` of them: the loudest of each stroke's share. */
function drawStrokes(levels, room, highest) {
  const share = room / STROKES;
  const count = Math.min(STROKES, Math.ceil(levels.length / share));
  const heights = Array.from({ length: count }, (_, i) => Math.max(...levels.slice(Math.floor(i * share), Math.max(Math.floor(i * share) + 1, (i + 1) * share))));
  return heights.map((height, i) => stroke(4 * i + 2, 2 + 58 * Math.min(1, height / (highest || 1)))).join("");
}

function stroke(x, height) {
  return `M${x} ${(32 - height / 2).toFixed(1)}v${height.toFixed(1)}`;
}
