"""All questions as a deck for Anki: one sub-deck a topic, and the same cards again in each new version.

Anki knows a note by its GUID, which here comes from the question's id alone: whoever imports a new version
gets the new words on the old cards, and keeps what they have learned.

The core, :func:`write_deck`, knows nothing of Sphinx.
"""

from __future__ import annotations

import hashlib
import os
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from docutils import nodes
from sphinx.builders.singlehtml import SingleFileHTMLBuilder
from sphinx.util import logging
from sphinx.util.osutil import relative_uri

from plain_design import reading_order
from questions import Answer, Asked, Question, question_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Set

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

# Anki takes a note type with other fields for another type, and would make every card anew: these stay.
FIELDS = ("Question", "Answer", "Topic", "Level", "Source", "Id")


@dataclass(frozen=True, slots=True)
class Flashcard:
    """A question; *asked*, *answer* and *source* (where to read on) are HTML, *topic* is a tag, the rest text."""

    id: str
    topic: str
    title: str
    level: str
    asked: str
    answer: str
    source: str


@dataclass(frozen=True, slots=True)
class Look:
    """How a card is laid out: the templates of its two sides, and its style sheet."""

    front: str
    back: str
    css: str


def stable_id(*words: str) -> int:
    """A number for *words* in the range that Anki takes for a deck or a note type, the same in every build."""
    digest = hashlib.sha256("\0".join(words).encode()).digest()
    return 2**30 + int.from_bytes(digest[:8], "big") % 2**30


def write_deck(
    cards: Iterable[Flashcard], target: Path, *, name: str, identifier: str, about: str, look: Look, moment: float
) -> int:
    """Write *cards*, in their order, as the package *target*; the same input gives the same bytes.

    :param identifier: what sets this manual's decks and notes apart from any other's; never changes.
    :param moment: the date of this version in seconds since 1970; Anki updates a card from a newer version only.
    :returns: how many notes it holds.
    """
    import genanki  # only who builds the deck needs it

    # A dictionary for each field and template: genanki adds to them.
    model = genanki.Model(
        stable_id(identifier, "note type"),
        f"{name}: question",
        fields=[{"name": field} for field in FIELDS],
        templates=[{"name": "Question", "qfmt": look.front, "afmt": look.back}],
        css=look.css,
        sort_field_index=FIELDS.index("Id"),
    )
    decks = {"": genanki.Deck(stable_id(identifier, "deck"), name, about)}
    count = 0
    for card in cards:
        deck = decks.setdefault(
            card.topic, genanki.Deck(stable_id(identifier, "deck", card.topic), f"{name}::{card.title}")
        )
        deck.add_note(
            genanki.Note(
                model,
                fields=[card.asked, card.answer, card.title, card.level, card.source, card.id],
                guid=genanki.guid_for(identifier, card.id),
                tags=[f"{identifier}::{card.topic}", f"{identifier}::{card.level}"],
                due=count,  # new cards come in the manual's order
            )
        )
        count += 1
    with TemporaryDirectory() as folder:
        dated_now = Path(folder, "deck.apkg")
        genanki.Package(list(decks.values())).write_to_file(dated_now, timestamp=moment)
        _pack_again(dated_now, target, moment)
    return count


def _pack_again(package: Path, target: Path, moment: float) -> None:
    """Copy the zip *package*, every entry dated *moment* and compressed."""
    date = time.gmtime(max(moment, 315_532_800))[:6]  # a zip can't hold a date before 1980
    with zipfile.ZipFile(package) as made, zipfile.ZipFile(target, "w") as archive:
        for name in sorted(made.namelist()):
            entry = zipfile.ZipInfo(name, date)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, made.read(name), compresslevel=9)


def topic_of(docname: str, titles: Mapping[str, str]) -> tuple[str, str]:
    """The tag and the title of the topic whose questions *docname* asks: its folder's, or its own."""
    folder = docname.rpartition("/")[0]
    title = titles.get(f"{folder}/index") or titles[docname].removeprefix("Interview: ")
    return (folder or docname).replace("/", "-"), title[:1].upper() + title[1:]


# -- Sphinx ---------------------------------------------------------------------------------------


class AnkiDeckBuilder(SingleFileHTMLBuilder):
    """Builds the deck, named like the ePub."""

    name = "apkg"
    epilog = "The deck is in %(outdir)s."
    search = False
    download_support = False

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Where the site has a document."""
        return f"{docname}.html"

    def get_relative_uri(self, from_: str, to: str, typ: str | None = None) -> str:
        """From one document of the site to another."""
        return relative_uri(self.get_target_uri(from_), self.get_target_uri(to))

    def write_documents(self, _docnames: Set[str]) -> None:
        """Render each question, then write them all."""
        self.prepare_writing(set())
        data = Path(self.srcdir) / "_data/anki"
        front, back, css = ((data / name).read_text("utf-8") for name in ("front.html", "back.html", "card.css"))
        count = write_deck(
            self._cards(),
            Path(self.outdir) / f"{self.config.epub_basename}.apkg",
            name=self.config.project,
            identifier=self.config.epub_identifier,
            about=f"The questions of {self.config.project} {self.config.release}, with their answers.",
            look=Look(front, back, css + self.highlighter.get_stylesheet()),
            moment=float(os.environ.get("SOURCE_DATE_EPOCH", time.time())),
        )
        logger.info("anki_deck: %d questions", count)

    def finish(self) -> None:
        """Everything is in the one file."""

    def _cards(self) -> Iterator[Flashcard]:
        asking = {docname for docname, _ in question_places(self.env).values()}
        titles = {docname: title.astext() for docname, title in self.env.titles.items()}
        listed = [docname for docname, _ in reading_order(self.env.toctree_includes, self.config.root_doc)]
        for docname in (*(name for name in listed if name in asking), *sorted(asking.difference(listed))):
            doctree = self.env.get_and_resolve_doctree(docname, self, tags=self.tags)
            topic, title = topic_of(docname, titles)
            for question in doctree.findall(Question):
                (asked,), (answer,) = question.findall(Asked), question.findall(Answer)
                for picture in question.findall(nodes.image):
                    message = "anki_deck: a card holds no picture; say it in words, or show it before the questions"
                    logger.warning(message, location=picture, type="anki_deck")
                self._lead_to_site(question, docname, titles)
                yield Flashcard(
                    id=question["question-id"],
                    topic=topic,
                    title=title,
                    level=question["level"],
                    asked=self._html([nodes.inline("", "", *asked.children)]),
                    answer=self._html(answer.children),
                    source=self._source(docname, question["ids"][0], titles[docname]),
                )

    def _html(self, content: Iterable[nodes.Node]) -> str:
        return "".join(self.render_partial(node)["fragment"] for node in list(content)).strip()

    def _address(self, uri: str, docname: str) -> str:
        return urljoin(str(self.config.html_baseurl), urljoin(self.get_target_uri(docname), uri))

    def _lead_to_site(self, question: Question, docname: str, titles: Mapping[str, str]) -> None:
        """Make links within the manual lead to its site; without a site, say the title of the page instead."""
        for link in list(question.findall(nodes.reference)):
            if not ("refid" in link or link.get("internal")):
                continue
            uri = f"#{link['refid']}" if "refid" in link else link["refuri"]
            if self.config.html_baseurl:
                link.attributes.pop("refid", None)
                link["refuri"] = self._address(uri, docname)
                continue
            page = urlsplit(urljoin(self.get_target_uri(docname), uri)).path.removesuffix(".html")
            title = titles.get(page, "")
            # A term says what it means in its own page's title no better than by itself.
            known = title in {"", link.astext()} or "std-term" in _classes(link)
            named = [] if known else [nodes.inline("", f" [{title}]", classes=["where"])]
            assert link.parent is not None
            link.parent.replace(link, [*link.children, *named])

    def _source(self, docname: str, anchor: str, title: str) -> str:
        text: nodes.Node = nodes.Text(title)
        if self.config.html_baseurl:
            text = nodes.reference("", title, refuri=self._address(f"#{anchor}", docname))
        return self._html([nodes.inline("", "", text)])


def _classes(link: nodes.reference) -> set[str]:
    return {name for node in link.findall(nodes.Element) for name in node["classes"]}


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the builder ``apkg``."""
    app.setup_extension("sphinx.builders.singlehtml")
    app.setup_extension("sphinx.builders.epub3")  # whose settings name the deck, too
    app.add_builder(AnkiDeckBuilder)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
