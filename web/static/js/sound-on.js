// Whether this page may play by itself: not before somebody has tapped "Sound on", and then as long as the page is open.

let on = false;
const waiting = new Set();

export function isSoundOn() {
  return on;
}

/** Calls `listener` when sound is turned on, within the tap: what it starts there, a browser lets it start again later. */
export function whenSoundOn(listener) {
  waiting.add(listener);
}

/** Makes `button` the one that turns sound on; it goes once it has. */
export function offerSound(button) {
  button.addEventListener("click", () => {
    on = true;
    for (const listener of waiting) listener();
  });
}
