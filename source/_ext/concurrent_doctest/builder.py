"""The builder ``doctest``: collects a plan, has it run by an interpreter, and reports."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.builders import Builder
from sphinx.util import logging

from . import accept, choose, collect, interpreters, plan, report
from .command import INTERRUPTED
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
        self._accepted = ""

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
        except OSError as error:
            # Writing to a file that is open already names no file.
            logger.error("concurrent_doctest: %s: %s", error.filename or self.outdir, error.strerror)
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
        if jobs := self.config.concurrent_doctest_jobs:
            command += ["--jobs", str(jobs)]
        if start := self.config.concurrent_doctest_start:
            command += ["--start", start]
        status = self._wait(subprocess.Popen(command))
        if status == INTERRUPTED:
            self._app.statuscode = INTERRUPTED
        elif status or not results.is_file():
            raise DoctestError(f"the runner ended with exit status {status} and no results; see its message above")
        if not results.is_file():
            return
        content: dict[str, Any] = json.loads(results.read_text("utf-8"))
        documents: list[dict[str, Any]] = content["documents"]
        if self.config.concurrent_doctest_accept and not status:
            documents = self._accept(todo, documents)
        for document in documents:
            if text := report.document_text(document):
                self._say(text, failed=not document["passed"])
        version = f"{content['interpreter']['version']} ({content['interpreter']['build']})"
        (folder / "junit.xml").write_bytes(report.junit(content["documents"], f"Python {version}"))
        self._totals = report.totals(documents)
        for problem in todo.problems:
            self._say(problem, failed=todo.strict)
        for place in todo.not_run:
            self._say(f"{place.partition(': ')[0]}: not run: {place.partition(': ')[2]}")
        self._totals.not_run = len(todo.not_run)
        self._totals.failures += len(todo.problems) if todo.strict else 0

    def _accept(self, todo: plan.Plan, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rewrite the sources, show what changed, and return the results without what was accepted."""
        done = accept.accept(todo, documents)
        accept.write(done.files)
        if done.diff:
            self._show(done.diff.rstrip("\n"))
        for block, reason in sorted(done.refused.items()):
            self._say(f"{block}: not accepted: {reason}", failed=True)
        self._accepted = accept.message(done)
        return accept.remaining(documents, done.blocks)

    def _show(self, text: str) -> None:
        """Say *text* even where only warnings are heard: it is no warning, and was asked for."""
        if self.config.verbosity < 0:
            print(text, flush=True)
            self._said.append(text)
        else:
            self._say(text)

    def _wait(self, runner: subprocess.Popen[bytes]) -> int:
        """The runner's exit status; Ctrl-C reaches both, and the runner keeps what it has."""
        try:
            return runner.wait()
        except KeyboardInterrupt:
            try:
                runner.wait(timeout=10)
            except subprocess.TimeoutExpired:
                runner.kill()
                runner.wait()
            return INTERRUPTED

    def _version(self, interpreter: str) -> str:
        if interpreter == sys.executable:
            return platform.python_version()
        try:
            return interpreters.ask(interpreter).version
        except interpreters.NoInterpreter as error:
            raise DoctestError(str(error)) from None

    def finish(self) -> None:
        """Print the totals, and set the exit status."""
        if self._app.statuscode == 2:
            return
        self._say(f"\n{report.summary(self._totals)}")
        if self._accepted:
            self._show(self._accepted)
        if self._totals.failed and not self._app.statuscode:
            self._app.statuscode = 1
        try:
            (Path(self.outdir) / "output.txt").write_text("\n".join(self._said) + "\n", "utf-8", "backslashreplace")
        except OSError as error:
            logger.error("concurrent_doctest: %s: %s", error.filename or self.outdir, error.strerror)
            self._app.statuscode = 2
