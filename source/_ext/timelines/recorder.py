"""The builder ``timelines``: runs the blocks that pages draw, and stores what they did."""

from __future__ import annotations

import fnmatch
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.builders import Builder
from sphinx.errors import SphinxError
from sphinx.util import logging

from concurrent_doctest import collect, interpreters
from concurrent_doctest import plan as plans
from concurrent_doctest.builder import RUN

from . import capture
from .directive import _folder, _pages
from .record import Record, dumped, file_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Set

logger = logging.getLogger(__name__)


class TimelinesBuilder(Builder):
    """Records what ``{timeline}`` draws, of all pages or of those that ``concurrent_doctest_pages`` names."""

    name = "timelines"
    epilog = "The records are stored below the source folder."

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Pages of this builder have no address."""
        return ""

    def get_outdated_docs(self) -> set[str]:
        """Every page: what is recorded is what runs today."""
        return self.env.found_docs

    def write_documents(self, docnames: Set[str]) -> None:
        """Run the blocks, on the interpreter of the build or, where that skips one, on the newest that does not."""
        wanted = self.config.concurrent_doctest_pages
        drawn = {
            name: {block for block in blocks if block}
            for name, blocks in sorted(_pages(self.env).items())
            if not wanted or any(fnmatch.fnmatchcase(name, pattern.removesuffix(".md")) for pattern in wanted)
        }
        if wanted and not drawn:
            logger.warning(
                "timelines: no page with a drawing matches %s; write topic/page or topic/*", " ".join(wanted)
            )
        self._failed = False
        records: dict[tuple[str, str], dict[str, Record]] = defaultdict(dict)
        todo = {block for blocks in drawn.values() for block in blocks}
        for interpreter in self._interpreters(todo):
            plan = collect.collect(self.env, self.config, drawn, interpreter.version)
            here = {
                block.id
                for document in plan.documents
                for group in document.groups
                for block in group.blocks
                if block.id in todo and not block.skip
            }
            self._record(plan, here, interpreter, records)
            todo -= here
        for identifier in sorted(todo):
            self._failed = True
            logger.warning("timeline: %s: no interpreter here runs it", identifier)
        self._store(records, drawn if not wanted else None)

    def _interpreters(self, todo: Collection[str]) -> Iterable[interpreters.Interpreter]:
        own = interpreters.ask(self.config.concurrent_doctest_interpreter or sys.executable)
        yield own
        if todo:
            yield from (other for other in reversed(interpreters.find()) if other.build == "gil")

    def _record(
        self,
        plan: plans.Plan,
        here: Collection[str],
        interpreter: interpreters.Interpreter,
        records: dict[tuple[str, str], dict[str, Record]],
    ) -> None:
        if not here:
            return
        folder, root = Path(self.outdir), Path(self.srcdir).parent
        plans.write(capture.cut(plan, here), folder / "plan.json")
        package = str(Path(__file__).resolve().parent.parent)
        command = [interpreter.command, "-c", RUN, package, str(folder / "plan.json"), str(folder / "results.json")]
        if status := subprocess.run(command, check=False).returncode:
            raise SphinxError(
                f"timelines: {interpreter.command} ended with exit status {status}; see its message above"
            )
        results: dict[str, Any] = {
            document["name"]: document
            for document in json.loads((folder / "results.json").read_text("utf-8"))["documents"]
        }
        for document in plan.documents:
            keys = capture.keys(document, plan, root)
            for group in document.groups:
                for block in group.blocks:
                    if block.id not in here or block.id not in keys:
                        continue
                    ran = results[document.name]
                    try:
                        record = capture.taken(document, block.id, ran["results"], interpreter.name, ran["files"])
                    except capture.NotRecorded as error:
                        self._failed = True
                        logger.warning("timeline: %s", error)
                        continue
                    records[document.name, group.name][keys[block.id]] = record

    def _store(self, records: dict[tuple[str, str], dict[str, Record]], everything: Collection[str] | None) -> None:
        folder = _folder(self._app)
        folder.mkdir(parents=True, exist_ok=True)
        names = set()
        for (docname, group), found in sorted(records.items()):
            name = file_name(docname, group)
            names.add(name)
            (folder / name).write_text(dumped(found), "utf-8")
        if everything is not None and not self._failed:
            for file in folder.glob("*.json"):
                if file.name not in names:
                    file.unlink()
        logger.info("timelines: %d records in %s", sum(map(len, records.values())), folder)
