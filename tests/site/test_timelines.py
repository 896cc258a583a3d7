"""The drawings of the manual are what its blocks do now."""

from __future__ import annotations

import platform
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from concurrent_doctest import supervise
from concurrent_doctest.plan import Document, Plan, read
from tests.site.outputs import BUILD, ROOT, SOURCE, pages_of
from timelines.capture import cut, keys, taken
from timelines.record import Record, dumped, file_name, loaded

FOLDER = SOURCE / "_data/timelines"
HERE = ".".join(platform.python_version_tuple()[:2])


def recorded() -> Iterator[tuple[Document, str, Path, dict[str, Record]]]:
    """Each file of records: its page, the name of its group, and what it holds."""
    plan = read(BUILD / "doctest/plan.json")
    for document in plan.documents:
        for group in document.groups:
            file = FOLDER / file_name(document.name, group.name)
            if file.is_file():
                yield document, group.name, file, loaded(file)


def test_blocks_on_the_virtual_clock_do_again_what_is_drawn() -> None:
    plan: Plan = read(BUILD / "doctest/plan.json")
    wanted: dict[str, tuple[Path, str]] = {}
    for document, _, file, records in recorded():
        for identifier, digest in keys(document, plan, ROOT).items():
            record = records.get(digest)
            if record and record.clock == "virtual" and record.interpreter == HERE:
                wanted[identifier] = (file, digest)
    if not wanted:
        pytest.skip(f"no record is one of Python {HERE}")
    part = cut(plan, wanted)
    differ = []
    results = {result.name: result for result in supervise.run(part, jobs=2, progress=lambda result: None)}
    for document in part.documents:
        for group in document.groups:
            for block in group.blocks:
                if block.id in wanted:
                    file, digest = wanted[block.id]
                    then = loaded(file)[digest]
                    found = [asdict(item) for item in results[document.name].results]
                    now = taken(document, block.id, found, then.interpreter, then.files)
                    if dumped({digest: now}) != dumped({digest: then}):
                        differ.append(f"{block.id}: run make timelines")
    assert not differ


def test_every_record_is_one_of_a_block_of_the_manual() -> None:
    plan = read(BUILD / "doctest/plan.json")
    known = set()
    for document, _, file, records in recorded():
        known.add(file)
        assert set(records) <= set(keys(document, plan, ROOT).values()), f"{file.name}: run make timelines"
    assert known == set(FOLDER.glob("*.json"))
    assert sum(len(records) for *_, records in recorded()) >= 20


def test_each_drawing_has_a_caption_and_the_same_in_words(site: Path) -> None:
    drawn = 0
    for page in pages_of(site, ".html"):
        for figure in page.soup.select("figure.timeline"):
            drawn += 1
            where = page.path.name
            assert figure.figcaption
            assert len(figure.select("svg[role=img] > title")) == 2, where
            told = figure.find_next_sibling("details")
            assert told, where
            assert told.select("li"), where
            assert not figure.select("[style]"), where
    assert drawn >= 20


def test_the_ebook_has_each_drawing_as_a_picture_with_words() -> None:
    with zipfile.ZipFile(BUILD / "async-multithreading.epub") as book:
        names = [name for name in book.namelist() if name.startswith("_images/timeline-")]
        chapters = [book.read(name).decode() for name in book.namelist() if name.endswith(".xhtml")]
    assert len(names) >= 20
    assert sum(text.count("_images/timeline-") for text in chapters) >= len(names)
    assert not any("timeline-narrow" in text for text in chapters)
