"""What a page may say of its blocks: conditions, streams, kinds of output; and what a strict project refuses."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import verify
from concurrent_doctest import verification
from tests.ext.scratch_project import Built, Scratch

ORPHAN = "---\norphan: true\n---\n# Page\n\n"
"""Five lines."""

STRICT: dict[str, object] = {
    "extensions": ["myst_parser", "concurrent_doctest"],
    "concurrent_doctest_strict": True,
    "concurrent_doctest_interpreter": sys.executable,
}
WELL = "```{testcode}\nprint(1)\n```\n```{testoutput}\n1\n```\n"


def block(name: str, content: str, *options: str) -> str:
    return "\n".join([f"```{{{name}}}", *options, content, "```", ""])


def make(folder: Path, pages: dict[str, str]) -> Scratch:
    project = Scratch(folder)
    project.write(index=f"{ORPHAN}{WELL}", **{name: f"{ORPHAN}{text}" for name, text in pages.items()})
    return project


# -- What is refused -----------------------------------------------------------------------------

REFUSED = {
    "output alone": (block("testoutput", "1"), "source/p0.md:7: this testoutput has no testcode before it"),
    "python fence": ("```python\nprint(1)\n```\n", "source/p1.md:6: nothing executes this Python; use testcode"),
    "python block": (
        block("code-block", "print(1)").replace("}", "} python", 1),
        "p2.md:6: nothing executes this Python",
    ),
    "console": ("```pycon\n>>> 1\n1\n```\n", "source/p3.md:6: nothing executes this Python"),
    "empty": (block("testcode", ""), "this testcode is empty; write what it runs or prints, or delete it"),
    "two outputs": (block("testcode", "print(1)") + block("testoutput", "1") * 2, "2 of its 2 outputs apply here"),
    "no output applies": (
        block("testcode", "print(1)") + block("testoutput", "1", ':pyversion: "<3"'),
        "0 of its 1 outputs apply here; conditions must leave exactly one",
    ),
    "version": (block("testcode", "x = 1", ":pyversion: 3.13"), "'3.13' is no version specifier, such as >=3.13"),
    "expectation": (block("testcode", "x = 1", ":expect: crash"), "'crash' is no expectation; known are hang"),
    "build": (block("testcode", "x = 1", ":build: debug"), '"debug" unknown; choose from "gil", or "free-threaded"'),
    "stream": (block("testcode", "x = 1") + block("testoutput", "1", ":stream: both"), '"both" unknown; choose from'),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Every page that is refused, in one run."""
    pages = {f"p{number}": text for number, (text, _) in enumerate(REFUSED.values())}
    return make(tmp_path_factory.mktemp("refused"), pages).build("doctest", **STRICT)


@pytest.mark.parametrize("name", REFUSED)
def test_a_strict_project_refuses_it_at_its_line_and_says_what_to_do(refused: Built, name: str) -> None:
    number = [*REFUSED].index(name)
    lines = [line for line in refused.printed.splitlines() if f"source/p{number}.md:" in line]
    assert any(REFUSED[name][1] in line for line in lines), refused.printed
    assert refused.status == 1


def test_without_strict_rules_it_is_said_and_passes(tmp_path: Path) -> None:
    project = make(tmp_path, {"p1": REFUSED["python fence"][0]})
    built = project.build("doctest", **STRICT | {"concurrent_doctest_strict": False})
    assert (built.status, built.printed) == (0, "")
    assert "nothing executes this Python" in built.read("output.txt")


def test_python_that_is_not_run_says_why_and_is_counted(tmp_path: Path) -> None:
    text = "```{code-block} python\n:not-run: it needs a printer\nprint(1)\n```\n"
    project = make(tmp_path, {"p": text})
    built = project.build("doctest", **STRICT)
    assert built.status == 0, built.printed
    report = built.read("output.txt")
    assert "not run: it needs a printer" in report
    assert "1 block not run, each with its reason" in report
    assert "Not run: it needs a printer." in project.build("html", **STRICT).read("p.html")


# -- Conditions ----------------------------------------------------------------------------------

OTHER = "free-threaded" if getattr(sys, "_is_gil_enabled", lambda: True)() else "gil"
CONDITIONS = {
    ':pyversion: "<3"': ("Python &lt;3 only.", "pyversion <3, this is"),
    ":requires: no_such_module": ("Needs no_such_module.", "requires: no_such_module, which is not installed here"),
    f":build: {OTHER}": ("only.", f"build: {OTHER}, this one is"),
    ":skipif: 1 + 1 == 2": ("Skipped where", "skipif: 1 + 1 == 2"),
}


@pytest.fixture(scope="module")
def conditions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Built]:
    """A run of, and the site of, pages on which each condition stands on each directive."""
    pages = {}
    for number, option in enumerate(CONDITIONS):
        pages[f"c{number}"] = (
            block("testsetup", "raise ValueError", option)
            + block("doctest", ">>> 1\n2", option)
            + block("testcode", "raise ValueError", option)
            + block("testcode", "print(3)")
            + block("testoutput", "4", option)
            + block("testoutput", "3")
            + block("testcleanup", "raise ValueError", option)
        )
    project = make(tmp_path_factory.mktemp("conditions"), pages)
    return project.build("doctest", **STRICT), project.build("html", **STRICT)


def results(built: Built, page: str) -> list[dict[str, Any]]:
    documents = json.loads(built.read("results.json"))["documents"]
    return next(document["results"] for document in documents if document["path"].endswith(page))


@pytest.mark.parametrize("option", CONDITIONS)
def test_each_condition_holds_on_each_directive_and_is_reported(conditions: tuple[Built, Built], option: str) -> None:
    built, _ = conditions
    found = results(built, f"c{[*CONDITIONS].index(option)}.md")
    assert built.status == 0, built.printed
    assert [result["kind"] for result in found if result["outcome"] == "skipped"] == [
        "testsetup",
        "doctest",
        "testcode",
        "testcleanup",
    ]
    assert all(CONDITIONS[option][1] in result["reason"] for result in found if result["outcome"] == "skipped")
    assert [result["outcome"] for result in found if result["outcome"] != "skipped"] == ["passed"]
    assert "16 blocks skipped" in built.read("output.txt")


@pytest.mark.parametrize("option", CONDITIONS)
def test_a_reader_sees_the_condition_above_each_block_that_is_shown(
    conditions: tuple[Built, Built], option: str
) -> None:
    page = conditions[1].read(f"c{[*CONDITIONS].index(option)}.html")
    captions = re.findall(r'<p class="block-condition">(.*?)</p>', page, re.DOTALL)
    assert len(captions) == 3, captions
    assert all(CONDITIONS[option][0] in caption for caption in captions)


# -- Streams and kinds of output -----------------------------------------------------------------

OUTPUTS = {
    "warning": ("import warnings\nwarnings.warn('slow carrier')", "stderr", "...UserWarning: slow carrier..."),
    "log": ("import logging\nlogging.getLogger('quotes').warning('late')", "stderr", "late"),
    "ignored": (
        "class Label:\n    def __del__(self):\n        raise OSError('jam')\n\n\nLabel()",
        "stderr",
        "Exception ignored...OSError: jam",
    ),
    "any order": ("for name in ('swift', 'atlas'):\n    print(name)", "stdout", "atlas\nswift"),
    "group": (
        "raise ExceptionGroup('quotes', [ValueError('swift')])",
        "stdout",
        "Traceback (most recent call last):\nExceptionGroup: quotes (1 sub-exception)",
    ),
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Built, Built]]:
    """For each kind of output a run with what comes, and one with something else."""
    runs: dict[str, tuple[Built, Built]] = {}
    folder = tmp_path_factory.mktemp("outputs")
    built = []
    for right in (True, False):
        pages = {}
        for name, (code, stream, wanted) in OUTPUTS.items():
            text = wanted if right else wanted.replace("slow", "fast").replace("late", "soon").replace("jam", "ink")
            text = text if right else text.replace("swift", "horse").replace("ExceptionGroup", "TypeError")
            flag = "+UNORDERED" if name == "any order" else "+ELLIPSIS"
            options = [f":stream: {stream}", f":options: {flag}"]
            expected = [":expect: leak exception"] if name == "ignored" else []
            pages[name.replace(" ", "-")] = block("testcode", code, *expected) + block("testoutput", text, *options)
        built.append(make(folder / str(right), pages).build("doctest", **STRICT))
    for name in OUTPUTS:
        runs[name] = (built[0], built[1])
    return runs


@pytest.mark.parametrize("name", OUTPUTS)
def test_each_kind_of_output_is_compared(outputs: dict[str, tuple[Built, Built]], name: str) -> None:
    for built, outcome in zip(outputs[name], ("passed", "failed"), strict=True):
        found = {result["outcome"] for result in results(built, f"{name.replace(' ', '-')}.md")}
        assert found == {outcome}, built.printed


# -- The record on the pages ---------------------------------------------------------------------


def test_a_mark_shows_who_passed_a_block_until_the_block_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"{ORPHAN}{WELL}\n```{{verification-matrix}}\n```\n"
    project = Scratch(tmp_path)
    project.write(index=text)
    settings = STRICT | {"extensions": ["myst_parser", "concurrent_doctest", "verification_marks"]}
    built = project.build("doctest", **settings)
    assert built.status == 0, built.printed
    run = json.loads(built.read("results.json"))
    record = tmp_path / "source/_data/verification.json"
    record.parent.mkdir()
    record.write_text(json.dumps(verification.merge([run], date="2026-11-27")), "utf-8")
    name = run["interpreter"]["name"]

    page = project.build("html", **settings).read("index.html")
    assert f"Run on {name}" in page
    assert "1 blocks, 1 results that passed" in page
    monkeypatch.setattr(verify, "RECORD", record)
    monkeypatch.setattr(verify, "ROOT", Path.cwd())
    assert verify.check(tmp_path) == 0

    project.write(index=text.replace("print(1)", "print(2 - 1)"))
    project.build("doctest", **settings)
    page = project.build("html", **settings).read("index.html")
    assert "Run on" not in page
    assert "1 blocks have changed since, and show no results." in page
    assert verify.check(tmp_path) == 1
