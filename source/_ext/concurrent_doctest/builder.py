"""The builder ``doctest``: collects a plan, has it run by an interpreter, and reports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.builders import Builder
from sphinx.errors import ExtensionError
from sphinx.util import logging

from . import collect, plan, report

if TYPE_CHECKING:
    from collections.abc import Set

logger = logging.getLogger(__name__)

RUN = "import sys; sys.path.append(sys.argv.pop(1)); from concurrent_doctest.command import main; sys.exit(main())"
ASK = "import platform; print(platform.python_version())"


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
        """Run the documents, and report each that failed.

        :raises ExtensionError: when the interpreter can't be started, or the runner fails.
        """
        interpreter = self.config.concurrent_doctest_interpreter or sys.executable
        folder = Path(self.outdir)
        todo = collect.collect(self.env, self.config, docnames, self._version(interpreter))
        plan.write(todo, folder / "plan.json")
        results = folder / "results.json"
        results.unlink(missing_ok=True)
        package = str(Path(__file__).resolve().parent.parent)
        command = [interpreter, "-c", RUN, package, str(folder / "plan.json"), str(results)]
        status = subprocess.run(command, check=False).returncode
        if status or not results.is_file():
            raise ExtensionError(f"concurrent_doctest: the runner ended with exit status {status} and no results")
        content: dict[str, Any] = json.loads(results.read_text("utf-8"))
        for document in content["documents"]:
            if text := report.document_text(document):
                self._say(f"\n{text}", failed=not document["passed"])
        version = f"{content['interpreter']['version']} ({content['interpreter']['build']})"
        (folder / "junit.xml").write_bytes(report.junit(content["documents"], f"Python {version}"))
        self._totals = report.totals(content["documents"])

    def _version(self, interpreter: str) -> str:
        try:
            asked = subprocess.run([interpreter, "-c", ASK], capture_output=True, text=True, check=True, timeout=60)
        except (OSError, subprocess.SubprocessError) as error:
            raise ExtensionError(f"concurrent_doctest: {interpreter!r} does not run: {error}") from None
        version = asked.stdout.strip()
        if tuple(map(int, version.split(".")[:2])) < (3, 11):
            raise ExtensionError(f"concurrent_doctest: {interpreter!r} is Python {version}; 3.11 is the oldest")
        return version

    def finish(self) -> None:
        """Print the totals, and set the exit status."""
        self._say(f"\n{report.summary(self._totals)}")
        if self._totals.failed:
            self._app.statuscode = 1
        (Path(self.outdir) / "output.txt").write_text("\n".join(self._said) + "\n", "utf-8")
