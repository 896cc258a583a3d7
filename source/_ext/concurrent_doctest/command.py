"""``run``: carry out a plan and write its results; needs nothing but this folder and a Python ≥ 3.11.

``python -c "import sys; sys.path.append(FOLDER); from concurrent_doctest.command import main; main()" PLAN RESULTS``
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import hashing, launch, report, supervise
from . import plan as plans

SCHEMA = 1
"""Version of the results file: raised by one when a key changes its meaning or goes."""


INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it: 128 and the number of SIGINT."""


def interpreter() -> dict[str, str]:
    """What ran the snippets: a short name such as ``3.13t``, version, build and executable."""
    free = not getattr(sys, "_is_gil_enabled", lambda: True)()
    return {
        "name": f"{sys.version_info[0]}.{sys.version_info[1]}{'t' if free else ''}",
        "version": platform.python_version(),
        "build": "free-threaded" if free else "gil",
        "executable": sys.executable,
    }


def default_jobs() -> int:
    """Two documents for each core that this process may use: a snippet about concurrency mostly waits."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 2 * usable


def _document(plan: plans.Plan, number: int, result: supervise.DocumentResult) -> dict[str, Any]:
    """A result as it is written: with the hash of each block, and of each file it rests on."""
    hashes = hashing.block_hashes(plan.documents[number], plan)
    written = asdict(result) | {"passed": result.passed, "files": hashing.file_hashes(result.files, Path.cwd())}
    for block in written["results"]:
        block["hash"] = hashes.get(block["id"], "")
    return written


def main(arguments: list[str] | None = None) -> int:
    """Run a plan; the exit status is 0 if the plan was carried out, whatever its blocks did, and 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="concurrent_doctest")
    parser.add_argument("plan", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--jobs", type=int, default=default_jobs(), help="documents at a time")
    parser.add_argument("--start", choices=launch.STARTS, default="", help="how a document's process comes into being")
    options = parser.parse_args(arguments)
    try:
        plan = plans.read(options.plan)
    except plans.PlanError as error:
        print(f"concurrent_doctest: {error}", file=sys.stderr)
        return 2
    total, done = len(plan.documents), 0

    def progress(result: supervise.DocumentResult) -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            mark = "" if result.passed else "FAILED "
            print(f"\r\x1b[K[{done}/{total}] {mark}{result.path}", end="", file=sys.stderr, flush=True)

    status = 0
    try:
        results = supervise.run(plan, jobs=max(1, options.jobs), progress=progress, start=options.start)
    except supervise.Interrupted as interrupted:
        results, status = interrupted.results, INTERRUPTED
    if sys.stderr.isatty() and total:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    numbers = {document.name: number for number, document in enumerate(plan.documents)}
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "interpreter": interpreter(),
        "runner": hashing.VERSION,
        "interrupted": status == INTERRUPTED,
        "documents": [_document(plan, numbers[result.name], result) for result in results],
    }
    fresh = options.results.with_name(f".{options.results.name}.new")
    try:
        fresh.write_text(json.dumps(content, indent=1), "utf-8")
        fresh.replace(options.results)
    except OSError as error:
        print(f"concurrent_doctest: {options.results}: {error.strerror}; what the run found:", file=sys.stderr)
        texts = [report.document_text(document) for document in content["documents"]]
        print(*filter(None, texts), report.summary(report.totals(content["documents"])), sep="\n", file=sys.stderr)
        return 2
    return status
