// Sends one tap of a remote, as the plain form would, and says what became of it.

const FIELD = "idempotency_key";
const KEY_BYTES = 18;
const OVER = [401, 403, 404];

/** {ok, late, over, to}: `late` somebody was faster, `over` the link has ended, `to` where a form would have led. Throws without network. */
export async function sendTap(path, command, revision) {
  const body = new URLSearchParams({ command, revision: String(revision), [FIELD]: freshKey() });
  const response = await fetch(path, { method: "POST", body, credentials: "same-origin" });
  return { ok: response.ok, late: response.url.includes("said=tap_late"), over: OVER.includes(response.status), to: response.url };
}

function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
