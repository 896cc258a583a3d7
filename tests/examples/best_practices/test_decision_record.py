"""A record that can be acted on passes; each thing that it lacks is reported at its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from examples.best_practices.decision_record import FOLDER, SECTIONS, main, problems, sections

RECORD = FOLDER / "0007-bounded-fan-out.md"
TEXT = RECORD.read_text("utf-8")
PAGE = Path(__file__).resolve().parents[3] / "source/best-practices/decision-records.md"


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_the_filled_record_lacks_nothing() -> None:
    assert problems(TEXT) == []


def test_the_template_has_all_sections_and_asks_for_everything() -> None:
    template = (FOLDER / "template.md").read_text("utf-8")
    assert tuple(name for name in sections(template) if name) == SECTIONS
    asked = {problem.line for problem in problems(template)}
    to_fill = {number for number, line in enumerate(template.splitlines(), start=1) if "<" in line}
    assert to_fill <= asked


@pytest.mark.parametrize("name", SECTIONS)
def test_a_missing_section_is_reported(name: str) -> None:
    text = re.sub(rf"## {name}\n(?:(?!## ).*\n)*", "", TEXT)
    assert f"the section '## {name}' is missing" in [problem.message for problem in problems(text)]


@pytest.mark.parametrize("name", SECTIONS)
def test_an_empty_section_is_reported_at_its_heading(name: str) -> None:
    text = re.sub(rf"(## {name}\n)(?:(?!## ).*\n)*", r"\1\n", TEXT)
    found = [problem for problem in problems(text) if problem.message == f"'{name}' is empty"]
    assert [problem.line for problem in found] == [line_of(text, f"## {name}")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("`last_answer`: from 0.2 s to 2.0 s", "`last_answer`: a little slower", "an effect is"),
        ("`last_answer`: from 0.2 s to 2.0 s", "faster: 2.0 s", "an effect is"),
        ("`last_answer`: from 0.2 s to 2.0 s", "`last_answer`: from 1 to 2", "an effect is"),
        ("`last_answer` > 30 s in", "`last_answer` too high in", "a rollback is"),
        ("`last_answer` > 30 s in", "`last_answer` > 30 in", "a rollback is"),
        ("`last_answer` > 30 s in 2 nights of 7: set", "`last_answer` > 30 s: set", "a rollback is"),
        ("`last_answer` > 30 s in 2 nights of 7: set", "when customers complain: set", "a rollback is"),
        ("`refused_calls` > 0 calls in one night: set", "`complaints` > 3 calls a day: set", "`complaints` decides"),
        (": set PRICE_LIST_LIMIT=200 and deploy", "", "a rollback is"),
        ("2027-02-26: is", "in three months: is", "the review begins with its date"),
        ("2027-02-26: is", "26.02.2027: is", "the review begins with its date"),
        ("2027-02-26: is", "2027-02-30: is", "the review begins with its date"),
        ("2027-02-26: is", "2026-11-27: is", "the review, 2026-11-27, is not after the decision"),
        ("Machine: 2 cores", "On 2 cores", "'Measured' does not say 'Machine:'"),
        ("Interpreter: CPython 3.14", "Interpreter:", "'Measured' does not say 'Interpreter:'"),
        ("| `last_answer` | 0.2 s | 2.0 s |", "| `last_answer` | 0.2 s | |", "`last_answer` is expected, and not"),
        ("Owner: pricing team", "Owner: <team or person>", "<team or person> is not filled in"),
        ("set PRICE_LIST_LIMIT=10", "TBD", "TBD is not filled in"),
    ],
)
def test_what_a_record_lacks_is_reported(old: str, new: str, message: str) -> None:
    assert TEXT.count(old) == 1
    found = problems(TEXT.replace(old, new))
    assert any(problem.message.startswith(message) for problem in found), found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("`refused_calls` > 0 calls in", "`refused_calls` > 1,000 calls in"),
        ("`last_answer` > 30 s in", "`last_answer` > 30 µs in"),
        ("`last_answer` > 30 s in", "`last_answer` >= 2.5% in"),
        ("answers the others with 429.", "answers the others with 429 (<https://carrier.example/limits>)."),
    ],
)
def test_other_ways_to_write_a_number_and_a_link_lack_nothing(old: str, new: str) -> None:
    assert TEXT.count(old) == 1
    assert problems(TEXT.replace(old, new)) == []


def test_a_folder_without_records_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("examples.best_practices.decision_record.FOLDER", tmp_path)
    with pytest.raises(SystemExit):
        main([])


def test_a_problem_stands_at_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = TEXT.replace("`last_answer` > 30 s in", "`last_answer` too high in")
    record = tmp_path / "0008.md"
    record.write_text(text, "utf-8")
    assert main([str(record)]) == 1
    assert capsys.readouterr().out.startswith(f"{record}:{line_of(text, 'too high')}: a rollback is")


def test_sections_in_another_order_are_reported() -> None:
    text = TEXT.replace("## Change", "## X").replace("## Review", "## Change").replace("## X", "## Review")
    assert any("stands where" in problem.message for problem in problems(text))


def test_a_record_without_its_date_is_reported_and_no_comparison_is_made() -> None:
    found = problems(TEXT.replace("Date: 2026-11-27\n", "", 1))
    assert [problem.message for problem in found] == ["the record has no 'Date:' such as 2026-11-27"]


def test_an_empty_file_lacks_everything_and_raises_nothing() -> None:
    assert len(problems("")) == len(SECTIONS) + 1


def test_the_folder_is_checked_by_default_without_the_template(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert out == "0007-bounded-fan-out.md: effects 3, rollback conditions 2, review 2027-02-26\n"


def test_a_review_is_due_on_its_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--today", "2027-02-25"]) == 0
    assert main(["--today", "2027-02-26"]) == 1
    line = line_of(TEXT, "## Review")
    assert capsys.readouterr().out.splitlines()[-1] == (f"{RECORD.name}:{line}: the review was due on 2027-02-26")


def test_the_page_shows_the_record_that_is_checked() -> None:
    assert f"```markdown\n{TEXT}```\n" in PAGE.read_text("utf-8")
