"""Time the snippet runner against the other tools, on a corpus that was fixed before anything was measured.

``python source/_ext/bench_runner.py`` writes the corpus to a temporary folder, has each tool check it in turn
several times over, and prints the medians, their ratios to ``sphinx.ext.doctest``, and the processor time that
each tool takes for a page beside the page's own code.  Nothing here is a test: a ratio depends on the machine.

**The corpus.**  200 pages of Markdown with three blocks each, 600 in all, drawn with a fixed seed.  Half of
the blocks wait, as code about input and output does: 2, 3, 5, 8, 13 or 21 ms in ``time.sleep`` or
``asyncio.sleep``.  Half compute for about a millisecond, as examples in a manual do: sums, sorting, hashing,
JSON.  Half are ``{testcode}`` with a ``{testoutput}``, half ``{doctest}``; none needs more than stock Sphinx.
Run bare, one after the other, they take about 3 s, most of it waiting.  The virtual clock gets the same pages
with ``clock: virtual`` in their front matter.
"""

from __future__ import annotations

import argparse
import doctest
import hashlib
import importlib.util
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

EXTENSIONS = Path(__file__).resolve().parent

PAGES = 200
"""Pages of the corpus."""

BLOCKS = 3
"""Blocks of a page."""

SEED = 20261
"""What the corpus is drawn with; another one would be another corpus."""

WAITS = (2, 3, 5, 8, 13, 21)
"""How long a waiting block may wait, in milliseconds."""

REPEATS = 3
"""The least number of times that each tool runs: a median needs three."""

CORES = 2
"""Processor cores that the tools share."""

GROWN = 2000
"""Pages of the long run, which shows whether the time grows with the number of pages and no faster."""


class BenchError(Exception):
    """A tool did not do what it was to be timed at; the message says which, and shows its report."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """One block: the *directive* it stands in, its *code* as written there, and the *output* of a testcode."""

    directive: str
    code: str
    output: str = ""

    @property
    def markdown(self) -> str:
        """The block as a page has it."""
        text = f"```{{{self.directive}}}\n{self.code}\n```\n"
        return f"{text}\n```{{testoutput}}\n{self.output}\n```\n" if self.output else text

    @property
    def source(self) -> str:
        """What runs, without prompts and output."""
        if self.directive == "testcode":
            return self.code
        return "".join(example.source for example in doctest.DocTestParser().get_examples(self.code))


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the corpus."""

    name: str
    snippets: tuple[Snippet, ...]

    def markdown(self, clock: str) -> str:
        """Its text, with the *clock* in the front matter unless that is ``real``, which is the default."""
        front = f"---\nclock: {clock}\n---\n" if clock != "real" else ""
        parts = [f"(bench-{self.name})=\n# Quotes, page {self.name}\n"]
        for number, snippet in enumerate(self.snippets, 1):
            parts.append(
                f"## Step {number}\n\nA shop asks its *carriers* for quotes, and must answer within a deadline; "
                f"see [page {self.name}](#bench-{self.name}). The `quote` below is step {number} of the way.\n"
            )
            parts.append(snippet.markdown)
        return front + "\n".join(parts)


def _sleep_in_code(number: int, wait: int) -> Snippet:
    code = f"import time\n\ntime.sleep({wait / 1000})\nprint('parcel', {number})"
    return Snippet("testcode", code, f"parcel {number}")


def _await_in_code(number: int, wait: int) -> Snippet:
    code = (
        "import asyncio\n\n\nasync def quote(parcel):\n"
        f"    await asyncio.sleep({wait / 1000})\n    return parcel + 1\n\n\nprint(asyncio.run(quote({number})))"
    )
    return Snippet("testcode", code, str(number + 1))


def _sleep_at_prompts(number: int, wait: int) -> Snippet:
    code = f">>> import time\n>>> time.sleep({wait / 1000})\n>>> 'parcel', {number}\n('parcel', {number})"
    return Snippet("doctest", code)


def _await_at_prompts(number: int, wait: int) -> Snippet:
    code = (
        ">>> import asyncio\n>>> async def ask(parcel):\n"
        f"...     await asyncio.sleep({wait / 1000})\n...     return parcel + 2\n"
        f">>> asyncio.run(ask({number}))\n{number + 2}"
    )
    return Snippet("doctest", code)


def _sum_in_code(number: int, size: int) -> Snippet:
    count = 10 * size
    code = f"total = 0\nfor grams in range({count}):\n    total += grams * grams % {97 + number}\nprint(total)"
    return Snippet("testcode", code, str(sum(i * i % (97 + number) for i in range(count))))


def _hash_in_code(number: int, size: int) -> Snippet:
    code = (
        f"import hashlib\n\nlabel = b'{number}'\nfor _ in range({size}):\n"
        "    label = hashlib.sha256(label).digest()\nprint(label.hex()[:16])"
    )
    label = str(number).encode()
    for _ in range(size):
        label = hashlib.sha256(label).digest()
    return Snippet("testcode", code, label.hex()[:16])


def _sort_at_prompts(number: int, size: int) -> Snippet:
    prices = [(i * 7919 + number) % 10_007 for i in range(5 * size)]
    code = (
        f">>> prices = [(i * 7919 + {number}) % 10_007 for i in range({5 * size})]\n"
        f">>> sorted(prices, key=str)[:3]\n{sorted(prices, key=str)[:3]}"
    )
    return Snippet("doctest", code)


def _json_at_prompts(number: int, size: int) -> Snippet:
    code = (
        f">>> import json\n>>> rates = {{str(i): i * {number} for i in range({2 * size})}}\n"
        f">>> len(json.loads(json.dumps(rates)))\n{2 * size}"
    )
    return Snippet("doctest", code)


_WAITING = (_sleep_in_code, _await_in_code, _sleep_at_prompts, _await_at_prompts)
_COMPUTING = (_sum_in_code, _hash_in_code, _sort_at_prompts, _json_at_prompts)
_SIZES = (300, 500, 800, 1300)


def corpus(pages: int = PAGES, seed: int = SEED) -> list[Page]:
    """*pages* pages of three blocks, half of all blocks waiting and half computing; the same for the same *seed*."""
    # Not shuffle or choices: what those draw has changed between versions of Python, random() has not.
    draw = random.Random(seed).random
    kinds: list[Callable[[int, int], Snippet]] = []
    for index in range(pages * BLOCKS):
        family = _WAITING if index % 2 else _COMPUTING
        kinds.append(family[index // 2 % 4])
    kinds = [kind for _, kind in sorted(((draw(), kind) for kind in kinds), key=lambda pair: pair[0])]
    snippets = []
    for number, kind in enumerate(kinds):
        amounts = WAITS if kind in _WAITING else _SIZES
        snippets.append(kind(number, amounts[int(draw() * len(amounts))]))
    return [Page(f"p{number:04}", tuple(snippets[number * BLOCKS : (number + 1) * BLOCKS])) for number in range(pages)]


# -- The tools ---------------------------------------------------------------------------------------

_CONF = """\
project = "Bench"
extensions = ["myst_parser", {extension!r}]
html_theme = "basic"
"""

_CONFTEST = '''\
"""Sybil knows {doctest}; {testcode} with {testoutput} is taught here."""
import contextlib, io, re
from sybil import Region, Sybil
from sybil.parsers.myst import DocTestDirectiveParser

BLOCK = re.compile(r"^```{testcode}\\n(.*?)^```\\n\\n```{testoutput}\\n(.*?)^```$", re.M | re.S)


def evaluate(example):
    code, wanted = example.parsed
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, example.path, "exec"), example.namespace)
    assert printed.getvalue() == wanted


def testcodes(document):
    for found in BLOCK.finditer(document.text):
        yield Region(found.start(), found.end(), found.groups(), evaluate)


pytest_collect_file = Sybil(parsers=[DocTestDirectiveParser(), testcodes], patterns=["p*.md"]).pytest()
'''


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that checks the corpus: its *name*, the *clock* of its pages, and what it does.

    *path* is where it is imported from, if it is not installed.
    """

    name: str
    clock: str
    extension: str
    settings: str = ""
    path: str = ""


STOCK = Tool("sphinx.ext.doctest", "real", "sphinx.ext.doctest")
SYBIL = Tool("Sybil", "real", "")
SYBIL_VERSION = "sybil==10.1.0"
_OWN = f"import sys; sys.path.insert(0, {str(EXTENSIONS)!r})\nconcurrent_doctest_strict = True\n"
REAL = Tool("concurrent_doctest, real clock", "real", "concurrent_doctest", _OWN)
VIRTUAL = Tool("concurrent_doctest, virtual clock", "virtual", "concurrent_doctest", _OWN)


@dataclass(frozen=True, slots=True)
class Timing:
    """What one run took: *wall* and *processor* time, both in seconds."""

    wall: float
    processor: float


class Project:
    """The corpus as one *tool* reads it, in a *folder* of its own."""

    def __init__(self, tool: Tool, pages: Sequence[Page], folder: Path) -> None:
        self.tool, self._pages, self._folder = tool, pages, folder
        source = folder / "source"
        source.mkdir(parents=True)
        for page in pages:
            (source / f"{page.name}.md").write_text(page.markdown(tool.clock), "utf-8")
        if tool.name == SYBIL.name:
            (source / "conftest.py").write_text(_CONFTEST, "utf-8")
            (source / "pytest.ini").write_text("[pytest]\n", "utf-8")
            return
        (source / "conf.py").write_text(_CONF.format(extension=tool.extension) + tool.settings, "utf-8")
        names = "".join(f"{page.name}\n" for page in pages)
        (source / "index.md").write_text(f"# Bench\n\n```{{toctree}}\n{names}```\n", "utf-8")

    def forget(self) -> None:
        """Make the next run a cold one: Sphinx has read nothing yet."""
        shutil.rmtree(self._folder / "doctrees", ignore_errors=True)

    def run(self) -> Timing:
        """Check all pages once.

        :raises BenchError: unless every block was run and passed.
        """
        python = [sys.executable, "-m"]
        if self.tool.name == SYBIL.name:
            command = [*python, "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", "source", "source"]
        else:
            command = [*python, "sphinx", "-q", "-b", "doctest", "-d", "doctrees", "source", "out"]
        used, started = _processor_time(), time.perf_counter()
        done = subprocess.run(
            command,
            cwd=self._folder,
            env=_environment(self._folder.parent, self.tool.path),
            capture_output=True,
            text=True,
            check=False,
        )
        timing = Timing(time.perf_counter() - started, _processor_time() - used)
        if done.returncode:
            raise BenchError(f"{self.tool.name} failed on the corpus:\n{(done.stdout + done.stderr)[-4000:]}")
        if self.tool.extension == "concurrent_doctest":
            self._check_results()
        return timing

    def _check_results(self) -> None:
        content = json.loads((self._folder / "out/results.json").read_text("utf-8"))
        passed = sum(r["outcome"] == "passed" for document in content["documents"] for r in document["results"])
        if passed != len(self._pages) * BLOCKS:
            raise BenchError(f"{self.tool.name}: {passed} of {len(self._pages) * BLOCKS} blocks passed")


def _environment(folder: Path, path: str) -> dict[str, str]:
    """Variables for a tool that imports from *path* besides.

    Compiled modules are kept in *folder*, so that no run but the first compiles any.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    known = {"PYTHONPATH": os.pathsep.join(filter(None, [path, kept.get("PYTHONPATH")]))} if path else {}
    return kept | known | {"PYTHONPYCACHEPREFIX": str(folder / "pycache")}


def _processor_time() -> float:
    """Seconds of processor time of all processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bare(pages: Sequence[Page], folder: Path) -> Timing:
    """The snippets alone, one after the other in one process: what no tool can save but by running side by side."""
    script = folder / "bare.py"
    parts = [f"exec({snippet.source!r}, {{}})" for page in pages for snippet in page.snippets]
    script.write_text("\n".join(parts), "utf-8")
    used, started = _processor_time(), time.perf_counter()
    subprocess.run([sys.executable, str(script)], stdout=subprocess.DEVNULL, check=True)
    return Timing(time.perf_counter() - started, _processor_time() - used)


def install_sybil(folder: Path) -> str:
    """Put Sybil into *folder*, and into no environment; returns why that failed, or "" if it did not.

    Nothing but this needs Sybil, so no lock has it.
    """
    if importlib.util.find_spec("pytest") is None:
        return f"pytest, which runs it, is not installed: {sys.executable} -m pip install pytest"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
    done = subprocess.run(
        [*pip, "--target", str(folder), SYBIL_VERSION], capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["pip says nothing"])[-1]
        return f"installing {SYBIL_VERSION} needs the network, and failed: {reason}"
    return ""


# -- Measuring ---------------------------------------------------------------------------------------


def _median(timings: Sequence[Timing]) -> Timing:
    """The median of wall and of processor time, each by itself."""
    return Timing(statistics.median(t.wall for t in timings), statistics.median(t.processor for t in timings))


def _two_cores() -> int:
    """Keep this process and all it starts on two cores; returns how many they are."""
    if not hasattr(os, "sched_setaffinity"):
        return os.cpu_count() or 1
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    os.sched_setaffinity(0, cores)
    return len(cores)


def _say(text: str) -> None:
    print(text, flush=True)


def compare(pages: Sequence[Page], repeats: int, folder: Path) -> None:
    """Run every tool *repeats* times, interleaved, and print a table."""
    tools = [STOCK, REAL, VIRTUAL]
    if problem := install_sybil(folder / "sybil"):
        _say(f"Sybil is left out: {problem}")
    else:
        tools.insert(1, replace(SYBIL, path=str(folder / "sybil")))
    projects = [Project(tool, pages, folder / str(number)) for number, tool in enumerate(tools)]
    alone: list[Timing] = []
    cold: dict[Tool, list[Timing]] = {tool: [] for tool in tools}
    warm: dict[Tool, list[Timing]] = {tool: [] for tool in tools}
    for repeat in range(repeats):
        alone.append(bare(pages, folder))
        # Each round begins with another tool, so that none always follows the same neighbour.
        turn = repeat % len(projects)
        for project in [*projects[turn:], *projects[:turn]]:
            project.forget()
            cold[project.tool].append(project.run())
            warm[project.tool].append(project.run())
        said = ", ".join(f"{tool.name} {warm[tool][-1].wall:.2f} s" for tool in tools)
        _say(f"round {repeat + 1} of {repeats}: {said}")
    code = _median(alone)
    _say(f"\nThe code alone: {code.wall:.2f} s, {code.processor:.2f} s of it computing.  Medians of {repeats} rounds;")
    _say("warm: Sphinx had read the pages before; overhead: processor time beside the code's own, for a page.\n")
    _say(f"{'':34}{'warm':>8}{'ratio':>7}{'cold':>9}{'ratio':>7}{'overhead':>13}")
    for tool in tools:
        warmly, coldly = _median(warm[tool]), _median(cold[tool])
        ratio = warmly.wall / _median(warm[STOCK]).wall
        cold_ratio = coldly.wall / _median(cold[STOCK]).wall
        overhead = (warmly.processor - code.processor) / len(pages) * 1000
        times = f"{warmly.wall:6.2f} s{ratio:7.2f}{coldly.wall:7.2f} s{cold_ratio:7.2f}"
        _say(f"{tool.name:34}{times}{overhead:7.1f} ms/page")


def grow(sizes: Sequence[int], folder: Path) -> None:
    """Run each tool once on corpora of *sizes* pages, and print what a page costs in each."""
    _say(f"\n{'':34}" + "".join(f"{size:>8} pages" for size in sizes))
    for tool in (STOCK, REAL, VIRTUAL):
        cells = []
        for size in sizes:
            project = Project(tool, corpus(size), folder / f"{tool.extension}-{tool.clock}-{size}")
            project.run()
            cells.append(f"{project.run().wall / size * 1000:5.1f} ms/page")
        _say(f"{tool.name:34}" + "".join(f"{cell:>14}" for cell in cells))


def main(arguments: list[str] | None = None) -> int:
    """Measure; the exit status says only whether that was possible."""
    parser = argparse.ArgumentParser(description="Time the snippet runner against the other tools.")
    parser.add_argument("--repeats", type=int, default=REPEATS, help=f"rounds, at least {REPEATS}")
    parser.add_argument("--grow", action="store_true", help=f"also run {PAGES} and {GROWN} pages, a few minutes")
    options = parser.parse_args(arguments)
    if options.repeats < REPEATS:
        parser.error(f"--repeats {options.repeats}: a median needs at least {REPEATS}")
    cores = _two_cores()
    pages = corpus()
    print(
        f"{len(pages)} pages, {sum(len(page.snippets) for page in pages)} blocks, seed {SEED}, {cores} cores, ", end=""
    )
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    _say(f"Python {sys.version.split()[0]}{load}")
    if load and os.getloadavg()[0] > 0.5:
        _say("The machine has other work: the figures will be too high, and the ratios unsure.")
    try:
        with tempfile.TemporaryDirectory(prefix="bench-runner-") as folder:
            compare(pages, options.repeats, Path(folder))
            if options.grow:
                grow([PAGES, GROWN], Path(folder))
    except BenchError as error:
        print(f"bench-runner: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
