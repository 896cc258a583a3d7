"""``{question} ID``: an interview question with a folded answer and a stable id.

The first paragraph asks; the rest answers.  In HTML the answer folds, in print and ePub it stands open.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from plain_design import PLAIN_BUILDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from docutils.nodes import Node
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

LEVELS = ("junior", "senior", "staff")
ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")


class Question(nodes.General, nodes.Element):
    """A question; its children are one :class:`Asked` and one :class:`Answer`."""


class Asked(nodes.Part, nodes.TextElement):
    """What is asked, on one line."""


class Answer(nodes.Part, nodes.Element):
    """The blocks that answer."""


def _level(argument: str) -> str:
    return directives.choice(argument, LEVELS)


class QuestionDirective(SphinxDirective):
    """An interview question; the argument is its id, which never changes once published."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], str]]] = {"level": _level}

    def run(self) -> list[Node]:
        identifier = self.arguments[0]
        if not ID.fullmatch(identifier):
            raise self.error(f"question: {identifier!r} is no id; use lower-case words and hyphens: timeouts-01")
        first = question_places(self.env).setdefault(identifier, (self.env.docname, self.lineno))
        if first != (self.env.docname, self.lineno):
            where = f"{self.env.doc2path(first[0], base=False)}:{first[1]}"
            raise self.error(f"question: the id {identifier!r} is taken by {where}")
        body = self.parse_content_to_nodes()
        if len(body) < 2 or not isinstance(body[0], nodes.paragraph):
            raise self.error("question: write the question as the first paragraph and its answer after it")
        question = Question(level=self.options.get("level", "senior"), ids=[f"question-{identifier}"])
        question["question-id"] = identifier
        question += Asked("", "", *body[0].children)
        question += Answer("", *body[1:])
        self.set_source_info(question)
        return [question]


def question_places(env: BuildEnvironment) -> dict[str, tuple[str, int]]:
    """Each question's id, with the document and the line that ask it."""
    if not hasattr(env, "question_places"):
        env.question_places = {}  # type: ignore[attr-defined]
    return env.question_places  # type: ignore[attr-defined, no-any-return]


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    places = question_places(env)
    for identifier in [name for name, (place, _) in places.items() if place == docname]:
        del places[identifier]


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    question_places(env).update(
        {name: place for name, place in question_places(other).items() if place[0] in set(docnames)}
    )


def folds(builder: Builder) -> bool:
    """Whether readers of what *builder* makes can unfold an answer."""
    return builder.name not in PLAIN_BUILDERS


def visit_question(self: HTML5Translator, node: Question) -> None:
    kind = f"question question-{node['level']}"
    if not folds(self.builder):
        self.body.append(self.starttag(node, "div", CLASS=kind))
        return
    # What the drill filters by, and keeps a reader's progress under.
    data = {"data-question": node["question-id"], "data-level": node["level"], "data-topic": node.get("topic", "")}
    self.body.append(self.starttag(node, "details", CLASS=kind, **data))


def depart_question(self: HTML5Translator, node: Question) -> None:
    self.body.append("</details>\n" if folds(self.builder) else "</div>\n")


def visit_asked(self: HTML5Translator, node: Asked) -> None:
    level = node.parent["level"]
    tag = "summary" if folds(self.builder) else "p"
    self.body.append(f'<{tag} class="question-asked"><span class="question-level">{level}</span> ')


def depart_asked(self: HTML5Translator, node: Asked) -> None:
    self.body.append("</summary>\n" if folds(self.builder) else "</p>\n")


def visit_answer(self: HTML5Translator, node: Answer) -> None:
    self.body.append('<div class="question-answer">\n')


def depart_answer(self: HTML5Translator, node: Answer) -> None:
    self.body.append("</div>\n")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive and its nodes, and what is made of the questions besides."""
    app.add_node(Question, html=(visit_question, depart_question))
    app.add_node(Asked, html=(visit_asked, depart_asked))
    app.add_node(Answer, html=(visit_answer, depart_answer))
    app.add_directive("question", QuestionDirective)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    for made_of_questions in ("question_list", "drill", "anki_deck"):
        app.setup_extension(made_of_questions)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
