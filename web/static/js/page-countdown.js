// The countdown on a page that is no room: one line of words, then digits, by the server's clock. No socket: a crowd needs none.

import { ClockProbes } from "./clock-probes.js";
import { COUNTING_FROM_S, secondsLeft, Rising, Ticker } from "./countdown.js";
import { digits, learn } from "./messages.js";
import { timeLeft } from "./room-words.js";
import { ServerClock } from "./server-clock.js";

const NO_SOCKET = { ping: () => false };
const NEW_PAGE_AFTER_MS = 5_000;
const NEW_PAGE_SPREAD_MS = 20_000;       // a crowd that saw the same moment does not ask in the same instant

/** Brings each <… data-countdown data-starts-at> below `root` to life. Without its sentences it leaves the words alone and counts.
 *
 * `data-then` holds the moments after the first, where there are several: the count turns to the next one when one has come, network or none,
 * and where there is one the page is fetched again, since it tells the next one large.
 */
export async function countDownPage(root) {
  const element = root.querySelector("[data-countdown][data-starts-at]");
  const at = element ? Date.parse(element.dataset.startsAt) : NaN;
  if (!Number.isFinite(at)) return;
  const starts = [at, ...(element.dataset.then || "").split(" ").map(Date.parse).filter(Number.isFinite)];
  const next = (now) => starts.find((one) => one > now) ?? starts[starts.length - 1];
  const canSpeak = await learn();
  const clock = new ServerClock();
  const rising = new Rising();
  let counted = null;
  const ticker = new Ticker(clock, (estimate) => {
    const now = rising.next(estimate);
    if (counted !== null && counted !== next(now)) askForNewPage();
    counted = next(now);
    show(element, secondsLeft(counted, now), canSpeak);
  });
  globalThis.__clock = clock;
  clock.guess(at - Number(element.dataset.countdown) * 1000);
  new ClockProbes(clock, NO_SOCKET, () => ticker.aim(at)).start();
  ticker.aim(at);
}

function askForNewPage() {
  setTimeout(async () => {
    const answer = await fetch(location.href, { cache: "no-cache" }).catch(() => null);
    if (answer && answer.ok) location.reload();
  }, NEW_PAGE_AFTER_MS + Math.random() * NEW_PAGE_SPREAD_MS);
}

function show(element, left, canSpeak) {
  const seconds = String(Math.max(0, left));
  if (element.dataset.countdown !== seconds) element.dataset.countdown = seconds;
  const text = words(left, canSpeak);
  if (text !== null && element.textContent !== text) element.textContent = text;
}

/** What the line reads; null leaves it as it is. */
function words(left, canSpeak) {
  if (left <= 0) return "";
  if (left > COUNTING_FROM_S) return canSpeak ? timeLeft(left) : null;
  return digits(`${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`);
}
