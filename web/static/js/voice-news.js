// Keeps a group's voice notes on their page as they stand: a note that a worker has read, or that came, is taken from the page as the server has it now.
//
// What somebody types into a note stays: such a note waits for the next load of the page.

import { liveUrl, LiveClient } from "./live-client.js";
import { sendOnce } from "./once.js";

const KINDS = /^voice\./;

export class VoiceNews {
  /** `list` holds the notes, each an article with its id. `onState(voice, state)` hears how a note of the list stands now. */
  constructor(list, { stream, onState }) {
    Object.assign(this, { list, onState });
    this.live = new LiveClient({
      url: liveUrl(), streams: [stream], language: document.documentElement.lang,
      handlers: {
        onEvent: ({ kind, data }) => { if (KINDS.test(kind) && data && this.find(data.voice)) this.refresh(data); },
        onSnapshot: () => this.refreshAll(),
      },
    });
  }

  start() {
    this.live.start();
  }

  find(id) {
    return [...this.list.querySelectorAll("article")].find((note) => note.id === id);
  }

  async refresh({ voice, state }) {
    const page = await fetchPage();
    if (page) this.replace(voice, page);
    this.onState(voice, state);
  }

  async refreshAll() {
    const page = await fetchPage();
    if (page) for (const { id } of [...this.list.querySelectorAll("article")]) this.replace(id, page);
  }

  /** A note that has just come, at the head of the list. */
  async add(id) {
    const page = await fetchPage();
    const fresh = page && page.getElementById(id);
    if (!fresh || this.find(id)) return;
    const none = this.list.querySelector(".empty");
    if (none) none.remove();
    this.list.querySelector("h2").after(adopt(fresh));
  }

  replace(id, page) {
    const old = this.find(id);
    const fresh = page.getElementById(id);
    if (old && fresh && old.textContent !== fresh.textContent && !isInUse(old)) old.replaceWith(adopt(fresh));
  }
}

function adopt(fresh) {
  const note = document.importNode(fresh, true);
  sendOnce(note);
  return note;
}

function isInUse(note) {
  const fields = [...note.querySelectorAll("input, textarea")];
  return note.contains(document.activeElement) || fields.some(({ value, defaultValue }) => value !== defaultValue);
}

/** This page as the server has it now; null without network. XMLHttpRequest, since it reads HTML where the page's policy lets no string become markup. */
function fetchPage() {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("GET", location.pathname + location.search);
    request.responseType = "document";
    request.onload = () => resolve(request.status === 200 ? request.responseXML : null);
    request.onerror = () => resolve(null);
    request.send();
  });
}
