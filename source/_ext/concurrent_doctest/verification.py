"""Results of several interpreters as one record, and what of it still holds.

A record keeps, for each block, its hash and what each interpreter made of it.  A result counts while the
hash of its block and of every project file it rests on are what they were.  Standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .hashing import block_hashes, file_hashes
from .plan import Plan

SCHEMA = 1
"""Version of the record: raised by one when a key changes its meaning or goes."""


def merge(runs: Iterable[dict[str, Any]], *, date: str) -> dict[str, Any]:
    """One record of the results of several *runs*, each as ``results.json`` holds it; *date* is ISO's."""
    interpreters: dict[str, dict[str, str]] = {}
    blocks: dict[str, dict[str, Any]] = {}
    files: dict[str, dict[str, str]] = {}
    runner = ""
    for run in runs:
        runner = run["runner"]
        name = run["interpreter"]["name"]
        interpreters[name] = {key: run["interpreter"][key] for key in ("version", "build")} | {"date": date}
        for document in run["documents"]:
            files.setdefault(document["path"], {}).update(document["files"])
            for result in document["results"]:
                if result["hash"]:
                    page, _, line = result["id"].rpartition(":")
                    block = blocks.setdefault(result["hash"], {"page": page, "document": document["path"]})
                    block["line"] = int(line)
                    block.setdefault("results", {})[name] = {
                        "outcome": result["outcome"],
                        "seconds": round(result["seconds"], 3),
                        "date": date,
                        **({"reason": result["reason"]} if result["reason"] else {}),
                    }
    return {
        "schema": SCHEMA,
        "runner": runner,
        "interpreters": interpreters,
        **_in_order(files, blocks),
    }


def _in_order(files: dict[str, Any], blocks: dict[str, Any]) -> dict[str, Any]:
    """The parts of a record that grow with the pages, in the order of the pages: so that its differences read well."""
    order = sorted(blocks, key=lambda key: (blocks[key]["page"], blocks[key]["line"]))
    return {
        "files": {path: files[path] for path in sorted(files)},
        "blocks": {key: blocks[key] for key in order},
    }


class Unlike(Exception):
    """Two records that cannot be one; the message says why, and what to do."""


def update(record: dict[str, Any], fresh: dict[str, Any]) -> dict[str, Any]:
    """*record* with the documents of *fresh*, a run of some pages, in the place of what it had of them.

    :raises Unlike: when the two are not of the same runner on the same interpreters.
    """

    def described(one: dict[str, Any]) -> dict[str, str]:
        return {name: f"{item['version']} {item['build']}" for name, item in one["interpreters"].items()}

    before, now = described(record), described(fresh)
    if before != now or record["runner"] != fresh["runner"]:
        said = f"{', '.join(before.values())}, runner {record['runner']}, and not of {', '.join(now.values())}, runner"
        raise Unlike(f"the record is of Python {said} {fresh['runner']}; run all pages: make doctest-all record")
    again = fresh["files"].keys()
    blocks = {key: block for key, block in record["blocks"].items() if block["document"] not in again}
    blocks |= fresh["blocks"]
    return record | _in_order(record["files"] | fresh["files"], blocks)


def read(path: Path) -> dict[str, Any]:
    """A record from the file *path*; an empty one if there is none.

    :raises ValueError: when the file is no record of this schema.
    """
    if not path.is_file():
        return merge([], date="")
    record = json.loads(path.read_text("utf-8"))
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise ValueError(f"{path}: no record of schema {SCHEMA}; make it again")
    return record


@dataclass(slots=True)
class Standing:
    """What a record says of the blocks of a plan.

    *fresh* holds, by block id, the results that count; *stale* and *missing* the ids of blocks whose results
    are of an older text or file, and of blocks that have none; *failed* those with a failure among them.
    """

    fresh: dict[str, dict[str, Any]] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether every block has results, and every one of them counts and is no failure."""
        return not (self.stale or self.missing or self.failed)


def standing(plan: Plan, record: dict[str, Any], root: Path) -> Standing:
    """Compare *record* with *plan*, whose files lie below *root*."""
    result = Standing()
    pages_with_results = {block["page"] for block in record["blocks"].values()}
    names = set(record["interpreters"])
    for document in plan.documents:
        kept = record["files"].get(document.path, {})
        files_hold = file_hashes(kept, root) == kept
        for identifier, digest in block_hashes(document, plan).items():
            block = record["blocks"].get(digest)
            if block is None or set(block["results"]) != names:
                page = identifier.rpartition(":")[0]
                (result.stale if page in pages_with_results else result.missing).append(identifier)
            elif not files_hold:
                result.stale.append(identifier)
            else:
                result.fresh[identifier] = block["results"]
                if any(outcome["outcome"] == "failed" for outcome in block["results"].values()):
                    result.failed.append(identifier)
    return result
