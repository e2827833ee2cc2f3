// Records from the microphone: one channel, small, in the first kind that the browser can write. The microphone is let go as soon as it is not needed.

const KINDS = ["audio/webm;codecs=opus", "audio/mp4;codecs=mp4a.40.2", "audio/mp4"];     // else what the browser likes
const BITS_PER_SECOND = 32_000;
const PIECE_MS = 1_000;          // what is recorded is handed over every second: a device that is pulled takes no more with it
const LOOK_MS = 100;
const EARLY_MS = 300;            // the recorder writes on for a moment after it was told to stop

const FAULTS = {
  NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", OverconstrainedError: "missing", NotReadableError: "busy", AbortError: "busy",
};

/** Why this page cannot record at all, or "". */
export function whyNoRecording() {
  if (window.isSecureContext === false) return "insecure";
  return navigator.mediaDevices && navigator.mediaDevices.getUserMedia && window.MediaRecorder ? "" : "unsupported";
}

/** What `fault` of asking for the microphone is called here. */
export function nameFault(fault) {
  return FAULTS[fault && fault.name] || "failed";
}

/** Asks for the microphone; throws what the browser throws. */
export async function openMicrophone() {
  return navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true } });
}

/** Lets a microphone go. */
export function closeMicrophone(stream) {
  for (const track of stream.getTracks()) track.stop();
}

export class Recording {
  /**
   * hears: onLevel(level 0–1, ms so far), and once onEnd({blob, durationMs, levels, why}), where `why` is "asked", "full", "pulled" or "hidden".
   * `levels` has one for each LOOK_MS. Throws when the browser cannot record from this stream after all.
   */
  constructor(stream, { mostMs, hears }) {
    Object.assign(this, { stream, mostMs, hears });
    this.pieces = [];
    this.levels = [];
    this.why = "";
    this.recorder = makeRecorder(stream);
    this.meter = new Meter(stream);
    this.recorder.ondataavailable = ({ data }) => { if (data.size) this.pieces.push(data); };
    this.recorder.onstop = () => this.end();
    this.recorder.onerror = () => this.stop("pulled");
    for (const track of stream.getTracks()) track.onended = () => this.stop("pulled");
    this.whenHidden = () => { if (document.visibilityState === "hidden") this.stop("hidden"); };
  }

  start() {
    this.recorder.start(PIECE_MS);
    this.startedAt = performance.now();
    this.timer = setInterval(() => this.look(), LOOK_MS);
    document.addEventListener("visibilitychange", this.whenHidden);
  }

  stop(why = "asked") {
    if (this.why) return;
    this.why = why;
    this.durationMs = performance.now() - this.startedAt;
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.whenHidden);
    if (this.recorder.state !== "inactive") this.recorder.stop();
    closeMicrophone(this.stream);
    this.meter.close();
  }

  look() {
    const ms = performance.now() - this.startedAt;
    if (ms >= this.mostMs - EARLY_MS) {
      this.stop("full");
      return;
    }
    this.levels.push(this.meter.level());
    this.hears.onLevel(this.levels[this.levels.length - 1], ms);
  }

  /** The browser has handed over the last piece, because it was told to stop or because there is nothing to record any more. */
  end() {
    this.stop("pulled");
    const blob = new Blob(this.pieces, { type: this.recorder.mimeType });
    this.hears.onEnd({ blob, durationMs: this.durationMs, levels: this.levels, why: this.why });
  }
}

function makeRecorder(stream) {
  const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
  return new MediaRecorder(stream, { audioBitsPerSecond: BITS_PER_SECOND, ...(mimeType && { mimeType }) });
}

/** How loud it is just now: the highest sample of the last moment, 0–1. Without Web Audio there is no meter, and recording goes on. */
class Meter {
  constructor(stream) {
    if (!window.AudioContext) return;
    this.context = new AudioContext();
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = 4096;      // 85 ms at 48 kHz: nearly all that is between two looks
    this.samples = new Float32Array(this.analyser.fftSize);
    this.context.createMediaStreamSource(stream).connect(this.analyser);
  }

  level() {
    if (!this.analyser) return 0;
    this.analyser.getFloatTimeDomainData(this.samples);
    return this.samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
  }

  close() {
    if (this.context) this.context.close();
  }
}
