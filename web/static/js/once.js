// Keeps an impatient second tap from sending a form again. Without script its idempotency key does the same on the server.

const UNLOCK_MS = 10_000;

/** Locks each POST form of `root` for a while after it was sent; a reader who comes back finds it open. */
export function sendOnce(root) {
  for (const form of root.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.getAttribute("aria-busy") === "true") {
        event.preventDefault();
        return;
      }
      form.setAttribute("aria-busy", "true");
      setTimeout(() => form.removeAttribute("aria-busy"), UNLOCK_MS);
    });
  }
  addEventListener("pageshow", () => {
    for (const form of root.querySelectorAll("form[data-once]")) form.removeAttribute("aria-busy");
  });
}
