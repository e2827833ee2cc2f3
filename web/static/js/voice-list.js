// Keeps a page's voice notes: what came stands there, what was taken back stops and goes, and what plays goes on playing.

import { liveUrl, LiveClient } from "./live-client.js";

/** All lists of a page. One that hears news ([data-live] fires "news" with its JSON) keeps them by those; a public page by the public stream. */
export function keepVoices(lists) {
  for (const list of lists) {
    const live = list.closest("[data-live]");
    if (live) live.addEventListener("news", ({ detail }) => showVoices(list, detail[list.dataset.voices] || []));
  }
  const still = lists.filter((list) => !list.closest("[data-live]") && list.querySelector("voice-player"));
  if (still.length) hearPublic(still);
}

export function showVoices(list, cards) {
  const standing = new Map([...list.querySelectorAll("voice-player")].map((player) => [player.dataset.voice, player]));
  const kept = cards.map((card) => standing.get(card.id) || clone(list));
  for (const player of standing.values()) if (!kept.includes(player)) player.remove();
  kept.forEach((player, i) => {
    if (player.dataset.voice === cards[i].id) player.showWords(cards[i]);
    else player.show(cards[i]);
  });
  list.hidden = !cards.length;
}

function clone(list) {
  list.append(document.importNode(list.querySelector("template").content, true));
  return list.lastElementChild;
}

function hearPublic(lists) {
  new LiveClient({
    url: liveUrl(), streams: ["public"], language: document.documentElement.lang,
    handlers: { onEvent: ({ kind, data }) => { if (kind === "voice.withdrawn" && data) for (const list of lists) take(list, data.voice); } },
  }).start();
}

function take(list, id) {
  const player = [...list.querySelectorAll("voice-player")].find(({ dataset }) => dataset.voice === id);
  if (player) player.remove();
  list.hidden = !list.querySelector("voice-player");
}
