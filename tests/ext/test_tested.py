"""What passed is not run again, and what changed is."""

from __future__ import annotations

from pathlib import Path

import pytest

import tested


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one page and one test, in the place of the manual."""
    for name in ("source/index.md", "tests/test_index.py", "Makefile", "requirements.txt", ".github/workflows/a.yml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "build").mkdir()
    monkeypatch.setattr(tested, "ROOT", tmp_path)
    for name in tested.NARROWING:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def holds(project: Path) -> bool:
    return tested.main(["holds", "--build", str(project / "build")]) == 0


def note(project: Path) -> None:
    tested.main(["note", "--build", str(project / "build")])


@pytest.mark.parametrize(
    "changed", ["source/index.md", "tests/test_index.py", "Makefile", "requirements.txt", ".github/workflows/a.yml"]
)
def test_any_input_that_changes_asks_for_a_run(project: Path, changed: str) -> None:
    assert not holds(project)
    note(project)
    assert holds(project)
    (project / changed).write_text("else")
    assert not holds(project)


def test_a_new_page_asks_for_a_run(project: Path) -> None:
    note(project)
    (project / "source/new.md").write_text("new")
    assert not holds(project)


@pytest.mark.parametrize("name", tested.NARROWING)
def test_a_part_is_not_noted_and_does_not_count(project: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "x")
    note(project)
    monkeypatch.delenv(name)
    assert not holds(project)
    note(project)
    monkeypatch.setenv(name, "x")
    assert not holds(project)


def test_another_date_of_the_build_asks_for_a_run(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note(project)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert not holds(project)
