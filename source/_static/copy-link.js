// The link at a heading: following it also copies its address, and says so.
(() => {
"use strict";

if (!navigator.clipboard) return; // a page without encryption has none: the link is still a link

const SHOWN = 4000; // milliseconds that the message stays

const said = document.createElement("p");
said.className = "copy-link-said";
said.setAttribute("role", "status");
document.body.append(said);

let timer = 0;
function clear() {
  clearTimeout(timer);
  said.textContent = "";
}

document.addEventListener("keydown", clear);
document.addEventListener("pointerdown", clear);
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a.headerlink");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  try {
    await navigator.clipboard.writeText(link.href);
  } catch {
    return; // not allowed here; the address bar has it
  }
  clear();
  said.textContent = "Address copied";
  timer = setTimeout(clear, SHOWN);
});
})();
