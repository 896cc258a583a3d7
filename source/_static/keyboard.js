// For those who use keys or hear the page: menus that Escape closes, wide blocks that keys can scroll, and a word when
// a block is copied.
(() => {
"use strict";

const drawers = ["__navigation", "__toc"].map((id) => document.getElementById(id)).filter(Boolean);

document.addEventListener("keydown", (event) => {
  // A space switches a box, and Enter is tried as well: what it opens looks like a menu.
  const box = event.target.closest?.(".sidebar-toggle, .toctree-checkbox");
  if (event.key === "Enter" && box) box.click();
  if (event.key !== "Escape") return;
  for (const drawer of drawers.filter((each) => each.checked)) {
    drawer.checked = false;
    drawer.focus();
  }
});

// A link to a place on this page leads out of the drawer that it stands in.
document.addEventListener("click", (event) => {
  if (event.target.closest?.(".toc-drawer a, .sidebar-drawer a[href^='#']")) {
    for (const drawer of drawers) drawer.checked = false;
  }
});

// What is wider than its box scrolls by keys once it can be focused; what fits needs no stop there.
let waiting = 0;
function focusWide() {
  waiting = 0;
  const boxes = [...document.querySelectorAll("article pre, article .table-wrapper, article [data-scrolls]")];
  const wide = boxes.map((box) => box.scrollWidth > box.clientWidth + 1);
  boxes.forEach((box, index) => {
    if (wide[index]) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
}
// When nothing else is to do: to ask for widths while a page is laid out would lay it out twice.
const idle = globalThis.requestIdleCallback ?? setTimeout;
addEventListener("load", () => { waiting = idle(focusWide); });
addEventListener("resize", () => { waiting ||= idle(focusWide); });

const said = document.createElement("p");
said.className = "said";
said.setAttribute("role", "status");

document.addEventListener("DOMContentLoaded", () => {
  document.querySelector("#furo-main-content")?.append(said);
  for (const button of document.querySelectorAll("button.copybtn")) {
    button.type = "button";
    new MutationObserver(() => {
      // The button says what it did in its tooltip, which nobody hears.
      const now = button.dataset.tooltip;
      said.textContent = button.classList.contains("success") || now.startsWith("Fail") ? now : "";
    }).observe(button, { attributes: true, attributeFilter: ["data-tooltip", "class"] });
  }
});
})();
