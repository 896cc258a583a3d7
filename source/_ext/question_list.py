"""``{questions} topic/interview``: the questions of another page, on a page that gathers all of them.

On the site they stand there whole, so that they can be practised in one go; in print and in an ePub, where a
copy would only be more paper, each is a link to its answer.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from questions import Asked, Question, folds, question_places

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docutils.nodes import Node
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

COPY = "question-copy"
"""Class of a question that stands here as a copy, and of its section; a search leads to the page that asks it."""


class QuestionList(nodes.General, nodes.Element):
    """Stands for the questions of the document ``source`` until all documents are read."""


class QuestionListDirective(SphinxDirective):
    """The questions of the document that the argument names."""

    required_arguments = 1

    def run(self) -> list[Node]:
        source = self.arguments[0].removeprefix("/")
        if source not in self.env.found_docs:
            raise self.error(f"questions: {source!r} is no document; name one from the root: topic/interview")
        self.env.note_dependency(self.env.doc2path(source))
        _lists(self.env).setdefault(self.env.docname, set()).add(source)
        held = QuestionList(source=source)
        self.set_source_info(held)
        return [held]


def _lists(env: BuildEnvironment) -> dict[str, set[str]]:
    """The documents with lists, and whose questions they gather."""
    if not hasattr(env, "question_lists"):
        env.question_lists = {}  # type: ignore[attr-defined]
    return env.question_lists  # type: ignore[attr-defined, no-any-return]


def rebased(uri: str, source: str, target: str) -> str:
    """*uri*, written for the page *source*, as it has to read on the page *target*; both are paths in the site."""
    parts = urlsplit(uri)
    if parts.scheme or parts.netloc:
        return uri
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), parts.path)) if parts.path else source
    return relative_uri(target, path) + (f"#{parts.fragment}" if parts.fragment else "")


def _asked(question: Question) -> Asked:
    asked = question[0]
    assert isinstance(asked, Asked)
    return asked


class Gather(SphinxPostTransform):
    """Puts the questions in the place of their list, before references are resolved."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        """Fill each list of this document."""
        for held in list(self.document.findall(QuestionList)):
            source: str = held["source"]
            questions = list(self.env.get_doctree(source).findall(Question))
            if not questions:
                message = "questions: %s asks none; remove the list, or add a {question} there"
                logger.warning(message, source, location=held, type="questions")
            whole = folds(self.env._app.builder)
            content = (
                [self._copy(question, held) for question in questions] if whole else [self._links(questions, held)]
            )
            assert held.parent is not None
            if held.parent.parent is not self.document:
                held.parent["classes"].append(COPY)
            held.parent.replace(held, [self._origin(questions, source), *content])

    def _origin(self, questions: list[Question], source: str) -> nodes.paragraph:
        title = self.env.titles[source].astext()
        link = nodes.reference("", title, refuri=self._uri(source), internal=True)
        count = "1 question from " if len(questions) == 1 else f"{len(questions)} questions from "
        return nodes.paragraph("", "", nodes.Text(count), link, nodes.Text("."))

    def _copy(self, question: Question, held: QuestionList) -> Question:
        copy: Question = question.deepcopy()
        copy["classes"].append(COPY)
        copy["source-document"] = held["source"]
        section = held.parent
        if isinstance(section, nodes.section):
            copy["topic"] = section[0].astext()
        return copy

    def _links(self, questions: list[Question], held: QuestionList) -> nodes.bullet_list:
        items = nodes.bullet_list()
        for question in questions:
            uri = f"{self._uri(held['source'])}#{question['ids'][0]}"
            asked = _asked(question)
            # No link within a link.
            linked = any(asked.findall(lambda node: isinstance(node, nodes.reference | addnodes.pending_xref)))
            words = [nodes.Text(asked.astext())] if linked else asked.deepcopy().children
            link = nodes.reference("", "", *words, refuri=uri, internal=True)
            items += nodes.list_item("", nodes.paragraph("", "", link, nodes.Text(f" ({question['level']})")))
        return items

    def _uri(self, source: str) -> str:
        return self.env._app.builder.get_relative_uri(self.env.docname, source)


def _rebase_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """References are resolved for the page that they were written on."""
    for question in doctree.findall(Question):
        if "source-document" not in question:
            continue
        source = app.builder.get_target_uri(question["source-document"])
        target = app.builder.get_target_uri(docname)
        for link in question.findall(nodes.reference):
            if "refid" in link:
                link["refuri"] = rebased(f"#{link.attributes.pop('refid')}", source, target)
            elif link.get("internal"):
                link["refuri"] = rebased(link["refuri"], source, target)


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _lists(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    _lists(env).update({name: _lists(other)[name] for name in docnames if name in _lists(other)})


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    """Where a page gathers questions, it gathers those of every page."""
    gathered = {source for sources in _lists(env).values() for source in sources}
    if not gathered:
        return
    lists = ", ".join(env.doc2path(name, base=False).as_posix() for name in sorted(_lists(env)))
    seen: set[str] = set()
    for docname, line in sorted(question_places(env).values()):
        if docname not in gathered | seen:
            seen.add(docname)
            message = "questions: no page gathers these; add a section with '{questions} %s' to %s"
            logger.warning(message, docname, lists, location=(docname, line), type="questions")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive and what fills it."""
    app.add_node(QuestionList)
    app.add_directive("questions", QuestionListDirective)
    app.add_post_transform(Gather)
    app.connect("doctree-resolved", _rebase_links)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("env-check-consistency", _check)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
