"""The part of a record that one drawing shows: which lanes, under which names, in which order, from when to when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .record import ENDS, Event, Record


class ViewError(ValueError):
    """A part that the record does not have; the message names what it has."""


@dataclass(slots=True)
class Bar:
    """A stretch of a lane in one state: *what* is ``run``, ``wait`` or ``ready``, *text* what a wait is for."""

    what: str
    begin: float
    end: float
    text: str = ""


@dataclass(slots=True)
class Lane:
    """What is drawn of one lane; *events* are its marks, *end* the last of them if it ends the lane."""

    name: str
    bars: list[Bar] = field(default_factory=list)
    marks: list[Event] = field(default_factory=list)
    end: Event | None = None


@dataclass(slots=True)
class View:
    """What a drawing shows, with lanes renumbered from 0; *seconds* tells whether its times are any."""

    lanes: list[Lane]
    events: list[Event]
    begin: float
    end: float
    seconds: bool


def parse_lanes(text: str) -> list[tuple[str, str]]:
    """Pairs of a lane and the name to show from ``main; ask("steady") = steady``."""
    pairs = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, _, shown = part.partition(" = ")
        pairs.append((name.strip(), shown.strip() or name.strip()))
    return pairs


def _chosen(record: Record, wanted: Sequence[tuple[str, str]], events: Iterable[Event]) -> dict[int, str]:
    if not wanted:
        present = {event.lane for event in events}
        return {number: name for number, name in enumerate(record.lanes) if number in present}
    known = {name: number for number, name in enumerate(record.lanes)}
    if missing := [name for name, _ in wanted if name not in known]:
        raise ViewError(f"there is no lane {missing[0]!r}; there are {'; '.join(record.lanes)}")
    return {known[name]: shown for name, shown in wanted}


def view(
    record: Record, *, lanes: Sequence[tuple[str, str]] = (), begin: float | None = None, until: float | None = None
) -> View:
    """What is between *begin* and *until* of *record*, in *lanes*; a time that is left out is the record's own.

    :raises ViewError: for a lane that the record does not have, or a span with nothing in it.
    """
    seconds = record.clock == "virtual" and len({event.at for event in record.events}) > 1
    events = list(record.events)
    if not seconds:
        events = [Event(float(n), e.lane, e.what, e.text, e.other) for n, e in enumerate(events)]
    first = events[0].at if begin is None and events else begin or 0.0
    last = events[-1].at if until is None and events else until or 0.0
    shown = _spanned(events, first, last)
    numbers = _chosen(record, lanes, shown)
    new = {old: number for number, old in enumerate(numbers)}
    names = {record.lanes[old]: name for old, name in numbers.items()}
    kept = [
        Event(round(e.at - first, 9), new[e.lane], e.what, names.get(e.text, e.text), new.get(e.other, -1))
        for e in shown
        if e.lane in new
    ]
    if not kept or last <= first:
        raise ViewError(f"nothing happens between {first:g} and {last:g}")
    found = [Lane(name) for name in numbers.values()]
    for number, lane in enumerate(found):
        _fill(lane, [event for event in kept if event.lane == number], round(last - first, 9))
    return View(found, kept, 0.0, round(last - first, 9), seconds)


def _spanned(events: Iterable[Event], first: float, last: float) -> list[Event]:
    """The events from *first* to *last*; a lane that was under way before goes on from its last state."""
    before: dict[int, Event] = {}
    shown = []
    for event in events:
        if event.at < first:
            before[event.lane] = event
        elif event.at <= last:
            shown.append(event)
    going_on = [e for e in before.values() if e.what not in ENDS and any(s.lane == e.lane for s in shown)]
    return [Event(first, e.lane, e.what, e.text, -1) for e in going_on if e.what != "start"] + shown


def _fill(lane: Lane, events: Sequence[Event], last: float) -> None:
    state: Bar | None = None
    for event in events:
        if event.what == "cancel":
            lane.marks.append(event)
            continue
        if state is not None:
            state.end = event.at
            _add(lane, state)
            state = None
        if event.what in ENDS:
            lane.marks.append(event)
            lane.end = event
            return
        if event.what == "start":
            lane.marks.append(event)
        state = Bar({"start": "ready"}.get(event.what, event.what), event.at, last, event.text)
    if state is not None:
        _add(lane, state)


def _add(lane: Lane, bar: Bar) -> None:
    """Put *bar* behind the others; a wait of no length is no wait, and what goes on is one bar."""
    if bar.what != "run" and bar.end <= bar.begin:
        return
    last = lane.bars[-1] if lane.bars else None
    if last and last.what == bar.what == "run" and bar.begin <= last.end:
        last.end = bar.end
        return
    lane.bars.append(bar)
