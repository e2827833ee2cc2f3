// Sends a recording in parts over a line that breaks, and goes on where it was: what the server has is not sent again (coordinator/api/uploads.py).
//
// A part sent twice is harmless. So is `finish`, as long as it is asked of the same upload: whoever keeps its id (`onBegun`) over a reload gets the
// same voice note, whichever answer was lost.

const BACKOFF_FIRST_MS = 500;
const BACKOFF_MOST_MS = 30_000;
const ANSWER_WITHIN_MS = 60_000;        // of one part: a minute is a line of 9 kbit/s
const FAULTS_MOST = 5;                  // answers in a row by which the server says that it is not well
const ROUNDS_MOST = 3;                  // of sending what is missing, when another page of the same person sends it too
const HASHED_MOST_BYTES = 8 * 2 ** 20;  // what is larger is refused by its size
const NOT_FOUND = 404, CONFLICT = 409, TOO_MANY = 429, FAULT = 500;

/** The server's no, in its own sentences (RFC 9457). `status` 0: the speaker gave up. */
export class Refused extends Error {
  constructor(status, told = {}) {
    const sentences = (told.problems || []).map(({ sentence }) => sentence);
    super(sentences.join(" ") || told.detail || "");
    this.status = status;
    this.codes = [told.code, ...(told.problems || []).map(({ code }) => code)];
  }
}

/** Whether this browser can name what it sends: without https it lends no SHA-256. */
export function canUpload() {
  return Boolean(window.crypto && crypto.subtle && window.fetch && Blob.prototype.arrayBuffer);
}

export class Upload {
  /**
   * `path`: where uploads are begun. `about`: what `finish` is told. `upload`: the id of one that was begun before, or "".
   * hears: onBegun(id), onProgress(part of 1), onLine(whether there is a line); all optional.
   */
  constructor({ path, blob, about, upload = "", hears = {}, random = Math.random }) {
    Object.assign(this, { path, blob, about, upload, hears, random });
    this.root = path.slice(0, path.indexOf("/groups/"));
    this.gaveUp = false;
    this.failures = 0;                   // in a row, of any kind
    this.faults = 0;                     // in a row, of the server
    this.wake = () => {};
  }

  /** Resolves to the id of the voice note. Throws Refused. */
  async send() {
    const sha256 = await digest(this.blob.slice(0, HASHED_MOST_BYTES));
    for (let round = 1; ; round += 1) {
      await this.sendMissing(await this.begin(sha256));
      try {
        return (await this.ask("POST", `${this.ours}/finish`, json(this.about))).voice;
      } catch (refused) {
        if (round === ROUNDS_MOST || !isUnfinished(refused)) throw refused;
      }
    }
  }

  /** Stops, and lets the server forget what it has; one that cannot be reached forgets it within a day. Resolves to the note, if it is one already, or "". */
  async giveUp() {
    this.gaveUp = true;
    if (this.asking) this.asking.abort();
    this.wake();
    if (!this.upload) return "";
    const answer = await this.tryOnce("POST", `${this.ours}/give-up`);
    if (!answer || answer.status !== CONFLICT) return "";
    const finished = await this.tryOnce("POST", `${this.ours}/finish`, json(this.about));
    return finished && finished.ok ? finished.told.voice : "";
  }

  get ours() {
    return `${this.root}/uploads/${this.upload}`;
  }

  /** How far it has come: what was begun goes on, and one that the server has forgotten is begun anew. */
  async begin(sha256) {
    if (this.upload) {
      try {
        return await this.ask("GET", this.ours);
      } catch (refused) {
        if (refused.status !== NOT_FOUND) throw refused;
      }
    }
    const said = { size: this.blob.size, sha256, content_type: this.blob.type };
    const progress = await this.ask("POST", this.path, json(said));
    this.upload = progress.upload;
    await this.tell("onBegun", this.upload);
    return progress;
  }

  async sendMissing({ missing, chunk_bytes: length }) {
    const all = Math.ceil(this.blob.size / length);
    let left = missing.length;
    for (const number of missing) {
      this.tell("onProgress", 1 - left / all);
      const chunk = this.blob.slice(number * length, (number + 1) * length);
      await this.ask("POST", `${this.ours}/chunks/${number}?sha256=${await digest(chunk)}`, { body: chunk });
      left -= 1;
    }
    this.tell("onProgress", 1);
  }

  // --- one question, until it is answered ---

  async ask(method, path, sent = {}) {
    while (!this.gaveUp) {
      const answer = await this.tryOnce(method, path, sent);
      if (this.gaveUp) break;
      if (answer && answer.ok) return this.took(answer);
      const refused = answer && new Refused(answer.status, answer.told);
      if (refused && !this.mayPass(refused)) throw refused;
      await this.pause(answer ? answer.after : 0);
    }
    throw new Refused(0);
  }

  /** {ok, status, told, after}, or null when the line broke, also in the middle of an answer, or nothing came for a minute. */
  async tryOnce(method, path, { body, headers } = {}) {
    const asking = this.asking = new AbortController();
    const timer = setTimeout(() => asking.abort(), ANSWER_WITHIN_MS);
    const said = { "Accept-Language": document.documentElement.lang, ...headers };
    try {
      const response = await fetch(path, { method, body, headers: said, credentials: "same-origin", cache: "no-store", signal: asking.signal });
      const text = await response.text();
      this.tell("onLine", true);
      return { ok: response.ok, status: response.status, told: read(text), after: Number(response.headers.get("Retry-After")) * 1000 };
    } catch {
      this.tell("onLine", false);
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  took({ told }) {
    this.failures = this.faults = 0;
    return told;
  }

  mayPass({ status }) {
    this.faults += 1;
    return (status === TOO_MANY || status >= FAULT) && this.faults < FAULTS_MOST;
  }

  /** Full jitter: a hall that lost its line at once does not come back at once. A line that is back ends the pause. */
  pause(least) {
    const most = Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** this.failures);
    this.failures += 1;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake(), Math.max(least, this.random() * most));
      this.wake = () => {
        clearTimeout(timer);
        removeEventListener("online", this.wake);
        resolve();
      };
      addEventListener("online", this.wake);
    });
  }

  tell(name, value) {
    return this.hears[name] ? this.hears[name](value) : undefined;
  }
}

/** Whether the server lacks parts, or has thrown them away because they were not what was named. */
function isUnfinished({ status, codes }) {
  return status === NOT_FOUND || codes.includes("upload_differs") || (status === CONFLICT && codes.includes("upload_incomplete"));
}

/** What an answer holds; whatever stands between us and the server may answer in something else. */
function read(text) {
  try {
    return JSON.parse(text) || {};
  } catch {
    return {};
  }
}

function json(value) {
  return { body: JSON.stringify(value), headers: { "Content-Type": "application/json" } };
}

/** SHA-256 of a blob, in hex. */
async function digest(blob) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
