"""From which size of a job on handing it over pays."""

from __future__ import annotations

import math

from .drawing import BAR, INK, LINE, line, mark, svg, text
from .words import ABSENT, Figures, duration, free_threaded, provenance, table

WON = 1.1
"""A pool pays from the size at which it, and each larger one, is this many times as fast as a loop."""


def break_even(gains: dict[str, float]) -> int | None:
    """The least microseconds of a job from which on a pool was faster than a loop."""
    won: int | None = None
    for cost in sorted(map(int, gains), reverse=True):
        if gains[str(cost)] < WON:
            break
        won = cost
    return won


def as_table(figures: Figures) -> str:
    """One table of round trips, and one of sizes that pay."""
    ran = figures["interpreters"]
    newest = list(ran.values())[-1]
    trips = []
    for payload in newest["round_trips"]["threads"]:
        for way in newest["round_trips"]:
            found = [item["round_trips"].get(way, {}).get(payload) for item in ran.values()]
            if any(found):
                trips.append([f"{payload}, {way}", *(ABSENT if taken is None else duration(taken) for taken in found)])
    sizes = [
        [
            label,
            *(
                ABSENT if label not in item["gains"] else "never" if won is None else duration(won)
                for item in ran.values()
                for won in [break_even(item["gains"].get(label, {}))]
            ),
        ]
        for label in newest["gains"]
    ]
    parts = [
        provenance(figures) + "\n",
        "**A round trip**, from `submit` to the result, of one payload to one worker:\n",
    ]
    parts += [table(["sent", *ran], trips)]
    parts += [f"**Break-even**: the least job that two workers did {WON} times as fast as a loop, or better:\n"]
    parts += [table(["jobs of at least", *ran], sizes)]
    return "\n".join(parts)


CURVES = {
    "processes, in 8 chunks": ("", "square"),
    "subinterpreters": ("7 4", "diamond"),
    "processes, one by one": ("2 3", "circle"),
    "threads": ("9 3 2 3", "cross"),
}


def as_plot(figures: Figures) -> str:
    """Gain over the cost of a job, a line for each way, under the newest interpreter with a GIL."""
    name, item = [pair for pair in figures["interpreters"].items() if not free_threaded(pair[1])][-1]
    curves = {label: item["gains"][label] for label in CURVES if label in item["gains"]}
    costs = sorted({int(cost) for gains in curves.values() for cost in gains})
    left, right, top, bottom = 64, 530, 48, 300
    least, most = 0.05, 4.0

    def place(cost: float, gain: float) -> tuple[float, float]:
        across = math.log(cost / costs[0]) / math.log(costs[-1] / costs[0])
        up = math.log(min(max(gain, least), most) / least) / math.log(most / least)
        return left + across * (right - left), bottom - up * (bottom - top)

    shapes = [text(left, 26, f"Times as fast as a loop, two workers, CPython {name}", weight=600)]
    for gain in (0.1, 0.2, 0.5, 1, 2):
        y = place(costs[0], gain)[1]
        shapes.append(line([(left, y), (right, y)], INK if gain == 1 else LINE, 1.5 if gain == 1 else 1))
        shapes.append(text(left - 8, y + 4, f"{gain:g}", anchor="end"))
    for cost in costs:
        shapes.append(text(place(cost, 1)[0], bottom + 20, duration(cost), anchor="middle"))
    shapes.append(text((left + right) / 2, bottom + 42, "how long one job computes", anchor="middle"))
    said = []
    for row, (label, gains) in enumerate(curves.items()):
        dash, marker = CURVES[label]
        points = [place(int(cost), gain) for cost, gain in gains.items()]
        shapes.append(line(points, BAR, 2, dash=dash))
        shapes += [mark(marker, x, y) for x, y in points]
        y = 70 + row * 44
        shapes += [line([(550, y), (578, y)], BAR, 2, dash=dash), mark(marker, 564, y)]
        first, _, second = label.partition(", ")
        shapes += [text(588, y + 4, first)] + ([text(588, y + 20, second)] if second else [])
        said.append(f"{label}: " + ", ".join(f"{gain:.2g} at {duration(int(cost))}" for cost, gain in gains.items()))
    return svg(720, 356, "From which size a job pays for its crossing", "; ".join(said), shapes)
