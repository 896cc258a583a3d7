"""A reader who studies the manual from its first page to its last meets no term before its definition.

Every term of the glossary is a link to it where the order of study uses it first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tests.site.outputs import SOURCE

EVERYDAY = {"budget", "cold", "condition", "hot", "turn"}
"""Terms that are words of everyday English as well: where they first stand, they often mean only that."""


def in_order(page: str = "index") -> Iterator[str]:
    """The pages in the order of study: the contents lists, without what is looked up rather than read."""
    yield page
    text = (SOURCE / f"{page}.md").read_text("utf-8")
    for contents in re.findall(r"^```\{toctree\}\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for line in contents.splitlines():
            if line and not line.startswith((":", "reference/", "contributing/")):
                yield from in_order(str(PurePosixPath(page).parent / line))


def terms() -> list[str]:
    text = (SOURCE / "reference/glossary.md").read_text("utf-8")
    return re.findall(r"^([a-zA-Z].*)$", text[text.index("{glossary}") :], re.MULTILINE)


def prose(text: str) -> str:
    """The text of a page with everything blanked that is no prose: front matter, fences, headings, code, links."""
    lines = text.splitlines()
    shown = lines[:]
    first = lines.index("---", 1) + 1
    shown[:first] = [""] * first
    closing = None
    for number, line in enumerate(lines):
        opened = re.match(r"\s*(`{3,}|~{3,})", line)
        if closing or opened or re.match(r"[#(:]", line):
            shown[number] = ""
        if closing and line.strip() == closing:
            closing = None
        elif opened and not closing:
            closing = opened[1]
    # A link to the glossary is matched first, so that its backticks open and close nothing else.
    hidden = r"(?P<kept>\{term\}`[^`]*`)|\{[\w:]+\}`[^`]*`|`[^`]*`|\[[^\]]*\]\([^)]*\)"
    return re.sub(hidden, lambda match: match["kept"] or re.sub(r"[^\n]", " ", match[0]), "\n".join(shown))


def first_use(term: str, text: str) -> re.Match[str] | None:
    """Where *text* uses *term* first; the group ``link`` is there if that leads to its definition."""
    words = re.escape(term).replace(r"\ ", "[ -]")
    link = rf"(?P<link>\{{term\}}`(?:[^`<]*<)?{re.escape(term)}>?`)"
    # A link to another term may hold the words of this one.
    found = re.finditer(rf"{link}|\{{term\}}`[^`]*`|(?<![\w-]){words}(?:s|es)?(?![\w-])", text, re.IGNORECASE)
    return next((match for match in found if match["link"] or not match[0].startswith("{")), None)


def test_the_first_use_of_a_term_leads_to_its_definition() -> None:
    pages = {page: prose((SOURCE / f"{page}.md").read_text("utf-8")) for page in in_order()}
    assert len(pages) > 100, "the order of study is no longer found"
    unexplained = []
    for term in sorted(set(terms()) - EVERYDAY):
        uses = ((page, text, match) for page, text in pages.items() if (match := first_use(term, text)))
        page, text, match = next(uses, ("", "", None))
        if match and not match["link"]:
            line = text.count("\n", 0, match.start()) + 1
            unexplained.append(f"{page}.md:{line}: {match[0]!r} is used before {term!r} is defined")
    assert unexplained == []


def test_every_term_is_linked_to() -> None:
    """A definition that no page leads to explains nothing."""
    pages = [path for path in SOURCE.rglob("*.md") if path != SOURCE / "reference/glossary.md"]
    text = "\n".join(path.read_text("utf-8") for path in pages)
    linked = {target.lower() for target in re.findall(r"\{term\}`(?:[^`<]*<)?([^`<>]+)>?`", text)}
    assert [term for term in terms() if term.lower() not in linked] == []


def test_a_term_has_one_definition() -> None:
    found = [term.lower() for term in terms()]
    assert sorted(found) == sorted(set(found))
