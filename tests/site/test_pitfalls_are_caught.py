"""What a pitfall's page says of a linter is true: its rule fires on the broken code, and is silent on the fixed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from page_shape import RUBRICS, Rubric, rubric_sections
from tests.site.outputs import SOURCE

CLAIM = re.compile(r"\b(ruff|mypy)(?:'s)? `([A-Za-z0-9-]+)`")
BLOCK = re.compile(r"^(`{3,})\{testcode\}[^\n]*\n(.*?)^\1$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Claim:
    """That *tool* reports *rule* for the broken code of a section, and not for the fixed."""

    place: str
    tool: str
    rule: str
    broken: str
    fixed: str


def code(rubric: Rubric) -> str:
    """The code of the blocks of *rubric*, one below the other, without the options of their directives."""
    blocks = (match[2] for match in BLOCK.finditer(rubric.text + "\n"))
    return "\n\n".join(re.sub(r"\A(:[a-z]+:[^\n]*\n)+", "", block) for block in blocks)


def claims() -> Iterator[Claim]:
    for topic in RUBRICS:
        for page in sorted((SOURCE / topic).glob("*.md")):
            for line, _, rubrics in rubric_sections(page.read_text("utf-8")):
                said = {rubric.name: rubric for rubric in rubrics}
                if {"Broken", "Fixed", "Caught by"} <= said.keys():
                    for tool, rule in sorted(set(CLAIM.findall(said["Caught by"].text))):
                        place = f"{page.relative_to(SOURCE)}:{line}"
                        yield Claim(place, tool, rule, code(said["Broken"]), code(said["Fixed"]))


def ruff(folder: Path) -> dict[str, set[str]]:
    """The rules of ruff that fire, by the file's name."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--preview", "--no-cache", "--select", "ALL"]
    ran = subprocess.run(
        [*command, "--output-format", "json", "--target-version", "py311", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found: dict[str, set[str]] = {}
    for message in json.loads(ran.stdout):
        found.setdefault(Path(message["filename"]).name, set()).add(message["code"])
    return found


def mypy(folder: Path) -> dict[str, set[str]]:
    """The error codes of mypy that fire, by the file's name."""
    command = [sys.executable, "-m", "mypy", "--strict", "--enable-error-code", "unused-awaitable"]
    command += ["--cache-dir", str(folder / "cache"), "--output", "json", "--config-file", ""]
    files = [path.name for path in sorted(folder.glob("*.py"))]
    ran = subprocess.run([*command, *files], cwd=folder, capture_output=True, text=True, check=False)
    found: dict[str, set[str]] = {}
    for line in ran.stdout.splitlines():
        if line.startswith("{"):
            message = json.loads(line)
            found.setdefault(Path(message["file"]).name, set()).add(message["code"])
    return found


@pytest.mark.parametrize("tool", [ruff, mypy])
def test_a_linter_reports_the_broken_program_and_not_the_fixed(tool, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    made = [claim for claim in claims() if claim.tool == tool.__name__]
    assert made, "no page makes a claim: the pattern of this test no longer fits the pages"
    for number, claim in enumerate(made):
        for name in ("broken", "fixed"):
            (tmp_path / f"{name}_{number}.py").write_text(getattr(claim, name), "utf-8")
    found = tool(tmp_path)
    wrong = []
    for number, claim in enumerate(made):
        if claim.rule not in found.get(f"broken_{number}.py", set()):
            wrong.append(f"{claim.place}: {claim.tool} `{claim.rule}` does not report the broken program")
        if claim.rule in found.get(f"fixed_{number}.py", set()):
            wrong.append(f"{claim.place}: {claim.tool} `{claim.rule}` reports the fixed program as well")
    assert wrong == []
