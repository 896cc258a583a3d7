"""All interpreters in turn, the record of it, and that nothing is published beside a result that no longer holds."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import tested
import verify
from concurrent_doctest.plan import Block, Document, Group, Plan, write
from tests.ext.scratch_project import ROOT, Scratch

PAGE = "# Page\n\n```{testcode}\nprint(1)\n```\n```{testoutput}\n1\n```\n"
SETTINGS = {"extensions": ["myst_parser", "concurrent_doctest"], "concurrent_doctest_strict": True}


@pytest.fixture
def manual(scratch: Callable[..., Scratch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scratch:
    """A project in the place of the manual, run by the interpreter of the tests alone."""
    project = scratch(index=PAGE)
    project.build("doctest", **SETTINGS)  # writes its conf.py
    (tmp_path / "source/_data").mkdir()
    monkeypatch.setattr(verify, "ROOT", tmp_path)
    monkeypatch.setattr(verify, "RECORD", tmp_path / "source/_data/verification.json")
    monkeypatch.setenv("INTERPRETERS", sys.executable)
    monkeypatch.chdir(tmp_path)
    return project


def collected(project: Scratch) -> None:
    """What ``make doctest`` leaves of the last run: the plan of the pages as they are."""
    (plan,) = project.folder.glob("doctest-all/*/plan.json")
    shutil.copy(plan, project.folder / "doctest/plan.json")


def call(what: str, project: Scratch) -> int:
    return verify.main([what, "--build", str(project.folder)])


def test_what_ran_is_recorded_and_holds_until_the_page_changes(
    manual: Scratch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("all", manual) == 0
    assert "1 passed" in capsys.readouterr().out
    assert call("record", manual) == 0
    stored = json.loads(verify.RECORD.read_text("utf-8"))
    assert [(block["page"], block["line"]) for block in stored["blocks"].values()] == [("source/index.md", 4)]
    collected(manual)
    assert call("check", manual) == 0

    manual.write(index=PAGE.replace("print(1)", "print(2 - 1)"))
    assert call("all", manual) == 0
    collected(manual)
    capsys.readouterr()
    assert call("check", manual) == 1
    said = capsys.readouterr()
    assert "source/index.md:4: stale" in said.err
    assert "make doctest-all record" in said.err


def test_a_page_is_recorded_again_without_the_others(manual: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    toctree = "\n```{toctree}\nother\n```\n"
    manual.write(index=PAGE + toctree, other=PAGE)
    assert (call("all", manual), call("record", manual)) == (0, 0)
    before = json.loads(verify.RECORD.read_text("utf-8"))

    manual.write(other=PAGE.replace("print(1)", "print(2 - 1)"))
    monkeypatch.setenv("PAGES", "other")
    assert (call("all", manual), call("record", manual)) == (0, 0)
    after = json.loads(verify.RECORD.read_text("utf-8"))
    kept = before["blocks"].keys() & after["blocks"].keys()
    assert [after["blocks"][key]["page"] for key in kept] == ["source/index.md"]
    assert [block["page"] for block in after["blocks"].values()] == ["source/index.md", "source/other.md"]


def test_one_page_is_not_recorded_with_another_interpreter(
    manual: Scratch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (call("all", manual), call("record", manual)) == (0, 0)
    stored = verify.RECORD.read_text("utf-8")
    version = f'"version": "{sys.version_info[0]}.{sys.version_info[1]}'
    verify.RECORD.write_text(stored.replace(version, '"version": "3.10', 1), "utf-8")
    monkeypatch.setenv("PAGES", "index")
    assert call("all", manual) == 2
    assert "run all pages: make doctest-all record" in capsys.readouterr().err


def test_a_failure_is_told_and_not_stored(manual: Scratch, capsys: pytest.CaptureFixture[str]) -> None:
    manual.write(index=PAGE.replace("print(1)", "print(2)"))
    assert call("all", manual) == 1
    assert call("record", manual) == 1
    assert "not stored, blocks failed: source/index.md:4" in capsys.readouterr().err
    assert not verify.RECORD.exists()


def test_there_is_nothing_to_store_before_a_run(manual: Scratch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("record", manual) == 2
    assert "run make doctest-all first" in capsys.readouterr().err


def test_an_interpreter_that_is_not_there_is_named(
    manual: Scratch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INTERPRETERS", "python9.99")
    assert call("all", manual) == 2
    assert "python9.99" in capsys.readouterr().err


@pytest.mark.parametrize("holds", [True, False])
def test_a_site_is_made_only_when_every_result_holds(holds: bool, tmp_path: Path) -> None:
    """``make site`` itself, with a plan in which nothing, or a block that nobody has run, has to hold."""
    group = Group("default", (Block("source/new.md", 4, "testcode", "print(1)"),))
    documents = () if holds else (Document("new", "source/new.md", (group,)),)
    write(Plan(documents), tmp_path / "doctest/plan.json")
    (tmp_path / "html").mkdir()
    (tmp_path / "html/index.html").write_text("a page", "utf-8")
    command = ["make", "-s", "site", f"BUILD={tmp_path}", f"VENV={sys.prefix}", "-o", "all", "-o", "doctest"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is holds, done.stdout + done.stderr
    assert (tmp_path / "site/index.html").is_file() is holds
    assert ("source/new.md:4: missing" in done.stderr) is not holds


def test_what_make_doctest_found_is_taken_as_long_as_it_holds(
    manual: Scratch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("all", manual) == 0
    (results,) = manual.folder.glob("doctest-all/*/results.json")
    shutil.copy(results, manual.folder / "doctest/results.json")
    manual.write(index=PAGE.replace("print(1)", "print(2)"))
    capsys.readouterr()
    monkeypatch.setattr(tested, "holds", lambda build: True)
    assert call("all", manual) == 0
    assert "as make doctest found" in capsys.readouterr().out
    monkeypatch.setattr(tested, "holds", lambda build: False)
    assert call("all", manual) == 1
