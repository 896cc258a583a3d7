"""The same as a drawing, in words: what happens at each moment, in the order in which it happened."""

from __future__ import annotations

from itertools import groupby

from .record import Event, Wait
from .view import View

MOST = 40
"""Moments that are told; a longer story is told by nobody."""


def clock(at: float) -> str:
    """A time as the text has it."""
    return f"{at:.9g} s"


def _actor(event: Event) -> int:
    """The lane that does something in *event*."""
    return event.other if event.what in {"start", "cancel"} and event.other >= 0 else event.lane


def listed(names: list[str]) -> str:
    """``a``, ``a and b`` or ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _waits(text: str) -> str:
    if text.startswith("sleep "):
        return "gives way for a turn" if text == "sleep 0" else f"sleeps {text[6:]}"
    return f"waits for {text}" if text else "waits"


def moments(view: View) -> list[tuple[str, str]]:
    """Each moment with a sentence on what happens then; where only the order counts, each turn with its number."""
    bars = [(number, bar) for number, lane in enumerate(view.lanes) for bar in lane.bars]
    runs = {(number, bar.begin): bar.end for number, bar in bars if bar.what == "run"}
    waits = {(number, bar.begin) for number, bar in bars if bar.what == "wait"}
    told: list[tuple[str, str]] = []
    begun: set[int] = set()
    for key, group in groupby(view.events, key=lambda event: event.at if view.seconds else _actor(event)):
        at = float(key)
        parts: list[str] = []
        started: dict[str, list[str]] = {}
        for event in group:
            name = view.lanes[event.lane].name
            other = view.lanes[event.other].name if event.other >= 0 else ""
            match event.what:
                case "start" if other:
                    if other not in started:
                        parts.append(f"start {other}")
                    started.setdefault(other, []).append(name)
                case "run" if view.seconds and runs.get((event.lane, at), at) > at:
                    parts.append(f"{name} runs until {clock(runs[event.lane, at])}")
                case "run" if not view.seconds:
                    parts.append(f"{name} {'goes on' if event.lane in begun else 'begins'}")
                    begun.add(event.lane)
                case "wait" if (event.lane, at) in waits or not view.seconds:
                    parts.append(f"{name} {_waits(event.text)}")
                case "cancel":
                    parts.append(f"{other or event.text} asks {name} to cancel")
                case "failed":
                    parts.append(f"{name} fails with {event.text}")
                case "done":
                    parts.append(f"{name} is done")
                case "cancelled":
                    parts.append(f"{name} is cancelled")
                case "stuck":
                    parts.append(f"{name} can never go on")
        said = [
            f"{part[6:]} starts {listed(started[part[6:]])}" if part.startswith("start ") else part
            for part in dict.fromkeys(parts)
        ]
        if said:
            told.append((clock(at) if view.seconds else f"{len(told) + 1}.", "; ".join(said)))
    if len(told) > MOST:
        told = [*told[:MOST], ("", f"and {len(told) - MOST} more moments")]
    return told


def ring(lanes: tuple[str, ...], waits: tuple[Wait, ...]) -> list[str]:
    """A sentence for each wait of a deadlock."""
    said = []
    for wait in waits:
        holder = "itself" if wait.waiter == wait.holder else lanes[wait.holder]
        what = f"{wait.lock}, held by {holder}" if wait.lock else holder
        said.append(f"{lanes[wait.waiter]} waits for {what}")
    return said
