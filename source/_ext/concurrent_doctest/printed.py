"""What a block printed instead of what its page says, in the form in which the page would say it.

Some output has no such form: doctest can't tell an output that begins with ``...`` from a continued prompt,
nor one without a final line break from one with it.  Whoever rewrites pages must know, so it is found out
here, with the very rules by which the block will be judged afterwards.

Standard library only.
"""

from __future__ import annotations

import doctest
import re
from collections.abc import Callable
from dataclasses import dataclass

from .plan import Block, Output

Check = Callable[[str, str, int], bool]
"""``check(want, got, flags)``: doctest's rules for whether *got* is what *want* asks for."""

_PARSER = doctest.DocTestParser()
# Line breaks of str.splitlines() that are not "\n", and other characters that a source file should not hold.
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]")
MOST = 10_000
"""Characters of output that a page can take; more is a mistake, and would burden every report."""

_NO_FORM = "it prints what an expected output cannot say: no line break at its end, or empty lines around it"


@dataclass(frozen=True, slots=True)
class Printed:
    """One output that differs: where the page states it, what the page says, and what it should say.

    *line* of *path* is the first line of the expected output, or the one where it would begin if there is none
    yet.  *above* is the last line of a prompt as it is typed (``>>> f()``), "" for a ``testoutput``.  *want*
    and *text* end with a line break unless they are empty.  *problem* says why *text* can't be written; "" if
    it can.
    """

    path: str
    line: int
    above: str
    want: str
    text: str
    problem: str = ""


def at_a_prompt(block: Block, example: doctest.Example, got: str, flags: int, check: Check) -> Printed:
    """What the prompt *example* of a ``doctest`` block printed; *flags* are those that held for it."""
    source = example.source.count("\n")
    lines = block.source.split("\n")
    above = lines[example.lineno + source - 1].strip()
    line = block.line + example.lineno + source
    if len(got) > MOST:
        return Printed(block.path, line, above, example.want, "", _too_much(got))
    text = "".join(f"{each if each.strip() else '<BLANKLINE>'}\n" for each in got.splitlines())
    problem = _unfit(got)
    if not problem:
        try:
            (again,) = _PARSER.get_examples(f"{example_text(example)}{text}")
            same = again.source == example.source and again.exc_msg is None and check(again.want, got, flags)
        except ValueError:  # it reads as prompts: none, several, or broken ones
            same = False
        problem = "" if same else "it prints what doctest cannot read back below a prompt"
    return Printed(block.path, line, above, example.want, text, problem)


def example_text(example: doctest.Example) -> str:
    """The prompts of *example*, as they are typed."""
    first, *more = example.source.splitlines()
    return "".join([f">>> {first}\n", *(f"... {line}\n" for line in more)])


def in_an_output(block: Block, output: Output | None, got: str, flags: int, check: Check) -> Printed:
    """What a ``testcode`` printed, where *output* says what it should; None if no output does."""
    if output is None:
        return Printed(block.path, block.line, "", "", "", "it has no testoutput; add one below it")
    path = output.path or block.path
    if len(got) > MOST:
        return Printed(path, output.line, "", output.text, "", _too_much(got))
    lines = got.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    while lines and not lines[0].strip():
        lines.pop(0)
    text = "".join(f"{line}\n" for line in lines)
    problem = _unfit(got)
    if not problem and not text:
        problem = "it prints nothing now; delete the testoutput"
    if not problem and not check(text, got, flags):
        problem = _NO_FORM
    return Printed(path, output.line, "", output.text, text, problem)


def _too_much(text: str) -> str:
    return f"it prints {len(text)} characters, too many for a page"


def _unfit(text: str) -> str:
    found = _UNFIT.search(text)
    return f"it prints the character {found[0]!a}, which a page should not hold" if found else ""
