// The voice part of a mirror segment: once somebody has tapped "Sound on", the wall plays the note when its part begins.
//
// A segment that is paused pauses the note, and one that goes on lets it go on. A note that was taken back falls silent with its words.

import { isSoundOn, offerSound, whenSoundOn } from "./sound-on.js";

export class SegmentVoice {
  constructor(part, sound) {
    this.part = part;
    this.sound = sound;
    this.player = part.querySelector("voice-player");
    this.isHeld = false;
    offerSound(sound.querySelector("button"));
    whenSoundOn(() => this.turnOn());
  }

  /** `isOn`: the part runs; `isOffered`: one is on or to come. */
  show(card, { isOn, isOffered }) {
    const isNew = (card ? card.id : "") !== this.player.dataset.voice;
    this.isOffered = isOffered;
    this.isOn = isOn;
    this.part.hidden = !card;
    if (isNew) this.player.show(card);
    else if (card) this.player.showWords(card);
    this.offer();
    if (!card) return;
    if (isNew) this.isHeld = true;       // it waits for its part to run, and for sound
    if (!isOn && this.player.isPlaying) this.hold();
    else if (isOn && this.isHeld) this.begin();
  }

  hold() {
    this.player.pause();
    this.isHeld = true;
  }

  begin() {
    if (!isSoundOn()) return;
    this.isHeld = false;
    this.player.play();
  }

  turnOn() {
    this.offer();
    if (!this.part.hidden && this.isOn) this.begin();
    else this.player.unlock();
  }

  offer() {
    this.sound.hidden = isSoundOn() || !this.isOffered;
  }
}
