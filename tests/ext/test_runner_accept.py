"""Accepting rewrites outputs that are wrong, and not one byte besides; what failed otherwise stays as it is."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

import pytest

from concurrent_doctest.accept import Refused, Replacement, rewrite
from tests.ext.scratch_project import Built, Scratch

pytestmark = pytest.mark.gate  # many whole builds: minutes


def build(folder: Path, files: Mapping[str, str | bytes] | None = None, **settings: object) -> Built:
    """Build a project, of *files* if they are given, accepting what can be accepted."""
    project = Scratch(folder)
    for name, content in (files or {}).items():
        path = folder / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    given: dict[str, object] = {
        "extensions": ["myst_parser", "concurrent_doctest"],
        "exclude_patterns": ["part*"],
        "myst_enable_extensions": ["colon_fence"],
        "concurrent_doctest_strict": True,
        "concurrent_doctest_accept": True,
    }
    return project.build("doctest", **(given | settings))


def content(folder: Path, name: str = "index.md") -> str:
    """The text of a source with its line endings as they are."""
    return (folder / "source" / name).read_bytes().decode()


def changed(before: str, after: str) -> list[str]:
    """The lines that went (``-``) and came (``+``), line endings included."""
    pairs = difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line for line in pairs if line[0] in "-+"]


def accepts(folder: Path, name: str, text: str, expected: list[str], **more: str) -> None:
    """Accepting changes *text* by *expected* alone, after which everything passes and stays as it is."""
    built = build(folder, {name: text, **more})
    assert (changed(text, content(folder, name)), built.status) == (expected, 0), built.printed
    assert "accepted the output of" in built.printed
    assert "read the diff above, and run again without ACCEPT" in built.printed
    after = content(folder, name)
    again = build(folder)
    assert (again.status, content(folder, name)) == (0, after), again.printed
    assert "accepted nothing" in again.printed


def untouched(folder: Path, files: Mapping[str, str | bytes], *reasons: str) -> Built:
    """Accepting changes no file, fails, and gives *reasons*."""
    built = build(folder, files)
    for name, text in files.items():
        assert content(folder, name) == (text if isinstance(text, str) else text.decode("latin-1")), built.printed
    assert built.status == 1
    for reason in reasons:
        assert reason in built.printed
    return built


def code(source: str, output: str) -> str:
    return f"```{{testcode}}\n{source}\n```\n\n```{{testoutput}}\n{output}\n```\n"


# -- What is rewritten --------------------------------------------------------------------------

TWO = f"""\
# Two

Text with 41.

{code("print(6 * 7)", "41")}
```{{doctest}}
>>> print("a\\n\\nb")
a
b
>>> 1
1
>>> "new"
>>> _ = 2
>>> 3
"gone"
"more"
```

The end, without a line break."""


def test_two_wrong_outputs_of_a_page_are_rewritten_and_nothing_else(tmp_path: Path) -> None:
    expected = ["- 41\n", "+ 42\n", "+ <BLANKLINE>\n", "+ 'new'\n", "+ 3\n", '- "gone"\n', '- "more"\n']
    accepts(tmp_path, "index.md", TWO, expected)


def test_a_page_with_crlf_keeps_it(tmp_path: Path) -> None:
    text = TWO.replace("\n", "\r\n")
    expected = ["- 41\r\n", "+ 42\r\n", "+ <BLANKLINE>\r\n", "+ 'new'\r\n", "+ 3\r\n", '- "gone"\r\n', '- "more"\r\n']
    accepts(tmp_path, "index.md", text, expected)


NESTED = """\
# Nested

- a list

  1. in a list

     ```{testcode}
     print("one\\n\\n  two")
     ```

     ```{testoutput}
     :options: +NORMALIZE_WHITESPACE

     zero
     ```

::::{note}
:::{tip}
:class: dropdown

```{doctest}
>>> for i in range(2):
...     print(i)
7
```
:::
:::{testcode}
print("colons")
:::
:::{testoutput}
fences
:::
::::

> A quote
>
> ```{testcode}
> print("a\\n\\nb")
> ```
>
> ```{testoutput}
> quoted
> ```
"""


def test_nested_blocks_keep_their_margins(tmp_path: Path) -> None:
    expected = ["-      zero\n", "+      one\n", "+ \n", "+        two\n", "- 7\n", "+ 0\n", "+ 1\n"]
    expected += ["- fences\n", "+ colons\n", "- > quoted\n", "+ > a\n", "+ >\n", "+ > b\n"]
    accepts(tmp_path, "index.md", NESTED, expected)


RST = """\
Page
====

.. testcode::

   print("a\\n\\nb")

.. testoutput::
   :options: -ELLIPSIS

   c

~~~~~~~~~~~~

* a list

  .. doctest::

     >>> 1
     2
     >>> [3]

  >>> "bare"

1. >>> 4
   5
2. .. testcode::

      print("last")

   .. testoutput::

      first"""


def test_restructured_text_is_rewritten_too(tmp_path: Path) -> None:
    expected = ["-    c\n", "+    a\n", "+ \n", "+    b\n", "-      2\n", "+      1\n", "+      [3]\n"]
    expected += ["+   'bare'\n", "-    5\n", "+    4\n", "-       first", "+       last"]
    accepts(tmp_path, "index.rst", RST, expected)


def test_restructured_text_inside_markdown_is_rewritten(tmp_path: Path) -> None:
    text = "# Page\n\n```{eval-rst}\n.. testcode::\n\n   print(1)\n\n.. testoutput::\n\n   2\n```\n"
    accepts(tmp_path, "index.md", text, ["-    2\n", "+    1\n"])


def test_an_included_output_is_rewritten_where_it_stands(tmp_path: Path) -> None:
    part = "Included.\n\n```{doctest}\n>>> 1\n2\n```\n"
    output = "```{testoutput}\nwrong\n```\n"
    page = (
        "# Page\n\n```{include} part.txt\n```\n\n```{testcode}\nprint('right')\n```\n\n```{include} part_2.txt\n```\n"
    )
    built = build(tmp_path, {"index.md": page, "part.txt": part, "part_2.txt": output})
    assert built.status == 0, built.printed
    assert content(tmp_path) == page
    assert content(tmp_path, "part.txt") == part.replace("\n2\n", "\n1\n")
    assert content(tmp_path, "part_2.txt") == output.replace("wrong", "right")


def test_stderr_is_rewritten_with_stdout_or_not_at_all(tmp_path: Path) -> None:
    source = "import sys\nprint('out')\nprint('err', file=sys.stderr, end={!r})"
    err = "```{testoutput}\n:stream: stderr\n\nold err\n```\n"
    (tmp_path / "both").mkdir()
    expected = ["- old out\n", "+ out\n", "- old err\n", "+ err\n"]
    accepts(tmp_path / "both", "index.md", f"# Page\n\n{code(source.format(chr(10)), 'old out')}\n{err}", expected)
    page = f"# Page\n\n{code(source.format(''), 'old out')}\n{err}"
    untouched(tmp_path / "one", {"index.md": page}, "no line break at its end")


def test_a_fence_that_the_new_output_would_close_is_made_longer(tmp_path: Path) -> None:
    text = f"# Page\n\n{code('print(chr(96) * 4)', 'old')}"
    expected = ["- ```{testoutput}\n", "- old\n", "- ```\n", "+ `````{testoutput}\n", "+ ````\n", "+ `````\n"]
    built = build(tmp_path, {"index.md": text})
    assert (sorted(changed(text, content(tmp_path))), built.status) == (sorted(expected), 0)
    after = content(tmp_path)
    assert build(tmp_path).status == 0
    assert content(tmp_path) == after


def test_a_diff_is_shown_and_kept(tmp_path: Path) -> None:
    built = build(tmp_path, {"index.md": f"# Page\n\n{code('print(1)', '2')}"})
    page = tmp_path / "source/index.md"
    diff = f"--- {page}\n+++ {page}\n@@ -5,5 +5,5 @@\n ```\n \n ```{{testoutput}}\n-2\n+1\n ```"
    assert diff in built.printed
    assert diff in built.read("output.txt")


def test_a_pattern_that_matches_stays_and_one_that_does_not_is_replaced(tmp_path: Path) -> None:
    options = ":options: +ELLIPSIS\n\n"
    text = f"# Page\n\n{code('print(12345)', f'{options}1...5')}\n{code('print(12345)', f'{options}6...')}"
    accepts(tmp_path, "index.md", text, ["- 6...\n", "+ 12345\n"])


def test_without_the_setting_no_file_is_written(tmp_path: Path) -> None:
    text = f"# Page\n\n{code('print(1)', '2')}"
    built = build(tmp_path, {"index.md": text}, concurrent_doctest_accept=False)
    assert (built.status, content(tmp_path)) == (1, text)
    assert "accepted" not in built.printed


def test_the_rest_of_a_page_is_accepted_and_its_failures_stay(tmp_path: Path) -> None:
    bad = "```{doctest}\n>>> 1\n2\n>>> undefined_name\n```\n"
    text = f"# Page\n\n{code('print(1)', '2')}\n{bad}"
    built = build(tmp_path, {"index.md": text})
    assert changed(text, content(tmp_path)) == ["- 2\n", "+ 1\n"]
    assert built.status == 1
    assert "index.md:12: not accepted: its output is not all that is wrong with it" in built.printed
    assert "2 failures in tests" in built.read("output.txt")


# -- What is left alone -------------------------------------------------------------------------

RAISED = "Traceback (most recent call last):\n  ...\nValueError: old"
WRONG = {
    "raises": (code("print('x')\nraise ValueError", "y"), "its output is not all that is wrong with it"),
    "raises another": (f"```{{doctest}}\n>>> 1\n2\n>>> raise KeyError(1)\n{RAISED}\n```\n", "not all that is wrong"),
    "was to raise": (f"```{{doctest}}\n>>> 1\n2\n>>> print('calm')\n{RAISED}\n```\n", "not all that is wrong"),
    "hangs": (
        "```{testcode}\n:limit: 0.5\n\nimport threading\nprint('x')\nthreading.Event().wait()\n```\n\n"
        "```{testoutput}\ny\n```\n",
        "not accepted: its output is not all that is wrong with it",
    ),
    "leaks": (
        code("import threading\nprint('x')\nthreading.Thread(target=threading.Event().wait, daemon=True).start()", "y"),
        "not accepted: it leaked thread",
    ),
    "leaks by a helper": (
        "```{testsetup}\nimport threading\ndef helper():\n    threading.Thread(target=threading.Event().wait, "
        "daemon=True).start()\n```\n\n" + code("helper()\nprint('x')", "y"),
        "not accepted: it leaked thread",
    ),
    "leaves something nobody can place": (
        code("class Bad:\n    def __del__(self):\n        1 / 0\nbad = Bad()\nbad.me = bad\ndel bad\nprint('x')", "y"),
        "not accepted: it leaked exception",
    ),
    "expects another leak": (
        code("print('x')", "y").replace("{testcode}\n", "{testcode}\n:expect: leak thread\n\n"),
        "not accepted: its output is not all that is wrong with it",
    ),
    "expects an end": (
        code("print('x')", "y").replace("{testcode}\n", "{testcode}\n:expect: exit 3\n\n"),
        "not accepted: its output is not all that is wrong with it",
    ),
    "no output": ("```{testcode}\nprint('x')\n```\n", "not accepted: it has no testoutput; add one below it"),
    "nothing printed": (code("pass", "y"), "it prints nothing now; delete the testoutput"),
    "empty lines around it": (code("print('\\nx\\n')", "y"), "empty lines around it"),
    "like a prompt": ("```{doctest}\n>>> print('>>> 1')\ny\n```\n", "cannot read back"),
    "like a prompt that goes on": ("```{doctest}\n>>> print('... 1')\ny\n```\n", "cannot read back"),
    "like a traceback": (f"```{{doctest}}\n>>> print({RAISED!r})\ny\n```\n", "cannot read back"),
    "an escape": (code("print('\\x1b[1mx')", "y"), "it prints the character '\\x1b'"),
    "a line separator": (code("print('a\\u2028b')", "y"), "it prints the character '\\u2028'"),
    "too much": (code("print('x' * 20_000)", "y"), "it prints 20001 characters, too many for a page"),
    "too much at a prompt": ("```{doctest}\n>>> print('x' * 20_000)\ny\n```\n", "it prints 20001 characters"),
    "a surrogate": (code("print('\\udc80')", "y"), "it prints the character '\\udc80'"),
    "like an option": (code("print(':hide: 1')", "y"), "would be read as an option"),
}


@pytest.mark.parametrize("case", [*WRONG])
def test_a_block_whose_fault_is_another_is_left_alone(tmp_path: Path, case: str) -> None:
    block, reason = WRONG[case]
    untouched(tmp_path, {"index.md": f"# Page\n\n{block}"}, reason, "accepted nothing")


def test_a_hang_and_a_leak_stay_and_their_neighbours_are_accepted(tmp_path: Path) -> None:
    leak, hang = WRONG["leaks"][0], WRONG["hangs"][0]
    text = f"# Page\n\n{code('print(1)', '2')}\n{leak}\n{hang}\n{code('print(3)', '4')}"
    built = build(tmp_path, {"index.md": text})
    assert changed(text, content(tmp_path)) == ["- 2\n", "+ 1\n"]
    assert built.status == 1
    assert "not accepted: what it started had not ended when its page died" in built.printed


def test_a_skipped_block_is_left_alone(tmp_path: Path) -> None:
    text = "# Page\n\n```{doctest}\n:skipif: True\n\n>>> 1\n2\n```\n"
    built = build(tmp_path, {"index.md": text})
    assert (built.status, content(tmp_path)) == (0, text)


def test_groups_that_share_a_block_must_agree(tmp_path: Path) -> None:
    both = code("print(n)", "0").replace("testcode}", "testcode} a, b").replace("testoutput}", "testoutput} a, b")
    first = "```{testsetup} a\nn = 1\n```\n\n```{testsetup} b\nn = 2\n```\n\n"
    untouched(tmp_path / "apart", {"index.md": f"# Page\n\n{first}{both}"}, "one thing in one group or page")
    passing = f"# Page\n\n{first}{both}".replace("\n0\n", "\n1\n")
    untouched(tmp_path / "one", {"index.md": passing}, "elsewhere in the run it passes as it stands")
    agreeing = f"# Page\n\n{first}{both}".replace("n = 2", "n = 1")
    accepts(tmp_path / "same", "index.md", agreeing, ["- 0\n", "+ 1\n"])


def test_pages_that_share_an_output_must_agree(tmp_path: Path) -> None:
    files = {
        "index.md": "# Page\n\n```{testcode}\nprint(1)\n```\n\n```{include} part.txt\n```\n",
        "other.md": "---\norphan: true\n---\n# Other\n\n```{testcode}\nprint(2)\n```\n\n```{include} part.txt\n```\n",
        "part.txt": "```{testoutput}\n1\n```\n",
    }
    untouched(tmp_path, files, "several blocks share the output at ")


def test_a_page_that_is_not_utf_8_is_left_alone(tmp_path: Path) -> None:
    page = f"# Page\n\n{code('print(1)', '2')}"
    part = b"Caf\xe9.\n\n" + page.encode()
    files: dict[str, str | bytes] = {
        "index.md": "# Page\n\n```{include} part.txt\n:encoding: latin-1\n```\n",
        "part.txt": part,
    }
    built = build(tmp_path, files)
    assert (tmp_path / "source/part.txt").read_bytes() == part
    assert "part.txt is not UTF-8, so nothing in it is rewritten" in built.printed


# -- Text ---------------------------------------------------------------------------------------

PAGE = "# Page\n\n```{testoutput}\nold\n```\n"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_the_other_characters_of_a_text_survive(ending: str) -> None:
    odd = "\ufeff# Page  \n\tx\x0c\u2028y\n"
    text = (odd + PAGE).replace("\n", ending) + "mixed\r\nlines\n"
    line = text[: text.index("old")].splitlines()
    after = rewrite(text, [Replacement(len(line) + 1, "old\n", "new\n")])
    assert after == text.replace("old", "new")


def test_several_outputs_are_replaced_whatever_their_order() -> None:
    twice = PAGE + PAGE
    replacements = [Replacement(4, "old\n", "a\nb\n"), Replacement(9, "old\n", "c\n")]
    expected = PAGE.replace("old", "a\nb") + PAGE.replace("old", "c")
    assert rewrite(twice, replacements) == rewrite(twice, reversed(replacements)) == expected


@pytest.mark.parametrize(
    ("text", "replacement"),
    [
        pytest.param(PAGE, Replacement(4, "other\n", "new\n"), id="other text"),
        pytest.param(PAGE, Replacement(3, "old\n", "new\n"), id="other line"),
        pytest.param(PAGE, Replacement(40, "old\n", "new\n"), id="behind the end"),
        pytest.param("old\n", Replacement(1, "old\n", "new\n"), id="first line"),
        pytest.param("# Page\n\nold\n", Replacement(3, "old\n", "new\n"), id="prose"),
        pytest.param(PAGE.replace("testoutput", "note"), Replacement(4, "old\n", "new\n"), id="other directive"),
        pytest.param(f"````{{code-block}} md\n{PAGE}````\n", Replacement(5, "old\n", "new\n"), id="listing"),
        pytest.param(f"````md\n{PAGE}````\n", Replacement(5, "old\n", "new\n"), id="plain fence"),
        pytest.param(f"::::{{note}}\n{PAGE}::::\n", Replacement(5, "old\n", "::::\n"), id="closes an outer fence"),
        pytest.param(
            f"````{{note}}\n{PAGE}````\n", Replacement(5, "old\n", "```\n"), id="own fence, and then the outer"
        ),
        pytest.param("```{doctest}\n>>> 1\n2\n```\n", Replacement(3, "2\n", "1\n", ">>> 3"), id="other prompt"),
        pytest.param("```{doctest}\n>>> 1\n```\n", Replacement(3, "", "a\tb\n", ">>> 1"), id="tab"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, replacement: Replacement) -> None:
    with pytest.raises(Refused):
        rewrite(text, [replacement])


@pytest.mark.parametrize("new", ["space \n", "a\tb\n", "  all\n  indented\n"])
def test_what_restructured_text_cannot_hold_is_refused(new: str) -> None:
    text = "Page\n====\n\n.. testoutput::\n\n   old\n"
    with pytest.raises(Refused):
        rewrite(text, [Replacement(6, "old\n", new)], ".rst")
    assert rewrite(text, [Replacement(6, "old\n", "```\n")], ".rst") == text.replace("old", "```")
