"""The PDF as a reader sees it: the lines of each page with their fonts, read once by poppler's pdftohtml.

It reads 1,700 pages in ten seconds; libraries in Python take minutes for as much.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

ZOOM = 1.5
"""pdftohtml's units in a point."""
MARGIN = 68 * ZOOM
"""The margins of a page, 24 mm."""
LEADINGS = tuple(7.9 * height * ZOOM for height in (1.38, 1.34, 1.3))
"""From one line of code to the next, as `print.css` has it, and the tighter styles of `print_layout`."""
LEADING = LEADINGS[1]
CAPTION = 14
"""The size of a caption below a figure; a condition above a block is smaller."""


@dataclass(frozen=True, slots=True)
class Font:
    """A font as it is used: *family* without the prefix of the subset, and its *size* in pdftohtml's units."""

    family: str
    size: int


@dataclass(frozen=True, slots=True)
class Line:
    """What stands on one height of a page: *top*, *left* and *right* in pdftohtml's units."""

    top: int
    left: int
    right: int
    text: str
    fonts: frozenset[Font]

    @property
    def is_heading(self) -> bool:
        """Whether it is one of h1 to h4, a rubric or a question."""
        # Code in a heading is smaller than the heading, and wider than any other code.
        big = [font for font in self.fonts if font.size >= 16]
        return bool(big) and all(font.family.endswith("-Semi") for font in self.fonts)

    @property
    def is_table_head(self) -> bool:
        """Whether it is the first row of a table, or a condition or a title above a block."""
        families = {font.family for font in self.fonts}
        # The words below a drawing are a list, and a caption below a figure is larger: both may end a page.
        ends = self.text.startswith("•") or all(font.size == CAPTION for font in self.fonts)
        return not ends and max(font.size for font in self.fonts) < 16 and families <= {"Heading", "Heading-Semi"}

    @property
    def is_code(self) -> bool:
        """Whether it is a line of a block of code or output."""
        # A block is indented by its border; code in text is not.
        return self.left > MARGIN + 8 and all(
            font.size <= 12 and font.family.startswith(("Code", "Signs")) for font in self.fonts
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: its *number*, its width and height, and its lines between head and foot."""

    number: int
    width: int
    height: int
    lines: tuple[Line, ...]

    @property
    def room(self) -> float:
        """The share of the page that is empty below its last line, from 0 to 1."""
        if not self.lines:
            return 1.0
        return 1 - (self.lines[-1].top - MARGIN) / (self.height - 2 * MARGIN)


def sheets(book: Path, folder: Path) -> Iterator[Sheet]:
    """Read *book*; what pdftohtml writes on the way goes into *folder*.

    :raises subprocess.CalledProcessError: when pdftohtml could not read it.
    :raises FileNotFoundError: when there is no pdftohtml (Debian: apt-get install poppler-utils).
    """
    made = folder / "book.xml"
    subprocess.run(["pdftohtml", "-xml", "-i", "-q", str(book), str(made)], check=True)
    fonts: dict[str, Font] = {}
    for _, element in ElementTree.iterparse(made):
        if element.tag == "fontspec":
            family = element.get("family", "").rpartition("+")[2]
            fonts[element.get("id", "")] = Font(family, int(element.get("size", 0)))
        elif element.tag == "page":
            number, width, height = (int(element.get(key, 0)) for key in ("number", "width", "height"))
            yield Sheet(number, width, height, tuple(_lines(element, fonts, height)))
            element.clear()


def _lines(page: ElementTree.Element, fonts: dict[str, Font], height: int) -> Iterator[Line]:
    pieces = []
    for text in page.iter("text"):
        top, left, width, tall = (int(text.get(key, 0)) for key in ("top", "left", "width", "height"))
        words = "".join(text.itertext())
        # Between head and foot, and something to be seen.
        if words.strip() and MARGIN - 6 <= top + tall / 2 <= height - MARGIN + 6:
            pieces.append((top + tall / 2, top, left, left + width, words, fonts[text.get("font", "")]))
    pieces.sort()
    while pieces:
        middle = pieces[0][0]
        same = sorted((piece for piece in pieces if piece[0] <= middle + 5), key=lambda piece: piece[2])
        del pieces[: len(same)]
        yield Line(
            min(piece[1] for piece in same),
            same[0][2],
            max(piece[3] for piece in same),
            "".join(piece[4] for piece in same),
            frozenset(piece[5] for piece in same),
        )


def code_at_the_end(lines: tuple[Line, ...]) -> int:
    """How many heights of a line the code has that ends the page, empty lines included."""
    if not lines or not lines[-1].is_code:
        return 0
    first = lines[-1]
    for earlier, later in pairwise(reversed(lines)):
        if not later.is_code or not _one_block(later, earlier):
            break
        first = later
    return round((lines[-1].top - first.top) / LEADING) + 1


def code_at_the_start(lines: tuple[Line, ...]) -> int:
    """The same of the code that goes on from the page before; a block that begins here stands lower, by its padding."""
    if not lines or not lines[0].is_code or lines[0].top > MARGIN + 4:
        return 0
    last = lines[0]
    for earlier, later in pairwise(lines):
        if not later.is_code or not _one_block(earlier, later):
            break
        last = later
    return round((last.top - lines[0].top) / LEADING) + 1


def _one_block(earlier: Line, later: Line) -> bool:
    ratios = [(later.top - earlier.top) / leading for leading in LEADINGS]
    return any(abs(ratio - round(ratio)) < 0.13 for ratio in ratios)
