// The remote of a mirror segment: its buttons without a reload. What is being typed below them stays untouched.

import { speak, t } from "./messages.js";
import { SegmentFollower } from "./segment-follower.js";
import { label, refill, say, timeLeft } from "./segment-parts.js";
import { sendTap } from "./segment-tap.js";

export class Remote {
  constructor(root, data) {
    this.root = root;
    this.said = new Map([...root.querySelectorAll("[data-say]")].map((part) => [part.dataset.say, part]));
    this.parts = new Map([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    this.taps = [...root.querySelectorAll("form[data-tap]")];
    this.follower = new SegmentFollower(data, { show: (newer) => this.show(newer), tick: (now) => this.tick(now) });
  }

  start() {
    for (const form of this.taps) form.addEventListener("submit", (event) => { event.preventDefault(); this.send(form); });
    this.follower.start();
  }

  show(data) {
    this.root.dataset.state = data.state;
    this.showParts(data.parts);
    this.showLabel(data);
    say(this.said.get("paging"), data.paging);
    this.parts.get("paging-line").hidden = !data.paging;
    say(this.said.get("news-rest"), data.news_rest, { hides: true });
    say(this.said.get("caption"), data.caption, { hides: true });
    for (const form of this.taps) {
      form.hidden = !data.can.includes(form.dataset.tap);
      form.elements.revision.value = String(data.revision);
    }
    if (data.state === "ended") location.assign(data.written_path);
  }

  showParts(parts) {
    parts.forEach((part, i) => {
      const item = this.parts.get("parts").children[i];
      if (item) item.toggleAttribute("aria-current", part.current);
      if (item && part.current) item.setAttribute("aria-current", "step");
    });
  }

  showLabel(data) {
    const origin = this.parts.get("label");
    if (!origin || !data.label) return;
    const teller = this.said.get("teller");
    refill(origin, [...label(data.label), " ", teller]);
  }

  tick(now) {
    const { digits, words, tone } = timeLeft(this.follower.data.time, now);
    this.parts.get("left").hidden = !digits;
    say(this.said.get("digits"), digits);
    say(this.said.get("left-words"), words);
    if (this.root.dataset.time !== tone) this.root.dataset.time = tone;
  }

  async send(form) {
    if (this.isSending) return;
    this.isSending = true;
    form.setAttribute("aria-busy", "true");
    this.tell("");
    try {
      this.follow(await sendTap(form.action, form.dataset.tap, form.elements.revision.value));
    } catch {
      this.tell(t("No network just now. Nothing was sent; press again."));
    }
    await this.follower.refetch();        // the next tap then carries the revision that this one made
    form.removeAttribute("aria-busy");
    this.isSending = false;
  }

  follow(done) {
    if (done.over) location.reload();
    else if (done.late) this.tell(t("Somebody was faster. This is how the segment stands now."));
    else if (!done.ok) this.tell(t("This cannot be done any more, because something has changed in the meantime. Look at the page again."));
  }

  tell(text) {
    say(this.said.get("said"), text, { hides: true });
  }
}

/** Reads the page's JSON and starts its remote; without it the buttons stay plain forms. */
export function startRemote(root) {
  const data = JSON.parse(document.getElementById("segment").textContent);
  speak(data.catalog, data.numerals);
  const remote = new Remote(root, data);
  remote.start();
  return remote;
}
