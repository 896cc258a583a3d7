"""Check records of decisions: does a record say enough for somebody else to take the change back?

``python decision_record.py [--today 2026-11-27] [FILE ...]`` checks the files, or those in the folder ``decisions``
beside this program, and with ``--today`` also whether a review is due.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

FOLDER = Path(__file__).with_name("decisions")
TEMPLATE = "template.md"

# region rules
SECTIONS = (
    "Context and primary risk",
    "Change",
    "Expected effect",
    "Measured",
    "Rollback",
    "Review",
)
METRIC = r"`(?P<metric>[^`]+)`"
NO_UNIT = r"(?!(?:to|in|of|on|at|for|and|or)\b)"
QUANTITY = rf"-?\d[\d,]*(?:\.\d+)? ?(?:%|{NO_UNIT}[A-Za-zµ/]+)"
EFFECT = re.compile(rf"- {METRIC}: .*{QUANTITY}")
ROLLBACK = re.compile(rf"- {METRIC} [<>]=? {QUANTITY} \S.*: \S")
ROW = re.compile(rf"\| {METRIC} \|[^|]*\d[^|]*\|[^|]*\d[^|]*\|$")
PLACEHOLDER = re.compile(r"<(?![a-z]+:)[A-Za-z][^<>]*>|\bTBD\b")
# endregion rules


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What a record does not say, and in which *line* it should."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a record: the *line* of its heading, and the lines below it with their numbers."""

    line: int
    lines: tuple[tuple[int, str], ...] = ()

    def metrics(self, pattern: re.Pattern[str]) -> set[str]:
        """The metrics that the lines of *pattern* name."""
        return {found["metric"] for _, line in self.lines if (found := pattern.match(line))}

    def field(self, name: str) -> tuple[int, str]:
        """The value of the line ``name: value`` and its number; empty if there is none."""
        for number, line in self.lines:
            if line.startswith(f"{name}:"):
                return number, line.removeprefix(f"{name}:").strip()
        return self.line, ""


def sections(text: str) -> dict[str, Section]:
    """The parts of a record by their titles; what stands above the first heading has the title ''."""
    title, found = "", {"": Section(1)}
    for number, line in enumerate(text.splitlines(), start=1):
        if heading := re.match(r"## +(.+?) *$", line):
            title = heading[1]
            found.setdefault(title, Section(number))
        elif line.strip():
            section = found[title]
            found[title] = Section(section.line, (*section.lines, (number, line.strip())))
    return found


def iso_date(text: str) -> date | None:
    """The date that *text* begins with, written as 2026-11-27."""
    found = re.match(r"\d{4}-\d{2}-\d{2}(?!\w)", text)
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None


def review_of(text: str) -> date | None:
    """The date of the review that the record *text* asks for."""
    lines = sections(text).get("Review", Section(1)).lines
    return iso_date(lines[0][1]) if lines else None


def problems(text: str) -> list[Problem]:
    """What the record *text* lacks, in the order of its lines."""
    parts = sections(text)
    found = [*_shape(text, parts)]
    filled = {name: part for name, part in parts.items() if part.lines}
    effect, measured = filled.get("Expected effect", Section(1)), filled.get("Measured", Section(1))
    found += _lines_of(effect, EFFECT, "an effect is '- `metric`: ' with a number and its unit")
    if measured.lines:
        found += _measured(measured, effect.metrics(EFFECT))
    if "Rollback" in filled:
        found += _rollback(filled["Rollback"], effect.metrics(EFFECT) | measured.metrics(ROW))
    number, decided = parts[""].field("Date")
    if iso_date(decided) is None:
        found.append(Problem(number, "the record has no 'Date:' such as 2026-11-27"))
    if "Review" in filled:
        number, review, at = filled["Review"].lines[0][0], review_of(text), iso_date(decided)
        if review is None:
            found.append(Problem(number, "the review begins with its date, such as 2027-02-26"))
        elif at and review <= at:
            found.append(Problem(number, f"the review, {review}, is not after the decision, {at}"))
    return sorted(set(found))


def _shape(text: str, parts: dict[str, Section]) -> Iterator[Problem]:
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if found := PLACEHOLDER.search(line):
            yield Problem(number, f"{found[0]} is not filled in")
    for name in SECTIONS:
        if name not in parts:
            yield Problem(max(len(lines), 1), f"the section '## {name}' is missing")
        elif not parts[name].lines:
            yield Problem(parts[name].line, f"'{name}' is empty")
    present = [name for name in parts if name in SECTIONS]
    for name, wanted in zip(present, sorted(present, key=SECTIONS.index), strict=True):
        if name != wanted:
            yield Problem(parts[name].line, f"'{name}' stands where '{wanted}' belongs")
            break


def _lines_of(section: Section, pattern: re.Pattern[str], rule: str) -> Iterator[Problem]:
    for number, line in section.lines:
        if not pattern.match(line):
            yield Problem(number, rule)


def _measured(section: Section, expected: set[str]) -> Iterator[Problem]:
    for name in ("Machine", "Interpreter", "Date"):
        number, value = section.field(name)
        if not value:
            yield Problem(number, f"'Measured' does not say '{name}:'")
        elif name == "Date" and iso_date(value) is None:
            yield Problem(number, f"{value} is no date such as 2026-11-27")
    for metric in sorted(expected - section.metrics(ROW)):
        yield Problem(section.line, f"`{metric}` is expected, and not measured before and after")


def _rollback(section: Section, known: set[str]) -> Iterator[Problem]:
    yield from _lines_of(section, ROLLBACK, "a rollback is '- `metric` > number unit for how long: what is done'")
    for number, line in section.lines:
        if (found := ROLLBACK.match(line)) and found["metric"] not in known:
            yield Problem(number, f"`{found['metric']}` decides the rollback, and was never measured")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the records; 1 if one lacks something, or if its review is due."""
    parser = argparse.ArgumentParser(description="Check records of decisions.")
    parser.add_argument("--today", type=date.fromisoformat, help="report the reviews that are due on this date")
    parser.add_argument("files", nargs="*", type=Path, help="records; those in 'decisions' by default")
    options = parser.parse_args(arguments)
    files = options.files or sorted(path for path in FOLDER.glob("*.md") if path.name != TEMPLATE)
    if not files:
        parser.error(f"no record in {FOLDER}")
    failed = False
    for path in files:
        name = path.name if path.parent == FOLDER else path
        text = path.read_text("utf-8")
        found, review = problems(text), review_of(text)
        if not found and options.today and review and review <= options.today:
            found = [Problem(sections(text)["Review"].line, f"the review was due on {review}")]
        for problem in found:
            print(f"{name}:{problem.line}: {problem.message}")
        if not found:
            parts = sections(text)
            effects, backs = len(parts["Expected effect"].lines), len(parts["Rollback"].lines)
            print(f"{name}: effects {effects}, rollback conditions {backs}, review {review}")
        failed = failed or bool(found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
