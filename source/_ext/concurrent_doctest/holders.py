"""Who waits for which lock, and who holds it, as far as stacks and sources show it.

CPython records the owner of an ``RLock`` only.  Of any other lock a ``with`` statement tells: whoever stands in
its body holds the lock, whoever stands at its head waits for it.  Nothing is called that a page could have
written, because that might wait, too.

Standard library only.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

# The standard library, and what is installed.
_NOT_OWN = re.compile(rf"{re.escape(os.path.join(os.path.dirname(os.__file__), ''))}|.*[/\\](site|dist)-packages[/\\]")
_OWNER = re.compile(r"owner=(\d+)")
_MISSING = object()
_sources: dict[str, list[tuple[int, str]]] = {}


def remember(path: str, first: int, source: str) -> None:
    """Note that *source* stands at line *first* of *path*: a page is no module that could be read as a whole."""
    _sources.setdefault(path, []).append((first, source))


@dataclass(frozen=True, slots=True)
class _Place:
    lock: Any
    text: str
    where: str


def waiting_for_locks(actors: Mapping[str, Iterable[FrameType]], owners: Mapping[int, str]) -> dict[str, str]:
    """For each of *actors* that waits for a lock: the lock as the source calls it, and who holds it since where.

    An actor is a thread or a task, with its frames from the innermost on; *owners* are the names of threads by
    their identifiers.
    """
    wanted: dict[str, _Place] = {}
    held: list[tuple[str, _Place]] = []
    for actor, frames in actors.items():
        inner = True
        for frame in frames:
            if not is_own(frame):
                continue
            if inner and (place := _waits_for(frame)):
                wanted[actor] = place
            inner = False
            held += [(actor, place) for place in _holds(frame)]
    found = {}
    for actor, place in wanted.items():
        by = [
            f"{'itself' if other == actor else other} since {at.where}" for other, at in held if at.lock is place.lock
        ]
        owner = _OWNER.search(repr(place.lock)) if type(place.lock).__module__ in {"_thread", "threading"} else None
        if not by and owner and int(owner[1]) in owners:
            by = [owners[int(owner[1])]]
        found[actor] = f"{place.text}, held by {' and '.join(by)}" if by else f"{place.text}, whose holder is not seen"
    return found


def is_own(frame: FrameType) -> bool:
    """Whether *frame* runs code of a page or of its project, and none of a library."""
    return not _NOT_OWN.match(frame.f_code.co_filename)


def frames_from(frame: FrameType | None) -> Iterator[FrameType]:
    """*frame* and its callers."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def await_chain(task: asyncio.Task[Any]) -> Iterator[FrameType]:
    """The frames of a task from its coroutine down to the one that waits."""
    awaited: Any = task.get_coro()
    while awaited is not None:
        kind = next((kind for kind in ("cr", "gi", "ag") if hasattr(awaited, f"{kind}_frame")), None)
        if kind is None:
            return
        frame = getattr(awaited, f"{kind}_frame")
        if frame is not None:
            yield frame
        awaited = getattr(awaited, f"{kind}_yieldfrom" if kind == "gi" else f"{kind}_await", None)


def _statements(frame: FrameType) -> tuple[ast.AST, ...]:
    """The statements and calls around *frame* that may take a lock."""
    path, line = frame.f_code.co_filename, frame.f_lineno
    chunks = _sources.get(path) or [(1, "".join(linecache.getlines(path)))]
    for first, source in reversed(chunks):
        if first <= line < first + source.count("\n") + 1 and (found := _taking(source, first)) is not None:
            return found
    return ()


@cache  # many frames stand in the same file, and on a busy machine the answer must be there in time
def _taking(source: str, first: int) -> tuple[ast.AST, ...] | None:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    ast.increment_lineno(tree, first - 1)
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.With | ast.AsyncWith | ast.Call))


def _waits_for(frame: FrameType) -> _Place | None:
    line = frame.f_lineno
    for node in _statements(frame):
        expression: ast.expr | None = None
        if isinstance(node, ast.With | ast.AsyncWith):
            heads = [item.context_expr for item in node.items]
            expression = next((head for head in heads if head.lineno <= line <= (head.end_lineno or 0)), None)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "acquire":
            expression = node.func.value if node.lineno <= line <= (node.end_lineno or 0) else None
        if expression is not None and (place := _lock(expression, frame)):
            return place
    return None


def _holds(frame: FrameType) -> Iterator[_Place]:
    for node in _statements(frame):
        if isinstance(node, ast.With | ast.AsyncWith) and node.body[0].lineno <= frame.f_lineno <= (
            node.end_lineno or 0
        ):
            for item in node.items:
                if place := _lock(item.context_expr, frame):
                    yield place


def _lock(expression: ast.expr, frame: FrameType) -> _Place | None:
    value = _value(expression, frame)
    kind = type(value)
    if value is _MISSING or not (hasattr(kind, "acquire") and hasattr(kind, "release")):
        return None
    return _Place(value, ast.unparse(expression), f"{frame.f_code.co_filename}:{expression.lineno}")


def _value(expression: ast.expr, frame: FrameType) -> Any:
    """The object that a name, an attribute or an item with a plain index stands for, without running any code."""
    match expression:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return frame.f_locals.get(name, frame.f_globals.get(name, _MISSING))
        case ast.Attribute(value=inner, attr=name):
            owner = _value(inner, frame)
            found = _MISSING if owner is _MISSING else inspect.getattr_static(owner, name, _MISSING)
            return found.__get__(owner) if inspect.ismemberdescriptor(found) else found
        case ast.Subscript(value=inner, slice=index):
            owner, key = _value(inner, frame), _value(index, frame)
            if type(owner) in {list, tuple, dict} and type(key) in {int, str}:
                try:
                    return owner[key]
                except (LookupError, TypeError):
                    return _MISSING
    return _MISSING
