"""What threads lose by sharing, as a table and as a plot."""

from __future__ import annotations

from .drawing import BAR, SOFT, bar, svg, text
from .words import Figures, duration, free_threaded, provenance, table


def as_table(figures: Figures) -> str:
    """A table of single operations, and one for each kind of sharing, by the number of threads."""
    ran = figures["interpreters"]
    newest = list(ran.values())[-1]
    rows = [[name, *(duration(item["single"][name] / 1000) for item in ran.values())] for name in newest["single"]]
    parts = [
        provenance(figures) + "\n",
        "**One thread**, time for one operation:\n",
        table(["one of these", *ran], rows),
    ]
    for kind, title, label in (
        ("counting", "**Counting**, time for one order, until the total is known:\n", "way, threads"),
        ("reading", "**Reading** through a method, time for one call:\n", "what is read, threads"),
    ):
        rows = [
            [f"{way}, {threads}", *(duration(item[kind][way][threads] / 1000) for item in ran.values())]
            for way, by_threads in newest[kind].items()
            for threads in by_threads
        ]
        parts += [title, table([label, *ran], rows)]
    return "\n".join(parts)


def as_plot(figures: Figures) -> str:
    """A panel for the newest interpreter of each build: time for one order, by way and number of threads."""
    ran = figures["interpreters"].items()
    panels = [[pair for pair in ran if free_threaded(pair[1]) is free][-1:] for free in (False, True)]
    shown = [pair for panel in panels for pair in panel]
    most = max(cost for _, item in shown for times in item["counting"].values() for cost in times.values())
    shapes, said = [], []
    for column, (name, item) in enumerate(shown):
        left, width = 232 + column * 240, 150
        shapes.append(text(left, 34, f"CPython {name}", weight=600))
        y = 50.0
        for way, by_threads in item["counting"].items():
            for threads, cost in by_threads.items():
                if not column:
                    shapes.append(text(204, y + 12, way if threads == "1" else "", anchor="end"))
                    shapes.append(text(222, y + 12, threads, anchor="end", colour=SOFT))
                end = left + cost / most * width
                shapes.append(bar(left, y, end - left, 13, SOFT if threads == "1" else BAR))
                shapes.append(text(end + 5, y + 12, duration(cost / 1000)))
                y += 17
            times = ", ".join(f"{duration(cost / 1000)} with {threads}" for threads, cost in by_threads.items())
            said.append(f"{name}, {way}: {times}")
            y += 8
    shapes.append(text(20, y + 18, "Time for one order, with 1, 2 and 4 threads; shorter is better"))
    return svg(720, int(y) + 34, "What it costs to share a count", "; ".join(said), shapes)
