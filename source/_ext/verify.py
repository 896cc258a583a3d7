"""Run the manual's snippets on every interpreter, and keep the record of it.

``python source/_ext/verify.py all`` runs and writes ``build/verification.json``; ``record`` stores that in
``source/_data``; ``check`` says whether what is stored still holds.  With ``PAGES`` in the environment, ``all`` runs
those pages only, and takes what is known of the others from what is stored.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import tested
from concurrent_doctest import interpreters, plan, verification

ROOT = Path(__file__).resolve().parent.parent.parent
RECORD = ROOT / "source/_data/verification.json"


def _doctest(build: Path, interpreter: interpreters.Interpreter) -> tuple[int, dict[str, Any] | None]:
    """Run all snippets under *interpreter*; returns the exit status and the results, if there are any.

    Those of ``make doctest`` count as a run, as long as ``make test`` has passed with them and nothing has changed.
    """
    before = build / "doctest/results.json"
    if before.is_file():
        known = json.loads(before.read_text("utf-8"))
        ran = known["interpreter"]
        same = not known["interrupted"] and (ran["version"], ran["build"]) == (interpreter.version, interpreter.build)
        if same and tested.holds(build):  # which reads every source, so it is asked last
            print("verify: as make doctest found", flush=True)
            return 0, known
    folder = build / "doctest-all" / interpreter.name
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "doctest"]
    command += ["-d", str(build / "work/doctrees"), "source", str(folder)]
    variables = os.environ | {"INTERPRETER": interpreter.command}
    status = subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode
    results = folder / "results.json"
    return status, json.loads(results.read_text("utf-8")) if results.is_file() else None


def run_all(build: Path) -> int:
    """Run all pages, or those of ``PAGES``, on every interpreter, and merge the results; returns the exit status."""
    try:
        found = interpreters.find(os.environ.get("INTERPRETERS", "").split())
    except interpreters.NoInterpreter as error:
        print(f"verify: {error}", file=sys.stderr)
        return 2
    if not found:
        print("verify: no interpreter found; name some: INTERPRETERS='python3.12 python3.13t'", file=sys.stderr)
        return 2
    runs, failed = [], False
    for interpreter in found:
        print(f"verify: Python {interpreter.version} ({interpreter.build})", flush=True)
        status, results = _doctest(build, interpreter)
        failed = failed or status != 0
        if results:
            runs.append(results)
    record = verification.merge(runs, date=datetime.datetime.now(datetime.UTC).date().isoformat())
    if os.environ.get("PAGES"):
        try:
            record = verification.update(verification.read(RECORD), record)
        except verification.Unlike as error:
            print(f"verify: {error}", file=sys.stderr)
            return 2
    (build / "verification.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    print(f"\n{table(record)}\n\n  {build / 'verification.json'}")
    return int(failed)


def table(record: dict[str, Any]) -> str:
    """A line for each interpreter: how many blocks passed, were skipped and failed."""
    lines = []
    for name, interpreter in record["interpreters"].items():
        outcomes = [b["results"][name]["outcome"] for b in record["blocks"].values() if name in b["results"]]
        counts = {outcome: outcomes.count(outcome) for outcome in ("passed", "skipped", "failed")}
        described = f"{interpreter['version']} {interpreter['build']}"
        lines.append(f"  {described:24}" + "".join(f"{count:6} {outcome}" for outcome, count in counts.items()))
    return "\n".join(lines)


def record(build: Path) -> int:
    """Store the last record, unless a block failed; returns the exit status."""
    made = build / "verification.json"
    if not made.is_file():
        print(f"verify: {made} is missing; run make doctest-all first", file=sys.stderr)
        return 2
    content = verification.read(made)
    failed = [
        f"{block['page']}:{block['line']}"
        for block in content["blocks"].values()
        if any(result["outcome"] == "failed" for result in block["results"].values())
    ]
    if failed:
        print(f"verify: not stored, blocks failed: {', '.join(failed)}", file=sys.stderr)
        return 1
    fresh = RECORD.with_name(f".{RECORD.name}.new")
    fresh.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    fresh.replace(RECORD)
    print(f"verify: {len(content['blocks'])} blocks stored in {RECORD.relative_to(ROOT)}")
    return 0


def check(build: Path) -> int:
    """Compare what is stored with the pages as they are; returns 1 if a result is stale, missing or failed."""
    collected = build / "doctest/plan.json"
    try:
        standing = verification.standing(plan.read(collected), verification.read(RECORD), ROOT)
    except (plan.PlanError, ValueError) as error:
        print(f"verify: {error}", file=sys.stderr)
        return 2
    for word in ("stale", "missing", "failed"):
        for identifier in getattr(standing, word):
            print(f"{identifier}: {word}", file=sys.stderr)
    counts = f"{len(standing.fresh)} hold, {len(standing.stale)} stale, {len(standing.missing)} missing"
    print(f"verify: {counts}, {len(standing.failed)} failed")
    if not standing.holds:
        print("verify: run make doctest-all record", file=sys.stderr)
    return int(not standing.holds)


def main(arguments: list[str] | None = None) -> int:
    """Run, store or check; returns the exit status."""
    parser = argparse.ArgumentParser(prog="verify", description=__doc__)
    parser.add_argument("what", choices=("all", "record", "check"))
    parser.add_argument("--build", type=Path, default=Path("build"), help="folder of the outputs (build)")
    options = parser.parse_args(arguments)
    actions = {"all": run_all, "record": record, "check": check}
    return actions[options.what](options.build)


if __name__ == "__main__":
    sys.exit(main())
