// Inside a packet's page, which has no network to ask: a voice is played with its words, and when a last day is over, words and sound go.
//
// Without this script the sentences that name the last days stand, and the sounds stand under the words with the browser's own controls.

(() => {
  const LOOK_AGAIN_MS = 20000;
  const LINE_LEAD_MS = 60;   // `timeupdate` comes a little late
  const page = document.querySelector("[data-expires]");
  const views = [...document.querySelectorAll(".packet__view")];
  const players = [...document.querySelectorAll("[data-player]")];

  const isOver = (ms) => Date.now() >= Number(ms);

  const silence = (part) => {
    for (const audio of part.querySelectorAll("audio")) {
      audio.pause();
      audio.removeAttribute("src");
      audio.load();
    }
    part.remove();
  };

  const takeOff = () => {
    for (const part of document.querySelectorAll("[data-ends]")) if (isOver(part.dataset.ends)) silence(part);
    if (!isOver(page.dataset.expires)) return;
    for (const words of document.querySelectorAll("[data-words]")) silence(words);
    for (const over of document.querySelectorAll("[data-over]")) {
      over.hidden = false;
      document.title = over.textContent;
    }
  };

  /** By the address, since nothing is `:target` yet while the page is read. */
  const shownView = () => views.find(({ id }) => `#${id}` === location.hash) || document.querySelector(".packet__view--first");

  /** Each sound goes to its words in the language that is shown; one that plays goes on playing there. */
  const place = () => {
    const view = shownView();
    for (const player of players) {
      const voice = view.querySelector(`[data-voice="${player.dataset.player}"]`);
      const audio = player.querySelector("audio");
      if (!voice || !audio) continue;
      const isPlaying = !audio.paused;
      voice.insertBefore(player, voice.querySelector("ol"));
      audio.setAttribute("aria-label", voice.querySelector("h2").textContent);
      if (isPlaying) audio.play();
      draw(player);
    }
  };

  const draw = (player) => {
    const { currentTime, duration } = player.querySelector("audio");
    const strokes = player.querySelector(".packet__levels").getAttribute("d").split("M").filter(Boolean);
    const heard = Math.round(duration ? currentTime / duration * strokes.length : 0);
    player.querySelector(".packet__played").setAttribute("d", strokes.slice(0, heard).map((stroke) => `M${stroke}`).join(""));
    markLine(player, currentTime * 1000);
  };

  const markLine = (player, now) => {
    const lines = [...player.closest("[data-voice]").querySelectorAll("[data-from]")];
    const begun = now > 0 ? lines.filter(({ dataset }) => Number(dataset.from) <= now + LINE_LEAD_MS) : [];
    for (const line of lines) (line === begun[begun.length - 1] ? line.setAttribute("aria-current", "true") : line.removeAttribute("aria-current"));
  };

  const hear = (player) => {
    const audio = player.querySelector("audio");
    for (const kind of ["timeupdate", "seeked", "ended"]) audio.addEventListener(kind, () => { if (player.isConnected) draw(player); });
    audio.addEventListener("play", () => {
      takeOff();
      for (const other of players) if (other !== player && other.isConnected) other.querySelector("audio").pause();
    });
  };

  takeOff();
  players.filter(({ isConnected }) => isConnected).forEach(hear);
  place();
  addEventListener("hashchange", place);
  setInterval(takeOff, LOOK_AGAIN_MS);
})();
