// Counts down on the page of one action, by the server's clock; the words before the count are the server's own, asked for anew.
import { ClockProbes } from "./clock-probes.js";
import { COUNTING_FROM_S, secondsLeft, Ticker } from "./countdown.js";
import { digits, speak } from "./messages.js";
import { ServerClock } from "./server-clock.js";

const WORDS_EVERY_S = 60;
const WITHOUT_SOCKET = { ping: () => false };

/** Keeps `element` (data-countdown, data-starts-at) true until its moment; answers what stops it, or null when it says no moment. */
export function countDown(element) {
  const at = Date.parse(element.dataset.startsAt);
  if (!Number.isFinite(at)) return null;
  const clock = new ServerClock();
  const probes = new ClockProbes(clock, WITHOUT_SOCKET);
  let lastAsked = null;
  const ticker = new Ticker(clock, (now) => {
    const left = Math.max(0, secondsLeft(at, now));
    element.dataset.countdown = String(left);
    if (left <= COUNTING_FROM_S) say(element, left);
    else if (lastAsked === null || lastAsked - left >= WORDS_EVERY_S) {
      if (lastAsked !== null) askForWords(element);
      lastAsked = left;
    }
  });
  globalThis.__clock = clock;
  probes.start();
  ticker.aim(at);
  return () => { ticker.stop(); probes.stop(); };
}

function say(element, left) {
  const text = left ? digits(`${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`) : "";
  if (element.textContent !== text) element.textContent = text;
}

/** Takes the words from the page as it reads now; the old ones stay when the network is away. */
function askForWords(element) {
  if (document.visibilityState === "hidden") return;
  const request = new XMLHttpRequest();   // not fetch: its document needs no parser of ours, so Trusted Types hold
  request.open("GET", location.pathname);
  request.responseType = "document";
  request.addEventListener("load", () => {
    const fresh = request.response && request.response.querySelector("[data-countdown]");
    if (fresh && fresh.textContent && element.isConnected) element.textContent = fresh.textContent;
  });
  request.send();
}

speak({}, document.documentElement.dataset.numerals || "latn");
for (const element of document.querySelectorAll("[data-countdown][data-starts-at]")) countDown(element);
