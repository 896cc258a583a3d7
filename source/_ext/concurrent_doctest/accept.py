"""Rewrite wrong expected outputs in the sources, and nothing else in them.

A block's output is accepted only if that it printed something else is all that is wrong with it.  Before a
line is replaced, the file is checked: the old output must stand where it is said to, in its directive, and the
new one must read back as it was printed.  What does not hold is refused with a reason, never guessed.

Knows nothing of Sphinx; standard library only.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .plan import Block, Group, Plan


class Refused(ValueError):
    """An output that can't be replaced; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """*old* output at *line* of a file, counted from 1, gives way to *new*.

    Both end with a line break unless they are empty.  *above* is the last line of the prompt over the output
    (``>>> f()``), "" for a ``testoutput``.
    """

    line: int
    old: str
    new: str
    above: str = ""


@dataclass(slots=True)
class Accepted:
    """What became of a run: *files* with their new content, the *blocks* accepted, and why others were not.

    *blocks* are ids; *refused* has a reason for each failing block that stays as it is.
    """

    files: dict[Path, bytes] = field(default_factory=dict)
    blocks: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    diff: str = ""


# -- Text ---------------------------------------------------------------------------------------

_OPEN = re.compile(r"^(?P<head>[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*)(?P<fence>`{3,}|~{3,}|:{3,})(?P<info>.*?)\s*$")
_LISTING = re.compile(r"\{(?:code|code-block|code-cell|sourcecode|literalinclude|parsed-literal)\}")
_RST_OUTPUT = re.compile(r"^[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)*\.\.[ \t]+testoutput::", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Fence:
    """A Markdown fence: the indices of its first and last line, its marker, and what follows it."""

    first: int
    last: int
    marker: str
    info: str

    def closes(self, line: str) -> bool:
        """Whether *line* would end it."""
        return _is_marker(line, self.marker)


def _is_marker(line: str, marker: str) -> bool:
    text = line.strip(" \t>\r\n")
    return len(text) >= len(marker) and not text.strip(marker[0])


def _fences(lines: list[str], target: int) -> list[_Fence]:
    """The fences around the line of index *target*, outermost first.

    As in Markdown, a fence ends at the first line that is its marker, whatever lies between; only directives
    hold fences in turn.
    """
    around: list[_Fence] = []
    at, end = 0, len(lines)
    while at < end and at <= target:
        found = _OPEN.match(lines[at])
        if not found or (found["fence"][0] == "`" and "`" in found["info"]):
            at += 1
            continue
        marker = found["fence"]
        last = next((i for i in range(at + 1, end) if _is_marker(lines[i], marker)), end)
        if not at < target < last:
            at = last + 1
            continue
        around.append(_Fence(at, last, marker, found["info"]))
        if not found["info"].startswith("{") or _LISTING.match(found["info"]):
            break
        at, end = at + 1, last
    return around


def _prefix(line: str, text: str) -> str | None:
    """What stands before *text* in *line*, if that is only the margin of a list, quote or directive."""
    bare, wanted = line.rstrip(), text.rstrip()
    if not bare.endswith(wanted):
        return None
    head = line[: len(bare) - len(wanted)]
    return head if not head.strip(" \t>") else None


def _ending(line: str) -> str:
    return line[len(line.splitlines()[0]) :] if line else ""


def _margin(lines: list[str], replacement: Replacement) -> str:
    """Check that the old output stands where it should, and return what precedes each of its lines.

    :raises Refused: when it does not.
    """
    moved = Refused("its output is not where the run found it; the file has changed, or is not what was run")
    at = replacement.line - 1
    old = replacement.old.splitlines()
    if at < 1 or at + len(old) > len(lines):
        raise moved
    margin = None
    if replacement.above:
        line = lines[at - 1].rstrip()
        if not line.endswith(replacement.above):
            raise moved
        # A list's mark stands before the first line only.
        margin = re.sub(r"[^\s>]", " ", line[: -len(replacement.above)])
    for number, text in enumerate(old):
        found = _prefix(lines[at + number], text)
        if found is None:
            raise moved
        if text.strip():
            margin = found if margin is None else margin
            if found != margin:
                raise moved
    if margin is None:
        raise moved
    return margin


def _check_directive(lines: list[str], replacement: Replacement, fences: list[_Fence], rst: bool) -> None:
    """See that a ``testoutput`` is one, and that a line of the new output is not read as an option.

    :raises Refused: otherwise.
    """
    nowhere = Refused("its output stands in no directive of this file that could be found")
    at = replacement.line - 1
    new = replacement.new.splitlines()
    if not rst:
        kind = "{doctest}" if replacement.above else "{testoutput}"
        if not fences or not fences[-1].info.startswith(kind):
            raise nowhere
        first = fences[-1].first
    elif replacement.above:
        return
    else:
        first = next((i for i in range(at - 1, -1, -1) if not _is_heading_of_content(lines[i])), -1)
        if first < 0 or not _RST_OUTPUT.match(lines[first]):
            raise nowhere
    if replacement.above:
        return
    if not all(_is_heading_of_content(line) for line in lines[first + 1 : at]):
        raise nowhere
    blank = not lines[at - 1].strip(" \t>\r\n")
    if not blank and new and re.match(r"\s*:|---", new[0]):
        raise Refused("its first line would be read as an option; put an empty line above the old output")


def _is_heading_of_content(line: str) -> bool:
    """Whether *line* can stand between the name of a directive and its content: an option, or nothing."""
    text = line.strip(" \t>\r\n")
    return not text or text.startswith((":", "---")) or bool(re.match(r"[\w-]+:( |$)", text))


def _check_text(replacement: Replacement, rst: bool) -> None:
    """See that the new output survives being read.

    :raises Refused: otherwise.
    """
    new = replacement.new.splitlines()
    if "\t" in replacement.new and (rst or replacement.above):
        raise Refused("it prints a tab, which is read as spaces")
    if not rst:
        return
    if any(line != line.rstrip() for line in new):
        raise Refused("it prints spaces at the end of a line, which reStructuredText drops")
    if not replacement.above and all(line.startswith(" ") for line in new if line.strip()):
        raise Refused("each line that it prints is indented, which reStructuredText drops")


def _longer(lines: list[str], fences: list[_Fence], new: list[str]) -> dict[int, str]:
    """The lines to change so that no line of *new* ends a fence; empty if none does.

    :raises Refused: when only an outer fence could be the remedy.
    """
    if not fences:
        return {}
    *outer, own = fences
    if any(fence.closes(line) for fence in outer for line in new):
        raise Refused("a line that it prints would end a fence around its block; make that fence longer")
    closing = [line.strip(" \t>") for line in new if own.closes(line)]
    if not closing:
        return {}
    marker = own.marker[0] * (max(map(len, closing)) + 1)
    if own.last >= len(lines) or any(fence.closes(marker) for fence in outer):
        raise Refused("a line that it prints would end its fence; make the fences around it longer")
    found = _OPEN.match(lines[own.first])
    assert found is not None
    start, end = found.span("fence")
    opening, ending = lines[own.first], lines[own.last]
    last = ending.index(own.marker[0])
    return {
        own.first: opening[:start] + marker + opening[end:],
        own.last: ending[:last] + marker + ending[last:].lstrip(own.marker[0]),
    }


def _replace(lines: list[str], replacement: Replacement, suffix: str) -> list[str]:
    at, old = replacement.line - 1, replacement.old.splitlines()
    margin = _margin(lines, replacement)
    fences = [] if suffix == ".rst" else _fences(lines, at - 1 if replacement.above else at)
    # A file of another name is what its fences say: Markdown has directives only in fences.
    own = fences[-1].info if fences else ""
    rst = suffix == ".rst" or own.startswith("{eval-rst}") or (suffix != ".md" and not own.startswith("{"))
    if rst and not own.startswith("{eval-rst}"):
        fences = []
    _check_directive(lines, replacement, fences, rst)
    _check_text(replacement, rst)
    new = replacement.new.splitlines()
    changed = list(lines)
    for number, line in _longer(lines, fences, [margin + line for line in new]).items():
        changed[number] = line
    ending = _ending(lines[at - 1]) or _ending(lines[0]) or "\n"
    written = [(margin + line if line else margin.rstrip()) + ending for line in new]
    before, after = changed[:at], changed[at + len(old) :]
    if not after and written and not _ending(lines[-1]):  # a file without a final line break stays one
        before[-1] = before[-1].removesuffix(_ending(before[-1])) + ending
        written[-1] = written[-1].removesuffix(ending)
    return [*before, *written, *after]


def rewrite(text: str, replacements: Iterable[Replacement], suffix: str = ".md") -> str:
    """*text* with each of *replacements* carried out, and not a character changed besides.

    *text* keeps its line endings, so read it without translating them.  *suffix* is that of the file: a
    ``.rst`` has no fences.  A fence that a line of the new output would close is made longer.

    :raises Refused: when one of them can't be carried out; the text is to be left as it was.
    """
    # The lines of a file are those of str.splitlines() wherever this runner names one.
    lines = text.splitlines(keepends=True)
    for replacement in sorted(replacements, key=lambda item: item.line, reverse=True):
        lines = _replace(lines, replacement, suffix)
    return "".join(lines)


# -- Results ------------------------------------------------------------------------------------


def _blocks(plan: Plan) -> Iterator[tuple[str, Group, Block]]:
    for document in plan.documents:
        for group in document.groups:
            for block in group.blocks:
                yield document.name, group, block


def _spoiled(plan: Plan, documents: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Blocks that leaked, or may have, with what is to be said of them, by id."""
    spoiled: dict[str, str] = {}
    for document in documents:
        for leak in document["results"]:
            if leak["kind"] != "leak":
                continue
            path, _, line = leak["id"].rpartition(":")
            made_there = [
                block.id
                for name, _, block in _blocks(plan)
                if name == document["name"]
                and block.path == path
                and block.line <= int(line) < block.line + max(1, len(block.source.splitlines()))
            ]
            placed = leak["suspects"] or made_there
            for suspect in [*made_there, *placed]:
                spoiled[suspect] = f"it {leak['reason']}" if len(placed) == 1 else f"it may have {leak['reason']}"
        if document["problem"]:
            # What died never came to say what it had left behind.
            for result in document["results"]:
                if result["left"]:
                    spoiled.setdefault(result["id"], "what it started had not ended when its page died")
    return spoiled


def _why_not(result: Mapping[str, Any], spoiled: Mapping[str, str]) -> str:
    """Why *result* can't be accepted; "" if it can."""
    if reason := spoiled.get(result["id"]):
        return reason
    if result["outcome"] == "passed":
        return "elsewhere in the run it passes as it stands"
    if not result["got"]:
        return "its output is not all that is wrong with it"
    problems: Iterable[str] = (got["problem"] for got in result["got"])
    return next(filter(None, problems), "")


def replacements(
    plan: Plan, documents: Iterable[Mapping[str, Any]]
) -> tuple[dict[str, dict[str, list[Replacement]]], dict[str, str]]:
    """What to replace, by file and by the id of the block that asks for it; and, by id, why others are refused.

    *documents* are those of the results of *plan*.  A block may run several times, in several groups or pages,
    and an output may belong to several blocks: then all must agree.
    """
    documents = list(documents)
    spoiled = _spoiled(plan, documents)
    runs: dict[str, list[Mapping[str, Any]]] = {}
    for document in documents:
        for result in document["results"]:
            if result["kind"] != "leak":
                runs.setdefault(result["id"], []).append(result)
    refused: dict[str, str] = {}
    asked: dict[str, list[dict[str, Any]]] = {}
    for name, results in runs.items():
        ran = [result for result in results if result["outcome"] != "skipped"]
        if all(result["outcome"] != "failed" for result in ran):
            continue
        if reason := next(filter(None, (_why_not(result, spoiled) for result in ran)), ""):
            refused[name] = reason
        elif any(result["got"] != ran[0]["got"] for result in ran):
            refused[name] = "it prints one thing in one group or page, and another elsewhere"
        else:
            asked[name] = ran[0]["got"]
    _agree(plan, runs, asked, refused)
    files: dict[str, dict[str, list[Replacement]]] = {}
    for name, printed in asked.items():
        for got in printed:
            wanted = Replacement(got["line"], got["want"], got["text"], got["above"])
            files.setdefault(got["path"], {}).setdefault(name, []).append(wanted)
    return files, refused


def _agree(
    plan: Plan,
    runs: Mapping[str, list[Mapping[str, Any]]],
    asked: dict[str, list[dict[str, Any]]],
    refused: dict[str, str],
) -> None:
    """Move to *refused* what would change an output that another block, which ran too, has as its own."""
    users: dict[tuple[str, int], set[str]] = {}
    for _, _, block in _blocks(plan):
        for output in block.outputs:
            if any(run["outcome"] != "skipped" for run in runs.get(block.id, ())):
                users.setdefault((output.path or block.path, output.line), set()).add(block.id)
    texts: dict[tuple[str, int], dict[str, str]] = {}
    for name, printed in asked.items():
        for got in printed:
            texts.setdefault((got["path"], got["line"]), {})[name] = got["text"]
    for place, said in texts.items():
        if users.get(place, set()) - set(said) or len(set(said.values())) > 1:
            for name in said:
                if asked.pop(name, None) is not None:
                    refused[name] = f"several blocks share the output at {place[0]}:{place[1]}, and do not agree"


def accept(plan: Plan, documents: Iterable[Mapping[str, Any]]) -> Accepted:
    """Work out the new content of each file; nothing is written.

    A block is accepted as a whole, or left as it is.
    """
    wanted, refused = replacements(plan, documents)
    done = Accepted(refused=refused)
    texts: dict[str, str] = {}
    # Each block is tried alone first: one that can't be rewritten, in any of its files, must not hold up others.
    for path, blocks in wanted.items():
        for name, items in blocks.items():
            try:
                texts[path] = texts[path] if path in texts else _read(path)
                rewrite(texts[path], items, Path(path).suffix)
            except Refused as error:
                done.refused[name] = str(error)
    for path in sorted(texts):
        blocks = {name: items for name, items in wanted[path].items() if name not in done.refused}
        new = rewrite(texts[path], {item for items in blocks.values() for item in items}, Path(path).suffix)
        done.blocks.update(blocks)
        if new != texts[path]:
            done.files[Path(path)] = new.encode("utf-8")
            done.diff += _diff(path, texts[path], new)
    return done


def _read(path: str) -> str:
    """The text of a file, its line endings untouched.

    :raises Refused: for what is no text file.
    """
    try:
        return Path(path).read_bytes().decode("utf-8")
    except OSError as error:
        raise Refused(f"{path} can't be read ({error.strerror}), so nothing in it is rewritten") from None
    except UnicodeDecodeError:
        raise Refused(f"{path} is not UTF-8, so nothing in it is rewritten") from None


def _diff(path: str, old: str, new: str) -> str:
    """A unified diff of one file; line endings are not shown."""
    parts = difflib.unified_diff(old.splitlines(), new.splitlines(), path, path, lineterm="")
    return "".join(f"{line}\n" for line in parts)


def message(done: Accepted) -> str:
    """What is to be said at the end of a run."""
    if not done.blocks:
        return "accepted nothing"
    blocks = f"{len(done.blocks)} block{'' if len(done.blocks) == 1 else 's'}"
    return f"accepted the output of {blocks}: read the diff above, and run again without ACCEPT"


def remaining(documents: Iterable[Mapping[str, Any]], accepted: Collection[str]) -> list[dict[str, Any]]:
    """The results in which the blocks of *accepted* no longer fail."""

    def result(before: Mapping[str, Any]) -> dict[str, Any]:
        if before["id"] not in accepted or before["outcome"] != "failed":
            return dict(before)
        return {**before, "outcome": "accepted", "failures": 0}

    left = [{**document, "results": [result(before) for before in document["results"]]} for document in documents]
    for document in left:
        failed = any(after["outcome"] == "failed" for after in document["results"])
        document["passed"] = not document["problem"] and not failed
    return left


def write(files: Mapping[Path, bytes]) -> None:
    """Write *files*, each as a whole or not at all.

    :raises OSError: when a file can't be written; it keeps its old content, as do those after it.
    """
    for path, content in files.items():
        target = path.resolve()
        descriptor, fresh = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            shutil.copymode(target, fresh)
            os.replace(fresh, target)
        except OSError as error:
            with suppress(OSError):
                os.unlink(fresh)
            raise OSError(error.errno, error.strerror, str(path)) from None
