"""A recorded result counts only while everything that it rests on is what it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from concurrent_doctest import hashing, interpreters, verification
from concurrent_doctest.choose import choose
from concurrent_doctest.locate import locate
from concurrent_doctest.plan import Block, Document, Group, Output, Plan, PlanError

SETUP = Block("a.md", 3, "testsetup", "import asyncio")
FIRST = Block("a.md", 10, "testcode", "print(1)", outputs=(Output(14, "1"),))
SECOND = Block("a.md", 20, "doctest", ">>> 2\n2")
PAGE = Document("a", "a.md", (Group("default", (SETUP, FIRST, SECOND)),))
PLAN = Plan((PAGE,))


def with_blocks(*blocks: Block, page: Document = PAGE) -> Plan:
    return replace(PLAN, documents=(replace(page, groups=(Group("default", blocks),)),))


def record(plan: Plan, files: dict[str, str] | None = None, outcome: str = "passed") -> dict[str, Any]:
    """What ``doctest-all`` would write for *plan* after a run on one interpreter."""
    results = [
        {"id": identifier, "hash": digest, "outcome": outcome, "seconds": 0.1, "reason": ""}
        for document in plan.documents
        for identifier, digest in hashing.block_hashes(document, plan).items()
    ]
    run = {
        "runner": hashing.VERSION,
        "interpreter": {"name": "3.13", "version": "3.13.0", "build": "gil"},
        "documents": [{"path": "a.md", "files": files or {}, "results": results}],
    }
    return verification.merge([run], date="2026-11-23")


def test_an_unchanged_plan_holds(tmp_path: Path) -> None:
    standing = verification.standing(PLAN, record(PLAN), tmp_path)
    assert sorted(standing.fresh) == ["a.md:10", "a.md:20"]
    assert standing.holds


def test_moving_a_block_down_keeps_its_result(tmp_path: Path) -> None:
    moved = with_blocks(SETUP, replace(FIRST, line=110, outputs=(Output(114, "1"),)), replace(SECOND, line=120))
    assert sorted(verification.standing(moved, record(PLAN), tmp_path).fresh) == ["a.md:110", "a.md:120"]


@pytest.mark.parametrize(
    ("changed", "stale"),
    [
        (with_blocks(SETUP, FIRST, replace(SECOND, source=">>> 3\n3")), ["a.md:20"]),
        (with_blocks(SETUP, replace(FIRST, source="print( 1)"), SECOND), ["a.md:10", "a.md:20"]),
        (with_blocks(SETUP, replace(FIRST, outputs=(Output(14, "2"),)), SECOND), ["a.md:10", "a.md:20"]),
        (with_blocks(SETUP, FIRST, replace(SECOND, expect="leak task")), ["a.md:20"]),
        (with_blocks(replace(SETUP, source="import time"), FIRST, SECOND), ["a.md:10", "a.md:20"]),
        (with_blocks(SETUP, FIRST, SECOND, page=replace(PAGE, clock="virtual")), ["a.md:10", "a.md:20"]),
        (with_blocks(SETUP, FIRST, SECOND, page=replace(PAGE, front_matter="{}")), ["a.md:10", "a.md:20"]),
        (replace(PLAN, global_setup="x = 1"), ["a.md:10", "a.md:20"]),
    ],
)
def test_a_change_makes_what_rests_on_it_stale(changed: Plan, stale: list[str], tmp_path: Path) -> None:
    standing = verification.standing(changed, record(PLAN), tmp_path)
    assert sorted(standing.stale) == stale
    assert not standing.holds


def test_a_changed_project_file_makes_its_pages_stale(tmp_path: Path) -> None:
    file = tmp_path / "examples.py"
    file.write_text("x = 1")
    kept = record(PLAN, hashing.file_hashes(["examples.py"], tmp_path))
    assert verification.standing(PLAN, kept, tmp_path).holds
    file.write_text("x = 2")
    assert sorted(verification.standing(PLAN, kept, tmp_path).stale) == ["a.md:10", "a.md:20"]


def test_a_page_without_any_result_is_missing(tmp_path: Path) -> None:
    standing = verification.standing(PLAN, verification.read(tmp_path / "none.json"), tmp_path)
    assert sorted(standing.missing) == ["a.md:10", "a.md:20"]


def test_a_failure_is_no_result_to_publish(tmp_path: Path) -> None:
    standing = verification.standing(PLAN, record(PLAN, outcome="failed"), tmp_path)
    assert sorted(standing.failed) == ["a.md:10", "a.md:20"]
    assert not standing.holds


def test_a_record_of_another_schema_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "verification.json"
    file.write_text('{"schema": 99}')
    with pytest.raises(ValueError, match=r"verification\.json: no record of schema 1"):
        verification.read(file)


def test_an_interpreter_that_is_found_is_tried_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "python3.12"
    shim.write_text("#!/bin/sh\necho not chosen >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "none"))
    assert interpreters.find() == []
    with pytest.raises(interpreters.NoInterpreter, match="does not run"):
        interpreters.find([str(shim)])


ELSEWHERE = Block("topic/b.md", 20, "testcode", "print(1)")
PLACES = Plan((PAGE, Document("topic/b", "topic/b.md", (Group("default", (ELSEWHERE,)),))))


@pytest.mark.parametrize(
    ("words", "names"),
    [([], ["a", "topic/b"]), (["topic/*"], ["topic/b"]), (["a.md"], ["a"]), (["topic/b.md:20"], ["topic/b"])],
)
def test_pages_are_chosen_by_pattern_and_place(words: list[str], names: list[str]) -> None:
    assert [document.name for document in choose(PLACES, words).documents] == names


def test_a_single_block_runs_with_what_stands_before_it() -> None:
    (document,) = choose(PLACES, ["a.md:11"]).documents
    assert [block.line for block in document.groups[0].blocks] == [3, 10]


def test_only_what_failed_last_time() -> None:
    assert [document.name for document in choose(PLACES, ["failed"], {"a"}).documents] == ["a"]


@pytest.mark.parametrize("word", ["nowhere", "a.md:15000"])
def test_a_choice_that_matches_nothing_says_what_to_write(word: str) -> None:
    with pytest.raises(PlanError, match="write topic/page"):
        choose(PLACES, [word])


def test_a_block_is_found_by_its_text_nearest_to_the_guess() -> None:
    lines = ["", "print(1)", "x", "- item", "  print(1)", "  y = 2"]
    assert locate(lines, ["print(1)"], 4) == 5
    assert locate(lines, ["print(1)"], 1) == 2
    assert locate(lines, ["print(1)", "y = 2", ""], 1) == 5
    assert locate(lines, ["not there"], 3) == 3
