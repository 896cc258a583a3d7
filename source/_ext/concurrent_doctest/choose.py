"""Which part of a plan to run.  Standard library only."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable
from dataclasses import replace

from .plan import Document, Group, Plan, PlanError

LAST_FAILED = "failed"


def choose(plan: Plan, wanted: Iterable[str], failed: Collection[str] = ()) -> Plan:
    """The part of *plan* that *wanted* names; all of it if that is empty.

    Each word is a pattern for names of documents (``topic/*``), a place (``source/topic/page.md:41``), which
    runs that block with what its group needs before it, or ``failed``, the documents named in *failed*.

    :raises PlanError: for a word that matches nothing.
    """
    words = list(wanted)
    if not words:
        return plan
    chosen: dict[str, Document] = {}
    for word in words:
        found = _matching(plan, word, failed)
        if not found and word != LAST_FAILED:
            raise PlanError(f"no page or block matches {word!r}; write topic/page, topic/* or source/topic/page.md:41")
        chosen |= {document.name: document for document in found}
    return replace(plan, documents=tuple(chosen[d.name] for d in plan.documents if d.name in chosen))


def _matching(plan: Plan, word: str, failed: Collection[str]) -> list[Document]:
    if word == LAST_FAILED:
        return [document for document in plan.documents if document.name in failed]
    path, colon, line = word.rpartition(":")
    if colon and line.isdecimal():
        parts = [_up_to(document, path, int(line)) for document in plan.documents]
        return [document for document in parts if document]
    pattern = word.removesuffix(".md").removesuffix(".rst")
    return [
        document
        for document in plan.documents
        if fnmatch.fnmatchcase(document.name, pattern) or fnmatch.fnmatchcase(document.path, word)
    ]


def _up_to(document: Document, path: str, line: int) -> Document | None:
    """The group of *document* that holds the block at *line* of *path*, without what follows that block."""
    for group in document.groups:
        places = [i for i, block in enumerate(group.blocks) if _holds(block.path, path) and block.line <= line]
        if not places:
            continue
        last = max(places, key=lambda i: group.blocks[i].line)
        end = group.blocks[last].line + len(group.blocks[last].source.splitlines())
        outputs = [output.line + len(output.text.splitlines()) for output in group.blocks[last].outputs]
        if line <= max([end, *outputs]):
            kept = [b for i, b in enumerate(group.blocks) if i <= last or b.kind in {"testsetup", "testcleanup"}]
            return replace(document, groups=(Group(group.name, tuple(kept)),))
    return None


def _holds(block_path: str, wanted: str) -> bool:
    return block_path == wanted or block_path.endswith(f"/{wanted}")
