"""The bibliography has every PEP that a page links to, and says of each work which page uses it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.site.outputs import SOURCE

BIBLIOGRAPHY = SOURCE / "reference/bibliography.md"


def entries() -> list[str]:
    """Each work with its sentences, as written."""
    return re.findall(r"^- .*(?:\n  .*)*", BIBLIOGRAPHY.read_text("utf-8"), re.MULTILINE)


def peps(text: str) -> set[int]:
    """The numbers of the PEPs that *text* links to, by address or by role."""
    found = re.finditer(r"peps\.python\.org/pep-(\d+)|\{pep\}`(?:[^`<]*<)?(\d+)", text)
    return {int(match[1] or match[2]) for match in found}


def test_every_linked_pep_is_an_entry(sources: list[Path]) -> None:
    listed = peps(BIBLIOGRAPHY.read_text("utf-8"))
    missing = [
        f"{path.relative_to(SOURCE)}: PEP {number}"
        for path in sources
        for number in sorted(peps(path.read_text("utf-8")) - listed)
    ]
    assert missing == []


def test_an_entry_links_to_the_pep_of_its_number() -> None:
    for entry in entries():
        if number := re.match(r"- \*\*PEP (\d+)\*\*", entry):
            assert peps(entry) == {int(number[1])}, entry


def test_every_entry_names_a_page_that_exists(sources: list[Path]) -> None:
    texts = [path.read_text("utf-8") for path in sources]
    labels = {label for text in texts for label in re.findall(r"^\(([\w-]+)\)=", text, re.MULTILINE)}
    assert len(entries()) > 30, "the entries are no longer found"
    for entry in entries():
        used = entry.splitlines()[-1]
        assert used.startswith("  Used in "), entry
        documents = re.findall(r"\{doc\}`/([\w/-]+)`", used)
        references = re.findall(r"\{ref\}`([\w-]+)`", used)
        assert documents or references, entry
        assert all((SOURCE / f"{name}.md").is_file() for name in documents), entry
        assert labels.issuperset(references), entry
