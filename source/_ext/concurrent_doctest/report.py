"""What a run found, as text for people and as JUnit XML for machines.  Knows nothing but results."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .plan import TESTS

# Characters that XML 1.0 can't hold, such as those of colours in captured output.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


@dataclass(slots=True)
class Totals:
    """Counts as stock Sphinx gives them: prompts and ``testcode`` blocks, set-up and clean-up apart."""

    tests: int = 0
    failures: int = 0
    setup_failures: int = 0
    cleanup_failures: int = 0
    skipped: int = 0
    leaks: int = 0
    not_run: int = 0
    documents_failed: int = 0

    @property
    def failed(self) -> bool:
        """Whether anything at all went wrong."""
        return bool(self.failures or self.setup_failures or self.cleanup_failures or self.documents_failed)


def totals(documents: Iterable[dict[str, Any]]) -> Totals:
    """Add up the results of *documents*."""
    sums = Totals()
    for document in documents:
        sums.documents_failed += bool(document["problem"])
        for result in document["results"]:
            kind, failures = result["kind"], result["failures"]
            if result["outcome"] == "skipped":
                sums.skipped += 1
            elif kind == "leak":
                sums.leaks += 1
                sums.failures += failures
            elif kind == "testsetup":
                sums.setup_failures += failures
            elif kind == "testcleanup":
                sums.cleanup_failures += failures
            else:
                sums.tests += result["tries"]
                sums.failures += failures
    return sums


def document_text(document: dict[str, Any]) -> str:
    """The report of one document: every failure with its page and line, and what it printed; "" if it passed."""
    lines: list[str] = []
    for result in document["results"]:
        if result["outcome"] == "skipped":
            lines.append(f"{result['id']}: skipped: {result['reason']}")
        elif result["outcome"] == "warned":
            lines.append(f"{result['id']}: warning: {result['reason']}")
        elif result["outcome"] == "failed":
            reason = f": {result['reason']}" if result["reason"] else ""
            lines.append(f"{result['id']}: failed{reason}")
            lines += ["    " + line for line in result["report"].splitlines()]
    reported = any(document["problem"] == result["report"] for result in document["results"])
    if document["problem"] and not reported:
        lines.append(f"{document['path']}: {document['problem']}")
    if document["output"] and not document["passed"]:
        lines.append(f"{document['path']}: written to file descriptors 1 and 2:")
        lines += ["    " + line for line in document["output"].splitlines()]
    return "\n".join(lines)


def summary(sums: Totals) -> str:
    """The closing lines, in the words of stock Sphinx, with what it does not count."""

    def line(count: int, noun: str, rest: str) -> str:
        return f"{count:5} {noun}{'' if count == 1 else 's'}{rest}"

    lines = [
        "Doctest summary",
        "===============",
        line(sums.tests, "test", ""),
        line(sums.failures, "failure", " in tests"),
        line(sums.setup_failures, "failure", " in setup code"),
        line(sums.cleanup_failures, "failure", " in cleanup code"),
    ]
    if sums.skipped:
        lines.append(line(sums.skipped, "block", " skipped"))
    if sums.not_run:
        lines.append(line(sums.not_run, "block", " not run, each with its reason"))
    if sums.leaks:
        lines.append(line(sums.leaks, "leak", ""))
    if sums.documents_failed:
        lines.append(line(sums.documents_failed, "document", " did not run to its end"))
    return "\n".join(lines)


def junit(documents: Iterable[dict[str, Any]], suite: str) -> bytes:
    """JUnit XML with one case for each block, named ``page:line``."""
    root = ElementTree.Element("testsuites")
    for document in documents:
        cases = [result for result in document["results"] if result["kind"] in TESTS or result["failures"]]
        node = ElementTree.SubElement(
            root,
            "testsuite",
            name=f"{suite}: {document['path']}",
            tests=str(len(cases)),
            failures=str(sum(case["outcome"] == "failed" for case in cases)),
            skipped=str(sum(case["outcome"] == "skipped" for case in cases)),
            time=f"{document['seconds']:.3f}",
        )
        for case in cases:
            element = ElementTree.SubElement(
                node, "testcase", classname=document["path"], name=case["id"], time=f"{case['seconds']:.3f}"
            )
            if case["outcome"] == "failed":
                failure = ElementTree.SubElement(element, "failure", message=_NOT_XML.sub("?", case["reason"]))
                failure.text = _NOT_XML.sub("?", case["report"])
            elif case["outcome"] == "skipped":
                ElementTree.SubElement(element, "skipped", message=_NOT_XML.sub("?", case["reason"]))
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))
