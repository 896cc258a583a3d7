"""Figures as tables in Markdown and as plots in SVG: what pages show of the measurements.

Nothing here measures or judges; :mod:`measure` gets the figures, and a page that includes what is made here can say
no other ones than its data.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable
from typing import Any
from xml.sax.saxutils import escape

Figures = dict[str, Any]
"""What a JSON file holds: ``machine``, ``date``, and ``interpreters``, by their short names."""

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
_ABSENT, _TIMES = "\N{EN DASH}", "\N{MULTIPLICATION SIGN}"
_INK, _SOFT, _BAR, _PAPER, _LINE = "#1b2830", "#5b6b75", "#0b5a7d", "#f4f7f9", "#b9c7cf"
_FONT = "Heading, Source Sans, system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"


# -- Words and tables ---------------------------------------------------------------------------


def provenance(figures: Figures) -> str:
    """Where and when *figures* were measured, as a line of Markdown."""
    cores = figures["machine"]["cores"]
    counted = f"{_WORDS[cores] if cores < len(_WORDS) else cores} core{'s' * (cores != 1)}"
    ran = [f"{item['version']}{'t' * free_threaded(item)}" for item in figures["interpreters"].values()]
    return f"Measured on {figures['machine']['system']}, {counted}, {figures['date']}, with CPython {', '.join(ran)}."


def free_threaded(interpreter: Figures) -> bool:
    """Whether *interpreter* is a free-threaded build."""
    return bool(interpreter["build"] == "free-threaded")


def two_digits(number: float) -> str:
    """*number* with two significant digits, and without an exponent."""
    if number <= 0:
        return "0"
    rounded = float(f"{number:.1e}")
    return f"{rounded:.{max(0, 1 - math.floor(math.log10(rounded)))}f}"


def duration(microseconds: float) -> str:
    """Microseconds in the unit that suits them."""
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if microseconds >= size * 0.995:
            return f"{two_digits(microseconds / size)} {unit}"
    return f"{two_digits(microseconds)} µs"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    titles = list(head)
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)], *map(list, rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


# -- Six ways -----------------------------------------------------------------------------------

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


def six_ways_table(figures: Figures) -> str:
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
            rows.append([way, *(_ABSENT if gain is None else f"{gain:.1f} {_TIMES}" for gain in gains)])
        jobs, workers = works[0]["jobs"], works[0]["workers"]
        parts.append(f"**{title}**, {jobs} jobs, pools of {workers}:\n")
        parts.append(table([kind, *ran], rows))
    starts = [
        [way, *(duration(work["ways"][way]["start"] * 1e6) if way in work["ways"] else _ABSENT for work in works)]
        for works in [[item["work"]["fetch"] for item in ran.values()]]
        for way in ways[1:]
    ]
    workers = next(iter(ran.values()))["work"]["fetch"]["workers"]
    parts.append(f"**Start-up**, not part of the figures above: until {workers} workers have answered:\n")
    parts.append(table(["start-up", *ran], starts))
    return "\n".join(parts)


def six_ways_rows(figures: Figures) -> list[tuple[str, dict[str, list[float]]]]:
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


def six_ways_plot(figures: Figures) -> str:
    """Bars for the six ways, a panel for each kind of work."""
    rows = six_ways_rows(figures)
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
                shapes.append(text(left + 5, y + 15, "not measured", colour=_SOFT))
                continue
            gain = statistics.median(gains[kind])
            low, high = (left + limit(gains[kind]) / most * width for limit in (min, max))
            end = left + gain / most * width
            shapes.append(bar(left, y, end - left, 20, _SOFT if label == "sequential" else _BAR))
            if high - low > 1:
                shapes.append(line([(low, y + 24), (high, y + 24)], _INK, 2))
            shapes.append(text(max(end, high) + 5, y + 15, f"{gain:.1f}"))
            said.append(f"{what}, {label}: {gain:.1f}")
        one = left + width / most
        shapes.append(line([(one, 64), (one, 274)], _INK, 1, dash="3 3"))
    shapes.append(text(20, 300, "Times as fast as sequential code (dashed); bar: median, line: range of interpreters"))
    return svg(720, 318, "One workload, six ways", "; ".join(said), shapes)


# -- Crossing costs -----------------------------------------------------------------------------

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


def crossing_costs_table(figures: Figures) -> str:
    """One table of round trips, and one of sizes that pay."""
    ran = figures["interpreters"]
    newest = list(ran.values())[-1]
    trips = []
    for payload in newest["round_trips"]["threads"]:
        for way in newest["round_trips"]:
            found = [item["round_trips"].get(way, {}).get(payload) for item in ran.values()]
            if any(found):
                trips.append([f"{payload}, {way}", *(_ABSENT if taken is None else duration(taken) for taken in found)])
    sizes = [
        [
            label,
            *(
                _ABSENT if label not in item["gains"] else "never" if won is None else duration(won)
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


def crossing_costs_plot(figures: Figures) -> str:
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
        shapes.append(line([(left, y), (right, y)], _INK if gain == 1 else _LINE, 1.5 if gain == 1 else 1))
        shapes.append(text(left - 8, y + 4, f"{gain:g}", anchor="end"))
    for cost in costs:
        shapes.append(text(place(cost, 1)[0], bottom + 20, duration(cost), anchor="middle"))
    shapes.append(text((left + right) / 2, bottom + 42, "how long one job computes", anchor="middle"))
    said = []
    for row, (label, gains) in enumerate(curves.items()):
        dash, marker = CURVES[label]
        points = [place(int(cost), gain) for cost, gain in gains.items()]
        shapes.append(line(points, _BAR, 2, dash=dash))
        shapes += [mark(marker, x, y) for x, y in points]
        y = 70 + row * 44
        shapes += [line([(550, y), (578, y)], _BAR, 2, dash=dash), mark(marker, 564, y)]
        first, _, second = label.partition(", ")
        shapes += [text(588, y + 4, first)] + ([text(588, y + 20, second)] if second else [])
        said.append(f"{label}: " + ", ".join(f"{gain:.2g} at {duration(int(cost))}" for cost, gain in gains.items()))
    return svg(720, 356, "From which size a job pays for its crossing", "; ".join(said), shapes)


# -- Costs --------------------------------------------------------------------------------------


def size(count: float) -> str:
    """Bytes in the unit that suits them."""
    for unit, least in (("MiB", 2**20), ("KiB", 2**10)):
        if count >= least:
            return f"{two_digits(count / least)} {unit}"
    return f"{two_digits(count)} B"


def life_cycle_costs_table(figures: Figures) -> str:
    """One table of times, and one of memory."""
    ran = figures["interpreters"]
    parts = [provenance(figures) + "\n"]
    for unit, shown, title in (
        ("microseconds", duration, "**Time** to start one, let it do nothing, and see that it has ended:\n"),
        ("bytes", size, "**Memory** that one takes while it waits:\n"),
    ):
        rows = []
        for kind in next(iter(ran.values()))["rows"]:
            found = [item["rows"][kind] for item in ran.values()]
            if any(row and row[unit] for row in found):
                rows.append([kind, *(shown(row[unit]) if row and row[unit] else _ABSENT for row in found)])
        parts += [title, table(["time" if unit == "microseconds" else "memory", *ran], rows)]
    return "\n".join(parts)


AWAIT_COSTS = {
    "plain call": "plain call",
    "coroutine": "await of a coroutine that does not suspend",
    "done future, kept": "await of a done future that is kept",
    "done future, new": "the same, the future made anew",
    "coroutine, sleep(0)": "await of a coroutine with one `sleep(0)`",
    "eager task": "eager task and await",
    "task": "`create_task()` and await",
}
"""The rows of the table, by the name of the way."""


def await_costs_table(figures: Figures) -> str:
    """A row for each way to an answer that is already there."""
    ran = figures["interpreters"]
    rows = []
    for way, label in AWAIT_COSTS.items():
        costs = [item["nanoseconds"].get(way) for item in ran.values()]
        rows.append([label, *(_ABSENT if cost is None else duration(cost / 1000) for cost in costs)])
    return f"{provenance(figures)}\n\n{table(['one of these', *ran], rows)}"


# -- Bounded memory -----------------------------------------------------------------------------


def bounded_memory_table(figures: Figures) -> str:
    """One table of items held and of memory, and one of the time to end early."""
    ran = figures["interpreters"]
    items, limit = (next(iter(ran.values()))[key] for key in ("items", "limit"))
    ways: list[list[str]] = []
    for way in next(iter(ran.values()))["rows"]:
        found = [item["rows"][way] for item in ran.values()]
        held = max((row["held"] for row in found if row), default=0)
        ways.append([f"`{way}`", f"{held:,}", *(size(row["bytes"]) if row else _ABSENT for row in found)])
    ends = [
        [f"`{way}`, {int(count):,}", *(duration(item["end"][way][count] * 1e3) for item in ran.values())]
        for way, counts in next(iter(ran.values()))["end"].items()
        for count in counts
    ]
    return "\n".join(
        [
            provenance(figures) + "\n",
            f"**Items held and memory** at the worst moment, {items:,} items, a limit of {limit}:\n",
            table(["way", "held", *ran], ways),
            "**Time to end** when one of so many waiting items fails, in processor time:\n",
            table(["way, items", *ran], ends),
        ]
    )


# -- Guarantees ---------------------------------------------------------------------------------

MANUAL = "https://github.com/python/cpython/issues/"


def tried(count: int) -> str:
    """How many operations, in thousands where there are many."""
    return f"{round(count / 1000)}k" if count >= 10_000 else f"{count:,}"


def seen(found: Figures | None) -> str:
    """What one interpreter did with one operation."""
    if found is None:
        return _ABSENT
    if "crash" in found:
        return f"**{found['crash']}**"
    broken = found["violations"]
    return f"{f'**{broken:,}**' if broken else '0'} of {tried(found['operations'])}"


def manual(documented: str, source: str) -> str:
    """What Python's manual says, linked to where it says so."""
    if not source:
        return documented
    if source.startswith("https:"):
        return f"[{documented}]({source})"
    role, _, target = source.partition(":")
    return f"{{{role}}}`{documented} <{target}>`"


def guarantees_table(figures: Figures) -> str:
    """A table for each kind of object: what is documented, and how often each interpreter broke the invariant."""
    from examples.thread_safe_collections.guarantee_rows import ROWS

    ran = figures["interpreters"]
    parts = [provenance(figures) + "\n"]
    for group in dict.fromkeys(row.group for row in ROWS.values()):
        rows = []
        for key, row in ROWS.items():
            if row.group == group:
                links = [f"{{ref}}`broken on purpose <{row.forced}>`"] * bool(row.forced)
                links += [f"{{ref}}`by chance only <{row.chance}>`"] * bool(row.chance)
                links += [f"[gh-{row.issue}]({MANUAL}{row.issue})"] * bool(row.issue)
                said = f"{row.operation}: {row.invariant}" + f" ({', '.join(links)})" * bool(links)
                cells = [seen(item["rows"][key]) for item in ran.values()]
                rows.append([said, manual(row.documented, row.source), *cells])
        parts.append(table([f"**{group}**", "documented", *ran], rows))
    return "\n".join(parts)


# -- Sharing costs ------------------------------------------------------------------------------


def sharing_costs_table(figures: Figures) -> str:
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


def sharing_costs_plot(figures: Figures) -> str:
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
                    shapes.append(text(222, y + 12, threads, anchor="end", colour=_SOFT))
                end = left + cost / most * width
                shapes.append(bar(left, y, end - left, 13, _SOFT if threads == "1" else _BAR))
                shapes.append(text(end + 5, y + 12, duration(cost / 1000)))
                y += 17
            times = ", ".join(f"{duration(cost / 1000)} with {threads}" for threads, cost in by_threads.items())
            said.append(f"{name}, {way}: {times}")
            y += 8
    shapes.append(text(20, y + 18, "Time for one order, with 1, 2 and 4 threads; shorter is better"))
    return svg(720, int(y) + 34, "What it costs to share a count", "; ".join(said), shapes)


# -- Deadlock prevention ------------------------------------------------------------------------


def fairness_table(figures: Figures) -> str:
    """One table of turns in a row, and one of the time for a turn."""
    ran = figures["interpreters"]
    names = list(next(iter(ran.values()))["locks"])

    def rows(cell: Callable[[Figures], str]) -> list[list[str]]:
        return [[f"`{name}`", *(cell(item["locks"][name]) for item in ran.values())] for name in names]

    return "\n".join(
        [
            provenance(figures) + "\n",
            "**Turns in a row** of one of four workers, around a turn on average:\n",
            table(["lock", *ran], rows(lambda lock: f"{lock['row']:,.0f}")),
            "**Time for a turn**, with the changes of threads or tasks:\n",
            table(["lock", *ran], rows(lambda lock: duration(lock["turn"]))),
        ]
    )


# -- Drawing ------------------------------------------------------------------------------------


def text(x: float, y: float, words: str, *, anchor: str = "start", weight: int = 400, colour: str = _INK) -> str:
    """A line of text."""
    style = f'text-anchor="{anchor}" font-size="13" font-weight="{weight}" fill="{colour}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'


def bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    """A filled bar."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def line(points: Iterable[tuple[float, float]], colour: str, width: float, *, dash: str = "") -> str:
    """A line through *points*."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dashed}/>'


def mark(kind: str, x: float, y: float) -> str:
    """A marker, told from the others by its shape."""
    outlines = {
        "square": "M-5 -5H5V5H-5Z",
        "diamond": "M0 -7L6 0L0 7L-6 0Z",
        "circle": "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z",
        "cross": "M-5 -5L5 5M-5 5L5 -5",
    }
    style = f'fill="#ffffff" stroke="{_INK}" stroke-width="1.8"'
    return f'<path transform="translate({x:.1f} {y:.1f})" d="{outlines[kind]}" {style}/>'


def svg(width: int, height: int, title: str, description: str, shapes: Iterable[str]) -> str:
    """A picture on paper of its own, so that it reads on any background."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    head += f' font-family="{_FONT}" role="img" aria-labelledby="t d">'
    paper = f'<rect x="1" y="1" width="{width - 2}" height="{height - 2}" rx="12" fill="{_PAPER}" stroke="{_LINE}"/>'
    words = [f'<title id="t">{escape(title)}</title>', f'<desc id="d">{escape(description)}</desc>']
    return "\n".join([head, *words, paper, *shapes, "</svg>"]) + "\n"
