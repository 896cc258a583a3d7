"""From doctrees to a plan: reads what the directives left, and neither runs nor compiles any code."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from docutils import nodes
from packaging.specifiers import SpecifierSet
from sphinx.util import logging

from .errors import DoctestError
from .plan import CLOCKS, Block, Document, Group, Output, Plan

if TYPE_CHECKING:
    from docutils.nodes import Element, Node
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)


def shown(path: str) -> str:
    """*path* as reports print it: relative to the working directory where it is below it."""
    relative = os.path.relpath(path)
    return path if relative.startswith(os.pardir) else relative


def _is_block(node: Node) -> bool:
    return isinstance(node, nodes.literal_block | nodes.comment) and "testnodetype" in node


def _skip_reason(spec: str | None, version: str) -> str | None:
    if spec is None or SpecifierSet(spec, prereleases=True).contains(version):
        return None
    return f"pyversion {spec}, this is {version}"


def _block(node: Element, version: str) -> Block:
    kept = node.get("concurrent_doctest")
    if kept is None:  # a bare prompt in running text, which no directive has seen
        path = shown(node.source or "?")
        return Block(path, node.line or 1, "doctest", node.astext())
    return Block(
        path=shown(kept["path"]),
        line=kept["line"],
        kind=node["testnodetype"],
        source=node["test"] if "test" in node else node.astext(),
        flags=kept["flags"],
        skip=_skip_reason(kept["pyversion"], version),
        skipif=kept["skipif"],
        requires=kept["requires"],
        build=kept["build"],
        expect=kept["expect"],
        limit=kept["limit"],
    )


def _groups(doctree: nodes.document, config: Config, version: str) -> tuple[Group, ...]:
    """Group the blocks of a document by the rules of stock Sphinx."""
    groups: dict[str, list[tuple[Block, str]]] = {}
    everywhere: list[tuple[Block, str]] = []
    in_text: str = config.doctest_test_doctest_blocks
    for node in doctree.findall(lambda n: _is_block(n) or (bool(in_text) and isinstance(n, nodes.doctest_block))):
        assert isinstance(node, nodes.Element)
        block = _block(node, version)
        if not block.source:
            logger.warning("no code or output in this %s block", block.kind, location=(block.path, block.line))
        names = node.get("groups", [in_text])
        entry = block, (node.get("concurrent_doctest") or {"stream": None})["stream"] or "stdout"
        if "*" in names:
            everywhere.append(entry)
            continue
        for name in names:
            groups.setdefault(name, []).append(entry)
    for blocks in groups.values():
        blocks += everywhere
    strict = config.concurrent_doctest_strict
    return tuple(Group(name, tuple(_with_outputs(blocks, strict))) for name, blocks in groups.items())


def _with_outputs(blocks: Iterable[tuple[Block, str]], strict: bool) -> list[Block]:
    """Hand each ``testoutput`` to the ``testcode`` before it; the blocks come with the stream of an output."""
    joined: list[Block] = []
    last: int | None = None
    for block, stream in blocks:
        if block.kind == "testoutput":
            if last is not None:
                code = joined[last]
                conditions = {name: getattr(block, name) for name in ("skip", "skipif", "requires", "build")}
                output = Output(block.line, block.source, block.flags, stream, **conditions)
                joined[last] = replace(code, outputs=(*code.outputs, output))
            elif strict:
                logger.warning("this testoutput has no testcode before it", location=(block.path, block.line))
            continue
        if block.kind in {"doctest", "testcode"}:
            last = len(joined) if block.kind == "testcode" else None
        joined.append(block)
    return joined


def _document(docname: str, env: BuildEnvironment, config: Config, version: str) -> Document | None:
    path = shown(str(env.doc2path(docname)))
    metadata = env.metadata[docname]
    clock = metadata.get("clock", "real")
    if clock not in CLOCKS:
        raise DoctestError(f"{path}: 'clock: {clock}' in the front matter is none of {', '.join(CLOCKS)}")
    try:
        limit = float(metadata.get("limit", config.concurrent_doctest_limit))
    except ValueError as error:
        raise DoctestError(f"{path}: 'limit' in the front matter: {error}") from None
    groups = _groups(env.get_doctree(docname), config, version)
    return Document(docname, path, groups, clock=clock, limit=limit) if groups else None


def collect(env: BuildEnvironment, config: Config, docnames: Iterable[str], version: str) -> Plan:
    """Plan the blocks of *docnames* for an interpreter of *version*, such as ``3.13.0``.

    :raises DoctestError: for a clock or a limit that does not exist.
    """
    documents = (_document(docname, env, config, version) for docname in sorted(docnames))
    return Plan(
        documents=tuple(document for document in documents if document),
        path=tuple(os.path.abspath(path) for path in config.doctest_path),
        flags=config.doctest_default_flags,
        global_setup=config.doctest_global_setup,
        global_cleanup=config.doctest_global_cleanup,
        fail_fast=config.doctest_fail_fast,
        strict=config.concurrent_doctest_strict,
    )
