"""A plan survives the trip through its file, and one that can't be run says which file it is and what to do."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from concurrent_doctest.plan import SCHEMA, Block, Document, Group, Output, Plan, PlanError, read, to_json, write

BLOCK = Block("page.md", 7, "doctest", ">>> 1\n1\n")
PLAN = Plan((Document("page", "page.md", (Group("default", (BLOCK,)),)),))


def test_a_plan_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    code = Block(
        path="part.txt",
        line=3,
        kind="testcode",
        source="print('näïve → 😀')\n\n",
        skipif="sys.platform == 'win32'",
        skip="pyversion >=3.13, this is 3.11.7",
        outputs=(Output(9, "a\n"), Output(12, "b", {"ELLIPSIS": True, "SKIP": False}, "True")),
    )
    prompts = Block("page.md", 20, "doctest", ">>> 1\n1", {"NORMALIZE_WHITESPACE": False})
    groups = (Group("default", (code, prompts)), Group("empty", ()))
    plan = Plan(
        documents=(
            Document("a/page", "a/page.md", groups, clock="virtual", limit=0.5),
            Document("other", "other.rst", ()),
        ),
        path=("/one", "/two"),
        flags=12,
        global_setup="import sys\n",
        global_cleanup="del sys",
        fail_fast=True,
        strict=True,
    )
    write(plan, tmp_path / "plan.json")
    assert read(tmp_path / "plan.json") == plan


def test_folders_of_the_file_are_made(tmp_path: Path) -> None:
    write(PLAN, tmp_path / "a/b/plan.json")
    assert read(tmp_path / "a/b/plan.json") == PLAN


def test_the_file_is_json_in_utf_8_that_names_its_schema(tmp_path: Path) -> None:
    write(dataclasses.replace(PLAN, global_setup="# →"), tmp_path / "plan.json")
    text = (tmp_path / "plan.json").read_bytes().decode("utf-8")
    assert "→" in text
    assert json.loads(text)["schema"] == SCHEMA


def test_a_block_is_named_by_its_page_and_line() -> None:
    assert BLOCK.id == "page.md:7"


def problem(path: Path) -> str:
    """What reading *path* complains of; the complaint begins with the file."""
    with pytest.raises(PlanError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    return message


def test_a_missing_plan_is_to_be_built_first(tmp_path: Path) -> None:
    message = problem(tmp_path / "plan.json")
    assert "No such file" in message
    assert "build the plan first" in message


@pytest.mark.parametrize("content", [b"", b"{", b"plan", b"\xff\xfe{}", b'{"schema": 1, "documents": ['])
def test_a_broken_file_is_no_plan(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    assert "no plan" in problem(path)


@pytest.mark.parametrize("content", ["{}", "[]", "null", "7", '{"schema": 0}', '{"schema": "1"}', '{"schema": 999}'])
def test_another_schema_is_refused_with_what_to_do(tmp_path: Path, content: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(content, "utf-8")
    message = problem(path)
    assert f"this runner reads {SCHEMA}" in message
    assert "build the plan again" in message


Change = Callable[[dict[str, Any]], object]


def block(plan: dict[str, Any]) -> dict[str, Any]:
    """The one block of the plan."""
    (found,) = plan["documents"][0]["groups"][0]["blocks"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda plan: plan.pop("documents"), "a Plan is incomplete: .*'documents'", id="documents"),
        pytest.param(lambda plan: plan["documents"][0].pop("path"), "a Document is incomplete: .*'path'", id="path"),
        pytest.param(lambda plan: block(plan).pop("line"), "a Block is incomplete: .*'line'", id="line"),
        pytest.param(lambda plan: block(plan).update(outputs=[{}]), "an? Output is incomplete", id="output"),
        pytest.param(lambda plan: block(plan).update(colour=1), "unknown key 'colour' in a Block", id="unknown"),
        pytest.param(lambda plan: plan["documents"].append(5), "expected an object for a Document, got int", id="int"),
        pytest.param(lambda plan: plan.update(documents=5), "documents", id="documents no list"),
        pytest.param(lambda plan: plan["documents"][0].update(groups=None), "groups", id="groups no list"),
        pytest.param(
            lambda plan: block(plan).update(kind="testoutput"),
            "page.md:7: kind 'testoutput' is none of testsetup, testcleanup, doctest, testcode",
            id="kind",
        ),
        pytest.param(
            lambda plan: plan["documents"][0].update(clock="sundial"),
            "page.md: clock 'sundial' is none of real, virtual",
            id="clock",
        ),
    ],
)
def test_a_mistake_in_a_plan_is_named_where_it_stands(tmp_path: Path, change: Change, message: str) -> None:
    content = to_json(PLAN)
    change(content)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(PlanError, match=message):
        read(path)
    problem(path)
