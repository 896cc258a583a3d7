"""Tables and plots say what the recorded figures say; the figures themselves are never judged."""

from __future__ import annotations

import json
import re
import statistics
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

import measure
from concurrent_doctest import interpreters
from measured import (
    bounded_memory,
    costs,
    crossing_costs,
    fairness,
    guarantees,
    practical,
    sharing_costs,
    six_ways,
    words,
)

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"
PROGRAMS = list(measure.PROGRAMS)
PLOTTED = [name for name, program in measure.PROGRAMS.items() if program.plot]


def recorded(program: str) -> Any:
    return json.loads((ROOT / measure.DATA / f"{program}.json").read_text("utf-8"))


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> str:
    """Each program that is measured."""
    return str(request.param)


def test_table_and_plot_follow_from_the_recorded_figures(program: str) -> None:
    for path, content in measure.drawings(program, recorded(program)).items():
        assert (ROOT / path).read_text("utf-8") == content, f"{path} is stale: run source/_ext/measure.py --draw"


def test_the_page_shows_the_table_and_the_plot(program: str) -> None:
    shown = measure.PROGRAMS[program]
    pages = (ROOT / "source" / shown.topic).glob("*.md")
    texts = [page.read_text("utf-8") for page in pages]
    (page,) = [text for text in texts if f"_data/measured/{program}.md" in text]
    figure = f"/_static/figures/{shown.topic}-{program}.svg"
    assert not shown.plot or re.search(rf"\{{figure\}} {re.escape(figure)}\n:alt: .{{100,}}\n", page)


def test_each_figure_has_its_machine_date_and_interpreters(program: str) -> None:
    figures = recorded(program)
    told = words.provenance(figures)
    assert figures["date"] in told
    assert figures["machine"]["system"] in told
    for item in figures["interpreters"].values():
        assert item["version"] in told


def test_the_table_of_six_ways_has_the_ratios_of_the_data() -> None:
    figures = recorded("six-ways")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in six_ways.as_table(figures).splitlines()
        if line.startswith("|")
    ]
    names = list(figures["interpreters"])
    for kind in six_ways.TABLES:
        (start,) = [number for number, row in enumerate(rows) if row == [kind, *names]]
        threads = rows[start + 3]
        assert threads[0] == "threads"
        for name, cell in zip(names, threads[1:], strict=True):
            ways = figures["interpreters"][name]["work"][kind]["ways"]
            ratio = ways["sequential"]["work"] / ways["threads"]["work"]
            assert float(cell.split()[0]) == pytest.approx(ratio, abs=0.0501)


def test_the_plot_of_six_ways_has_a_bar_as_long_as_its_ratio() -> None:
    figures = recorded("six-ways")
    picture = Xml.fromstring(six_ways.as_plot(figures))
    bars = [float(bar.get("width", 0)) for bar in picture.iter(f"{SVG}rect")][1:]
    rows = six_ways.panels(figures)
    gains = [statistics.median(row[kind]) for kind in six_ways.KINDS for _, row in rows if row[kind]]
    assert len(bars) == len(gains)
    per_panel = [len([1 for _, row in rows if row[kind]]) for kind in six_ways.KINDS]
    start = 0
    for count in per_panel:
        unit = bars[start] / gains[start]  # sequential code, which is 1
        for bar, gain in zip(bars[start : start + count], gains[start : start + count], strict=True):
            assert bar == pytest.approx(gain * unit, abs=0.6)
        start += count


@pytest.mark.parametrize("name", PLOTTED)
def test_a_plot_can_be_read(name: str) -> None:
    plot = measure.PROGRAMS[name].plot
    assert plot
    picture = Xml.fromstring(plot(recorded(name)))
    assert picture.findtext(f"{SVG}title")
    assert len(picture.findtext(f"{SVG}desc") or "") > 100
    width = float(picture.get("width", 0))
    for said in picture.iter(f"{SVG}text"):
        assert float(said.get("font-size", 0)) >= 12
        place, length = float(said.get("x", 0)), 0.62 * 13 * len(said.text or "")
        left = {"start": 0.0, "middle": length / 2, "end": length}[said.get("text-anchor", "")]
        assert place - left >= 0, said.text
        assert place - left + length <= width, said.text


@pytest.mark.parametrize(
    ("gains", "size"),
    [
        ({"10": 0.2, "100": 1.3, "1000": 1.9}, 100),
        ({"10": 1.4, "100": 0.9, "1000": 1.9}, 1000),
        ({"10": 0.2, "100": 0.9, "1000": 1.05}, None),
        ({"10": 1.2, "100": 1.5}, 10),
        ({}, None),
    ],
)
def test_break_even_is_the_least_size_from_which_all_win(gains: dict[str, float], size: int | None) -> None:
    assert crossing_costs.break_even(gains) == size


@pytest.mark.parametrize(
    ("microseconds", "shown"),
    [
        (0.4, "0.40 µs"),
        (15.26, "15 µs"),
        (148, "150 µs"),
        (997, "1.0 ms"),
        (8600, "8.6 ms"),
        (2.1e6, "2.1 s"),
        (0, "0 µs"),
    ],
)
def test_durations_have_two_digits(microseconds: float, shown: str) -> None:
    assert words.duration(microseconds) == shown


def test_a_way_that_an_interpreter_lacks_has_no_figure() -> None:
    figures = recorded("six-ways")
    for item in figures["interpreters"].values():
        for work in item["work"].values():
            work["ways"].pop("subinterpreters", None)
    figures["interpreters"] = {k: v for k, v in figures["interpreters"].items() if not words.free_threaded(v)}
    assert "subinterpreters" not in six_ways.as_table(figures)
    assert six_ways.as_plot(figures).count("not measured") == 2 * len(six_ways.KINDS)


def test_the_table_of_bounded_memory_names_what_each_way_holds() -> None:
    figures = recorded("bounded-memory")
    lines = bounded_memory.as_table(figures).splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    held = {row[0].strip("`"): row[1] for row in rows}
    items, limit = (next(iter(figures["interpreters"].values()))[key] for key in ("items", "limit"))
    assert held["gather_limited"] == held["Executor.map"] == f"{items:,}"
    assert held["for_each"] == held["map_limited"] == held["map_bounded"] == str(limit)
    assert held["Executor.map, buffersize"] == str(limit + 1)
    for name, cell in zip(figures["interpreters"], rows[0][2:], strict=True):
        assert cell == costs.size(figures["interpreters"][name]["rows"]["gather_limited"]["bytes"])


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (None, "\N{EN DASH}"),
        ({"crash": "SIGSEGV"}, "**SIGSEGV**"),
        ({"operations": 8000, "violations": 0, "exceptions": {}}, "0 of 8,000"),
        ({"operations": 392_000, "violations": 12_678, "exceptions": {"KeyError": 3}}, "**12,678** of 392k"),
    ],
)
def test_a_guarantee_says_how_often_it_broke(found: Any, shown: str) -> None:
    assert guarantees.seen(found) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("", "safe"),
        ("ref:thread-safety-list", "{ref}`safe <thread-safety-list>`"),
        ("https://docs.python.org/3/library/io.html", "[safe](https://docs.python.org/3/library/io.html)"),
    ],
)
def test_what_is_documented_links_to_where_it_stands(source: str, shown: str) -> None:
    assert guarantees.manual("safe", source) == shown


def test_the_table_of_guarantees_has_a_line_for_each_row() -> None:
    figures = recorded("guarantees")
    lines = guarantees.as_table(figures).splitlines()
    rows = [line for line in lines if re.match(r"\| [^*-]", line)]
    found = [list(item["rows"].values()) for item in figures["interpreters"].values()]
    assert len(rows) == len(found[0])
    for line, cells in zip(rows, zip(*found, strict=True), strict=True):
        assert line.endswith(f"| {' | '.join(map(guarantees.seen, cells))} |")


def test_the_tables_of_sharing_costs_have_every_figure() -> None:
    figures = recorded("sharing-costs")
    table = sharing_costs.as_table(figures)
    for item in figures["interpreters"].values():
        for kind in ("counting", "reading"):
            for way, times in item[kind].items():
                for threads, nanoseconds in times.items():
                    (line,) = [line for line in table.splitlines() if line.startswith(f"| {way}, {threads} |")]
                    assert words.duration(nanoseconds / 1000) in line
        for name, nanoseconds in item["single"].items():
            (line,) = [line for line in table.splitlines() if line.startswith(f"| {name} |")]
            assert words.duration(nanoseconds / 1000) in line


def test_the_plot_of_sharing_costs_has_a_panel_for_each_build() -> None:
    figures = recorded("sharing-costs")
    picture = Xml.fromstring(sharing_costs.as_plot(figures))
    gil = [item for item in figures["interpreters"].values() if not words.free_threaded(item)]
    free = [item for item in figures["interpreters"].values() if words.free_threaded(item)]
    shown = [*gil[-1:], *free[-1:]]
    bars = [float(bar.get("width", 0)) for bar in picture.iter(f"{SVG}rect")][1:]
    costs = [cost for item in shown for times in item["counting"].values() for cost in times.values()]
    assert len(bars) == len(costs)
    for width, cost in zip(bars, costs, strict=True):
        assert width == pytest.approx(150 * cost / max(costs), abs=0.06)


def test_the_table_of_fairness_has_each_lock_twice() -> None:
    figures = recorded("fairness")
    lines = fairness.as_table(figures).splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    names = [f"`{name}`" for name in next(iter(figures["interpreters"].values()))["locks"]]
    assert [row[0] for row in rows] == names * 2
    for item, cell in zip(figures["interpreters"].values(), rows[names.index("`asyncio.Lock`")][1:], strict=True):
        assert cell == f"{item['locks']['asyncio.Lock']['row']:,.0f}"


def test_a_program_is_run_under_each_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "examples/programs"
    package.mkdir(parents=True)
    (package / "one.py").write_text("import json, sys; print(json.dumps({'args': sys.argv[1:]}))")
    monkeypatch.setattr(measure, "ROOT", tmp_path)
    monkeypatch.setitem(measure.PROGRAMS, "one", measure.Program("programs", "one", str))
    monkeypatch.setattr(measure, "busy", lambda: 1.5)
    figures = measure.measure("one", [interpreters.ask(sys.executable)])
    (item,) = figures["interpreters"].values()
    assert item == {"args": ["--json"]}
    assert figures["machine"]["cores"] >= 1
    assert "other programs use 1.5 cores" in capsys.readouterr().err
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", figures["date"])


def test_drawing_again_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in (ROOT / measure.DATA).iterdir()}
    assert measure.main(["--draw"]) == 0
    assert {path: path.read_bytes() for path in (ROOT / measure.DATA).iterdir()} == before
    assert len(capsys.readouterr().out.splitlines()) == len(PROGRAMS) + len(PLOTTED)


def test_an_interpreter_that_does_not_run_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INTERPRETERS", "no-such-python")
    assert measure.main([]) == 2
    assert "no-such-python" in capsys.readouterr().err


def test_a_practical_example_shows_each_figure_before_and_after() -> None:
    item = {"version": "3.14.0", "build": "gil", "rows": {"lost": "orders lost", "p99": "99 % within"}}
    item |= {"times": ["p99"], "before": {"lost": 1200, "p99": 2300.0}, "after": {"lost": 0, "p99": 51.2}}
    machine = {"system": "Debian 12", "cores": 2}
    shown = practical.as_table({"machine": machine, "date": "2026-11-27", "interpreters": {"3.14": item}})
    assert "| orders lost | 1,200 → 0 |" in shown
    assert "| 99 % within | 2.3 s → 51 ms |" in shown


def test_each_practical_example_is_measured() -> None:
    there = {path.parent.name.replace("_", "-") for path in ROOT.glob("examples/*/practical_example.py")}
    assert there == {shown.topic for name, shown in measure.PROGRAMS.items() if name.startswith("practical-")}
