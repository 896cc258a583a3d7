"""Run the measuring programs on every interpreter, and draw what they found.

``python source/_ext/measure.py`` writes, for each program, the figures as JSON, a table of them in Markdown, which
its page includes, and a plot; ``--draw`` makes tables and plots again from the JSON.  A page can so not say other
figures than its data.  Nothing here judges a figure: they depend on the machine.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from concurrent_doctest import interpreters

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = Path("source/_data/measured")
FIGURES = Path("source/_static/figures")
TOPIC = "io-bound-vs-cpu-bound-work"
PACKAGE = "examples.io_bound_vs_cpu_bound_work"
LIMIT = 300
"""Seconds that a program may take under one interpreter."""

Figures = dict[str, Any]
"""What a JSON file holds: ``machine``, ``date``, and ``interpreters``, by their short names."""

QUIET = 0.1
"""Cores that other programs may use while something is measured."""

PATIENCE = 60
"""Seconds to wait for that, before each interpreter."""

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


# -- Running ------------------------------------------------------------------------------------

Draw = Callable[[Figures], str]
PROGRAMS: dict[str, tuple[Draw, Draw]] = {
    "six-ways": (six_ways_table, six_ways_plot),
    "crossing-costs": (crossing_costs_table, crossing_costs_plot),
}
"""By the name of its data: how the figures of a program are shown as a table and as a plot."""


def drawings(program: str, figures: Figures) -> dict[Path, str]:
    """The files that follow from *figures*, by their path from the root."""
    as_table, as_plot = PROGRAMS[program]
    return {DATA / f"{program}.md": as_table(figures), FIGURES / f"{TOPIC}-{program}.svg": as_plot(figures)}


def machine() -> Figures:
    """What the figures were measured on."""
    try:
        release = platform.freedesktop_os_release()
        system = f"{release['NAME'].split()[0]} {release['VERSION_ID']}"
    except (OSError, KeyError):
        system = f"{platform.system()} {platform.release()}"
    return {"system": system, "cores": os.cpu_count() or 1}


def busy() -> float:
    """How many cores are in use, over a second in which this program does nothing; 0 where Linux does not say."""
    counts = Path("/proc/stat")
    if not counts.is_file():
        return 0.0

    def used() -> int:
        user, nice, system, _idle, _io, *rest = map(int, counts.read_text("ascii").split()[1:9])
        return user + nice + system + sum(rest)

    before = used()
    time.sleep(1)
    return (used() - before) / os.sysconf("SC_CLK_TCK")


def await_quiet() -> float:
    """Wait for a quiet second, for a minute at most; returns how many cores were in use in the last second."""
    for _ in range(PATIENCE):
        if (others := busy()) <= QUIET:
            break
    return others


def measure(program: str, found: Iterable[interpreters.Interpreter]) -> Figures:
    """Run *program* under each of *found*, one after the other."""
    ran: Figures = {}
    for interpreter in found:
        print(f"measure: {program}, Python {interpreter.version} ({interpreter.build})", flush=True)
        if (others := await_quiet()) > QUIET:
            print(f"measure: other programs use {others:.1f} cores; the figures will show it", file=sys.stderr)
        command = [interpreter.command, "-m", f"{PACKAGE}.{program.replace('-', '_')}", "--json"]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=LIMIT)
        ran[interpreter.name] = json.loads(done.stdout)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return {"machine": machine(), "date": today, "interpreters": ran}


def main(arguments: list[str] | None = None) -> int:
    """Measure and draw, or only draw; returns the exit status."""
    parser = argparse.ArgumentParser(prog="measure", description=__doc__)
    parser.add_argument("--draw", action="store_true", help="make tables and plots from the JSON that is there")
    parser.add_argument("programs", nargs="*", default=list(PROGRAMS), help="which (all)")
    options = parser.parse_args(arguments)
    try:
        found = [] if options.draw else interpreters.find(os.environ.get("INTERPRETERS", "").split())
    except interpreters.NoInterpreter as error:
        print(f"measure: {error}", file=sys.stderr)
        return 2
    for program in options.programs:
        stored = ROOT / DATA / f"{program}.json"
        if not options.draw:
            figures = measure(program, found)
            stored.parent.mkdir(parents=True, exist_ok=True)
            stored.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
        for path, content in drawings(program, json.loads(stored.read_text("utf-8"))).items():
            (ROOT / path).write_text(content, "utf-8")
            print(f"measure: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
