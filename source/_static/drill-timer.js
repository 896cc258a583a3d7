// The timer of the drill: 60 seconds or 3 minutes, started, paused and reset by buttons, and heard only politely.
(() => {
"use strict";

const LENGTHS = [
  { seconds: 60, name: "60 seconds" },
  { seconds: 180, name: "3 minutes" },
];
const SAID_AT = [120, 60, 30, 10]; // seconds left; a screen reader that says each of them says nothing else
const TICK = 250; // milliseconds; the time left comes from the clock, so that a late tick makes no late end

function made(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function button(text, pressed) {
  const element = made("button", "drill-button", text);
  element.type = "button";
  if (pressed !== undefined) element.setAttribute("aria-pressed", String(pressed));
  return element;
}

function clockFace(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function inWords(seconds) {
  if (seconds > 60 && seconds % 60 === 0) return `${seconds / 60} minutes`;
  return seconds === 1 ? "1 second" : `${seconds} seconds`;
}

function timer() {
  let length = LENGTHS[0].seconds;
  let left = length * 1000; // milliseconds, as of the last start
  let startedAt = null;
  let ticking = null;
  let saidAt = length;

  const box = made("div", "drill-timer");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "Timer");
  const face = made("span", "drill-time");
  face.setAttribute("role", "timer");
  const start = button("Start");
  start.classList.add("drill-start");
  const reset = button("Reset");
  const said = made("p", "drill-said");
  said.setAttribute("role", "status");
  const choices = LENGTHS.map(({ seconds, name }) => {
    const choice = button(name, seconds === length);
    choice.addEventListener("click", () => {
      length = seconds;
      for (const each of choices) each.setAttribute("aria-pressed", String(each === choice));
      back();
    });
    return choice;
  });

  function remaining() {
    return startedAt === null ? left : Math.max(0, left - (performance.now() - startedAt));
  }

  function show() {
    const seconds = Math.ceil(remaining() / 1000);
    if (face.textContent !== clockFace(seconds)) face.textContent = clockFace(seconds);
    box.classList.toggle("drill-over", seconds === 0);
    return seconds;
  }

  function tick() {
    const seconds = show();
    if (seconds === 0) {
      stop();
      said.textContent = "Time is up.";
      return;
    }
    const due = SAID_AT.find((mark) => seconds <= mark && mark < saidAt && seconds > mark - 5);
    if (due !== undefined) {
      saidAt = due;
      said.textContent = `${inWords(due)} left.`;
    }
  }

  function stop() {
    left = remaining();
    startedAt = null;
    clearInterval(ticking);
    label();
  }

  function label() {
    start.textContent = startedAt !== null ? "Pause" : left > 0 && left < length * 1000 ? "Resume" : "Start";
    start.disabled = startedAt === null && left === 0;
  }

  function back() {
    stop();
    left = length * 1000;
    saidAt = length;
    label();
    show();
    said.textContent = `${inWords(length)}, not started.`;
  }

  start.addEventListener("click", () => {
    if (startedAt !== null) {
      stop();
      said.textContent = `Paused, ${inWords(show())} left.`;
    } else {
      startedAt = performance.now();
      ticking = setInterval(tick, TICK);
      label();
      said.textContent = `Running, ${inWords(show())} left.`;
    }
  });
  reset.addEventListener("click", () => {
    back();
    start.focus({ preventScroll: true }); // where a reader goes on from
  });

  box.append(...choices, face, start, reset, said);
  back();
  return box;
}

// A topic's page has a section for the drill; where only questions stand, the timer stands before them.
const heading = document.querySelector("#the-timed-drill > h2");
const first = document.querySelector("details.question");
if (heading) heading.after(timer());
else if (first) (first.closest("section section") ?? first).before(timer());
})();
