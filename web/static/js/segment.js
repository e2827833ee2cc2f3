// The wall of a mirror segment: follows its stream, counts what is left of the part, and shows the words of its own language.

import { bandPicture } from "./band.js";
import { speak, t } from "./messages.js";
import { aloneSince } from "./room-words.js";
import { SegmentFollower } from "./segment-follower.js";
import { column, element, label, origin, placeClock, refill, say, timeLeft, words } from "./segment-parts.js";
import { sendTap } from "./segment-tap.js";
import { SegmentVoice } from "./segment-voice.js";

export class Segment {
  constructor(root, data) {
    this.root = root;
    this.said = new Map([...root.querySelectorAll("[data-say]")].map((part) => [part.dataset.say, part]));
    this.parts = new Map([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    this.voice = new SegmentVoice(this.parts.get("voice"), this.parts.get("sound"));
    this.follower = new SegmentFollower(data, { show: (newer) => this.show(newer), tick: (now, news) => this.tick(now, news) });
  }

  start() {
    this.showVoice(this.data);
    this.follower.start();
    addEventListener("keydown", (event) => this.press(event));
  }

  get data() {
    return this.follower.data;
  }

  // --- drawing ---

  show(data) {
    this.root.dataset.state = data.state;
    this.root.dataset.aside = data.aside_kind || "none";
    refill(this.parts.get("days"), data.bands.map(bandPicture));
    this.showParts(data.parts);
    say(this.said.get("news"), data.news);
    say(this.said.get("news-rest"), data.news_rest);
    this.parts.get("news").hidden = !data.news;
    this.showTale(data);
    this.showVoice(data);
    this.root.toggleAttribute("data-alone", data.alone);
    refill(this.parts.get("columns"), [...(data.echo_label ? [origin(data.echo_label)] : []), ...data.columns.map(column)]);
    say(this.said.get("caption"), data.caption, { hides: true });
  }

  showParts(parts) {
    refill(this.parts.get("parts"), parts.map((part) => {
      const item = element("li", "", part.words);
      if (part.current) item.setAttribute("aria-current", "step");
      return item;
    }));
    const current = parts.find((part) => part.current);
    say(this.said.get("heard"), current ? current.words : "");
  }

  showVoice({ voice, state, parts, time }) {
    const isOffered = ["set_up", "running"].includes(state) && parts.some(({ kind }) => kind === "voice");
    this.voice.show(voice, { isOn: Boolean(time.ends_at_ms), isOffered });
  }

  showTale(data) {
    const { title } = data;
    this.parts.get("tale").hidden = !title;
    const heading = this.parts.get("title");
    heading.textContent = title ? title.words : "";
    heading.dataset.length = data.title_length;
    if (title) Object.assign(heading, { lang: title.language, dir: title.direction });
    const origin = this.parts.get("label");
    const teller = this.said.get("teller");
    const paging = this.said.get("paging");
    say(teller, data.teller);
    say(paging, data.paging);
    refill(origin, [...(data.label ? label(data.label) : []), " ", teller, " ", paging]);
    say(this.said.get("closing"), data.closing, { hides: true });
    this.parts.get("page").dataset.length = data.page_length;
    refill(this.parts.get("page"), data.page.map((part) => words(part)));
    this.parts.get("aside").dataset.length = data.aside_length;
    refill(this.parts.get("aside"), data.aside ? [column(data.aside)] : []);
  }

  tick(now, { aloneSince: since, isOver }) {
    const { digits, words: state, tone, seconds } = timeLeft(this.data.time, now);
    const count = this.said.get("digits");
    this.parts.get("left").hidden = !digits;
    say(count, digits);
    if (count.dataset.countdown !== String(seconds)) count.dataset.countdown = String(seconds);
    say(this.said.get("left-words"), state);
    if (this.root.dataset.time !== tone) this.root.dataset.time = tone;
    this.showClocks(this.data.clocks.map((clock) => placeClock(clock, now)));
    const own = this.data.clocks[this.data.clocks.length - 1];
    say(this.said.get("alone"), since ? aloneSince({ ...own, dates: {} }, since, false) : "", { hides: true });
    if (isOver) this.blank();
    else this.endVoice(now);
  }

  /** A note may end before the spotlight does, and nobody can be asked just now. */
  endVoice(now) {
    const { voice } = this.data;
    if (!voice || now < voice.ends_ms) return;
    this.follower.data = { ...this.data, voice: null };
    this.showVoice(this.data);
    this.follower.refetchSoon();
  }

  showClocks(said) {
    const part = this.parts.get("clocks");
    if (part.childElementCount !== said.length) refill(part, said.map((text) => element("span", "", text)));
    said.forEach((text, i) => say(part.children[i], text));
  }

  /** Its last day has passed, and nobody can be asked just now: no word of it stays. */
  blank() {
    this.show({ ...this.data, state: "gone", news: t("This spotlight is not shown any more"), news_rest: "", title: null, label: null, teller: "", paging: "", page: [], closing: "", aside: null, columns: [], echo_label: null, caption: "", voice: null });
  }

  // --- keys, for whoever may run the segment ---

  press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
    const wished = this.wishedBy(event.key);
    const command = wished.find((one) => this.data.can.includes(one));
    if (!command) return;
    event.preventDefault();
    this.send(command);
  }

  wishedBy(key) {
    const isRtl = document.documentElement.dir === "rtl";
    const forth = isRtl ? "ArrowLeft" : "ArrowRight";
    const back = isRtl ? "ArrowRight" : "ArrowLeft";
    return { o: ["show_original", "show_translation"], [forth]: ["page_on"], [back]: ["page_back"], " ": ["start", "next"] }[key] || [];
  }

  async send(command) {
    try {
      const done = await sendTap(this.data.step_path, command, this.data.revision);
      if (done.over) location.reload();
    } catch { /* no network: the wall says so already */ }
    this.follower.refetchSoon();
  }
}

/** Reads the page's JSON and starts its wall; a page whose JSON is amiss keeps the server's words. */
export function startSegment(root) {
  const data = JSON.parse(document.getElementById("segment").textContent);
  speak(data.catalog, data.numerals);
  const segment = new Segment(root, data);
  segment.start();
  return segment;
}
