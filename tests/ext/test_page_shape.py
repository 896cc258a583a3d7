"""The shape check finds what a contributor gets wrong, and names the line."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from page_shape import INDEX_SECTIONS, INTERVIEW_SECTIONS, problems, scan, unexecuted_python

TOPIC = "cancellation-and-timeouts"
GUIDE = PurePosixPath(TOPIC, "timeouts.md")


def page(*sections: str) -> str:
    return "# Title\n\n" + "\n\n".join(f"## {name}\n\nText." for name in sections) + "\n"


def test_a_topic_with_its_sections_in_order_is_fine() -> None:
    assert problems(PurePosixPath(TOPIC, "index.md"), page(*INDEX_SECTIONS)) == []


def test_a_heading_may_say_more_than_the_name_of_its_section() -> None:
    sections = ["When to use it, and when not" if s == "When to use" else s for s in INDEX_SECTIONS]
    assert problems(PurePosixPath(TOPIC, "index.md"), page(*sections)) == []


def test_a_missing_section_is_named() -> None:
    sections = [s for s in INDEX_SECTIONS if s != "Troubleshooting"]
    (problem,) = problems(PurePosixPath(TOPIC, "index.md"), page(*sections))
    assert "'## Troubleshooting' is missing" in problem.message


def test_a_section_out_of_order_is_reported_on_its_line() -> None:
    sections = list(INDEX_SECTIONS)
    sections[1], sections[2] = sections[2], sections[1]
    text = page(*sections)
    (problem,) = problems(PurePosixPath(TOPIC, "index.md"), text)
    assert text.splitlines()[problem.line - 1] == "## Design notes"


def test_an_interview_page_of_a_topic_needs_ten_questions() -> None:
    text = page(*INTERVIEW_SECTIONS) + ":::{question} a-1\n:::\n" * 9
    (problem,) = problems(PurePosixPath(TOPIC, "interview.md"), text)
    assert "this one 9" in problem.message
    assert problems(PurePosixPath("interview.md"), page(*INTERVIEW_SECTIONS)) == []


@pytest.mark.parametrize("info", ["python", "py", "pycon", "python3", "{code-block} python", "{sourcecode} pycon"])
def test_python_that_nothing_executes_is_reported_on_its_line(info: str) -> None:
    text = f"# Title\n\n```{info}\nprint(1)\n```\n\n## See also\n"
    (problem,) = problems(GUIDE, text)
    assert problem.line == 3
    assert "not executed" in problem.message


def test_executed_blocks_and_other_languages_are_fine() -> None:
    text = "# Title\n\n```{testcode}\n# ## no heading\n```\n\n~~~csharp\n~~~\n\n## See also\n"
    assert problems(GUIDE, text) == []


def test_blocks_inside_directives_in_colons_are_seen() -> None:
    grid = """::::{grid} 1 1 1 2
:::{grid-item}
```{code-block} csharp
# no heading
```
:::
:::{grid-item}
```{testcode} run
print(840)
```
:::
::::
:::{code-block} python
print(840)
:::
"""
    headings, fences = scan(grid)
    infos = ["{grid} 1 1 1 2", "{grid-item}", "{code-block} csharp", "{grid-item}", "{testcode} run"]
    assert headings == []
    assert [fence.info for fence in fences] == [*infos, "{code-block} python"]
    assert [problem.line for problem in unexecuted_python(grid)] == [13]


def test_a_contents_list_stands_last() -> None:
    contents = "```{toctree}\nchild\n```\n"
    (problem,) = problems(PurePosixPath("index.md"), f"# Title\n\n{contents}\n## More\n")
    assert (problem.line, "end of the page" in problem.message) == (3, True)
    assert problems(PurePosixPath("index.md"), f"# Title\n\n## More\n\n{contents}") == []


def test_a_guide_page_ends_with_its_links() -> None:
    (problem,) = problems(GUIDE, page("When to use it", "See also", "Versions"))
    assert "See also" in problem.message


def test_a_page_has_one_title() -> None:
    (problem,) = problems(PurePosixPath("overview.md"), "# One\n\n# Two\n")
    assert (problem.line, "has 2" in problem.message) == (3, True)


PITFALL = """# Title

## Forgotten await

**Symptom.** A message.

**Broken.**

```{testcode}
pass
```

**Why.** A reason.

**Fixed.**

```{testcode}
pass
```

**Caught by.** ruff.

**Versions.** All.

## See also
"""
PITFALLS = PurePosixPath("common-pitfalls", "forgetting.md")


def test_a_pitfall_in_its_shape_is_fine() -> None:
    assert problems(PITFALLS, PITFALL) == []
    assert problems(PurePosixPath("best-practices", "reviewing.md"), page("Anything", "See also")) == []
    assert len(problems(PITFALLS, "# Title\n")) == 1  # no See also, and nothing that could lack a rubric


def test_a_pitfall_without_a_rubric_is_reported_on_its_heading() -> None:
    (problem,) = problems(PITFALLS, PITFALL.replace("**Why.** A reason.", "A reason."))
    assert problem.line == 3
    assert "Symptom, Broken, Fixed" in problem.message


def test_a_section_without_any_rubric_is_reported() -> None:
    (problem,) = problems(PITFALLS, page("Anything", "See also"))
    assert "has no rubrics" in problem.message


def test_what_is_called_fixed_is_executed() -> None:
    before, after = PITFALL.split("**Fixed.**")
    (problem,) = problems(PITFALLS, before + "**Fixed.**" + after.replace("{testcode}", "text", 1))
    assert "**Fixed.** of '## Forgotten await' has no executed block" in problem.message


def test_a_practice_has_another_shape_than_a_pitfall() -> None:
    found = problems(PurePosixPath("best-practices", "forgetting.md"), PITFALL)
    assert any("**Break it when.**" in problem.message for problem in found)
