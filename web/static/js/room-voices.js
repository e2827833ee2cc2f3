// Voices that came in, in a room after its action: one at a time, in their order, once somebody has tapped "Sound on".

import { isSoundOn, offerSound, whenSoundOn } from "./sound-on.js";

export class RoomVoices {
  constructor(root) {
    this.root = root;
    this.part = root.querySelector('[data-part="voices"]');
    this.player = this.part.querySelector("voice-player");
    this.sound = this.part.querySelector('[data-part="sound"]');
    this.cards = [];
    this.heard = new Set();
    offerSound(this.sound.querySelector("button"));
    whenSoundOn(() => this.turnOn());
    this.player.addEventListener("ended", () => this.next());
  }

  /** Shows these, or none: what is not among them any more stops at once. */
  show(cards) {
    this.cards = cards;
    this.root.dataset.voices = cards.length ? "some" : "none";
    this.part.hidden = !cards.length;
    const same = cards.find(({ id }) => id === this.player.dataset.voice);
    if (same && this.player.dataset.revision !== String(same.revision)) this.player.showWords(same);
    if (same && !this.heard.has(same.id)) return;
    const fresh = cards.find(({ id }) => !this.heard.has(id));
    if (fresh || !same) this.turnTo(fresh || cards[0] || null);
  }

  turnTo(card) {
    if (!card && !this.player.dataset.voice) return;
    this.player.show(card);
    if (card && isSoundOn() && !this.heard.has(card.id)) this.player.play();
  }

  next() {
    this.heard.add(this.player.dataset.voice);
    this.show(this.cards);
  }

  turnOn() {
    this.sound.hidden = true;
    if (!this.part.hidden) this.player.play();
    else this.player.unlock();
  }
}
