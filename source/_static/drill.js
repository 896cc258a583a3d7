// The questions of a page as a drill: filtered, shuffled, marked as known or to be asked again.
// The marks are kept in the reader's browser, under each question's id, and go nowhere else.
(() => {
"use strict";

const KEY = "async-multithreading.drill";
const MARKS = new Map([["known", "Known"], ["again", "Again"]]);

// -- Progress: one object of ids and marks, for the whole manual ---------------------------------

const progress = {
  marks: {},
  kept: true, // whether the browser lets this page store anything

  load() {
    try {
      const stored = JSON.parse(localStorage.getItem(KEY) ?? "{}");
      const sound = stored && typeof stored === "object" ? Object.entries(stored) : [];
      this.marks = Object.fromEntries(sound.filter(([, mark]) => MARKS.has(mark)));
    } catch (error) {
      // What is stored and can't be read counts for nothing; storage that is denied is said to the reader.
      if (!(error instanceof SyntaxError)) this.kept = false;
    }
  },

  store() {
    try {
      if (Object.keys(this.marks).length) localStorage.setItem(KEY, JSON.stringify(this.marks));
      else localStorage.removeItem(KEY);
    } catch {
      this.kept = false;
    }
  },

  set(id, mark) {
    if (this.kept) this.load(); // another tab may have stored some
    if (mark) this.marks[id] = mark;
    else delete this.marks[id];
    this.store();
  },

  forget() {
    this.marks = {};
    this.store();
  },
};

// -- Elements --------------------------------------------------------------------------------------

function made(tag, className, ...content) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...content);
  return element;
}

function button(text, act) {
  const element = made("button", "drill-button", text);
  element.type = "button";
  element.addEventListener("click", act);
  return element;
}

function labelled(text, control) {
  return made("label", "drill-field", text, control);
}

function checkbox(text, checked) {
  const box = made("input", "");
  box.type = "checkbox";
  box.checked = checked;
  box.autocomplete = "off"; // a reload starts with everything shown
  return [box, made("label", "drill-choice", box, text)];
}

function select(options) {
  const box = made("select", "");
  box.autocomplete = "off";
  box.append(...options.map(([value, text]) => new Option(text, value)));
  return box;
}

// As a keyboard writes it.
function plain(words) {
  return words.toLowerCase().replace(/[‘’]/g, "'").replace(/[“”]/g, '"');
}

// -- Questions -------------------------------------------------------------------------------------

const questions = [...document.querySelectorAll("details.question")].map((element) => {
  const place = document.createComment("");
  element.before(place); // where it comes back to after shuffling
  const badge = made("span", "drill-badge");
  element.querySelector("summary").append(" ", badge);
  const { question: id, level, topic } = element.dataset;
  return { element, place, badge, id, level, topic, text: plain(element.textContent), buttons: new Map() };
});
if (!questions.length) return;

for (const question of questions) {
  const row = made("div", "drill-marks");
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "How well did you know it?");
  for (const [mark, text] of MARKS) {
    const choice = button(text, () => {
      const before = progress.marks[question.id];
      progress.set(question.id, before === mark ? null : mark);
      refresh();
      if (question.element.hidden) goOn(question);
    });
    question.buttons.set(mark, choice);
    row.append(choice);
  }
  question.element.append(row);
}

// A question that its own mark hides takes the focus with it: on to the next one, in the order shown.
function goOn(from) {
  const order = shown.concat(shown).slice(shown.indexOf(from) + 1);
  const next = order.find(({ element }) => !element.hidden);
  (next ? next.element.querySelector("summary") : wanted).focus();
}

// -- Controls --------------------------------------------------------------------------------------

let shown = questions; // in the order of the page, or shuffled

const text = made("input", "");
text.type = "search";
text.autocomplete = "off";
const levels = [...new Set(questions.map(({ level }) => level))].map((level) => [level, ...checkbox(level, true)]);
const topics = [...new Set(questions.map(({ topic }) => topic))];
const topic = select([["", "all topics"], ...topics.map((name) => [name, name])]);
const wanted = select([["", "all"], ["new", "not yet known"], ["again", "to be asked again"]]);
const said = made("p", "drill-said");
said.setAttribute("role", "status");
const ordered = button("In order", () => arrange(questions));
const forget = button("Forget my progress", () => {
  const count = Object.keys(progress.marks).length;
  const what = count === 1 ? "the mark of 1 question" : `the marks of ${count} questions`;
  if (!confirm(`Forget ${what}, in all topics?`)) return;
  progress.forget();
  refresh();
  wanted.focus(); // this button is disabled now
});
const shuffle = button("Shuffle", () => {
  const order = [...questions];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  arrange(order);
});
const fold = button("Fold all", () => {
  for (const { element } of questions) element.open = false;
});

const choices = made("fieldset", "drill-levels", made("legend", "", "Level"), ...levels.map(([, , label]) => label));
const fields = made("div", "drill-row", labelled("Words", text));
if (topics.length > 1) fields.append(labelled("Topic", topic));
fields.append(labelled("Show", wanted));
if (levels.length > 1) fields.append(choices);
const box = made("div", "drill", fields, made("div", "drill-row", shuffle, ordered, fold, forget), said);
box.setAttribute("role", "group");
box.setAttribute("aria-label", "Practise these questions");
const list = made("div", "drill-shuffled");
const first = questions[0].element;
const gathered = topics.length > 1;
(gathered ? first.closest("section") : questions[0].place).before(box, list);
const sections = gathered ? [...new Set(questions.map(({ element }) => element.closest("section")))] : [];

// -- What is shown ---------------------------------------------------------------------------------

function fits({ id, level, topic: of, text: words }) {
  const mark = progress.marks[id];
  return (!topic.value || of === topic.value)
    && levels.every(([name, input]) => name !== level || input.checked)
    && (wanted.value !== "new" || mark !== "known")
    && (wanted.value !== "again" || mark === "again")
    && plain(text.value).split(/\s+/).every((word) => words.includes(word));
}

function refresh() {
  const marks = { known: 0, again: 0 };
  let count = 0;
  for (const question of questions) {
    const mark = progress.marks[question.id];
    question.badge.textContent = mark ?? "";
    question.element.classList.toggle("drill-known", mark === "known");
    for (const [name, choice] of question.buttons) choice.setAttribute("aria-pressed", String(name === mark));
    if (mark) marks[mark] += 1;
    question.element.hidden = !fits(question);
    count += question.element.hidden ? 0 : 1;
  }
  const shuffled = shown !== questions;
  for (const section of sections) {
    section.hidden = shuffled || !section.querySelector("details.question:not([hidden])");
  }
  ordered.disabled = !shuffled;
  forget.disabled = !Object.keys(progress.marks).length;
  const of = count === questions.length ? `${count} questions` : `${count} of ${questions.length} questions`;
  said.textContent = `${of}${shuffled ? ", shuffled" : ""}; ${marks.known} known, ${marks.again} to be asked again.`
    + (progress.kept ? "" : " This browser keeps no progress: the marks go when you leave the page.");
}

function arrange(order) {
  shown = order;
  if (order === questions) for (const { element, place } of questions) place.after(element);
  else list.append(...order.map(({ element }) => element));
  refresh();
}

// A link to a question shows it, and its answer.
function openLinked() {
  const linked = questions.find(({ element }) => element.id && `#${element.id}` === location.hash);
  if (!linked) return;
  if (linked.element.hidden) {
    text.value = topic.value = wanted.value = "";
    for (const [, input] of levels) input.checked = true;
    refresh();
  }
  linked.element.open = true;
  linked.element.scrollIntoView();
}

text.addEventListener("input", refresh);
for (const control of [topic, wanted, ...levels.map(([, input]) => input)]) control.addEventListener("change", refresh);
addEventListener("hashchange", openLinked);
addEventListener("storage", () => {
  progress.load();
  refresh();
});
addEventListener("pageshow", (event) => {
  if (!event.persisted) return; // back from another page, which may have marked some
  progress.load();
  refresh();
});

progress.load();
progress.store(); // finds out whether it can be kept, before a reader relies on it
refresh();
openLinked();
})();
