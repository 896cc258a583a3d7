"""The builder ``doctest``: collects a plan, has it run by an interpreter, and reports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.builders import Builder
from sphinx.util import logging

from . import choose, collect, interpreters, plan, report
from .errors import DoctestError

if TYPE_CHECKING:
    from collections.abc import Set

logger = logging.getLogger(__name__)

RUN = "import sys; sys.path.append(sys.argv.pop(1)); from concurrent_doctest.command import main; sys.exit(main())"


def _failed(results: Path) -> set[str]:
    """The documents that failed in the last run, by what it left at *results*."""
    try:
        documents = json.loads(results.read_text("utf-8"))["documents"]
    except (OSError, ValueError, KeyError):
        return set()
    return {document["name"] for document in documents if not document["passed"]}


class ConcurrentDocTestBuilder(Builder):
    """Runs the snippets of each document in a process of its own, under any interpreter."""

    name = "doctest"
    epilog = "Testing of doctests in the sources finished, look at the results in %(outdir)s/output.txt."

    def init(self) -> None:
        self._totals = report.Totals()
        self._said: list[str] = []

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Pages of this builder have no address."""
        return ""

    def get_outdated_docs(self) -> set[str]:
        """Every document: code that passed yesterday may fail today."""
        return self.env.found_docs

    def _say(self, text: str, *, failed: bool = False) -> None:
        if failed and self.config.verbosity < 0:
            logger.warning(text)
        else:
            logger.info(text)
        self._said.append(text)

    def write_documents(self, docnames: Set[str]) -> None:
        """Run the documents, and report each that failed; what keeps the run from starting is one message."""
        try:
            self._run(docnames)
        except DoctestError as error:
            logger.error("concurrent_doctest: %s", error)
            self._app.statuscode = 2

    def _run(self, docnames: Set[str]) -> None:
        interpreter = self.config.concurrent_doctest_interpreter or sys.executable
        folder = Path(self.outdir)
        todo = collect.collect(self.env, self.config, docnames, self._version(interpreter))
        results = folder / "results.json"
        try:
            todo = choose.choose(todo, self.config.concurrent_doctest_pages, _failed(results))
        except plan.PlanError as error:
            raise DoctestError(str(error)) from None
        plan.write(todo, folder / "plan.json")
        results.unlink(missing_ok=True)
        package = str(Path(__file__).resolve().parent.parent)
        command = [interpreter, "-c", RUN, package, str(folder / "plan.json"), str(results)]
        status = subprocess.run(command, check=False).returncode
        if status or not results.is_file():
            raise DoctestError(f"the runner ended with exit status {status} and no results; see its message above")
        content: dict[str, Any] = json.loads(results.read_text("utf-8"))
        for document in content["documents"]:
            if text := report.document_text(document):
                self._say(f"\n{text}", failed=not document["passed"])
        version = f"{content['interpreter']['version']} ({content['interpreter']['build']})"
        (folder / "junit.xml").write_bytes(report.junit(content["documents"], f"Python {version}"))
        self._totals = report.totals(content["documents"])
        for problem in todo.problems:
            self._say(problem, failed=todo.strict)
        for place in todo.not_run:
            self._say(f"{place.partition(': ')[0]}: not run: {place.partition(': ')[2]}")
        self._totals.not_run = len(todo.not_run)
        self._totals.failures += len(todo.problems) if todo.strict else 0

    def _version(self, interpreter: str) -> str:
        try:
            return interpreters.ask(interpreter).version
        except interpreters.NoInterpreter as error:
            raise DoctestError(str(error)) from None

    def finish(self) -> None:
        """Print the totals, and set the exit status."""
        if self._app.statuscode == 2:
            return
        self._say(f"\n{report.summary(self._totals)}")
        if self._totals.failed and not self._app.statuscode:
            self._app.statuscode = 1
        (Path(self.outdir) / "output.txt").write_text("\n".join(self._said) + "\n", "utf-8")
