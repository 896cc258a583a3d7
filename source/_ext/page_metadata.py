"""Front matter: checked against a fixed list of keys, and shown as one line under the title.

The core, :func:`read_front_matter` and :func:`reading_minutes`, knows nothing of Sphinx.
"""

from __future__ import annotations

import datetime
import fnmatch
import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from docutils.nodes import Node, system_message
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

REQUIRED = ("owner", "updated", "prerequisites", "examples")
OPTIONAL = ("clock", "limit", "myst")
# Keys that the Markdown parser adds to what the page says.
NOT_WRITTEN = ("myst_slugs", "wordcount")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a page says about itself.

    *prerequisites* are names of documents, *examples* paths from the root of the project.
    """

    owner: str
    updated: datetime.date
    prerequisites: tuple[str, ...]
    examples: tuple[str, ...]


class FrontMatterError(ValueError):
    """Front matter that cannot be used; *key* is the offending key."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def _list_of_names(key: str, text: str) -> tuple[str, ...]:
    try:
        value = json.loads(text)  # Sphinx stores a list as JSON text
    except ValueError:
        value = None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise FrontMatterError(key, f"'{key}' takes a list, such as [] or [overview]; got {text!r}")
    return tuple(value)


def read_front_matter(fields: Mapping[str, str]) -> FrontMatter:
    """Check the *fields* of a page's front matter, given as Sphinx stores them.

    :raises FrontMatterError: for a key that is missing or unknown, or a value that cannot be used.
    """
    for key in fields:
        if key not in REQUIRED + OPTIONAL:
            known = ", ".join(REQUIRED + OPTIONAL)
            raise FrontMatterError(key, f"unknown key {key!r}; known are {known}")
    for key in REQUIRED:
        if key not in fields:
            raise FrontMatterError(key, f"the front matter lacks {key!r}; add '{key}: ...' between the --- lines")
    if not fields["owner"].strip():
        raise FrontMatterError("owner", "'owner' is empty; name who keeps this page right")
    try:
        updated = datetime.date.fromisoformat(fields["updated"])
    except ValueError:
        message = f"'updated' takes a date such as 2026-11-23; got {fields['updated']!r}"
        raise FrontMatterError("updated", message) from None
    return FrontMatter(
        owner=fields["owner"].strip(),
        updated=updated,
        prerequisites=_list_of_names("prerequisites", fields["prerequisites"]),
        examples=_list_of_names("examples", fields["examples"]),
    )


def reading_minutes(prose_words: int, code_lines: int, *, prose_speed: float, code_speed: float) -> int:
    """Whole minutes, at least one, for prose and code; the speeds are in words and lines a minute."""
    return max(1, math.ceil(prose_words / prose_speed + code_lines / code_speed))


def count(doctree: nodes.document) -> tuple[int, int]:
    """The words of prose and the lines of code in a *doctree*."""
    words = lines = 0
    for text in doctree.findall(nodes.Text):
        block = text.parent
        while block is not None and not isinstance(block, nodes.literal_block):
            block = block.parent
        if block is None:
            words += len(re.findall(r"\w+", text))
    for block in doctree.findall(nodes.literal_block):
        lines += sum(1 for line in block.astext().splitlines() if line.strip())
    return words, lines


def key_line(source: str, key: str) -> int:
    """The line of *source* on which the front matter sets *key*; the first line if it does not."""
    for number, line in enumerate(source.splitlines(), start=1):
        if number > 1 and line.strip() == "---":
            break
        if re.match(rf"{re.escape(key)}\s*:", line):
            return number
    return 1


# -- Sphinx ---------------------------------------------------------------------------------------


class PageMetadataLine(nodes.General, nodes.Element):
    """Holds the line under a title until the names of other pages are known."""


class ReadingTimePlaceholder(nodes.Inline, nodes.TextElement):
    """Stands for the reading time of the documents that match its ``pattern``."""


class ReadingTimeRole(SphinxRole):
    """``{reading-time}`overview``` or ``{reading-time}`cancellation-and-timeouts/*```, in minutes."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        return [ReadingTimePlaceholder("", pattern=self.text)], []


def _minutes(env: BuildEnvironment) -> dict[str, int]:
    if not hasattr(env, "page_metadata_minutes"):
        env.page_metadata_minutes = {}  # type: ignore[attr-defined]
    return env.page_metadata_minutes  # type: ignore[attr-defined, no-any-return]


def _insert_line(app: Sphinx, doctree: nodes.document) -> None:
    env, docname = app.env, app.env.current_document.docname
    words, lines = count(doctree)
    minutes = reading_minutes(
        words,
        lines,
        prose_speed=app.config.page_metadata_prose_speed,
        code_speed=app.config.page_metadata_code_speed,
    )
    _minutes(env)[docname] = minutes
    fields = {key: value for key, value in env.metadata[docname].items() if key not in NOT_WRITTEN}
    path = env.doc2path(docname)
    try:
        page = read_front_matter(fields)
        for name in page.prerequisites:
            if name not in env.found_docs:
                raise FrontMatterError("prerequisites", f"prerequisite {name!r} is no document of this manual")
        root = app.srcdir.parent
        for example in page.examples:
            if not (root / example).is_file():
                raise FrontMatterError("examples", f"example {example!r} does not exist")
    except FrontMatterError as error:
        line = key_line(path.read_text("utf-8"), error.key)
        logger.warning("front matter: %s", error, location=(docname, line), type="page_metadata")
        return
    # The description that search engines get is the one that link previews get too.
    for meta in doctree.findall(nodes.meta):
        if meta.get("name") == "description":
            env.metadata[docname]["og:description"] = meta["content"]
    title = next(doctree.findall(nodes.title), None)
    if title is not None:
        index = title.parent.index(title) + 1
        title.parent.insert(index, PageMetadataLine(page=page, minutes=minutes, docname=docname))


def _line(app: Sphinx, holder: PageMetadataLine) -> nodes.paragraph:
    page: FrontMatter = holder["page"]
    docname: str = holder["docname"]
    line = nodes.paragraph("", classes=["page-metadata"])

    def item(label: str, *content: Node) -> None:
        if len(line):
            line.append(nodes.Text(" · "))
        line.append(nodes.inline("", label, classes=["page-metadata-label"]))
        line.extend([nodes.Text(" "), *content])

    item("Owner", nodes.Text(page.owner))
    item("Last updated", nodes.Text(page.updated.isoformat()))
    item("Reading time", nodes.Text(f"{holder['minutes']} min"))
    if page.prerequisites:
        item("Prerequisites", *_separated(_document_link(app, docname, name) for name in page.prerequisites))
    if page.examples:
        repository = app.config.page_metadata_repository
        item("Examples", *_separated(_example_link(repository, path) for path in page.examples))
    return line


def _separated(parts: Iterable[Node]) -> list[Node]:
    separated: list[Node] = []
    for part in parts:
        separated += [nodes.Text(", "), part]
    return separated[1:]


def _document_link(app: Sphinx, docname: str, target: str) -> Node:
    title = app.env.titles[target].astext()
    uri = app.builder.get_relative_uri(docname, target)
    return nodes.reference("", title, refuri=uri, internal=True)


def _example_link(repository: str, path: str) -> Node:
    code = nodes.literal("", path.removeprefix("examples/"))
    if not repository:
        return code
    return nodes.reference("", "", code, refuri=f"{repository}/blob/main/{path}", internal=False)


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for holder in list(doctree.findall(PageMetadataLine)):
        holder.replace_self(_line(app, holder))
    minutes = _minutes(app.env)
    for placeholder in list(doctree.findall(ReadingTimePlaceholder)):
        pattern = placeholder["pattern"]
        matching = [minutes[name] for name in sorted(minutes) if fnmatch.fnmatchcase(name, pattern)]
        if not matching:
            logger.warning("reading-time: no document matches %r", pattern, location=docname, type="page_metadata")
        placeholder.replace_self(nodes.Text(f"{sum(matching)} min"))


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _minutes(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    _minutes(env).update({name: _minutes(other)[name] for name in docnames if name in _minutes(other)})


def _pages_with_totals(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Pages to write again when any page changed: those whose text depends on other pages."""
    dependent = []
    for docname in env.found_docs:
        doctree = env.get_doctree(docname)
        has_prerequisites = any(holder["page"].prerequisites for holder in doctree.findall(PageMetadataLine))
        if has_prerequisites or next(doctree.findall(ReadingTimePlaceholder), None) is not None:
            dependent.append(docname)
    return dependent


def _pages_that_need(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Pages to read again because a page they name as a prerequisite is gone: each says so, at its line."""
    return [
        docname
        for docname, fields in env.metadata.items()
        if docname not in removed and removed & set(re.findall(r"[\w/.-]+", str(fields.get("prerequisites", ""))))
    ]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the check, the line, the role and the two reading speeds."""
    app.add_node(PageMetadataLine)
    app.add_node(ReadingTimePlaceholder)
    app.add_role("reading-time", ReadingTimeRole())
    app.add_config_value("page_metadata_prose_speed", 238, "env", types=frozenset({int, float}))
    app.add_config_value("page_metadata_code_speed", 20, "env", types=frozenset({int, float}))
    app.add_config_value("page_metadata_repository", "", "html", types=frozenset({str}))
    app.connect("doctree-read", _insert_line, priority=600)  # after Sphinx has collected the metadata
    app.connect("doctree-resolved", _resolve)
    app.connect("env-get-outdated", _pages_that_need)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("env-updated", _pages_with_totals)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
