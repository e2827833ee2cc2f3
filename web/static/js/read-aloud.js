// Reads words aloud, line by line, with a voice that the browser has itself. Plays, pauses and ends as a media element does.
//
// A voice that a vendor's server lends would carry the words there: it is never asked. A pause takes the line from its beginning again, since some
// browsers take the pause of speech for its end. A line for which there is no voice is left for as long as it takes to be read by eye.

const SIGN_READ_MS = 70;

export class ReadAloud extends EventTarget {
  constructor() {
    super();
    this.lines = [];
    this.index = -1;          // the line that is read, or was when it was paused
    this.saying = null;       // an utterance, held here since a browser forgets one that nobody holds; or the time that a line is left
    this.ended = false;
  }

  /** Whether there is a voice for all of it. */
  get canRead() {
    return this.lines.length > 0 && this.lines.every(({ language }) => voiceFor(language));
  }

  get paused() {
    return !this.saying;
  }

  /** Lines of {words, language}. Where they change under the voice, it says the new line at once. */
  take(lines) {
    const before = this.lines[this.index];
    const after = lines[this.index];
    this.lines = lines;
    if (!after && this.paused) this.index = -1;
    if (this.paused || (after && after.words === before.words && after.language === before.language)) return;
    this.hush();
    if (after) this.say();
    else this.stop();
  }

  async play() {
    if (!this.paused || !this.lines.length) return;
    this.index = Math.max(0, this.index);
    this.ended = false;
    this.say();
    this.tell("play");
  }

  pause() {
    if (this.paused) return;
    this.hush();
    this.tell("pause");
  }

  stop() {
    this.hush();
    this.index = -1;
    this.tell("pause");
  }

  /** Within a tap: what is said later, a browser lets it say then. */
  unlock() {
    if (hasSpeech()) speechSynthesis.speak(new SpeechSynthesisUtterance(""));
  }

  say() {
    const { words, language } = this.lines[this.index];
    const voice = voiceFor(language);
    if (voice) this.speak(words, voice);
    else this.leave(words);
    this.tell("line");
  }

  speak(words, voice) {
    const utterance = Object.assign(new SpeechSynthesisUtterance(words), { voice, lang: voice.lang });
    utterance.onend = () => { if (utterance === this.saying) this.goOn(); };
    utterance.onerror = () => { if (utterance === this.saying) this.pause(); };
    this.saying = utterance;
    speechSynthesis.speak(utterance);
  }

  leave(words) {
    this.saying = { timer: setTimeout(() => this.goOn(), words.length * SIGN_READ_MS) };
  }

  goOn() {
    this.index += 1;
    if (this.index < this.lines.length) return this.say();
    this.saying = null;
    this.index = -1;
    this.ended = true;
    return this.tell("ended");
  }

  hush() {
    if (this.paused) return;
    const { timer } = this.saying;
    this.saying = null;       // first: what is cancelled still says that it has ended
    if (timer) clearTimeout(timer);
    else speechSynthesis.cancel();
  }

  tell(kind) {
    this.dispatchEvent(new Event(kind));
  }
}

/** Calls `listener` when the browser's voices change, as they do once they are loaded; returns what ends that. */
export function whenVoicesChange(listener) {
  if (!hasSpeech()) return () => {};
  speechSynthesis.addEventListener("voiceschanged", listener);
  return () => speechSynthesis.removeEventListener("voiceschanged", listener);
}

function hasSpeech() {
  return "speechSynthesis" in window && "SpeechSynthesisUtterance" in window;
}

function voiceFor(language) {
  const own = hasSpeech() ? speechSynthesis.getVoices().filter(({ localService }) => localService) : [];
  const wanted = language.toLowerCase();
  return own.find(({ lang }) => tag(lang) === wanted) || own.find(({ lang }) => tag(lang).split("-")[0] === wanted.split("-")[0]) || null;
}

/** Android writes en_GB. */
function tag(lang) {
  return lang.replace(/_/g, "-").toLowerCase();
}
