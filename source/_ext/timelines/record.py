"""What a drawing is made from: the events of one block, named as its page names them, and how they are kept.

Times are seconds on the virtual clock.  On the real clock only the order counts, so there an event's time is its
place in that order.  Standard library only.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCHEMA = 1
"""Version of the files: raised by one when a key changes its meaning or goes."""

LONGEST = 30
"""Characters of a lane's name or of what a wait is for."""

ENDS = frozenset({"done", "failed", "cancelled", "stuck"})
"""Events after which nothing of a lane is drawn."""

_UNNAMED_TASK = re.compile(r"Task-\d+$|None$")  # 3.13 calls an eager task so
_UNNAMED_THREAD = re.compile(r"Thread-\d+( \(.*\))?$")
_HEAD = re.compile(r"async (?:with|for \S+ in) (.+?)(?: as \w+)?:(?: |$)")
_HELD = re.compile(r"(.+), held by (.+)$")
_AWAITS = re.compile(r"<Task .*?name='([^']*)'")

_CANCELLERS = {"Timeout._on_timeout": "the timeout", "TaskGroup._on_task_done": "its task group", "cancel": "a timer"}
"""Who asks a task to cancel, by the function that a reader never sees."""

_RUN = "asyncio.run"
"""Who asks the tasks to cancel that are left at the end of a program."""

_PLAIN = {"wait_for": "wait_for", "wait": "wait", "GatheringFuture": "gather"}
"""What a wait is for where the page only names a variable."""

_CLEAR = {
    "TaskGroup.__aexit__": "its task group",
    "as_completed.<locals>._wait_for_one": "as_completed",
    "_AsCompletedIterator._wait_for_one": "as_completed",
}


class RecordError(ValueError):
    """A file that is no record; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens in *lane* at *at*.

    *what* is ``start``, ``run``, ``wait``, ``cancel`` (a request), ``done``, ``failed``, ``cancelled`` or ``stuck``;
    *text* what a wait is for, the exception of a failure, or who asks to cancel; *other* the lane that starts this
    one or asks it to cancel, -1 if none does.
    """

    at: float
    lane: int
    what: str
    text: str = ""
    other: int = -1


@dataclass(frozen=True, order=True, slots=True)
class Wait:
    """In a deadlock: the lane *waiter* waits for *lock*, which *holder*, another lane or itself, holds."""

    waiter: int
    lock: str
    holder: int


@dataclass(frozen=True, slots=True)
class Record:
    """One run of one block, under the *interpreter* named as ``3.11``, on its *clock*.

    *files* are the hashes of the project files that it rests on.
    """

    clock: str
    interpreter: str
    lanes: tuple[str, ...]
    events: tuple[Event, ...]
    waits: tuple[Wait, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


def _shortened(text: str) -> str:
    text = text.replace("asyncio.", "")
    if len(text) <= LONGEST:
        return text
    called = re.match(r"[\w.]+(?=\()", text)
    return f"{called[0]}(…)" if called and len(called[0]) < LONGEST - 3 else f"{text[: LONGEST - 1]}…"


def _lane_name(event: Mapping[str, Any]) -> str:
    name, call = str(event["name"]), str(event.get("call", ""))
    if name == "MainThread":
        return "main thread"
    unnamed = _UNNAMED_TASK if event["kind"] == "task" else _UNNAMED_THREAD
    if not unnamed.match(name) or not call:
        return name
    return _shortened(call.removesuffix("()").replace("'", '"'))


def _numbered(names: Iterable[str]) -> list[str]:
    """The names, those that several lanes have with a number behind them."""
    names = list(names)
    several = {name for name, count in Counter(names).items() if count > 1}
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(f"{name} #{seen[name]}" if name in several else name)
    return found


def _wait_text(event: Mapping[str, Any], known: Mapping[str, str]) -> str:
    on, detail = str(event["on"]), str(event.get("detail", ""))
    if on == "sleep":
        return f"sleep {detail} s" if detail not in {"", "0"} else "sleep 0"
    if detail == "its cleanup" or on in _CLEAR:
        return _CLEAR.get(on, detail)
    if on.startswith("task ") and on[5:] in known:
        return known[on[5:]]
    if head := _HEAD.match(detail):
        detail = head[1]
    if detail.isidentifier() and on in _PLAIN:
        detail = _PLAIN[on]
    return _shortened(detail or on)


def _cancel(event: Mapping[str, Any], lanes: Mapping[int, int]) -> Event:
    request = event["cancel"]
    by = lanes.get(request["by"], -1)
    function = str(request["function"])
    text = "" if by >= 0 else _CANCELLERS.get(function.rpartition(".")[2], _CANCELLERS.get(function, ""))
    return Event(request["at"], lanes[event["lane"]], "cancel", text or ("" if by >= 0 else _RUN), by)


def _stuck(event: Mapping[str, Any], waiter: int, actors: Mapping[tuple[str, str], int], said: str) -> list[Wait]:
    held, awaits = _HELD.match(event["on"]), _AWAITS.match(event["on"])
    if awaits:
        holder = actors.get(("task", awaits[1]))
        return [] if holder is None else [Wait(waiter, "", holder)]
    found = []
    for text in held[2].split(" and ") if held else ():
        name = text.partition(" since ")[0]
        kind, _, own = name.partition(" ")
        holder = waiter if name == "itself" else actors.get((kind, own))
        if held and holder is not None:
            found.append(Wait(waiter, said or held[1], holder))
    return found


def _in_order(events: list[Event]) -> list[Event]:
    """The events, what is left at the end of the program by its lane: ``asyncio.run`` cancels a set, in any order."""
    for number, event in enumerate(events):
        if event.what == "cancel" and event.text == _RUN:
            last = number
            while last < len(events) and events[last].at == event.at:
                last += 1
            return events[:number] + sorted(events[number:last], key=lambda one: one.lane) + _in_order(events[last:])
    return events


def reduced(events: Iterable[Mapping[str, Any]], *, clock: str, interpreter: str, files: Mapping[str, str]) -> Record:
    """The record of a block whose *events* are those of :class:`concurrent_doctest.recording.Recorder`."""
    events = list(events)
    tasks = any(event["kind"] == "task" for event in events)
    threads = {event["lane"] for event in events if event["kind"] == "thread" and event["what"] != "stuck"}
    if tasks and len(threads) == 1:
        # The thread that runs the loop: its waits are the loop's.
        events = [event for event in events if event["kind"] == "task"]
    order = {lane: n for n, lane in enumerate(dict.fromkeys(e["lane"] for e in events if e["lane"] >= 0))}
    firsts = {order[event["lane"]]: event for event in reversed(events) if event["lane"] >= 0}
    actors = {(event["kind"], event["name"]): lane for lane, event in firsts.items()}
    raw = [_lane_name(firsts[lane]) for lane in sorted(firsts)]
    for event in events:
        if event["what"] == "stuck" and (event["kind"], event["name"]) not in actors:
            actors[event["kind"], event["name"]] = len(raw)
            raw.append(_lane_name(event))
    names = _numbered(raw)
    known = {name: names[lane] for (kind, name), lane in actors.items() if kind == "task"}
    found: list[Event] = []
    waits: list[Wait] = []
    words = {"created": "start", "running": "run", "waiting": "wait"}
    stopped = False
    for event in events:
        what = words.get(event["what"], event["what"])
        if what == "stuck":
            stopped = True
            lane = actors[event["kind"], event["name"]]
            said = next((e.text for e in reversed(found) if e.lane == lane and e.what == "wait"), "")
            waits += _stuck(event, lane, actors, said)
            found.append(Event(event["at"], lane, what))
            continue
        if stopped:
            break  # what comes is the end of the program, and not what the page shows
        lane = order[event["lane"]]
        if "cancel" in event:
            found.append(_cancel(event, order))
        text = _wait_text(event, known) if what == "wait" else event["on"] if what == "failed" else ""
        found.append(Event(event["at"], lane, what, text, order.get(event.get("by", -1), -1)))
    # A request to cancel was seen when it was made, and is told with the step that it woke.
    found = _in_order(sorted(found, key=lambda event: event.at) if clock == "virtual" else found)
    if clock != "virtual":
        found = [Event(float(n), e.lane, e.what, e.text, e.other) for n, e in enumerate(found)]
    # Several holders of one thing come out of a set.
    return Record(clock, interpreter, tuple(names), tuple(found), tuple(sorted(waits)), dict(files))


# -- files -----------------------------------------------------------------------------------------------


def file_name(docname: str, group: str) -> str:
    """The name of the file with the records of *group* of a page."""
    return f"{docname.replace('/', '--')}--{re.sub(r'[^A-Za-z0-9_.-]', '-', group)}.json"


def dumped(records: Mapping[str, Record]) -> str:
    """The text of a file: *records* by the hash of their block, an event on each line."""
    parts = []
    for key in sorted(records):
        record = records[key]
        head = {"clock": record.clock, "interpreter": record.interpreter, "files": dict(sorted(record.files.items()))}
        lines = [f"   {json.dumps(name)}: {json.dumps(value)}," for name, value in head.items()]
        lines.append(f'   "lanes": {json.dumps(record.lanes, ensure_ascii=False)},')
        for name, items in (("waits", record.waits), ("events", record.events)):
            rows = [[getattr(item, part) for part in type(item).__slots__] for item in items]
            body = ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in rows)
            lines.append(f'   "{name}": [\n{body}\n   ],' if body else f'   "{name}": [],')
        parts.append(f"  {json.dumps(key)}: {{\n" + "\n".join(lines).removesuffix(",") + "\n  }")
    return f'{{\n "schema": {SCHEMA},\n "blocks": {{\n' + ",\n".join(parts) + "\n }\n}\n"


def loaded(path: Path) -> dict[str, Record]:
    """The records in the file *path*; none if it does not exist.

    :raises RecordError: when it is no such file.
    """
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["schema"] != SCHEMA:
            raise KeyError
        return {
            key: Record(
                value["clock"],
                value["interpreter"],
                tuple(value["lanes"]),
                tuple(Event(*row) for row in value["events"]),
                tuple(Wait(*row) for row in value["waits"]),
                value["files"],
            )
            for key, value in content["blocks"].items()
        }
    except (ValueError, KeyError, TypeError):
        raise RecordError(f"{path}: no record of timelines; delete it and run `make timelines`") from None
