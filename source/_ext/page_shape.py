"""The shape that pages share: which sections a topic has, in which order, and that its Python runs, pasted as well.

Works on the Markdown text alone, so that a page can be checked without a build.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from main_guard import unguarded

TOPICS = (
    "io-bound-vs-cpu-bound-work",
    "task-thread-and-valuetask",
    "parallel-execution-patterns",
    "cancellation-and-timeouts",
    "thread-safe-collections",
    "deadlock-prevention",
    "common-pitfalls",
    "best-practices",
)
INDEX_SECTIONS = (
    "What you will learn",
    "When to use",
    "Design notes",
    "The guide",
    "Anti-patterns to avoid",
    "Practical example",
    "Validation checklist",
    "Troubleshooting",
    "Cross references",
)
INTERVIEW_SECTIONS = (
    "The 30-second answer",
    "The 2-minute answer",
    "Bad versus strong",
    "The timed drill",
    "Questions",
)
LEAST_QUESTIONS = 10

RUBRICS = {
    "common-pitfalls": ("Symptom", "Broken", "Why", "Fixed", "Caught by", "Versions"),
    "best-practices": ("Prevents", "How", "Check", "Costs", "Break it when"),
}
"""What each section of a guide page of a topic says, and in which order: ``**Symptom.**`` opens the paragraph."""
PROVEN_RUBRICS = frozenset({"Broken", "Fixed", "How"})
"""The rubrics that hold an executed block."""
FREE_PAGES = frozenset({"choosing-a-library.md", "reviewing.md", "decision-records.md"})
"""Guide pages that are no list of practices: a choice, a checklist and a template."""

EXECUTED_FENCE = re.compile(r"\{(testcode|doctest|program)\}")

# A fence that shows Python and that nothing executes.
PYTHON_FENCE = re.compile(r"\{?(code-block\}\s+|code\}\s+|sourcecode\}\s+)?(python3?|py|pycon|ipython)\b")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong with a page, and on which *line*."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block: the number of its opening *line*, the *info* behind the fence, and what it holds.

    A directive in colons has no *body* here: its lines are read as those of the page.
    """

    line: int
    info: str
    body: tuple[str, ...] = ()


def scan(text: str) -> tuple[list[tuple[int, int, str]], list[Fence]]:
    """The headings (line, level, title) and the fences of a page in MyST Markdown.

    A ``#`` inside a code fence is no heading; a directive in colons is a fence, and may hold both.
    """
    headings: list[tuple[int, int, str]] = []
    fences: list[Fence] = []
    closing: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if closing is not None:
            if stripped.startswith(closing) and not stripped.strip(closing[0]):
                closing = None
            else:
                fences[-1] = replace(fences[-1], body=(*fences[-1].body, line))
            continue
        if opened := re.match(r"(`{3,}|~{3,})(.*)", stripped):
            closing = opened[1]
            fences.append(Fence(number, opened[2].strip()))
        elif opened := re.match(r":{3,}\s*(\{.+)", stripped):
            fences.append(Fence(number, opened[1].strip()))
        elif heading := re.match(r"(#{1,6})\s+(.*)", line):
            headings.append((number, len(heading[1]), heading[2].strip()))
    return headings, fences


def unexecuted_python(text: str) -> Iterator[Problem]:
    """Each fence of Python that is no directive of the doctest family."""
    for fence in scan(text)[1]:
        if PYTHON_FENCE.match(fence.info):
            message = "this Python is not executed; use {testcode} or {doctest}, or show a tested file of examples/"
            yield Problem(fence.line, message)


def unguarded_processes(text: str) -> Iterator[Problem]:
    """Each ``{testcode}`` that starts processes without a main guard: it would not run when pasted into a file."""
    for fence in scan(text)[1]:
        if not fence.info.startswith("{testcode}"):
            continue
        code = "\n".join(re.sub(r"^\s*:[a-z]+:.*", "", line) for line in fence.body)
        if at := unguarded(textwrap.dedent(code)):
            message = "a process started here would start it again when this is a file; use if __name__ == '__main__':"
            yield Problem(fence.line + at, message)


def section_order(text: str, wanted: Sequence[str]) -> Iterator[Problem]:
    """Each section of *wanted* that is missing from a page, or out of order.

    A heading counts as a section if it begins with its name.
    """
    sections = [(line, title) for line, level, title in scan(text)[0] if level == 2]
    last = 0
    for name in wanted:
        lines = [line for line, title in sections if title.startswith(name)]
        if not lines:
            yield Problem(max(last, 1), f"the section '## {name}' is missing; the order is: {', '.join(wanted)}")
        elif lines[0] < last:
            yield Problem(lines[0], f"the section '## {name}' stands too early; the order is: {', '.join(wanted)}")
        else:
            last = lines[0]


@dataclass(frozen=True, slots=True)
class Rubric:
    """A part of a section: its *name*, the *line* of its opening, and the *text* up to the next part."""

    line: int
    name: str
    text: str


def rubric_sections(text: str) -> Iterator[tuple[int, str, list[Rubric]]]:
    """The sections of level two but *See also*: line, title, and their rubrics in the order of the page."""
    lines = text.splitlines()
    headings = [(line, title) for line, level, title in scan(text)[0] if level == 2]
    bounds = [line for line, _ in headings[1:]] + [len(lines) + 1]
    for (line, title), end in zip(headings, bounds, strict=False):
        if title == "See also":
            continue
        opened = [
            (number, match[1])
            for number, content in enumerate(lines[line : end - 1], start=line + 1)
            if (match := re.match(r"\*\*([A-Z][a-z ]+)\.\*\*(\s|$)", content))
        ]
        closed = [number for number, _ in opened[1:]] + [end]
        yield (
            line,
            title,
            [
                Rubric(number, name, "\n".join(lines[number - 1 : last - 1]))
                for (number, name), last in zip(opened, closed, strict=False)
            ],
        )


def rubric_order(text: str, wanted: Sequence[str]) -> Iterator[Problem]:
    """Each section that does not have the rubrics *wanted*, once each and in their order, with their proofs."""
    for line, title, rubrics in rubric_sections(text):
        names = tuple(rubric.name for rubric in rubrics)
        if names != tuple(wanted):
            rule = " ".join(f"**{name}.**" for name in wanted)
            yield Problem(line, f"'## {title}' has {', '.join(names) or 'no rubrics'}; its paragraphs open with {rule}")
        for rubric in rubrics:
            if rubric.name in PROVEN_RUBRICS and not any(EXECUTED_FENCE.match(f.info) for f in scan(rubric.text)[1]):
                yield Problem(rubric.line, f"**{rubric.name}.** of '## {title}' has no executed block")


def symptom_entries(text: str) -> Iterator[Problem]:
    """Each entry of a page of symptoms without a cause, a fix and a link, or with a program and no fix that runs."""
    lines = text.splitlines()
    headings = [(line, title) for line, level, title in scan(text)[0] if level == 2]
    bounds = [line for line, _ in headings[1:]] + [len(lines) + 1]
    for (line, title), end in zip(headings, bounds, strict=False):
        entry = "\n".join(lines[line : end - 1])
        said = tuple(re.findall(r"^\*\*(Cause|Fix|Versions):\*\*", entry, re.MULTILINE))
        executed = sum(1 for fence in scan(entry)[1] if EXECUTED_FENCE.match(fence.info))
        wanted = ("Cause", "Fix", "Versions") if executed else ("Cause", "Fix")
        if said != wanted:
            rule = " ".join(f"**{name}:**" for name in wanted)
            yield Problem(line, f"'## {title}' says {', '.join(said) or 'nothing'}; an entry says {rule}")
        if executed == 1:
            yield Problem(line, f"'## {title}' runs one block: the program that shows it and its fix are two")
        if not re.search(r"\{(ref|doc|pep)\}`|\]\(https?://", entry):
            yield Problem(line, f"'## {title}' has no link to what explains it")


def contents_last(text: str) -> Iterator[Problem]:
    """A contents list with a section after it: an ePub's contents would leave the order of reading."""
    headings, fences = scan(text)
    for fence in fences:
        if fence.info.startswith("{toctree}") and headings and headings[-1][0] > fence.line:
            yield Problem(fence.line, "move the {toctree} to the end of the page, behind its last section")


def problems(path: PurePosixPath, text: str) -> list[Problem]:
    """What keeps the page at *path*, relative to the source folder, from the shape of this manual."""
    found = [*unexecuted_python(text), *unguarded_processes(text), *contents_last(text)]
    headings = scan(text)[0]
    titles = [line for line, level, _ in headings if level == 1]
    if len(titles) != 1:
        found.append(Problem(titles[1] if titles else 1, f"a page has one title, this one has {len(titles)}"))
    if path.parts[:2] == ("reference", "symptoms"):
        found += symptom_entries(text)
    in_topic = path.parts[0] in TOPICS
    if in_topic and path.name == "index.md":
        found += section_order(text, INDEX_SECTIONS)
    elif path.name == "interview.md":
        found += section_order(text, INTERVIEW_SECTIONS)
        asked = text.count("{question}")
        if in_topic and asked < LEAST_QUESTIONS:
            found.append(Problem(1, f"an interview page asks {LEAST_QUESTIONS} questions or more, this one {asked}"))
    elif in_topic and (not headings or headings[-1][2] != "See also"):
        found.append(Problem(headings[-1][0] if headings else 1, "a guide page ends with '## See also'"))
    guide = in_topic and path.name not in {"index.md", "interview.md"} | FREE_PAGES
    if guide and path.parts[0] in RUBRICS:
        found += rubric_order(text, RUBRICS[path.parts[0]])
    return sorted(found)
