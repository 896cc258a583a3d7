"""Run blocks once more and keep what their tasks and threads did.

Knows plans and results, and nothing of Sphinx.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from concurrent_doctest.hashing import block_hashes
from concurrent_doctest.plan import Block, Document, Group, Plan

from .record import Record, reduced


class NotRecorded(Exception):
    """A block of which there is nothing to draw; the message says why."""


def keys(document: Document, plan: Plan, root: Path) -> dict[str, str]:
    """The hash of each block of *document* by its id, the same in whatever folder the build was started."""

    def below(path: str) -> str:
        return Path(os.path.relpath(path, root)).as_posix()

    ids: dict[str, str] = {}

    def moved(block: Block) -> Block:
        new = replace(block, path=below(block.path))
        ids[new.id] = block.id
        return new

    groups = tuple(replace(group, blocks=tuple(map(moved, group.blocks))) for group in document.groups)
    hashes = block_hashes(replace(document, path=below(document.path), groups=groups), plan)
    return {ids[new]: digest for new, digest in hashes.items()}


def cut(plan: Plan, wanted: Collection[str]) -> Plan:
    """The part of *plan* that the blocks *wanted*, by their ids, need; those are recorded."""
    documents = []
    for document in plan.documents:
        groups = []
        for group in document.groups:
            places = [number for number, block in enumerate(group.blocks) if block.id in wanted]
            if not places:
                continue
            blocks = [
                replace(block, record=block.id in wanted)
                for number, block in enumerate(group.blocks)
                if number <= places[-1] or block.kind in {"testsetup", "testcleanup"}
            ]
            groups.append(replace(group, blocks=tuple(blocks)))
        if groups:
            documents.append(replace(document, groups=tuple(groups)))
    return replace(plan, documents=tuple(documents))


def clock_of(document: Document, group: Group) -> str:
    """The clock on which *group* runs."""
    return group.clock or document.clock


def taken(
    document: Document,
    identifier: str,
    results: Collection[Mapping[str, Any]],
    interpreter: str,
    files: Mapping[str, str],
) -> Record:
    """The record of the block *identifier* from the *results* of its document.

    :raises NotRecorded: when it failed, was skipped, or started no task and no thread.
    """
    group = next(group for group in document.groups if any(block.id == identifier for block in group.blocks))
    result = next((result for result in results if result["id"] == identifier and result["kind"] != "leak"), None)
    if result is None or result["outcome"] != "passed":
        why = (result["report"] or result["reason"]) if result else "it did not run"
        raise NotRecorded(f"{identifier}: {result['outcome'] if result else 'failed'}: {why}")
    if not result["events"]:
        raise NotRecorded(f"{identifier}: it starts no task and no thread, so there is nothing to draw")
    return reduced(result["events"], clock=clock_of(document, group), interpreter=interpreter, files=files)
