// Inside a packet's page, which has no network to ask: when its last day is over, people's words are taken off the screen.
// Without this script the sentence that names the last day stands.

(() => {
  const LOOK_AGAIN_MS = 20000;
  const page = document.querySelector("[data-expires]");

  const takeOff = () => {
    if (Date.now() < Number(page.dataset.expires)) return;
    for (const words of document.querySelectorAll("[data-words]")) words.remove();
    for (const over of document.querySelectorAll("[data-over]")) {
      over.hidden = false;
      document.title = over.textContent;
    }
  };

  takeOff();
  setInterval(takeOff, LOOK_AGAIN_MS);
})();
