// The other versions of the manual, where the site stands beside them: ../versions.json names them, the newest first.
(() => {
  "use strict";
  const place = document.querySelector(".sidebar-versions");
  if (!place || location.protocol === "file:") return;
  const root = new URL(document.documentElement.dataset.content_root || "./", location.href);
  const own = root.pathname.split("/").filter(Boolean).at(-1);
  if (!/^(latest|\d+\.\d+\.\d+)$/.test(own)) return; // it stands alone
  const above = new URL("../", root);
  const page = location.href.slice(root.href.length);

  async function change(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const front = event.currentTarget.href;
    const same = new URL(page, front).href;
    const answer = await fetch(same, { method: "HEAD" }).catch(() => ({ ok: false }));
    location.href = answer.ok ? same : front;
  }

  fetch(new URL("versions.json", above))
    .then((answer) => (answer.ok ? answer.json() : []))
    .then((names) => {
      if (!names.includes(own) || names.length < 2) return;
      const list = document.createElement("ul");
      for (const name of names) {
        const link = document.createElement("a");
        link.href = new URL(`${name}/`, above).href;
        link.textContent = name;
        if (name === own) link.setAttribute("aria-current", "true");
        else link.addEventListener("click", change);
        const item = document.createElement("li");
        item.append(link);
        list.append(item);
      }
      place.querySelector("summary").textContent = `Version ${own}${own === names[0] ? "" : `; the newest is ${names[0]}`}`;
      place.append(list);
      place.hidden = false;
    })
    .catch(() => {});
})();
