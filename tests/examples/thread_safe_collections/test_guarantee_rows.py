"""Every row races; a page breaks on purpose each one that is not safe or was seen to break, or says why it cannot."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from examples.thread_safe_collections.guarantee_rows import ROWS
from examples.thread_safe_collections.race import ATOMIC, LOCK_FREE, NOT_SAFE, SAFE, SILENT, Row, stress

SOURCE = Path(__file__).resolve().parents[3] / "source"
RECORDED: dict[str, Any] = json.loads((SOURCE / "_data/measured/guarantees.json").read_text("utf-8"))["interpreters"]
EXECUTED = re.compile(r"^`{3,}\{(testcode|doctest)\}", re.MULTILINE)


def sections() -> dict[str, str]:
    """The text behind each label, up to the next heading that is not below it."""
    found = {}
    for page in SOURCE.rglob("*.md"):
        text = page.read_text("utf-8")
        for label in re.finditer(r"^\(([\w-]+)\)=\n(#+) .*\n", text, re.MULTILINE):
            end = re.search(rf"^#{{1,{len(label[2])}}} ", text[label.end() :], re.MULTILINE)
            found[label[1]] = text[label.end() : label.end() + end.start() if end else None]
    return found


@pytest.fixture(params=[row for row in ROWS.values() if row.exists], ids=lambda row: row.key)
def row(request: pytest.FixtureRequest) -> Row:
    """Each row that this interpreter has."""
    found: Row = request.param
    return found


def test_a_row_runs_and_what_is_documented_holds(row: Row) -> None:
    tally = stress(row.trial, seconds=0)
    assert tally.operations > 0
    assert tally.violations >= 0
    if row.documented in (ATOMIC, SAFE) and not row.forced:
        assert (tally.violations, dict(tally.exceptions)) == (0, {})


def test_a_row_says_what_is_documented_and_where() -> None:
    for row in ROWS.values():
        assert row.documented in (ATOMIC, SAFE, LOCK_FREE, NOT_SAFE, SILENT), row.key
        assert bool(row.source) == (row.documented != SILENT), row.key
        assert re.match(r"(ref|class|func|meth|mod):\S+$|https://docs\.python\.org/\S+$|$", row.source), row.key


def test_the_record_has_a_result_of_each_row_and_no_other() -> None:
    for name, item in RECORDED.items():
        assert list(item["rows"]) == list(ROWS), f"{name}: run source/_ext/measure.py guarantees"
        for key, found in item["rows"].items():
            there = tuple(map(int, item["version"].split(".")[:2])) >= ROWS[key].since
            assert (found is not None) == there, f"{name}, {key}"


def broke(found: dict[str, Any] | None) -> bool:
    return found is not None and ("crash" in found or found["violations"] > 0)


def test_what_is_not_safe_is_broken_on_purpose_or_by_chance() -> None:
    for row in ROWS.values():
        assert not (row.forced and row.chance), row.key
        assert row.forced or row.chance or row.documented != NOT_SAFE, f"{row.key}: 'not safe', and no page breaks it"


def test_what_broke_anywhere_is_broken_on_purpose_or_by_chance() -> None:
    for name, item in RECORDED.items():
        for key, found in item["rows"].items():
            shown = ROWS[key].forced or ROWS[key].chance
            assert shown or not broke(found), f"{key} broke on {name}, and no page breaks it"


def test_what_breaks_by_chance_did_not_break_with_the_gil() -> None:
    for name, item in RECORDED.items():
        for key, found in item["rows"].items():
            if item["build"] == "gil" and ROWS[key].chance:
                assert not broke(found), f"{key} broke on {name}: find out how, and break it on purpose"


def test_what_is_documented_as_atomic_did_not_break() -> None:
    for name, item in RECORDED.items():
        for key, found in item["rows"].items():
            assert ROWS[key].documented != ATOMIC or not broke(found), f"{key} broke on {name}"


def test_the_section_that_breaks_a_row_runs_something() -> None:
    found = sections()
    for row in ROWS.values():
        if row.forced:
            assert EXECUTED.search(found.get(row.forced, "")), f"{row.key}: nothing is executed under {row.forced}"
        assert not row.chance or row.chance in found, row.key


def test_every_kind_of_object_is_there() -> None:
    groups = "names list dict set deque queue Counter defaultdict OrderedDict WeakValueDictionary functools iterators"
    assert list(dict.fromkeys(row.group for row in ROWS.values())) == [*groups.split(), "files", "random"]
