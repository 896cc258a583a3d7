"""What a result is a result of: a hash over everything that could change it.

A block's hash covers its text, options and expected output, the set-up and the earlier blocks of its group,
the page's front matter, clock and limit, the settings of the run, and the runner's version; not its line,
so that a paragraph added above a block leaves its result valid.  Files that it imported or ran are hashed
on their own, because only a run shows which they are.

Standard library only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from .plan import Block, Document, Plan, to_json

VERSION = "0.2.1"
"""The runner's version; raised when the same block could get another result."""


def _without_lines(block: Block) -> Any:
    outputs = tuple(replace(output, line=0, skip=None) for output in block.outputs)
    # `skip` says that the block does not run under one interpreter; `pyversion` is what it is decided by.
    return to_json(replace(block, line=0, skip=None, outputs=outputs))


def block_hashes(document: Document, plan: Plan) -> dict[str, str]:
    """The hash of each block of *document*, by its id."""
    common = [VERSION, document.path, document.front_matter, document.clock, document.limit]
    common += [plan.flags, plan.global_setup, plan.global_cleanup, plan.strict]
    hashes = {}
    for group in document.groups:
        set_up = [_without_lines(block) for block in group.blocks if block.kind in {"testsetup", "testcleanup"}]
        chain = hashlib.sha256(json.dumps([common, group.name, set_up]).encode())
        for block in group.blocks:
            if block.kind not in {"testsetup", "testcleanup"}:
                chain.update(json.dumps(_without_lines(block)).encode())
                hashes[block.id] = chain.copy().hexdigest()[:20]
    return hashes


def file_hashes(paths: Iterable[str], root: Path) -> dict[str, str]:
    """The hash of each file that exists, by its path below *root*; "" for one that does not."""
    hashes = {}
    for path in sorted(set(paths)):
        file = root / path
        hashes[path] = hashlib.sha256(file.read_bytes()).hexdigest()[:20] if file.is_file() else ""
    return hashes
