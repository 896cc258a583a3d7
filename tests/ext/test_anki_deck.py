"""The deck: the same bytes twice, the same notes in each version, and cards that lead to what they rest on."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from anki_deck import Flashcard, Look, topic_of, write_deck
from tests.ext.scratch_project import ROOT, Built, Scratch

Project = Callable[..., Scratch]
CARDS = [
    Flashcard(f"locks-{number:02}", "locks", "Locks", "junior", f"Why {number}?", "<p>So.</p>", "Locks")
    for number in range(1, 4)
] + [Flashcard("loops-01", "loops", "Loops", "staff", "How?", "<p>Thus.</p>", "Loops")]
LOOK = Look("{{Question}}", "{{FrontSide}}{{Answer}}", "")
DAY = 86_400.0


def deck(target: Path, cards: list[Flashcard] = CARDS, *, moment: float = 20_000 * DAY) -> Path:
    count = write_deck(cards, target, name="Manual", identifier="manual", about="All.", look=LOOK, moment=moment)
    assert count == len(cards)
    return target


def opened(package: Path, question: str) -> list[Any]:
    """What *question*, in SQL, finds in the package's collection."""
    with zipfile.ZipFile(package) as archive, closing(sqlite3.connect(":memory:")) as collection:
        assert archive.testzip() is None
        collection.deserialize(archive.read("collection.anki2"))
        return collection.execute(question).fetchall()


def test_the_same_cards_make_the_same_bytes(tmp_path: Path) -> None:
    first, second = deck(tmp_path / "1.apkg"), deck(tmp_path / "2.apkg")
    assert first.read_bytes() == second.read_bytes()


def test_a_new_text_keeps_the_note_and_is_newer(tmp_path: Path) -> None:
    changed = [replace(card, asked="Why now?", answer="New.", title="All locks") for card in reversed(CARDS)]
    notes = "SELECT guid, mid, mod FROM notes ORDER BY guid"
    old = opened(deck(tmp_path / "old.apkg"), notes)
    new = opened(deck(tmp_path / "new.apkg", changed, moment=20_001 * DAY), notes)
    assert [note[:2] for note in new] == [note[:2] for note in old]
    assert all(later[2] - before[2] == DAY for before, later in zip(old, new, strict=True))


def test_each_topic_is_a_deck_within_the_manuals_and_a_tag(tmp_path: Path) -> None:
    package = deck(tmp_path / "deck.apkg")
    ((decks,),) = opened(package, "SELECT decks FROM col")
    named = {each["name"]: each["id"] for each in json.loads(decks).values()}
    assert set(named) == {"Default", "Manual", "Manual::Locks", "Manual::Loops"}
    held = opened(package, "SELECT did, tags FROM cards JOIN notes ON nid = notes.id ORDER BY due")
    assert held[0] == (named["Manual::Locks"], " manual::locks manual::junior ")
    assert held[-1] == (named["Manual::Loops"], " manual::loops manual::staff ")


def test_a_topic_is_named_by_its_index_or_by_the_page_itself() -> None:
    titles = {"a-b/index": "Locks", "a-b/interview": "Interview: locks", "interview": "Interview: all of it"}
    assert topic_of("a-b/interview", titles) == ("a-b", "Locks")
    assert topic_of("interview", titles) == ("interview", "All of it")


EXTENSIONS = {
    "extensions": ["myst_parser", "plain_design", "questions"],
    "myst_enable_extensions": ["colon_fence"],
    "epub_basename": "manual",
    "epub_identifier": "manual",
    "copyright": "2026, The Team",
    "version": "1",
}
PAGES = {
    "index": "# Home\n\n```{toctree}\nlocks/index\nlocks/interview\n```\n",
    "locks__index": "(why)=\n# Locks\n\nText.\n",
    "locks__interview": "# Interview: locks\n\n:::{question} locks-01\n:level: junior\n\nWhy `with`?\n\n"
    "See {ref}`there <why>` and {doc}`index`.\n\n```python\nwith lock: pass\n```\n:::\n",
}


def built(project: Scratch, **settings: object) -> Built:
    looks = project.folder / "source/_data/anki"
    looks.mkdir(parents=True)
    for name in ("front.html", "back.html", "card.css"):
        (looks / name).write_bytes((ROOT / "source/_data/anki" / name).read_bytes())
    return project.build("apkg", **EXTENSIONS, **settings)


def fields(done: Built) -> list[str]:
    assert (done.status, done.printed) == (0, "")
    ((text,),) = opened(done.output / "manual.apkg", "SELECT flds FROM notes")
    return str(text).split("\x1f")


def test_without_an_address_a_card_names_the_pages_that_it_rests_on(scratch: Project) -> None:
    asked, answer, topic, level, source, identifier = fields(built(scratch(**PAGES)))
    assert "<code" in asked
    assert "<a " not in answer
    assert ">there</span>" in answer
    assert "[Locks]" in answer
    assert answer.count("Locks") == 2  # once behind "there", and once as the text of the other link
    assert '<span class="k">with</span>' in answer
    assert (topic, level, identifier) == ("Locks", "junior", "locks-01")
    assert source == "<span>Interview: locks</span>"


def test_with_an_address_a_card_links_to_the_site(scratch: Project) -> None:
    _, answer, _, _, source, _ = fields(built(scratch(**PAGES), html_baseurl="https://example.org/en/"))
    assert 'href="https://example.org/en/locks/index.html#why"' in answer
    assert 'href="https://example.org/en/locks/index.html"' in answer
    assert 'href="https://example.org/en/locks/interview.html#question-locks-01"' in source


def test_a_picture_in_a_question_is_refused_at_its_line(scratch: Project) -> None:
    pages = PAGES | {
        "locks__interview": PAGES["locks__interview"].replace("```python", "![A lock](lock.svg)\n\n```python")
    }
    project = scratch(**pages)
    (project.folder / "source/locks/lock.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    done = built(project)
    assert done.status == 1
    assert "locks/interview.md:10: WARNING: anki_deck: a card holds no picture" in done.printed
