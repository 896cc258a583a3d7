"""From doctrees to a plan: reads what the directives left, and neither runs nor compiles any code."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from docutils import nodes
from packaging.specifiers import SpecifierSet

from .errors import DoctestError
from .plan import CLOCKS, TESTS, Block, Document, Group, Output, Plan

if TYPE_CHECKING:
    from docutils.nodes import Element, Node
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment


PYTHON = frozenset({"python", "python3", "py", "py3", "pycon", "pycon3", "ipython"})
"""Languages of highlighted blocks that are Python."""


def shown(path: str) -> str:
    """*path* as reports print it: relative to the working directory where it is below it."""
    relative = os.path.relpath(path)
    return os.path.abspath(path) if relative.startswith(os.pardir) else relative


def _is_block(node: Node) -> bool:
    return isinstance(node, nodes.literal_block | nodes.comment) and "testnodetype" in node


def _skip_reason(spec: str | None, version: str) -> str | None:
    if spec is None or SpecifierSet(spec, prereleases=True).contains(version):
        return None
    return f"pyversion {spec}, this is {version}"


def _block(node: Element, version: str) -> Block:
    kept = node.get("concurrent_doctest")
    if kept is None:  # a bare prompt in running text, which no directive has seen
        source = node.source or (node.document.get("source") if node.document else None)  # none inside a list
        path = shown(source or "?")
        return Block(path, node.line or 1, "doctest", node.astext())
    return Block(
        path=shown(kept["path"]),
        line=kept["line"],
        kind=node["testnodetype"],
        source=node["test"] if "test" in node else node.astext(),
        flags=kept["flags"],
        pyversion=kept["pyversion"],
        skip=_skip_reason(kept["pyversion"], version),
        skipif=kept["skipif"],
        requires=kept["requires"],
        build=kept["build"],
        expect=kept["expect"],
        clock=kept.get("clock"),
        record=kept.get("record", False),
        limit=kept["limit"],
        program=kept.get("program"),
        problem=kept.get("problem", ""),
    )


def _groups(doctree: nodes.document, config: Config, version: str, problems: list[str]) -> tuple[Group, ...]:
    """Group the blocks of a document by the rules of stock Sphinx."""
    groups: dict[str, list[tuple[Block, str]]] = {}
    everywhere: list[tuple[Block, str]] = []
    in_text: str = config.doctest_test_doctest_blocks
    for node in doctree.findall(lambda n: _is_block(n) or (bool(in_text) and isinstance(n, nodes.doctest_block))):
        assert isinstance(node, nodes.Element)
        block = _block(node, version)
        if not block.source.strip():
            problems.append(f"{block.id}: this {block.kind} is empty; write what it runs or prints, or delete it")
        names = node.get("groups", [in_text])
        entry = block, (node.get("concurrent_doctest") or {"stream": None})["stream"] or "stdout"
        if "*" in names:
            everywhere.append(entry)
            continue
        for name in names:
            groups.setdefault(name, []).append(entry)
    for blocks in groups.values():
        blocks += everywhere
    return tuple(_group(name, _with_outputs(blocks, problems), problems) for name, blocks in groups.items())


def _group(name: str, blocks: list[Block], problems: list[str]) -> Group:
    """The group with the clock that its first block names."""
    clock = blocks[0].clock if blocks else None
    for block in blocks[1:]:
        if block.clock not in {None, clock}:
            problems.append(f"{block.id}: one clock for the group {name!r}; write ':clock:' on its first block only")
    return Group(name, tuple(blocks), clock)


def _with_outputs(blocks: Iterable[tuple[Block, str]], problems: list[str]) -> list[Block]:
    """Hand each ``testoutput`` to the ``testcode`` or ``program`` before it; with blocks come streams of outputs."""
    joined: list[Block] = []
    last: int | None = None
    for block, stream in blocks:
        if block.kind == "testoutput":
            if last is not None:
                code = joined[last]
                conditions = {name: getattr(block, name) for name in ("skip", "skipif", "requires", "build")}
                path = "" if block.path == code.path else block.path
                output = Output(block.line, block.source, block.flags, stream, path=path, **conditions)
                joined[last] = replace(code, outputs=(*code.outputs, output))
            else:
                problems.append(f"{block.id}: this testoutput has no testcode before it; nothing is checked by it")
            continue
        if block.kind in TESTS:
            last = None if block.kind == "doctest" else len(joined)
        joined.append(block)
    return joined


def _unexecuted(doctree: nodes.document, problems: list[str], not_run: list[str]) -> None:
    """Note the Python that no directive of the doctest family holds: each must say why it is not run."""
    for node in doctree.findall(nodes.literal_block):
        # A literalinclude has a `source`: it is a view of a file, which has tests of its own.
        if _is_block(node) or "source" in node or node.get("language") not in PYTHON:
            continue
        place = f"{shown(node.source or '?')}:{node.line or 1}"
        if reason := node.get("not_run"):
            not_run.append(f"{place}: {reason}")
        else:
            advice = "use testcode or doctest, or a code-block with :not-run: REASON"
            problems.append(f"{place}: nothing executes this Python; {advice}")


def _programs(groups: Iterable[Group], root: str | None) -> tuple[tuple[Group, ...], list[str]]:
    """The groups with the paths of their programs from *root*, where they are below it, and those files."""
    changed, files = [], []
    for group in groups:
        blocks = []
        for block in group.blocks:
            if block.program:
                files.append(shown(block.program.path))
                below = os.path.relpath(block.program.path, root) if root is not None else os.pardir
                if not below.startswith(os.pardir):
                    block = replace(block, program=replace(block.program, path=below))
            blocks.append(block)
        changed.append(replace(group, blocks=tuple(blocks)))
    return tuple(changed), files


def _document(
    docname: str, env: BuildEnvironment, config: Config, version: str, problems: list[str], not_run: list[str]
) -> Document | None:
    path = shown(str(env.doc2path(docname)))
    metadata = env.metadata[docname]
    clock = metadata.get("clock", "real")
    if clock not in CLOCKS:
        raise DoctestError(f"{path}: 'clock: {clock}' in the front matter is none of {', '.join(CLOCKS)}")
    try:
        limit = float(metadata.get("limit", config.concurrent_doctest_limit))
    except ValueError as error:
        raise DoctestError(f"{path}: 'limit' in the front matter: {error}") from None
    doctree = env.get_doctree(docname)
    _unexecuted(doctree, problems, not_run)
    groups = _groups(doctree, config, version, problems)
    if not groups:
        return None
    front_matter = json.dumps({key: value for key, value in sorted(metadata.items()) if isinstance(value, str)})
    try:
        named = json.loads(metadata.get(config.concurrent_doctest_files_key, "[]"))
    except ValueError:
        named = []
    files = tuple(str(name) for name in named) if isinstance(named, list) else ()
    groups, programs = _programs(groups, next(iter(config.doctest_path), None))
    files = tuple(dict.fromkeys((*files, *programs)))
    return Document(docname, path, groups, clock=clock, limit=limit, front_matter=front_matter, files=files)


def collect(env: BuildEnvironment, config: Config, docnames: Iterable[str], version: str) -> Plan:
    """Plan the blocks of *docnames* for an interpreter of *version*, such as ``3.13.0``.

    :raises DoctestError: for a clock or a limit that does not exist.
    """
    problems: list[str] = []
    not_run: list[str] = []
    documents = [_document(docname, env, config, version, problems, not_run) for docname in sorted(docnames)]
    return Plan(
        documents=tuple(document for document in documents if document),
        problems=tuple(problems),
        not_run=tuple(not_run),
        path=tuple(os.path.abspath(path) for path in config.doctest_path),
        flags=config.doctest_default_flags,
        global_setup=config.doctest_global_setup,
        global_cleanup=config.doctest_global_cleanup,
        fail_fast=config.doctest_fail_fast,
        strict=config.concurrent_doctest_strict,
    )
