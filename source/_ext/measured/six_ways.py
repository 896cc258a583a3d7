"""One workload run six ways, as tables of ratios and as a plot."""

from __future__ import annotations

import statistics

from .drawing import BAR, INK, SOFT, bar, line, svg, text
from .words import ABSENT, TIMES, Figures, duration, free_threaded, provenance, table

KINDS = {
    "fetch": "Waiting: fetch quotes",
    "rank": "Pure Python: rank parcels",
    "digest": "C code: hash labels",
}
"""What the plot has a panel for."""

TABLES = {**KINDS, "literals": "Pure Python with its numbers as literals"}


def ratio(work: Figures, way: str) -> float | None:
    """How many times as fast as sequential code *way* was, if this interpreter has it."""
    if way not in work["ways"]:
        return None
    return float(work["ways"]["sequential"]["work"] / work["ways"][way]["work"])


def as_table(figures: Figures) -> str:
    """A table for each kind of work, and one for the start-up of pools."""
    ran = figures["interpreters"]
    ways = list(dict.fromkeys(way for item in ran.values() for way in item["work"]["fetch"]["ways"]))
    parts = [provenance(figures) + "\n"]
    for kind, title in TABLES.items():
        works = [item["work"][kind] for item in ran.values()]
        rows = [["sequential", *(duration(work["ways"]["sequential"]["work"] * 1e6) for work in works)]]
        for way in ways[1:]:
            gains = [ratio(work, way) for work in works]
            if not any(gains):
                continue
            rows.append([way, *(ABSENT if gain is None else f"{gain:.1f} {TIMES}" for gain in gains)])
        jobs, workers = works[0]["jobs"], works[0]["workers"]
        parts.append(f"**{title}**, {jobs} jobs, pools of {workers}:\n")
        parts.append(table([kind, *ran], rows))
    starts = [
        [way, *(duration(work["ways"][way]["start"] * 1e6) if way in work["ways"] else ABSENT for work in works)]
        for works in [[item["work"]["fetch"] for item in ran.values()]]
        for way in ways[1:]
    ]
    workers = next(iter(ran.values()))["work"]["fetch"]["workers"]
    parts.append(f"**Start-up**, not part of the figures above: until {workers} workers have answered:\n")
    parts.append(table(["start-up", *ran], starts))
    return "\n".join(parts)


def panels(figures: Figures) -> list[tuple[str, dict[str, list[float]]]]:
    """For each of the six ways, the ratios of all interpreters by kind of work."""
    ran = figures["interpreters"].values()
    gil, free = [item for item in ran if not free_threaded(item)], [item for item in ran if free_threaded(item)]
    rows = [
        ("sequential", "sequential", gil),
        ("threads", "threads", gil),
        ("asyncio tasks", "asyncio", gil),
        ("processes", "processes", gil),
        ("subinterpreters", "subinterpreters", gil),
        ("free-threaded", "threads", free),
    ]
    return [
        (label, {k: [gain for item in items if (gain := ratio(item["work"][k], way))] for k in KINDS})
        for label, way, items in rows
    ]


def as_plot(figures: Figures) -> str:
    """Bars for the six ways, a panel for each kind of work."""
    rows = panels(figures)
    shapes, said = [], []
    for column, (kind, title) in enumerate(KINDS.items()):
        left, width = 136 + column * 196, 140
        most = max(2.5, *(max(gains[kind], default=0) for _, gains in rows))
        name, _, what = title.partition(": ")
        shapes += [text(left, 34, name, weight=600), text(left, 52, what)]
        for row, (label, gains) in enumerate(rows):
            y = 72 + row * 34
            if not column:
                shapes.append(text(124, y + 15, label, anchor="end"))
            if not gains[kind]:
                shapes.append(text(left + 5, y + 15, "not measured", colour=SOFT))
                continue
            gain = statistics.median(gains[kind])
            low, high = (left + limit(gains[kind]) / most * width for limit in (min, max))
            end = left + gain / most * width
            shapes.append(bar(left, y, end - left, 20, SOFT if label == "sequential" else BAR))
            if high - low > 1:
                shapes.append(line([(low, y + 24), (high, y + 24)], INK, 2))
            shapes.append(text(max(end, high) + 5, y + 15, f"{gain:.1f}"))
            said.append(f"{what}, {label}: {gain:.1f}")
        one = left + width / most
        shapes.append(line([(one, 64), (one, 274)], INK, 1, dash="3 3"))
    shapes.append(text(20, 300, "Times as fast as sequential code (dashed); bar: median, line: range of interpreters"))
    return svg(720, 318, "One workload, six ways", "; ".join(said), shapes)
