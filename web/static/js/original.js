// One key to the original: "o" follows the page's own link there, and back. Without script the link does the same.

const KEY = "o";

addEventListener("keydown", (event) => {
  if (event.key !== KEY || event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
  const link = document.querySelector("a[data-original]");
  if (link) link.click();
});

/** Whether what has the focus takes letters itself. */
function isTyping(element) {
  return element instanceof HTMLElement && (element.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName));
}
