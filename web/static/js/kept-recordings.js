// Recordings that the server has not accepted yet, kept in this browser over a reload: IndexedDB, and where there is none this page's memory.
//
// A kept recording: {id, path, at, blob, durationMs, levels, about, upload}. `path` is where its uploads are begun, `upload` its id
// at the server, "" before it has one. A recording is deleted as soon as the server has it; signing out clears the rest (Clear-Site-Data).

const NAME = "chorus-recordings";
const STORE = "recordings";
const KEPT_FOR_MS = 23 * 3_600_000;     // less than the day for which the server knows an upload: after that the same would become a second note

export class KeptRecordings {
  constructor(now = Date.now) {
    this.now = now;
    this.memory = new Map();
  }

  /** Keeps it as it is now. */
  async keep(recording) {
    this.memory.set(recording.id, recording);
    await this.ask("readwrite", (store) => store.put(recording));
  }

  async forget(id) {
    this.memory.delete(id);
    await this.ask("readwrite", (store) => store.delete(id));
  }

  /** The oldest one for a path that can still be sent, or null; what is too old is deleted on the way. */
  async find(path) {
    const all = (await this.ask("readonly", (store) => store.getAll())) || [...this.memory.values()];
    const old = all.filter(({ at }) => this.now() - at > KEPT_FOR_MS);
    for (const { id } of old) await this.forget(id);
    const ours = all.filter((one) => one.path === path && !old.includes(one));
    return ours.sort((a, b) => a.at - b.at)[0] || null;
  }

  /** Resolves to what the request answers; to undefined where the browser keeps nothing, as some do in private windows. */
  async ask(mode, request) {
    try {
      const database = await (this.opening = this.opening || open());
      return await answer(request(database.transaction(STORE, mode).objectStore(STORE)));
    } catch {
      this.opening = null;                // a page that was loaded again at once may find it closing: the next time it is opened anew
      return undefined;
    }
  }
}

function open() {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id" });
  return answer(opening);
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
