"""A project of `sphinx.ext.doctest` gets the same verdict and counts when it changes one name in `extensions`.

Intended differences: `:pyversion:` holds for testcode and testoutput too (stock accepts and ignores it there),
and line numbers are right.
"""

from __future__ import annotations

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.ext.scratch_project import Built, Scratch

FORMATS = ("rst", "md")
NEVER = ">=99"


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive that can be written in both languages."""

    name: str
    content: str
    argument: str = ""
    options: tuple[str, ...] = ()

    def written(self, language: str) -> str:
        content = self.content.rstrip("\n").split("\n")
        if language == "md":
            # Options are YAML in MyST, where a value that begins with ">" has to be quoted.
            options = [re.sub(r"^(:pyversion:) (.*)", r'\1 "\2"', option) for option in self.options]
            return "\n".join([f"```{{{self.name}}} {self.argument}", *options, "", *content, "```", "", ""])
        body = [*self.options, "", *content]
        return "\n".join([f".. {self.name}:: {self.argument}", *(f"   {line}".rstrip() for line in body), "", ""])


def prompts(content: str, argument: str = "", *options: str) -> Directive:
    return Directive("doctest", content, argument, options)


def code(content: str, argument: str = "", *options: str) -> Directive:
    return Directive("testcode", content, argument, options)


def output(content: str, argument: str = "", *options: str) -> Directive:
    return Directive("testoutput", content, argument, options)


def setup(content: str, argument: str = "", *options: str) -> Directive:
    return Directive("testsetup", content, argument, options)


def cleanup(content: str, argument: str = "", *options: str) -> Directive:
    return Directive("testcleanup", content, argument, options)


def page(title: str, parts: Iterable[Directive | str], language: str) -> str:
    """A page of directives, and of text that reads the same in both languages."""
    head = f"# {title}\n\n" if language == "md" else f"{title}\n{'=' * len(title)}\n\n"
    texts = (part if isinstance(part, str) else part.written(language) for part in parts)
    return head + "".join(texts)


RAISED = "Traceback (most recent call last):\n  ...\nValueError: details are ignored by default\n"
PASSING: list[Directive | str] = [
    setup("base = 40"),
    prompts(">>> base + 2\n42\n>>> from_global\n'global'"),
    prompts(">>> x = 1\n>>> x\n1", "one"),
    prompts(">>> x + 1\n2", "one, two", ":skipif: True"),
    prompts(">>> y = 5\n>>> y\n5", "one, two"),
    code("print(y)", "one,two"),
    output("5", "one,two"),
    setup("everywhere = 'all'", "*"),
    prompts(">>> everywhere\n'all'", "*"),
    code("print(everywhere)\nprint()\nprint('end')", "*", ":hide:"),
    output("all\n\nend", "*", ":hide:"),
    prompts(">>> 1\n1", "default", ":hide:"),
    prompts(">>> print(' a   b ')\na b", "", ":options: +NORMALIZE_WHITESPACE"),
    prompts(">>> print('abcdef')\nabc...", "", ":options: -NORMALIZE_WHITESPACE, +ELLIPSIS"),
    prompts(">>> 1 / 0", "", ":options: +SKIP"),
    prompts(">>> 1\n2", "", f":pyversion: {NEVER}"),
    prompts(">>> 1\n1", "", ":pyversion: >3.2, <99"),
    prompts(">>> 1\n2", "", ":skipif: from_global == 'global'"),
    code("raise SystemExit", "", ":skipif: True"),
    setup("raise SystemExit", "", ":skipif: True"),
    cleanup("raise SystemExit", "", ":skipif: True"),
    prompts(">>> print('a\\n\\nb')\na\n<BLANKLINE>\nb"),
    prompts(">>> print('a   b') # doctest: +NORMALIZE_WHITESPACE\na b", "", ":trim-doctest-flags:"),
    prompts(">>> print('a   b') # doctest: +NORMALIZE_WHITESPACE\na b", "", ":no-trim-doctest-flags:"),
    prompts(">>> raise ValueError('other details')\n" + RAISED),
    code("raise ValueError('other details')"),
    output(RAISED),
    code("print('one of many   words')"),
    output("one ... words", "", ":options: +NORMALIZE_WHITESPACE"),
    code("pass"),
    prompts(">>> import module_in_path\n>>> module_in_path.answer\n42"),
    prompts("No prompt here."),
    cleanup("assert base == 40"),
    cleanup("assert everywhere == 'all'", "*"),
]
BARE = "Text with a prompt:\n\n>>> base - 40 + 7\n7\n>>> print('a\\n\\nb')\na\n<BLANKLINE>\nb\n\nText.\n\n"
FAILING: list[Directive | str] = [
    prompts(">>> 1\n1\n>>> 1\n2\n>>> undefined_name\n>>> def f(:\n>>> 3\n3"),
    code("print('this')"),
    output("that"),
    code("print('unexpected')"),
    code("1 +"),
    code("raise KeyError('x')"),
    output(RAISED),
    prompts(">>> print('abc')\na..."),
    ">>> 'a bare prompt'\n'that does not count here'\n\n",
    prompts(">>> print('a')\nb", "*"),
    prompts(">>> 1\n1", "second"),
    setup("1 / 0", "broken"),
    setup("x = 1", "broken"),
    prompts(">>> 1\n1\n>>> 2\n3", "broken"),
    cleanup("1 / 0"),
    cleanup("y = 1"),
    cleanup("undefined_name", "second"),
]
SETTINGS: dict[str, object] = {
    "doctest_global_setup": "from_global = 'global'",
    "doctest_global_cleanup": "assert from_global == 'global'",
}
COUNT = re.compile(r" *(\d+) (?:test|failure)s?(?: in (tests|setup code|cleanup code))?")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run says of a project."""

    status: int
    counts: dict[str, int]


def verdict(built: Built) -> Verdict:
    found = (COUNT.fullmatch(line) for line in built.read("output.txt").splitlines())
    counts = {match[2] or "all": int(match[1]) for match in found if match}
    assert len(counts) == 4, built.printed
    return Verdict(built.status, counts)


def build(folder: Path, extension: str, files: dict[str, str], **settings: object) -> Built:
    """Build a project of *files* with *extension*, and with MyST where there is Markdown."""
    project = Scratch(folder / extension)
    for name, text in files.items():
        path = project.folder / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    markdown = ["myst_parser"] if any(name.endswith(".md") for name in files) else []
    languages: dict[str, object] = {
        "extensions": [*markdown, extension],
        "exclude_patterns": ["part*"],
    }
    if markdown:
        languages["myst_enable_extensions"] = ["colon_fence"]
    return project.build("doctest", **(languages | settings))


def build_twice(folder: Path, files: dict[str, str], **settings: object) -> tuple[Built, Built]:
    """Build with the stock extension, and with the one that takes its place."""

    def one(extension: str) -> Built:
        return build(folder, extension, files, **settings)

    with ThreadPoolExecutor(2) as pool:
        stock, ours = pool.map(one, ("sphinx.ext.doctest", "concurrent_doctest"))
    return stock, ours


def results(built: Built) -> list[dict[str, Any]]:
    content = json.loads(built.read("results.json"))
    return [result for document in content["documents"] for result in document["results"]]


@pytest.mark.parametrize("language", FORMATS)
def test_a_project_that_passes_still_passes_with_the_same_counts(tmp_path: Path, language: str) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules/module_in_path.py").write_text("answer = 42\n", "utf-8")
    include = "```{include} part.txt\n```\n" if language == "md" else ".. include:: part.txt\n"
    # Only reStructuredText has a node for a prompt that no directive has seen.
    parts: list[Directive | str] = [*PASSING, BARE if language == "rst" else "", include]
    files = {
        f"index.{language}": page("Passing", parts, language),
        "part.txt": prompts(">>> base + 60\n100").written(language),
    }
    stock, ours = build_twice(tmp_path, files, doctest_path=[str(tmp_path / "modules")], **SETTINGS)
    assert (ours.status, ours.printed) == (0, "")
    assert verdict(ours) == verdict(stock)
    assert verdict(ours).counts["all"] >= 30
    for name in ("output.txt", "plan.json", "results.json", "junit.xml"):
        assert ours.read(name)
    assert json.loads(ours.read("plan.json"))["documents"][0]["name"] == "index"


@pytest.mark.parametrize("language", FORMATS)
def test_a_project_that_fails_still_fails_with_the_same_counts(tmp_path: Path, language: str) -> None:
    files = {
        f"index.{language}": page("Failing", FAILING, language),
        f"sound.{language}": ":orphan:\n\n" * (language == "rst")
        + "---\norphan: true\n---\n" * (language == "md")
        + page("Sound", [prompts(">>> 1\n1")], language),
    }
    settings = {
        "doctest_global_setup": "from_global = 'global'",
        "doctest_global_cleanup": "not_there_in_any_group",
        "doctest_default_flags": 0,
        "doctest_test_doctest_blocks": "",
    }
    stock, ours = build_twice(tmp_path, files, **settings)
    assert stock.status == 1
    assert verdict(ours) == verdict(stock)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"doctest_global_setup": "1 / 0"}, id="global setup"),
        pytest.param({"doctest_fail_fast": True}, id="fail fast"),
    ],
)
def test_settings_have_the_effect_that_they_had(tmp_path: Path, settings: dict[str, object]) -> None:
    first: list[Directive | str] = [
        prompts(">>> print('abc')\na...\n>>> 1\n1"),
        ">>> 1\n2\n\nText.\n\n",
        prompts(">>> 3\n3\n>>> 3\n4", "later"),
        cleanup("1 / 0"),
    ]
    files = {
        "index.rst": page("First", first, "rst"),
        "other.rst": ":orphan:\n\n" + page("Other", [prompts(">>> 1\n1\n>>> 1\n2")], "rst"),
    }
    stock, ours = build_twice(tmp_path, files, **settings)
    assert stock.status == 1
    assert verdict(ours) == verdict(stock)


def test_a_version_holds_for_code_and_its_output_too(tmp_path: Path) -> None:
    parts = [
        code("raise SystemExit", "", f":pyversion: {NEVER}"),
        code("print('now')"),
        output("now", "", ":pyversion: >=3.2"),
        output("some day", "", f":pyversion: {NEVER}"),
    ]
    built = build(tmp_path, "concurrent_doctest", {"index.rst": page("Versions", parts, "rst")})
    assert (built.status, built.printed) == (0, "")
    assert [result["outcome"] for result in results(built)] == ["skipped", "passed"]


MYST = """\
# Fences

```{doctest}
>>> 1
'plain fence'
```

:::{doctest} colons
:hide:

>>> 1
'colon fence'
:::

````{note}
Text.

```{doctest}

>>> 1
'nested fence'
```

```{doctest}
>>> 1
'twin'
```

```{doctest}
>>> 1
'twin'
```
````

::::{note}
:::{tip}
:class: dropdown

```{testcode}
:hide:

x = 1

raise ValueError("nested twice")
```
:::
::::

- a list

  ```{doctest}
  >>> 1
  'in a list'
  ```

> ```{doctest}
> >>> 1
> 'in a quote'
> ```

```{include} part.txt
```

```{testsetup} broken
x = 1
raise ValueError("set-up")
```

```{doctest} broken
>>> 1
1
```
"""
PART = "Included.\n\n```{doctest}\n>>> 1\n'included'\n```\n"
RST = """\
Blocks
======

.. doctest::

   >>> 1
   'plain'

.. doctest:: group
   :options: +ELLIPSIS
   :hide:

   >>> 1
   'with options'

.. note::

   .. doctest::

      >>> 1
      'nested'

   .. doctest::

      >>> 1
      'twin'

   .. doctest::

      >>> 1
      'twin'

* a list

  .. testcode::
     :hide:

     x = 1

     raise ValueError("in a list")

Bare:

>>> 1
'bare'

.. include:: part_rst.txt
"""
PART_RST = "Included.\n\n.. doctest::\n\n   >>> 1\n   'included in rst'\n"


@pytest.fixture(scope="module")
def located(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A project in which every block fails."""
    files = {
        "index.md": MYST,
        "part.txt": PART,
        "other.rst": ":orphan:\n\n" + RST,
        "part_rst.txt": PART_RST,
    }
    return build(tmp_path_factory.mktemp("located"), "concurrent_doctest", files)


def failing_lines(text: str) -> list[int]:
    """The lines that fail: prompts with a string for output, and statements that raise."""
    lines = text.splitlines()
    wrong = [number for number, line in enumerate(lines) if re.match(r"[> ]*'", line)]
    raising = [number for number, line in enumerate(lines, 1) if "raise ValueError" in line]
    return sorted(wrong + raising)


@pytest.mark.parametrize(
    ("name", "text"),
    [("index.md", MYST), ("part.txt", PART), ("other.rst", ":orphan:\n\n" + RST), ("part_rst.txt", PART_RST)],
)
def test_each_failure_has_its_page_and_line(located: Built, name: str, text: str) -> None:
    path = located.output.parent / "source" / name
    assert located.status == 1
    reported = "".join(result["report"] for result in results(located))
    lines = re.findall(rf'^\*+\nFile "{re.escape(str(path))}", line (\d+)', reported, re.MULTILINE)
    raised = re.findall(rf'^ +File "{re.escape(str(path))}", line (\d+), in <module>', reported, re.MULTILINE)
    # doctest names a failure by the first line of its example; the traceback has the line that raised.
    examples = {int(line) for line in lines}
    assert {line for line in failing_lines(text) if line not in {*map(int, raised)}} <= examples
    assert {int(line) for line in raised} == {
        number for number, line in enumerate(text.splitlines(), 1) if "raise ValueError" in line
    }
    for number in examples:
        assert f"{path}:{number}: failed" in located.printed


def test_twins_are_told_apart(located: Built) -> None:
    identifiers = [result["id"] for result in results(located) if result["kind"] in {"doctest", "testcode"}]
    assert len(identifiers) == len(set(identifiers))


def test_the_report_for_machines_has_one_case_a_block_named_by_page_and_line(located: Built) -> None:
    suites = ElementTree.fromstring(located.read("junit.xml")).findall("testsuite")
    names = [case.get("name") for suite in suites for case in suite.findall("testcase")]
    assert names == [result["id"] for result in results(located)]
    assert len(names) == len(set(names)) > 15
    failed = [case for suite in suites for case in suite.findall("testcase") if case.find("failure") is not None]
    assert sum(int(suite.get("failures", "")) for suite in suites) == len(failed) == len(names)


OLD = f"""\
#!{sys.executable}
import platform, sys
platform.python_version = lambda: "3.10.1"
exec(sys.argv[2])
"""
"""A Python that takes itself for an older one."""


@pytest.mark.parametrize(
    ("script", "message"),
    [
        pytest.param(None, "does not run", id="missing"),
        pytest.param(OLD, r"is .*3\.10\.1; .*3\.11 is the oldest", id="old"),
        pytest.param("#!/bin/sh\necho hello\n", "", id="no Python"),
    ],
)
def test_an_interpreter_that_cannot_run_the_snippets_is_named(tmp_path: Path, script: str | None, message: str) -> None:
    interpreter = tmp_path / "python-of-a-test"
    if script is not None:
        interpreter.write_text(script, "utf-8")
        interpreter.chmod(0o755)
    files = {"index.rst": page("Page", [prompts(">>> 1\n1")], "rst")}
    settings = {"concurrent_doctest_interpreter": str(interpreter)}
    built = build(tmp_path, "concurrent_doctest", files, **settings)
    assert built.status != 0
    assert re.search(f"concurrent_doctest: {re.escape(repr(str(interpreter)))} {message}", built.printed)
    assert "Traceback" not in built.printed
