// Run buttons: a block runs in the reader's browser, after the earlier blocks of its group, by the manual's own runner.
// Nothing is fetched before the first click. No browser lets a page from the disk fetch anything: no buttons there.
(() => {
  "use strict";
  const here = new URL(".", document.currentScript.src).href;
  if (location.protocol === "file:") {
    return;
  }

  /** What readers have changed, by block: a later block runs behind the changed text of an earlier one. */
  const changed = new Map();
  const kept = new Map();
  let worker = null;
  let loaded = false;
  let active = null;

  const json = (path) => {
    if (!kept.has(path)) {
      const answer = fetch(here + path, { cache: "no-cache" }).then((found) => {
        if (!found.ok) {
          throw new Error(`${path}: ${found.status}`);
        }
        return found.json();
      });
      answer.catch(() => kept.delete(path));
      kept.set(path, answer);
    }
    return kept.get(path);
  };

  const idOf = (block) => `${block.path}:${block.line}`;

  /** The plan of a page up to one block, with what the reader has changed, and that block as it stands on the page. */
  const planUpTo = (plan, target) => {
    const [page] = plan.documents;
    const group = page.groups.find(({ blocks }) => blocks.some((block) => idOf(block) === target));
    const end = group.blocks.findIndex((block) => idOf(block) === target);
    const blocks = group.blocks
      .filter((block, index) => index <= end || block.kind === "testsetup" || block.kind === "testcleanup")
      .map((block) => (changed.has(idOf(block)) ? { ...block, source: changed.get(idOf(block)) } : block));
    return {
      block: group.blocks[end],
      real: (group.clock ?? page.clock) === "real",
      plan: { ...plan, documents: [{ ...page, groups: [{ ...group, blocks }] }] },
    };
  };

  const button = (text, label, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  };

  const end = () => {
    worker?.terminate();
    worker = null;
    loaded = false;
    const ended = active;
    active = null;
    return ended;
  };

  /** Put one button in the place of another, and the focus with it. */
  const swap = (old, fresh) => {
    const focused = document.activeElement === old;
    old.hidden = true;
    fresh.hidden = false;
    if (focused) {
      fresh.focus();
    }
  };

  class Snippet {
    constructor(place, number) {
      this.place = place;
      this.id = place.dataset.block;
      this.page = `run/pages/${place.dataset.page}.json`;
      const what = `snippet ${number}`;
      this.run = button("Run", `Run ${what}`, () => this.start());
      this.stop = button("Stop", `Stop ${what}`, () => this.halt());
      this.edit = button("Edit", `Edit ${what}`, () => this.open());
      this.reset = button("Reset", `Reset ${what} to the text of the page`, () => this.restore());
      this.stop.hidden = this.reset.hidden = true;
      this.status = document.createElement("span");
      this.status.className = "run-status";
      this.status.setAttribute("role", "status");
      this.bar = document.createElement("div");
      this.bar.className = "run-bar";
      this.bar.append(this.run, this.stop, this.edit, this.reset, this.status);
      this.label = document.createElement("p");
      this.label.className = "run-label";
      this.output = document.createElement("pre");
      this.output.className = "run-output";
      this.output.tabIndex = 0;
      this.output.setAttribute("role", "region");
      this.output.setAttribute("aria-label", `What ${what} printed in your browser`);
      this.result = document.createElement("div");
      this.result.className = "run-result";
      this.result.append(this.label, this.output);
      this.result.hidden = true;
      place.append(this.bar, this.result);
    }

    /** The block as the page shows it. */
    get shown() {
      let found = this.place.previousElementSibling;
      while (!found.matches(".run-code, :has(.run-code)")) {
        found = found.previousElementSibling;
      }
      return found;
    }

    /** Show what was printed: beside what the page expects where both fit, else below the buttons, which then stay put. */
    show() {
      if (!this.result.hidden) {
        return;
      }
      this.result.hidden = false;
      const expected = this.place.previousElementSibling;
      if (this.pair || !expected?.matches(".highlight-none") || expected === this.shown) {
        return;
      }
      this.pair = document.createElement("div");
      this.pair.className = "run-pair";
      expected.before(this.pair);
      this.pair.append(expected, this.result);
      if (this.result.offsetTop > expected.offsetTop) {
        this.part();
      }
    }

    /** Put the page's output and the reader's back to where they were. */
    part() {
      if (this.pair) {
        this.pair.before(this.pair.firstElementChild);
        this.place.append(this.result);
        this.pair.remove();
        this.pair = null;
      }
    }

    say(text, kind = "") {
      this.status.className = `run-status ${kind}`;
      this.status.textContent = text;
    }

    async open() {
      try {
        const { block } = planUpTo(await json(this.page), this.id);
        if (this.editor) {
          return;
        }
        this.editor = document.createElement("textarea");
        this.editor.className = "run-editor notranslate";
        this.editor.spellcheck = false;
        this.editor.autocapitalize = "off";
        this.editor.setAttribute("aria-label", "Code; Control+Enter runs it");
        this.editor.value = block.source;
        this.editor.rows = block.source.split("\n").length + 1;
        this.editor.addEventListener("keydown", (event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            this.start();
          }
        });
        this.original = block.source;
        this.shown.hidden = true;
        this.shown.after(this.editor);
        swap(this.edit, this.reset);
        this.editor.focus();
      } catch (error) {
        this.say(`The code could not be fetched: ${error.message}`, "differs");
      }
    }

    restore() {
      this.halt();
      changed.delete(this.id);
      this.editor?.remove();
      this.editor = null;
      this.shown.hidden = false;
      swap(this.reset, this.edit);
      this.result.hidden = true;
      this.part();
      this.say("");
    }

    halt() {
      if (active === this) {
        end();
        this.rest("Stopped.");
      }
    }

    rest(text, kind = "") {
      swap(this.stop, this.run);
      this.say(text, kind);
    }

    async start() {
      if (active) {
        const other = active;
        end();
        other.rest("Stopped.");
      }
      active = this;
      for (const snippet of snippets) {
        if (snippet.editor) {
          if (snippet.editor.value === snippet.original) {
            changed.delete(snippet.id);
          } else {
            changed.set(snippet.id, snippet.editor.value);
          }
        }
      }
      const turn = (this.turn = {}); // Stop and Run again, and this start is none any more
      swap(this.run, this.stop);
      this.say("");
      this.output.replaceChildren();
      this.result.hidden = true;
      try {
        const [site, plan] = await Promise.all([json("run/site.json"), json(this.page)]);
        if (active !== this || turn !== this.turn) {
          return;
        }
        const wanted = planUpTo(plan, this.id);
        this.version = site.version;
        this.hangs = wanted.real && wanted.block.expect === "hang";
        this.ends = wanted.block.expect;
        if (!loaded) {
          this.say(`Loading Python ${site.version}, ${(site.bytes / 2 ** 20).toFixed(0)} MB at most, once …`);
        }
        if (!worker) {
          worker = new Worker(`${here}run-worker.mjs`, { type: "module" });
          worker.addEventListener("message", ({ data }) => active?.hear(data));
          worker.addEventListener("error", (event) => {
            event.preventDefault();
            end()?.rest("Python could not be loaded; is there a network connection?", "differs");
          });
        }
        worker.postMessage({
          python: here + site.python,
          archive: here + site.archive,
          request: { plan: wanted.plan, target: this.id },
        });
      } catch (error) {
        if (active === this && turn === this.turn) {
          end();
          this.rest(`The code could not be fetched: ${error.message}`, "differs");
        }
      }
    }

    hear({ kind, text, result }) {
      switch (kind) {
        case "loaded":
          loaded = true;
          break;
        case "begin":
          if (text !== this.id) {
            this.say("Running earlier blocks of this page …");
          } else {
            this.say(this.hangs ? "Running: the page says that this hangs, and Stop ends it." : "Running …");
          }
          break;
        case "failed":
          end();
          this.rest(`Python could not run: ${text}`, "differs");
          break;
        case "ended":
          active = null;
          this.judge(result);
          break;
        default:
          this.print(kind, text);
      }
    }

    print(kind, text) {
      let last = this.output.lastElementChild;
      if (last?.className !== kind) {
        last = document.createElement("span");
        last.className = kind;
        this.output.append(last);
      }
      last.append(text);
      this.label.textContent = "In your browser it printed:";
      this.show();
      this.output.scrollTop = this.output.scrollHeight;
    }

    judge({ results, raised }) {
      const mine = results[this.id];
      const wrong = Object.values(results).find((each) => each.id !== this.id && each.outcome === "failed");
      const edited = changed.has(this.id) ? "With your changes: " : "";
      const behind = wrong ? ` An earlier block, at ${wrong.id}, did not do what the page says.` : "";
      if (!mine || mine.reason.startsWith("its set-up")) {
        this.rest(`It did not run.${behind}`, "differs");
      } else if (mine.outcome === "skipped") {
        this.rest(`It does not run here: ${mine.reason}.`);
      } else if (mine.outcome === "passed") {
        const [how] = (this.ends ?? "").split(" ");
        const said = { hang: "it hangs", exit: "it ends Python", leak: "it leaves something behind" }[how];
        const printed = this.result.hidden ? "it printed nothing, as the page says" : "it printed what the page shows";
        this.rest(`${edited || "Done: "}${said ? `${said}, as the page says` : printed}.`, "same");
      } else if (raised) {
        const how = `${edited ? "it e" : "E"}nded with ${raised}`.replace(/[^.!?]$/, "$&.");
        this.rest(`${edited}${how}${behind}`, "differs");
      } else {
        const why = mine.reason && !mine.reason.startsWith("stderr") ? ` (${mine.reason})` : "";
        const what = `on Python ${this.version} it printed something other than what the page shows`;
        this.rest(`${edited || "Done: "}${what}${why}.${behind}`, "differs");
      }
    }
  }

  const snippets = [...document.querySelectorAll(".run-here")].map((place, index) => new Snippet(place, index + 1));
})();
