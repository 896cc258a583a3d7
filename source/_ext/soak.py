"""Run the snippets many times in a busy machine, and name each block that is not the same every time.

``python source/_ext/soak.py --runs 50`` collects the plan once, by building ``doctest``, and then runs it again
and again: the pages in another order each time, and beside them a process for each core that does nothing but
compute.  A snippet that relies on being quick, or on what ran before it, shows here.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import random
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from concurrent_doctest import plan as plans
from concurrent_doctest.command import INTERRUPTED

ROOT = Path(__file__).resolve().parent.parent.parent
EXTENSIONS = Path(__file__).resolve().parent

ABSENT = "absent"
"""The outcome of what a run says nothing of, such as a leak that another run found."""

# It asks for its parent now and then, so that it ends even when that was killed.
_BUSY = "import os\nwhile os.getppid() == {parent}:\n    for _ in range(1_000_000): pass"
_RUN = "import sys; sys.path.append(sys.argv.pop(1)); from concurrent_doctest.command import main; sys.exit(main())"


class SoakError(Exception):
    """The plan could not be made or run; the message says what to do."""


@dataclasses.dataclass(frozen=True, order=True, slots=True)
class Key:
    """What has an outcome: a block, a leak or a whole document (*kind*), at a *place* (``page:line`` or a page)."""

    place: str
    kind: str


Outcomes = dict[Key, str]


def outcomes(content: Mapping[str, Any]) -> Outcomes:
    """The outcome of everything in a results file; where a place has several, they are told together."""
    found: dict[Key, list[str]] = {}
    for document in content["documents"]:
        if document["problem"]:
            found[Key(document["path"], "document")] = ["failed"]
        for result in document["results"]:
            found.setdefault(Key(result["id"], result["kind"]), []).append(result["outcome"])
    return {key: ", ".join(sorted(several)) for key, several in found.items()}


def unsteady(runs: Sequence[Outcomes]) -> dict[Key, Counter[str]]:
    """What was not the same in all *runs*, with how often it had which outcome."""
    everything = sorted({key for run in runs for key in run})
    counted = {key: Counter(run.get(key, ABSENT) for run in runs) for key in everything}
    return {key: counts for key, counts in counted.items() if len(counts) > 1}


def shuffled(plan: plans.Plan, seed: int, number: int) -> plans.Plan:
    """*plan* with its documents in the order of run *number*; the same for the same *seed*."""
    documents = list(plan.documents)
    random.Random(f"{seed} {number}").shuffle(documents)
    return dataclasses.replace(plan, documents=tuple(documents))


@contextmanager
def busy(cores: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Keep *cores* cores computing; the processes that do are gone when the block ends."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(cores):
            processes.append(subprocess.Popen([sys.executable, "-c", _BUSY.format(parent=os.getpid())]))
        yield processes
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def collect(build: Path) -> plans.Plan:
    """Build ``doctest`` once for its plan; what fails there is that build's to report.

    :raises SoakError: when there is no plan.
    """
    folder = build / "soak"
    (folder / "plan.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "doctest", "-d", str(build / "work/doctrees")]
    subprocess.run([*command, "source", str(folder)], cwd=ROOT, env=os.environ | {"ACCEPT": ""}, check=False)
    try:
        return plans.read(folder / "plan.json")
    except plans.PlanError as error:
        raise SoakError(f"{error}; what Sphinx says above is the reason") from None


def run_once(plan: plans.Plan, folder: Path, interpreter: str) -> dict[str, Any]:
    """Run *plan* in the order in which it stands; returns the results.

    :raises KeyboardInterrupt: when the run was interrupted.
    :raises SoakError: when the runner did not come to results.
    """
    at, results = folder / "shuffled.json", folder / "results.json"
    plans.write(plan, at)
    results.unlink(missing_ok=True)
    status = subprocess.run([interpreter, "-c", _RUN, str(EXTENSIONS), str(at), str(results)], cwd=ROOT).returncode
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    if status or not results.is_file():
        raise SoakError(f"the runner ended with exit status {status} and no results; see its message above")
    content: dict[str, Any] = json.loads(results.read_text("utf-8"))
    return content


def report(runs: Sequence[Outcomes], reasons: Mapping[Key, str]) -> str:
    """What *runs* had in common and what not, with the first reason that each unsteady thing gave."""
    different = unsteady(runs)
    lines = []
    for key, counts in different.items():
        said = ", ".join(f"{outcome} {count}" for outcome, count in counts.most_common())
        lines.append(f"{key.place}: {key.kind}: {said}" + (f": {reasons[key]}" if reasons.get(key) else ""))
    steady = runs[0].keys() - different.keys() if runs else set()
    if always := sum("failed" in runs[0][key] for key in steady):
        lines.append(f"{always} failed every time: make doctest says why")
    lines.append(f"{len(runs)} runs, {len(steady)} blocks the same every time, {len(different)} not")
    return "\n".join(lines)


def soak(plan: plans.Plan, *, runs: int, seed: int, folder: Path, interpreter: str) -> int:
    """Run *plan* *runs* times beside busy cores and print what differed; returns the exit status."""
    seen: list[Outcomes] = []
    reasons: dict[Key, str] = {}
    status = 0
    try:
        with busy(os.cpu_count() or 1):
            for number in range(1, runs + 1):
                started = time.monotonic()
                content = run_once(shuffled(plan, seed, number), folder, interpreter)
                seen.append(outcomes(content))
                for document in content["documents"]:
                    for result in document["results"]:
                        if result["outcome"] not in ("passed", "skipped"):
                            shown = textwrap.indent(result["report"].rstrip(), "    ")
                            told = result["reason"] or f"it printed something else\n{shown}"
                            reasons.setdefault(Key(result["id"], result["kind"]), told)
                counts = Counter(outcome for outcome in seen[-1].values())
                said = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
                print(f"run {number} of {runs}: {said}, {time.monotonic() - started:.1f} s", flush=True)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except SoakError as error:
        print(f"soak: {error}", file=sys.stderr)
        status = 2
    print(f"\n{report(seen, reasons)}\nseed {seed}")
    return status or int(bool(unsteady(seen)))


def main(arguments: list[str] | None = None) -> int:
    """Soak the manual; exit status 1 if a block was not the same every time, 2 if it could not be tried."""
    parser = argparse.ArgumentParser(description="Run the snippets many times in a busy machine.")
    parser.add_argument("--runs", type=int, default=50, help="how many times")
    parser.add_argument("--seed", type=int, default=None, help="what the orders of pages are drawn with")
    parser.add_argument("--build", type=Path, default=Path("build"), help="where plan and results go")
    options = parser.parse_args(arguments)
    if options.runs < 2:
        parser.error(f"--runs {options.runs}: at least two runs can be compared")
    seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    build = options.build.resolve()
    interpreter = os.environ.get("INTERPRETER", "") or sys.executable
    try:
        plan = collect(build)
        print(f"{len(plan.documents)} pages, {options.runs} runs, {os.cpu_count() or 1} busy cores, seed {seed}")
        return soak(plan, runs=options.runs, seed=seed, folder=build / "soak", interpreter=interpreter)
    except SoakError as error:
        print(f"soak: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
