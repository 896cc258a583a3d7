"""The plan: what to run, as data that any interpreter can read.

*Collect* writes it, *run* reads it; neither needs the other's libraries.  Standard library only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

SCHEMA = 1
"""Raised by one whenever an older reader would misunderstand a newer plan."""

TESTS = ("doctest", "testcode", "program")
"""The kinds of blocks that check something."""

KINDS = ("testsetup", "testcleanup", *TESTS)
CLOCKS = ("real", "virtual")


class PlanError(ValueError):
    """A plan that can't be run; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a ``testcode`` or ``program`` is expected to print on *stream*, ``stdout`` or ``stderr``.

    *flags* are names of doctest's option flags, with whether each is on.  *skip*, *skipif*, *requires* and
    *build* are as for a :class:`Block`.  *path* is the file that *line* counts in, if it is not the block's.
    """

    line: int
    text: str
    flags: dict[str, bool] = field(default_factory=dict)
    stream: str = "stdout"
    skip: str | None = None
    skipif: str | None = None
    requires: str | None = None
    build: str | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """How a ``program`` block runs a file, in a process of its own.

    *path* is that of the file, from the first entry of :attr:`Plan.path` or absolute; *args* are the arguments
    behind it.  *signal* is the name of a signal that is sent once, when the program has printed its first line
    on stdout, or a line that holds *signal_after* on either stream.  *exit_code* is the expected one, as a
    shell shows it: 128 + N for a death by signal N.
    """

    path: str
    args: tuple[str, ...] = ()
    signal: str | None = None
    signal_after: str | None = None
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """One directive: its *kind*, where it stands, and its text as written.

    *line* is that of the first line of *source* in *path*, which may be a file included by the page.

    Conditions: *pyversion* is a version specifier, and *skip* the reason why the block does not run under the
    interpreter that the plan is for; *skipif* is an
    expression, *requires* a module that must be there, *build* ``gil`` or ``free-threaded``.

    *expect* is how it is meant to end (``hang``, ``leak KIND``, ``exit N`` or ``signal NAME``), *limit* how
    many seconds it may take.

    *clock*, on the first block of a group, is that of its group.  With *record*, the result has what its tasks
    and threads did, see :class:`recording.Recorder`.

    A ``program`` has the path of its file for *source*, the directive's line for *line*, and a *program*.
    *problem* says what is wrong with the block as it is written; it fails without being run.
    """

    path: str
    line: int
    kind: str
    source: str
    flags: dict[str, bool] = field(default_factory=dict)
    pyversion: str | None = None
    skip: str | None = None
    skipif: str | None = None
    requires: str | None = None
    build: str | None = None
    expect: str | None = None
    limit: float | None = None
    outputs: tuple[Output, ...] = ()
    program: Program | None = None
    record: bool = False
    clock: str | None = None
    problem: str = ""

    @property
    def ends_group(self) -> bool:
        """Whether nothing of its group can run after it."""
        return bool(self.expect) and not str(self.expect).startswith("leak")

    @property
    def id(self) -> str:
        """How reports name the block: an editor can jump there."""
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks that share one namespace, in the order of the page; *clock* overrides that of the page."""

    name: str
    blocks: tuple[Block, ...]
    clock: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One page: it runs in one process, within *limit* seconds, on one *clock*.

    *files* are paths of project files that it names as its own; *front_matter* is the page's, as text.
    """

    name: str
    path: str
    groups: tuple[Group, ...]
    clock: str = "real"
    limit: float = 10.0
    front_matter: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All documents, and what holds for every one of them.

    *flags* is the sum of doctest's option flags; *path* is put in front of ``sys.path``; *strict* makes
    leaks and empty blocks failures, and ``__name__`` ``"__main__"``.  *problems* are what nothing would run,
    *not_run* what says of itself that it is not run, and why; each begins with its place.
    """

    documents: tuple[Document, ...]
    path: tuple[str, ...] = ()
    flags: int = 0
    global_setup: str = ""
    global_cleanup: str = ""
    fail_fast: bool = False
    strict: bool = False
    problems: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()
    schema: int = SCHEMA


_NESTED: dict[str, type] = {"documents": Document, "groups": Group, "blocks": Block, "outputs": Output}


def to_json(value: Any) -> Any:
    """Turn a plan, or a part of one, into what :mod:`json` can write."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_json(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    return value


def _from_json(kind: type, value: Any) -> Any:
    if not isinstance(value, dict):
        raise PlanError(f"expected an object for a {kind.__name__}, got {type(value).__name__}")
    known = {item.name for item in fields(kind)}
    if unknown := set(value) - known:
        raise PlanError(f"unknown key {min(unknown)!r} in a {kind.__name__}")
    arguments = {}
    for name, part in value.items():
        if name in _NESTED and not isinstance(part, list):
            raise PlanError(f"{name!r} in a {kind.__name__} is no list")
        if isinstance(part, list):
            inner = _NESTED.get(name)
            part = tuple(_from_json(inner, item) if inner else item for item in part)
        elif name == "program" and part is not None:
            part = _from_json(Program, part)
        arguments[name] = part
    try:
        return kind(**arguments)
    except TypeError as error:
        raise PlanError(f"a {kind.__name__} is incomplete: {error}") from None


def write(plan: Plan, path: Path) -> None:
    """Write *plan* to the file *path*."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(to_json(plan), indent=1, ensure_ascii=False), "utf-8")


def read(path: Path) -> Plan:
    """Read a plan back.

    :raises PlanError: when the file is missing, no JSON, of another schema, or incomplete.
    """
    try:
        value = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise PlanError(f"{path}: {error.strerror}; build the plan first") from None
    except ValueError as error:
        raise PlanError(f"{path}: no plan: {error}") from None
    schema = value.get("schema") if isinstance(value, dict) else None
    if schema != SCHEMA:
        raise PlanError(f"{path}: schema {schema!r}, this runner reads {SCHEMA}; build the plan again")
    try:
        plan: Plan = _from_json(Plan, value)
    except PlanError as error:
        raise PlanError(f"{path}: {error}") from None
    for document in plan.documents:
        if document.clock not in CLOCKS:
            raise PlanError(f"{path}: {document.path}: clock {document.clock!r} is none of {', '.join(CLOCKS)}")
        for group in document.groups:
            if group.clock not in {None, *CLOCKS}:
                raise PlanError(f"{path}: {document.path}: clock {group.clock!r} is none of {', '.join(CLOCKS)}")
            for block in group.blocks:
                if block.kind not in KINDS:
                    raise PlanError(f"{path}: {block.id}: kind {block.kind!r} is none of {', '.join(KINDS)}")
                if block.kind == "program" and not (block.program or block.problem):
                    raise PlanError(f"{path}: {block.id}: a program without 'program', which says what to run")
    return plan
