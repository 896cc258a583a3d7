"""A page that gathers the questions of others: whole on the site, as links in print, and never out of date."""

from __future__ import annotations

from collections.abc import Callable

from bs4 import BeautifulSoup

from question_list import rebased
from tests.ext.scratch_project import Built, Scratch

Project = Callable[..., Scratch]
PLAIN = {
    "extensions": ["myst_parser", "plain_design", "questions", "reflow_epub"],
    "myst_enable_extensions": ["colon_fence"],
    "copyright": "2026, The Team",
    "version": "1",
}
LOCKS = (
    "(why)=\n# Interview: locks\n\n:::{question} locks-01\n:level: junior\n\nWhy?\n\n"
    "See {ref}`here <why>`, {doc}`below <sub/more>` and [there](https://example.org/x).\n:::\n"
)
PAGES = {
    "index": "# Home\n\n```{toctree}\ntopic/locks\ntopic/sub/more\nall\n```\n",
    "topic__locks": LOCKS,
    "topic__sub__more": "# More\n\nText.\n",
    "all": "# All\n\n## Locks\n\n```{questions} topic/locks\n```\n",
}


def question(done: Built) -> tuple[str, dict[str, str]]:
    """The one question on the page that gathers: its text, and its links by their texts."""
    assert (done.status, done.printed) == (0, "")
    (found,) = BeautifulSoup(done.read("all.html"), "html.parser").select("details.question")
    return found.get_text(), {link.get_text(): str(link["href"]) for link in found.find_all("a")}


def test_on_the_site_a_question_stands_there_whole_and_its_links_lead_where_they_led(scratch: Project) -> None:
    text, links = question(scratch(**PAGES).build("html", **PLAIN))
    assert "Why?" in text
    assert links == {
        "here": "topic/locks.html#why",
        "below": "topic/sub/more.html",
        "there": "https://example.org/x",
    }


def test_a_copy_knows_its_topic_and_its_level(scratch: Project) -> None:
    page = BeautifulSoup(scratch(**PAGES).build("html", **PLAIN).read("all.html"), "html.parser")
    (found,) = page.select("details.question")
    assert (found["data-question"], found["data-level"], found["data-topic"]) == ("locks-01", "junior", "Locks")
    assert page.select_one("#locks > p").get_text() == "1 question from Interview: locks."  # type: ignore[union-attr]


def test_a_question_that_changes_changes_its_copy(scratch: Project) -> None:
    project = scratch(**PAGES)
    project.build("html", **PLAIN)
    project.write(topic__locks=LOCKS.replace("Why?", "Why not?"))
    text, _ = question(project.build("html", **PLAIN))
    assert "Why not?" in text


def test_in_an_epub_a_question_is_a_link_to_its_answer(scratch: Project) -> None:
    done = scratch(**PAGES).build("epub", **PLAIN)
    assert (done.status, done.printed) == (0, "")
    page = BeautifulSoup(done.read("all.xhtml"), "html.parser")
    (link,) = page.select("li a")
    assert link["href"] == "topic/locks.xhtml#question-locks-01"
    assert not page.select(".question")


def test_a_page_whose_questions_nobody_gathers_is_named(scratch: Project) -> None:
    more = LOCKS.replace("locks-01", "more-01").replace("(why)=", "").replace("sub/", "")
    done = scratch(**(PAGES | {"topic__sub__more": more.replace("below <more>", "below </topic/locks>")})).build(
        "html", **PLAIN
    )
    assert done.status == 1
    assert "more.md:4: WARNING: questions: no page gathers these; add a section with" in done.printed
    assert "'{questions} topic/sub/more' to all.md" in done.printed


def test_a_list_of_no_document_and_one_of_no_questions_are_refused_at_their_line(scratch: Project) -> None:
    lists = "# All\n\n```{questions} topic/locks\n```\n\n```{questions} nowhere\n```\n\n```{questions} index\n```\n"
    done = scratch(**(PAGES | {"all": lists})).build("html", **PLAIN)
    assert done.status == 1
    assert "all.md:6: " in done.printed
    assert "'nowhere' is no document" in done.printed
    assert "all.md:9: WARNING: questions: index asks none" in done.printed


def test_links_are_written_for_the_page_that_they_stand_on() -> None:
    assert rebased("../b/c.html#d", "a/x.html", "y.html") == "b/c.html#d"
    assert rebased("#d", "a/x.html", "y.html") == "a/x.html#d"
    assert rebased("#d", "a/x.html", "e/y.html") == "../a/x.html#d"
    assert rebased("mailto:x@example.org", "a/x.html", "y.html") == "mailto:x@example.org"
