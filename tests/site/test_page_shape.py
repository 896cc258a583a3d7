"""Every page has the shape of its kind, and every program that a page shows has a test."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from page_shape import TOPICS, problems, scan
from tests.site.outputs import ROOT, SOURCE

TOPIC_BLOCKS = {
    "foundations": 50,
    "io-bound-vs-cpu-bound-work": 50,
    "task-thread-and-valuetask": 60,
    "parallel-execution-patterns": 110,
    "cancellation-and-timeouts": 100,
    "thread-safe-collections": 100,
    "deadlock-prevention": 50,
    "common-pitfalls": 150,
    "best-practices": 80,
    "reference/symptoms": 350,
    "reference/primitives": 50,
    "reference/versions": 60,
    "reference/dotnet": 100,
    "operations": 60,
}
"""The least number of executed blocks in each finished folder."""


def test_every_page_has_its_shape(sources: list[Path]) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{problem.line}: {problem.message}"
        for path in sources
        for problem in problems(PurePosixPath(path.relative_to(SOURCE)), path.read_text("utf-8"))
    ]
    assert found == []


def test_a_topic_has_an_index_and_an_interview_page() -> None:
    for topic in TOPICS:
        if (SOURCE / topic).exists():
            assert (SOURCE / topic / "index.md").is_file(), topic
            assert (SOURCE / topic / "interview.md").is_file(), topic


def test_a_topic_keeps_its_executed_blocks() -> None:
    for topic, least in TOPIC_BLOCKS.items():
        blocks = 0
        for path in (SOURCE / topic).glob("*.md"):
            fences = scan(path.read_text("utf-8"))[1]
            blocks += sum(1 for fence in fences if re.match(r"\{(testcode|doctest|program)\}", fence.info))
        assert blocks >= least, f"{topic}: {blocks} executed blocks"


def _shown(page: Path) -> list[str]:
    """The files that *page* shows, as paths below the root of the project."""
    text = page.read_text("utf-8")
    included = [(page.parent / name).resolve() for name in re.findall(r"\{literalinclude\}\s+(\S+)", text)]
    run = re.findall(r"\{program\}\s+(examples/\S+)", text)
    return [path.relative_to(ROOT).as_posix() for path in included] + run


def test_every_program_that_a_page_shows_has_a_test(sources: list[Path]) -> None:
    for path in sources:
        for name in _shown(path):
            program = Path(name)
            test = ROOT / "tests" / program.parent / f"test_{program.name}"
            assert test.is_file(), f"{path.relative_to(ROOT)} shows {program}, which {test} does not test"


def test_every_program_is_shown_by_a_page_or_used_by_one(sources: list[Path]) -> None:
    text = "\n".join(path.read_text("utf-8") for path in sources)
    for program in sorted((ROOT / "examples").rglob("*.py")):
        if program.name != "__init__.py":
            shown = program.relative_to(ROOT).as_posix() in text
            assert shown, f"no page names {program.relative_to(ROOT)}"


def test_sources_have_one_sentence_a_line(sources: list[Path]) -> None:
    """A line of prose that ends one sentence and begins another makes reviews hard to read."""
    for path in sources:
        fenced = False
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if re.match(r"\s*(`{3,}|~{3,})", line):
                fenced = not fenced
            prose = not fenced and re.match(r"[A-Z`{*\[]", line)
            if prose and re.search(r"[a-z`)}]\. [A-Z][a-z]+ ", line):
                raise AssertionError(f"{path.relative_to(ROOT)}:{number}: more than one sentence: {line}")
