// Copies the address beside a button. The button only shows where the browser lets a page copy (https or this machine).
const SAID_FOR_MS = 2000;

export function offerCopies(root) {
  if (!navigator.clipboard) return;
  for (const box of root.querySelectorAll("[data-copy]")) {
    const button = box.querySelector("button");
    const source = box.querySelector("input, textarea");
    if (!button || !source) continue;
    button.hidden = false;
    button.addEventListener("click", () => copy(source, button));
  }
}

async function copy(source, button) {
  source.select();
  try {
    await navigator.clipboard.writeText(source.value);
  } catch {
    return; // refused: the text is selected, and the keyboard copies it
  }
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, SAID_FOR_MS);
}

offerCopies(document);
