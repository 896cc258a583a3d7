"""The Anki deck, and the page that gathers the questions: every question of the manual is in both."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.site.outputs import BUILD, SOURCE

DECK = BUILD / "async-multithreading.apkg"
NOTE_TYPE = 1_314_731_630
"""The note type that published decks have."""


@pytest.fixture(scope="module")
def collection() -> Iterator[sqlite3.Connection]:
    """The deck's database, as Anki reads it."""
    assert DECK.is_file(), f"{DECK} is not built: run make"
    with zipfile.ZipFile(DECK) as archive, closing(sqlite3.connect(":memory:")) as opened:
        assert set(archive.namelist()) == {"collection.anki2", "media"}
        opened.deserialize(archive.read("collection.anki2"))
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        yield opened


@pytest.fixture(scope="module")
def asked(sources: list[Path]) -> dict[str, Path]:
    """Each question's id, and the page that asks it."""
    fence = re.compile(r"^:::\{question\} (\S+)$", re.MULTILINE)
    return {identifier: path for path in sources for identifier in fence.findall(path.read_text("utf-8"))}


def fields(collection: sqlite3.Connection) -> Iterator[list[str]]:
    for (text,) in collection.execute("SELECT flds FROM notes"):
        yield text.split("\x1f")


def test_each_question_is_one_note_with_one_card(collection: sqlite3.Connection, asked: dict[str, Path]) -> None:
    assert len(asked) >= 135
    assert sorted(each[-1] for each in fields(collection)) == sorted(asked)
    assert collection.execute("SELECT count(*) FROM cards").fetchone() == (len(asked),)
    assert collection.execute("SELECT count(DISTINCT guid) FROM notes").fetchone() == (len(asked),)


def test_notes_keep_the_names_that_published_decks_gave_them(collection: sqlite3.Connection) -> None:
    """Another GUID or note type would put every card beside the old one, and lose what readers have learned."""
    known = dict(collection.execute("SELECT guid, mid FROM notes WHERE flds LIKE '%concurrency-02'"))
    assert known == {"QKfN],8sqB": NOTE_TYPE}


def test_no_card_has_a_link_that_leads_nowhere(collection: sqlite3.Connection) -> None:
    for each in fields(collection):
        for link in BeautifulSoup("".join(each), "html.parser").find_all("a"):
            assert str(link["href"]).startswith(("https://", "http://")), (each[-1], link)


def test_the_code_of_an_answer_keeps_its_lines_and_its_colours(collection: sqlite3.Connection) -> None:
    (answer,) = (each[1] for each in fields(collection) if each[-1] == "best-practices-05")
    block = BeautifulSoup(answer, "html.parser").pre
    assert block is not None
    assert block.get_text().splitlines()[:1] == [">>> import threading"]
    assert block.select_one(".kn")


def test_the_site_has_the_deck(site: Path) -> None:
    assert (site / DECK.name).read_bytes() == DECK.read_bytes()


def test_the_page_of_all_questions_has_all(site: Path, asked: dict[str, Path]) -> None:
    page = BeautifulSoup((site / "interview-questions.html").read_bytes(), "html.parser")
    shown = {str(each["data-question"]): str(each["data-topic"]) for each in page.select("details.question")}
    assert sorted(shown) == sorted(asked)
    assert all(shown.values())


def test_an_interview_page_has_the_drill_and_the_place_of_its_timer(site: Path, sources: list[Path]) -> None:
    for source in sources:
        if source.name == "interview.md":
            file = site / source.relative_to(SOURCE).with_suffix(".html")
            page = BeautifulSoup(file.read_bytes(), "html.parser")
            assert page.select_one("#the-timed-drill > h2"), file
            scripts = [str(script.get("src")) for script in page.find_all("script")]
            assert sum("_static/drill" in name for name in scripts) == 2, file
