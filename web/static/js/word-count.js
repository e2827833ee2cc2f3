// Says beside a text how many words it has, while it is typed: <div data-words="600" data-said="%(n)s of %(most)s words">.

/** Brings each [data-words] below `root` to life. */
export function countWords(root) {
  for (const around of root.querySelectorAll("[data-words]")) {
    const text = around.querySelector("textarea");
    const said = document.createElement("span");
    said.className = "field__hint words";
    text.after(said);
    const count = () => { say(said, text.value, Number(around.dataset.words), around.dataset.said); };
    text.addEventListener("input", count);
    count();
  }
}

function say(said, text, most, sentence) {
  const n = (text.match(/\S+/g) || []).length;
  said.textContent = sentence.replace("%(n)s", n).replace("%(most)s", most);
  said.toggleAttribute("data-over", n > most);
}
