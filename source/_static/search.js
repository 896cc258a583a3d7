// The search page: asks the index of sections that Pagefind has made, and shows what it finds.
(() => {
"use strict";

const ENOUGH = 5; // as many exact answers need no others
const SHOWN = 20;

// What a message says of one run only: addresses, paths, numbers and names in angle brackets.
function cleaned(query) {
  return query
    .replace(/<(?:[^<>]|<[^<>]*>)*>/g, " ")
    .replace(/\b0x[0-9a-f]+\b/gi, " ")
    .replace(/\S*[/\\]\S*\.py\S*/g, " ")
    .replace(/\b(pid|id)[ =]\d+/g, "$1 ")
    .replace(/[‘’]/g, "'")
    .replace(/\s+/g, " ")
    .trim();
}

function words(query) {
  return [...new Set(query.match(/[\p{L}\p{N}_]+(?:['’.][\p{L}\p{N}_]+)*/gu) ?? [])];
}

// First what has every word; then, where that is little, what has the rarest of them.
async function find(pagefind, query) {
  const asked = cleaned(query) || query;
  if (!words(asked).length) return [];
  const whole = (await pagefind.search(asked)).results;
  const found = new Map(whole.map((result) => [result.id, result]));
  if (whole.length < ENOUGH) {
    const scores = new Map();
    for (const word of words(asked)) {
      const results = (await pagefind.search(word)).results;
      const weight = 1 / Math.log2(2 + results.length);
      for (const result of results) {
        const best = results[0].score || 1;
        const before = scores.get(result.id) ?? { result, score: 0 };
        before.score += weight * weight * (0.5 + result.score / best);
        scores.set(result.id, before);
      }
    }
    for (const { result } of [...scores.values()].sort((a, b) => b.score - a.score)) {
      if (found.size >= SHOWN) break;
      if (!found.has(result.id)) found.set(result.id, result);
    }
  }
  const data = await Promise.all([...found.values()].slice(0, SHOWN).map((result) => result.data()));
  return data.map((each, place) => ({ each, place, rank: rank(each, asked) }))
    .sort((a, b) => b.rank - a.rank || a.place - b.place)
    .map(({ each }) => each);
}

// A heading with every word of the query is what was asked for: of a message its symptom, of a name its page.
function rank({ meta }, asked) {
  const heading = meta.title.replace(/[‘’]/g, "'").toLowerCase();
  const wanted = words(asked.toLowerCase());
  if (!wanted.every((word) => heading.includes(word))) return 0;
  const symptom = meta.address.startsWith("reference/symptoms/");
  const page = !meta.address.includes("#");
  return (wanted.length > 2 ? symptom : page) ? 2 : 1;
}

function item(data, root) {
  const entry = document.createElement("li");
  const link = entry.appendChild(document.createElement("a"));
  link.href = new URL(data.meta.address, root);
  link.textContent = data.meta.title;
  if (data.meta.page !== data.meta.title) {
    const page = entry.appendChild(document.createElement("p"));
    page.className = "search-page";
    page.textContent = data.meta.page;
  }
  const excerpt = entry.appendChild(document.createElement("p"));
  excerpt.className = "search-excerpt";
  excerpt.innerHTML = data.excerpt; // escaped by Pagefind, with <mark> around what was found
  return entry;
}

async function show(query, root) {
  const status = document.getElementById("search-status");
  const list = document.createElement("ol");
  status.textContent = "Searching …";
  const data = await find(await import(new URL("pagefind/pagefind.js", root)), query);
  list.append(...data.map((each) => item(each, root)));
  document.getElementById("search-results").replaceChildren(list);
  const count = data.length === SHOWN ? `The first ${SHOWN} sections` : `${data.length} sections`;
  status.textContent = data.length ? `${data.length === 1 ? "1 section" : count} for “${query}”` : `Nothing found for “${query}”.`;
}

// From a disk no index can be fetched: Sphinx's own search comes as a script.
function fallBack(root) {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false; // it would be fetched
  for (const name of ["_static/searchtools.js", "_static/language_data.js", "searchindex.js"]) {
    const script = document.createElement("script");
    script.src = new URL(name, root);
    script.async = false;
    document.body.append(script);
  }
}

const root = new URL("..", document.currentScript.src);
// For tests, and for whoever wants to try the search from the browser's console.
globalThis.searchManual = async (asked) =>
  (await find(await import(new URL("pagefind/pagefind.js", root)), asked)).map((each) => each.meta);
const query = new URLSearchParams(location.search).get("q")?.trim() ?? "";
for (const box of document.querySelectorAll('input[name="q"]')) box.value = query;
if (query && location.protocol === "file:") {
  fallBack(root);
} else if (query) {
  show(query, root).catch((error) => {
    document.getElementById("search-status").textContent = `The search failed: ${error.message}`;
  });
}
})();
