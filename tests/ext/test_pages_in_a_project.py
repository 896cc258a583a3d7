"""The extensions at work in a small project: what a reader sees, and what a contributor is told."""

from __future__ import annotations

from collections.abc import Callable

from tests.ext.scratch_project import Scratch

FRONT = "---\nowner: The Team\nupdated: 2026-11-23\nprerequisites: {prerequisites}\nexamples: []\n---\n"
PLAIN = {
    "extensions": ["myst_parser", "page_metadata", "questions"],
    "myst_enable_extensions": ["colon_fence"],
}
INDEX = FRONT.format(prerequisites="[]") + "# Home\n\n```{toctree}\nchild\n```\n"
CHILD = FRONT.format(prerequisites="[index]") + "# Child\n\nText.\n"

Project = Callable[..., Scratch]


def test_the_line_under_the_title_has_owner_date_time_and_links(scratch: Project) -> None:
    built = scratch(index=INDEX, child=CHILD).build("html", **PLAIN)
    assert (built.status, built.printed) == (0, "")
    page = built.read("child.html")
    for text in (
        "The Team",
        "2026-11-23",
        "1 min",
        '<a class="reference internal" href="index.html">Home</a>',
    ):
        assert text in page


def test_an_unknown_key_stops_the_build_at_its_line(scratch: Project) -> None:
    broken = CHILD.replace("owner: The Team", "owner: The Team\nreviewd: yes")
    built = scratch(index=INDEX, child=broken).build("html", **PLAIN)
    assert built.status == 1
    assert "source/child.md:3: WARNING: front matter: unknown key 'reviewd'" in built.printed


def test_a_prerequisite_that_is_no_page_stops_the_build(scratch: Project) -> None:
    broken = FRONT.format(prerequisites="[nowhere]") + "# Child\n"
    built = scratch(index=INDEX, child=broken).build("html", **PLAIN)
    assert "child.md:4: WARNING: front matter: prerequisite 'nowhere'" in built.printed


def test_reading_times_add_up_and_follow_a_change_of_another_page(scratch: Project) -> None:
    home = INDEX + "\nAll: {reading-time}`c*`.\n"
    project = scratch(index=home, child=CHILD)
    assert "All: 1 min." in project.build("html", **PLAIN).read("index.html")
    project.write(child=CHILD + "word " * 1000)
    assert "All: 5 min." in project.build("html", **PLAIN).read("index.html")


def test_a_link_to_a_prerequisite_follows_its_title(scratch: Project) -> None:
    project = scratch(index=INDEX, child=CHILD)
    project.build("html", **PLAIN)
    project.write(index=INDEX.replace("# Home", "# Start"))
    assert 'href="index.html">Start</a>' in project.build("html", **PLAIN).read("child.html")


def test_a_prerequisite_that_is_deleted_is_missed_at_its_line(scratch: Project) -> None:
    home = INDEX.replace("child\n", "child\nfirst\n")
    first = FRONT.format(prerequisites="[]") + "# First\n"
    project = scratch(index=home, first=first, child=CHILD.replace("[index]", "[first]"))
    assert project.build("html", **PLAIN).status == 0
    (project.folder / "source/first.md").unlink()
    project.write(index=INDEX)
    built = project.build("html", **PLAIN)
    assert built.status == 1
    assert "child.md:4: WARNING: front matter: prerequisite 'first' is no document of this manual" in built.printed


QUESTION = ":::{question} timeouts-01\n:level: junior\n\nWhy `await`?\n\nBecause.\n:::\n"


def test_a_question_folds_its_answer(scratch: Project) -> None:
    built = scratch(index=INDEX, child=CHILD + QUESTION).build("html", **PLAIN)
    assert (built.status, built.printed) == (0, "")
    page = built.read("child.html")
    details = page[page.index("<details") : page.index("</details>")]
    assert 'id="question-timeouts-01"' in details
    question, answer = details.split("</summary>")
    assert "Why" in question
    assert "Because." in answer


def test_an_id_is_used_once(scratch: Project) -> None:
    built = scratch(index=INDEX, child=CHILD + QUESTION + "\n" + QUESTION).build("html", **PLAIN)
    assert built.status == 1
    assert "the id 'timeouts-01' is taken by child.md:10" in built.printed


def test_a_question_without_an_answer_or_with_a_wrong_level_is_refused(scratch: Project) -> None:
    lonely = ":::{question} a-1\n\nWhy?\n:::\n"
    levels = ":::{question} a-2\n:level: wizard\n\nWhy?\n\nSo.\n:::\n"
    built = scratch(index=INDEX, child=CHILD + lonely + levels).build("html", **PLAIN)
    assert "write the question as the first paragraph" in built.printed
    assert "wizard" in built.printed


BOOK = {"myst_enable_extensions": ["colon_fence"], "copyright": "2026, The Team", "version": "1"}
DESIGN = """# Page

::::{tab-set}
:::{tab-item} First
one
:::
:::{tab-item} Second
two
:::
::::

:::{dropdown} Folded
three
:::
"""


def test_tabs_and_dropdowns_stand_open_in_an_epub(scratch: Project) -> None:
    extensions = ["myst_parser", "sphinx_design", "plain_design", "reflow_epub"]
    built = scratch(index=DESIGN).build("epub", extensions=extensions, **BOOK)
    assert built.status == 0, built.printed
    page = built.read("index.xhtml")
    for text in ("First", "one", "Second", "two", "Folded", "three"):
        assert text in page
    for trace in ("<input", "<details", "<script", "sd-tab"):
        assert trace not in page


def test_tabs_stay_tabs_on_the_site(scratch: Project) -> None:
    extensions = ["myst_parser", "sphinx_design", "plain_design"]
    built = scratch(index=DESIGN).build("html", extensions=extensions, myst_enable_extensions=["colon_fence"])
    assert built.read("index.html").count('type="radio"') == 2
