"""The corpus of the benchmark is fixed, and a soak finds what is not the same every time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import bench_runner
import soak
from concurrent_doctest import supervise
from concurrent_doctest.plan import Block, Document, Group, Output, Plan


def page(name: str, source: str, output: str = "ok") -> Document:
    """A page of one testcode that is to print *output*."""
    blocks = (Block(f"{name}.md", 3, "testcode", source, outputs=(Output(6, output),)),)
    return Document(name, f"{name}.md", (Group("default", blocks),))


# -- The corpus ----------------------------------------------------------------------------------


def test_the_corpus_has_200_pages_and_600_blocks_half_of_them_waiting() -> None:
    pages = bench_runner.corpus()
    snippets = [snippet for page in pages for snippet in page.snippets]
    assert (len(pages), len(snippets)) == (200, 600)
    assert sum("sleep" in snippet.code for snippet in snippets) == 300
    assert Counter(snippet.directive for snippet in snippets) == {"testcode": 300, "doctest": 300}


def test_the_same_seed_gives_the_same_corpus_and_another_one_another() -> None:
    texts = [[page.markdown("real") for page in bench_runner.corpus(seed=seed)] for seed in (1, 1, 2)]
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]


def test_the_corpus_waits_for_some_seconds_in_all() -> None:
    waits = {str(wait / 1000): wait for wait in bench_runner.WAITS}
    code = "\n".join(snippet.code for page in bench_runner.corpus() for snippet in page.snippets)
    total = sum(wait * code.count(f"sleep({text})") for text, wait in waits.items())
    assert 2_000 < total < 3_000


def test_the_virtual_clock_gets_the_same_pages_with_front_matter() -> None:
    page = bench_runner.corpus(pages=2)[1]
    assert page.markdown("virtual") == f"---\nclock: virtual\n---\n{page.markdown('real')}"


@pytest.mark.parametrize("tool", [bench_runner.STOCK, bench_runner.REAL, bench_runner.VIRTUAL], ids=lambda t: t.name)
def test_every_tool_passes_what_is_timed(tool: bench_runner.Tool, tmp_path: Path) -> None:
    # Raises unless all blocks passed.
    bench_runner.Project(tool, bench_runner.corpus(pages=4), tmp_path).run()


def test_sybil_is_imported_from_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A stand-in: the test needs no network.  It takes the place that pip would fill.
    asked: list[list[str]] = []

    def pip(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "run", pip)
        assert bench_runner.install_sybil(tmp_path / "sybil") == ""
    ((*_, option, folder, package),) = asked
    assert (option, folder) == ("--target", str(tmp_path / "sybil"))
    assert package.startswith("sybil==")
    environment = bench_runner._environment(tmp_path, folder)
    assert environment["PYTHONPATH"].split(os.pathsep)[0] == folder


def test_without_the_network_sybil_is_left_out_and_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "WARNING: retrying\nERROR: No matching distribution found\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    said = bench_runner.install_sybil(Path("nowhere"))
    assert said.endswith("needs the network, and failed: ERROR: No matching distribution found")


def test_a_tool_that_fails_is_not_timed(tmp_path: Path) -> None:
    wrong = bench_runner.Snippet("testcode", "print(1)", "2")
    project = bench_runner.Project(bench_runner.REAL, [bench_runner.Page("p", (wrong,) * 3)], tmp_path)
    with pytest.raises(bench_runner.BenchError, match="concurrent_doctest, real clock failed on the corpus"):
        project.run()


# -- What speed must not cost -------------------------------------------------------------------


LEFTOVERS = {
    "a file": "open('left', 'w').close()",
    "a folder": "os.mkdir('left')",
    "another mode": "os.chmod('.', 0o500)",
    "a file beside": "open('../left', 'w').close()",
    "a temporary file": "import tempfile; tempfile.mkstemp()",
    "output": "os.write(1, b'left')",
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the runner forks")
@pytest.mark.parametrize("left", LEFTOVERS)
def test_a_page_finds_nothing_of_the_page_before_in_its_folder(left: str) -> None:
    state = (
        "import tempfile\nprint('ok', os.listdir(), os.listdir(tempfile.gettempdir()),"
        " oct(os.stat('.').st_mode & 0o200), len(os.listdir('..')))"
    )
    first = page("first", f"import os\n{LEFTOVERS[left]}\nprint('ok')")
    second = page("second", f"import os\n{state}", "ok [] [] 0o200 5")
    results = supervise.run(Plan((first, second)), jobs=1, progress=lambda _: None)
    assert [(result.passed, result.results[0].report) for result in results] == [(True, ""), (True, "")]
    assert results[1].output == ""


# -- The soak ------------------------------------------------------------------------------------


def results(*blocks: tuple[str, str, str], problem: str = "") -> dict[str, Any]:
    """A results file of one page with the given ids, kinds and outcomes."""
    listed = [{"id": id_, "kind": kind, "outcome": outcome, "reason": ""} for id_, kind, outcome in blocks]
    return {"documents": [{"name": "p", "path": "p.md", "problem": problem, "results": listed}]}


def test_runs_that_agree_have_nothing_unsteady() -> None:
    run = soak.outcomes(results(("p.md:3", "doctest", "passed"), ("p.md:9", "testcode", "failed")))
    assert soak.unsteady([run, dict(run), dict(run)]) == {}


def test_a_block_that_fails_once_is_named_with_its_counts() -> None:
    good = results(("p.md:3", "doctest", "passed"), ("p.md:9", "testcode", "passed"))
    bad = results(("p.md:3", "doctest", "passed"), ("p.md:9", "testcode", "failed"))
    runs = [soak.outcomes(run) for run in (good, bad, good)]
    key = soak.Key("p.md:9", "testcode")
    assert soak.unsteady(runs) == {key: Counter(passed=2, failed=1)}
    assert soak.report(runs, {key: "stderr differs"}).splitlines() == [
        "p.md:9: testcode: passed 2, failed 1: stderr differs",
        "3 runs, 1 blocks the same every time, 1 not",
    ]


def test_a_leak_or_a_failed_page_that_comes_and_goes_is_unsteady() -> None:
    block = ("p.md:3", "doctest", "passed")
    runs = [
        soak.outcomes(run) for run in (results(block), results(block, ("p.md:3", "leak", "failed"), problem="died"))
    ]
    assert soak.unsteady(runs) == {
        soak.Key("p.md", "document"): Counter(absent=1, failed=1),
        soak.Key("p.md:3", "leak"): Counter(absent=1, failed=1),
    }


def test_blocks_that_fail_every_time_are_counted() -> None:
    run = soak.outcomes(results(("p.md:3", "doctest", "failed")))
    assert soak.report([run, run], {}).startswith("1 failed every time")


def test_the_order_is_another_in_each_run_and_the_same_for_the_same_seed() -> None:
    plan = Plan(tuple(page(f"p{number}", "") for number in range(20)))
    orders = [[d.name for d in soak.shuffled(plan, 7, number).documents] for number in (1, 2, 1)]
    assert orders[0] == orders[2]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(d.name for d in plan.documents)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the runner forks")
def test_a_soak_finds_the_block_that_passes_only_the_first_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flag = tmp_path / "flag"
    once = f"import pathlib\nflag = pathlib.Path({str(flag)!r})\nprint('no' if flag.exists() else 'ok')\nflag.touch()"
    plan = Plan((page("once", once), page("always", "print('ok')")))
    status = soak.soak(plan, runs=2, seed=1, folder=tmp_path, interpreter=sys.executable)
    said = capsys.readouterr().out
    assert status == 1
    assert "once.md:3: testcode: passed 1, failed 1: it printed something else\n" in said
    assert "    Got:\n        no\n" in said
    assert "always.md" not in said
    assert said.endswith("seed 1\n")


def test_runs_before_a_runner_that_broke_are_not_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = [results(("p.md:3", "doctest", "passed")), soak.SoakError("the runner is gone")]

    def run_once(*_: object) -> Any:
        if isinstance(answer := answers.pop(0), Exception):
            raise answer
        return answer

    monkeypatch.setattr(soak, "run_once", run_once)
    status = soak.soak(Plan(()), runs=3, seed=1, folder=tmp_path, interpreter=sys.executable)
    said = capsys.readouterr()
    assert (status, said.err) == (2, "soak: the runner is gone\n")
    assert "1 runs, 1 blocks the same every time, 0 not" in said.out


def test_busy_processes_are_gone_whatever_happens() -> None:
    processes: list[subprocess.Popen[bytes]] = []

    def work() -> None:
        with soak.busy(2) as started:
            processes.extend(started)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert [process.returncode is None for process in processes] == [False, False]


def test_a_busy_process_ends_when_its_parent_was_killed() -> None:
    script = (
        "import os, signal, sys, soak\n"
        "with soak.busy(1) as [process]:\n"
        "    os.write(1, f'{process.pid}'.encode())\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=soak.EXTENSIONS)
    # The pipe is open in the busy process, too: its end is the end of both.
    printed, _ = done.communicate(timeout=60)
    assert int(printed) > 0
