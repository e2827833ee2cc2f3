// The countdown on a page that is no room: one line of words, then digits, by the server's clock. No socket: a crowd needs none.

import { ClockProbes } from "./clock-probes.js";
import { COUNTING_FROM_S, secondsLeft, Rising, Ticker } from "./countdown.js";
import { digits, learn } from "./messages.js";
import { timeLeft } from "./room-words.js";
import { ServerClock } from "./server-clock.js";

const NO_SOCKET = { ping: () => false };

/** Brings each <… data-countdown data-starts-at> below `root` to life. Without its sentences it leaves the words alone and counts.
 *
 * `data-then` holds the moments after the first, where there are several: the count turns to the next one when one has come.
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
  const ticker = new Ticker(clock, (estimate) => {
    const now = rising.next(estimate);
    show(element, secondsLeft(next(now), now), canSpeak);
  });
  globalThis.__clock = clock;
  clock.guess(at - Number(element.dataset.countdown) * 1000);
  new ClockProbes(clock, NO_SOCKET, () => ticker.aim(at)).start();
  ticker.aim(at);
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
