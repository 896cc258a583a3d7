"""Run the measuring programs on every interpreter, and draw what they found.

``python source/_ext/measure.py`` writes, for each program, the figures as JSON, a table of them in Markdown, which
its page includes, and a plot; ``--draw`` makes tables and plots again from the JSON.  A page can so not say other
figures than its data.  Nothing here judges a figure: they depend on the machine.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from concurrent_doctest import interpreters
from measured import bounded_memory, costs, crossing_costs, fairness, guarantees, practical, sharing_costs, six_ways
from measured.words import Figures

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = Path("source/_data/measured")
FIGURES = Path("source/_static/figures")
LIMIT = 300
"""Seconds that a program may take under one interpreter."""

QUIET = 0.1
"""Cores that other programs may use while something is measured."""

PATIENCE = 60
"""Seconds to wait for that, before each interpreter."""

Draw = Callable[[Figures], str]


@dataclass(frozen=True, slots=True)
class Program:
    """A program of ``examples/`` whose figures the *topic* shows, as a table and maybe as a plot."""

    topic: str
    module: str
    table: Draw
    plot: Draw | None = None

    @property
    def package(self) -> str:
        """What ``python -m`` runs."""
        return f"examples.{self.topic.replace('-', '_')}.{self.module}"


IO, TASK = "io-bound-vs-cpu-bound-work", "task-thread-and-valuetask"
PATTERNS, SAFE = "parallel-execution-patterns", "thread-safe-collections"
PROGRAMS = {
    "six-ways": Program(IO, "six_ways", six_ways.as_table, six_ways.as_plot),
    "crossing-costs": Program(IO, "crossing_costs", crossing_costs.as_table, crossing_costs.as_plot),
    "life-cycle-costs": Program(TASK, "costs", costs.life_cycle_costs_table),
    "await-costs": Program(TASK, "await_costs", costs.await_costs_table),
    "bounded-memory": Program(PATTERNS, "bounded_memory", bounded_memory.as_table),
    "guarantees": Program(SAFE, "stress", guarantees.as_table),
    "sharing-costs": Program(SAFE, "sharing_costs", sharing_costs.as_table, sharing_costs.as_plot),
    "fairness": Program("deadlock-prevention", "fairness", fairness.as_table),
    **{
        f"practical-{topic}": Program(topic, "practical_example", practical.as_table)
        for found in sorted(ROOT.glob("examples/*/practical_example.py"))
        for topic in [found.parent.name.replace("_", "-")]
    },
}
"""By the name of its data: what is measured, and how its figures are shown."""


def drawings(program: str, figures: Figures) -> dict[Path, str]:
    """The files that follow from *figures*, by their path from the root."""
    shown = PROGRAMS[program]
    files = {DATA / f"{program}.md": shown.table(figures)}
    if shown.plot:
        files[FIGURES / f"{shown.topic}-{program}.svg"] = shown.plot(figures)
    return files


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
    """Run *program* under each of *found*, one after the other, with the packages that snippets import."""
    ran: Figures = {}
    packages = [os.environ.get(name, "") for name in ("SNIPPET_PACKAGES", "PYTHONPATH")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, packages))}
    for interpreter in found:
        print(f"measure: {program}, Python {interpreter.version} ({interpreter.build})", flush=True)
        if (others := await_quiet()) > QUIET:
            print(f"measure: other programs use {others:.1f} cores; the figures will show it", file=sys.stderr)
        command = [interpreter.command, "-m", PROGRAMS[program].package, "--json"]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=LIMIT
        )
        ran[interpreter.name] = json.loads(done.stdout)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return {"machine": machine(), "date": today, "interpreters": ran}


def main(arguments: list[str] | None = None) -> int:
    """Measure and draw, or only draw; returns the exit status."""
    parser = argparse.ArgumentParser(prog="measure", description=__doc__)
    parser.add_argument("--draw", action="store_true", help="make tables and plots from the JSON that is there")
    parser.add_argument("programs", nargs="*", default=list(PROGRAMS), help="which (all)")
    options = parser.parse_args(arguments)
    sys.path.append(str(ROOT))  # a table takes its words from examples/
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
