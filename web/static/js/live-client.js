// Keeps one socket to the hub and hands on its news once each, in order, whatever the network does (DESIGN §6).
//
// A stream's cursor is the last seq applied and its tag. Only last + 1 is applied; after a hole the stream is asked for again
// from the cursor. Commands never go this way: they are HTTP POST.

const SUBPROTOCOL = "chorus.v1";
const SILENCE_MS = 30_000;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MOST_MS = 30_000;
const NOT_ALLOWED = [4001, 4003];      // asking again soon would not help
const OPEN = 1;
const ENTITIES = ["action", "echo", "spotlight"];      // whose revision the data carry: the first that they name

/**
 * handlers: onEvent(event), onSnapshot(snapshot), onPong(frame, ticks), onFrame(frame) for presence and tick,
 * onOnline(), onOffline(since_ms by Date.now). All optional.
 */
export class LiveClient {
  constructor({ url, streams, language, room = null, handlers = {}, makeSocket = (to) => new WebSocket(to, SUBPROTOCOL), random = Math.random }) {
    Object.assign(this, { url, language, room, handlers, makeSocket, random });
    this.cursors = new Map(streams.map((stream) => [stream, null]));     // stream → {seq, tag} or null
    this.asking = new Set();       // streams asked for again, until their answer comes
    this.behind = new Map();       // stream → head that the last heartbeat named and we do not have
    this.revisions = new Map();    // entity → newest revision seen
    this.attempt = 0;
    this.notBefore = 0;
    this.socket = null;
    this.stopped = true;
    this.isOnline = null;
    this.wake = () => { if (!this.stopped && !this.socket) this.connect(); };
  }

  start() {
    this.stopped = false;
    addEventListener("online", this.wake);
    this.connect();
  }

  stop() {
    this.stopped = true;
    removeEventListener("online", this.wake);
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    if (this.socket) this.socket.close(1000);
  }

  /** Sends a clock probe; false when there is no open socket. */
  ping(a) {
    return this.send({ type: "ping", a });
  }

  send(frame) {
    if (!this.socket || this.socket.readyState !== OPEN || !this.welcomed) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  // --- connection ---

  connect() {
    clearTimeout(this.timer);
    let socket;
    try {
      socket = this.makeSocket(this.url);
    } catch {
      this.retryLater();
      return;
    }
    this.socket = socket;
    this.welcomed = false;
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", streams: this.wanted(this.cursors.keys()), language: this.language, room: this.room }));
    socket.onmessage = (message) => { const ticks = performance.now(); if (socket === this.socket) this.receive(message.data, ticks); };
    socket.onclose = (closed) => { if (socket === this.socket) this.lost(closed.code); };
    this.listen();
  }

  /** Closes the socket when nothing has been heard for two heartbeats: a dead network closes nothing by itself. */
  listen() {
    clearTimeout(this.silence);
    const { socket } = this;
    this.silence = setTimeout(() => {
      if (socket !== this.socket) return;
      socket.onclose = null;
      socket.close();
      this.lost(0);
    }, SILENCE_MS);
  }

  lost(code) {
    clearTimeout(this.silence);
    this.socket = null;
    this.asking.clear();
    if (this.isOnline !== false) {
      this.isOnline = false;
      this.tell("onOffline", Date.now());
    }
    if (!this.stopped) this.retryLater(NOT_ALLOWED.includes(code));
  }

  /** Full jitter: a crowd that lost its hub at once does not come back at once. */
  retryLater(slowly = false) {
    const most = slowly ? BACKOFF_MOST_MS : Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** this.attempt);
    this.attempt += 1;
    const delay = Math.max(this.random() * most, this.notBefore - Date.now());
    this.timer = setTimeout(() => this.connect(), delay);
  }

  // --- frames ---

  receive(text, ticks) {
    this.listen();
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    switch (frame.type) {
      case "pong": return this.tell("onPong", frame, ticks);
      case "welcome": return this.welcome();
      case "snapshot": return this.snapshot(frame);
      case "event": return this.event(frame);
      case "heartbeat": return this.heartbeat(frame);
      case "reset": return this.askAgain([frame.stream], null);
      case "denied": return this.forget(frame.stream);
      case "retry": return this.retry(frame);
      default: return this.tell("onFrame", frame);
    }
  }

  welcome() {
    this.welcomed = true;
    this.attempt = 0;
    this.notBefore = 0;
    this.isOnline = true;
    this.tell("onOnline");
  }

  snapshot(frame) {
    if (!this.cursors.has(frame.stream)) return;
    this.applied(frame);
    this.tell("onSnapshot", frame);
  }

  event(frame) {
    if (!this.cursors.has(frame.stream)) return;
    const cursor = this.cursors.get(frame.stream);
    const last = cursor ? cursor.seq : null;
    if (last === null || frame.seq > last + 1) return this.askAgain([frame.stream]);
    if (frame.seq <= last) return;
    this.applied(frame);
    if (this.isNewest(frame.data)) this.tell("onEvent", frame);
  }

  applied({ stream, seq, tag }) {
    this.cursors.set(stream, { seq, tag });
    this.asking.delete(stream);
    this.behind.delete(stream);
  }

  /** Whether these data are not older than what another stream has told of the same thing. */
  isNewest(data) {
    const kind = data && ENTITIES.find((name) => data[name] !== undefined);
    if (!kind || !Number.isFinite(data.revision)) return true;
    const entity = `${kind}:${data[kind]}`;
    const known = this.revisions.get(entity);
    if (known !== undefined && data.revision < known) return false;
    this.revisions.set(entity, data.revision);
    return true;
  }

  /** A head that we do not have twice in a row has been missed; once may be an event on its way. */
  heartbeat({ heads = {} }) {
    for (const [stream, head] of Object.entries(heads)) {
      const cursor = this.cursors.get(stream);
      if (!cursor || head <= cursor.seq) this.behind.delete(stream);
      else if (this.behind.has(stream)) this.askAgain([stream]);
      else this.behind.set(stream, head);
    }
  }

  retry({ after_ms: after }) {
    if (Number.isFinite(after)) this.notBefore = Date.now() + after;
  }

  forget(stream) {
    this.cursors.delete(stream);
  }

  askAgain(streams, cursor) {
    const fresh = streams.filter((stream) => this.cursors.has(stream) && (cursor === null || !this.asking.has(stream)));
    if (cursor === null) for (const stream of fresh) this.cursors.set(stream, null);
    if (!fresh.length || !this.send({ type: "subscribe", streams: this.wanted(fresh) })) return;
    for (const stream of fresh) this.asking.add(stream);
  }

  wanted(streams) {
    return Object.fromEntries([...streams].map((stream) => [stream, position(this.cursors.get(stream))]));
  }

  tell(name, ...values) {
    const handler = this.handlers[name];
    if (handler) handler(...values);
  }
}

/** A cursor as it goes over the wire: `seq.tag`, or null. */
function position(cursor) {
  return cursor ? `${cursor.seq}.${cursor.tag}` : null;
}

/** Where the hub listens: beside the page. */
export function liveUrl() {
  const url = new URL("/live", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
