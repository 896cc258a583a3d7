"""Which documented names a piece of Python mentions, and where: found by reading the code, never by running it.

Imports, assignments, parameters and ``with … as`` are followed far enough to know that ``queue.put`` is
``asyncio.Queue.put`` after ``queue = asyncio.Queue()``.  What can't be known is left out: a wrong link is worse than
none.  Nothing here knows of Sphinx.
"""

from __future__ import annotations

import ast
import builtins
import doctest
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

CLASSES = frozenset({"class", "exception"})

EVERYDAY = frozenset(
    {"bool", "bytes", "dict", "enumerate", "float", "getattr", "hasattr", "int", "isinstance", "len", "list", "map"}
    | {"max", "min", "next", "object", "print", "range", "repr", "reversed", "round", "set", "sorted", "str", "sum"}
    | {"super", "tuple", "type", "zip"}
)
"""Builtins that any reader knows: half of all links would lead to them."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The characters from *start* to before *end* of a shown text mean what is documented as *name*."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Names:
    """What is documented: the *kinds* of names, and what can't be read off them (all values are annotations).

    *bases* has the documented base of a class, *returns* what calling a name gives, *attributes* what is behind an
    attribute, and *enters* what ``with`` binds where that isn't the object itself; *classes* have documented methods
    and no entry of their own, and *aliases* are documented under another name.
    """

    kinds: Mapping[str, str]
    bases: Mapping[str, str] = field(default_factory=dict)
    returns: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    enters: Mapping[str, str] = field(default_factory=dict)
    classes: Collection[str] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)

    def is_class(self, name: str) -> bool:
        """Whether *name* is documented as a class or an exception."""
        return self.kinds.get(name) in CLASSES or name in self.classes

    def ancestry(self, name: str) -> Iterator[str]:
        """*name* and the bases above it, nearest first."""
        seen: set[str] = set()
        while name and name not in seen:
            yield name
            seen.add(name)
            above = "BaseException" if self.kinds.get(name) == "exception" and name != "BaseException" else ""
            name = self.bases.get(name, above)

    def member(self, owner: str, attribute: str) -> str:
        """The documented name of *attribute* of the class *owner*; "" if there is none."""
        found = (f"{name}.{attribute}" for name in self.ancestry(owner))
        return next((name for name in found if name in self.kinds), "")


# -- Code, and where each line of it stands in what is shown --------------------------------------


@dataclass(frozen=True, slots=True)
class Code:
    """Python and where it is shown: column 0 of line *i* of *trees* stands at ``starts[i - 1]`` of *shown*.

    A line that isn't shown has ``None``.
    """

    trees: tuple[ast.Module, ...]
    lines: tuple[str, ...]
    starts: tuple[int | None, ...]
    shown: str


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts[:-1]


def _parse(text: str) -> tuple[ast.Module, ...]:
    try:
        return (ast.parse(text),)
    except (SyntaxError, ValueError):  # of a newer Python, or shown because it is wrong
        return ()


def plain(text: str) -> Code:
    """*text* is a module."""
    return Code(_parse(text), tuple(text.split("\n")), tuple(_line_starts(text)), text)


def prompts(text: str) -> Code:
    """*text* is a session at the prompt, with its outputs."""
    starts: list[int | None] = list(_line_starts(text))
    lines = text.split("\n")
    trees: list[ast.Module] = []
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError:
        examples = []
    for example in examples:
        for tree in _parse(example.source):
            ast.increment_lineno(tree, example.lineno)
            trees.append(tree)
        for number in range(example.lineno, example.lineno + example.source.count("\n")):
            begin = starts[number]
            assert begin is not None
            starts[number] = begin + example.indent + 4
            lines[number] = lines[number][example.indent + 4 :]
    return Code(tuple(trees), tuple(lines), tuple(starts), text)


def part_of_file(shown: str, whole: str) -> Code:
    """*shown* are lines of the file *whole*, moved to the left maybe; only what is shown can be pointed at."""
    wanted = [(number, line) for number, line in enumerate(shown.split("\n")) if line.strip()]
    lines = whole.split("\n")
    # Markers of regions are left out of what is shown.
    there = [
        (number, line)
        for number, line in enumerate(lines)
        if line.strip() and not re.match(r"\s*#\s*(end)?region\b", line)
    ]
    stripped = [line.strip() for _, line in wanted]
    for first in range(len(there) - len(wanted) + 1):
        if [line.strip() for _, line in there[first : first + len(wanted)]] == stripped:
            break
    else:
        return plain(shown)
    starts: list[int | None] = [None] * len(lines)
    begins = _line_starts(shown)
    for (number, line), (at, seen) in zip(there[first : first + len(wanted)], wanted, strict=True):
        starts[number] = begins[at] - (len(line) - len(line.lstrip())) + (len(seen) - len(seen.lstrip()))
    return Code(_parse(whole), tuple(lines), tuple(starts), shown)


# -- What an expression stands for: None is "unknown" ---------------------------------------------


@dataclass(frozen=True, slots=True)
class Path:
    """The object that has this qualified name: a module, a class, a function."""

    name: str


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of the documented class of this name."""

    of: str


@dataclass(frozen=True, slots=True)
class Items:
    """Something with any number of this in it."""

    item: Value


@dataclass(frozen=True, slots=True)
class Several:
    """A tuple of these."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Called:
    """A function of the shown code, by what it returns; *node* is its definition, if it was seen."""

    returns: Value
    waits: bool = False
    node: FunctionNode | None = None
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """A coroutine, by what awaiting it gives."""

    result: Value


@dataclass(eq=False, slots=True)
class Own:
    """A class of the shown code, with its documented bases or own ones, and its attributes."""

    bases: list[Value]
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OwnInstance:
    """An object of a class of the shown code."""

    of: Own


FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Value = Path | Instance | Items | Several | Called | Pending | Own | OwnInstance | None

COLLECTIONS = frozenset(
    {"list", "set", "frozenset", "tuple", "collections.deque", "typing.Iterable", "typing.List"}
    | {f"collections.abc.{name}" for name in ("Iterable", "Iterator", "Sequence", "Collection", "AsyncIterator")}
)
FUTURES = frozenset({"asyncio.Future", "asyncio.Task"})
NOTHING: Mapping[str, Value] = MappingProxyType({})
ROUNDS = 3
"""How often a block is read: what a call gives to a function is known to its body in the next round."""


@dataclass(eq=False, slots=True)
class Scope:
    """The names of a module, a function or a class."""

    above: Scope | None = None
    is_class: bool = False
    names: dict[str, Value] = field(default_factory=dict)
    elsewhere: dict[str, Scope] = field(default_factory=dict)

    def find(self, name: str) -> Value:
        """What *name* stands for here."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                return scope.names[name]
            scope = scope.above
        return Path(name) if hasattr(builtins, name) else None

    def bind(self, name: str, value: Value) -> None:
        """Let *name* stand for *value*."""
        self.elsewhere.get(name, self).names[name] = value


def _bound(body: Iterable[ast.AST]) -> Iterator[str]:
    """The names that statements bind in their own scope."""
    for node in body:
        if isinstance(node, FunctionNode | ast.ClassDef):
            yield node.name
            continue
        if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest
        yield from _bound(ast.iter_child_nodes(node))


class Reader:
    """Reads blocks of one namespace in their order, and notes what they mention."""

    def __init__(self, names: Names, scope: Scope | None = None) -> None:
        self.names = names
        self.module = scope or Scope()
        self.scope = self.module
        self.found: dict[tuple[int, int], str] = {}
        self.later: list[Callable[[], None]] = []
        self.code: Code | None = None
        # What the parameters of each function are given where it is called: as known, and as found while reading.
        self.given: dict[FunctionNode, dict[str, Value]] = {}
        self.giving: dict[FunctionNode, dict[str, Value]] = {}

    def read(self, code: Code) -> list[Reference]:
        """What *code* mentions, in its order; its names stay known to the blocks that follow."""
        self.code, self.given = code, {}
        before = dict(self.module.names)
        for _ in range(ROUNDS):
            self.module.names = dict(before)
            self.found, self.later, self.giving = {}, [], {}
            for tree in code.trees:
                self._all(tree.body)
            # Functions run when the module is complete, in the order in which they stand.
            while self.later:
                self.later.pop(0)()
            for values in self.giving.values():
                for name in [name for name, value in values.items() if value is None]:
                    del values[name]
            self.giving = {node: values for node, values in self.giving.items() if values}
            if self.giving == self.given:
                break
            self.given = self.giving
        return [Reference(start, end, name) for (start, end), name in sorted(self.found.items())]

    # -- places

    def _at(self, line: int, column: int) -> int | None:
        """The character of the shown text at byte *column* of *line*."""
        assert self.code is not None
        start = self.code.starts[line - 1]
        if start is None:
            return None
        return start + len(self.code.lines[line - 1].encode()[:column].decode(errors="replace"))

    def _note(self, line: int, column: int, text: str, name: str) -> bool:
        """Note that *text*, at byte *column* of *line*, means *name*, if it does stand there."""
        start = self._at(line, column)
        assert self.code is not None
        if start is None or start < 0 or self.code.shown[start : start + len(text)] != text:
            return False
        self.found[start, start + len(text)] = name
        return True

    def _documented(self, name: str) -> bool:
        return name in self.names.kinds

    def _named(self, name: str) -> str:
        return self.names.aliases.get(name, name)

    # -- statements

    def _all(self, body: Iterable[ast.AST]) -> None:
        for node in body:
            self._statement(node)

    def _statement(self, node: ast.AST) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.scope.bind(node.name, self._function(node, None))
            case ast.ClassDef():
                self._class(node)
            case ast.Assign():
                value = self._value(node.value)
                for target in node.targets:
                    self._bind(target, value)
            case ast.AnnAssign():
                value = self._annotation(node.annotation)
                given = self._value(node.value) if node.value else None
                self._bind(node.target, value or given)
            case ast.For() | ast.AsyncFor():
                self._bind(node.target, _item(self._value(node.iter)))
                self._all([*node.body, *node.orelse])
            case ast.With() | ast.AsyncWith():
                for each in node.items:
                    value = self._entered(self._value(each.context_expr))
                    if each.optional_vars is not None:
                        self._bind(each.optional_vars, value)
                self._all(node.body)
            case ast.Try() | ast.TryStar():
                self._all(node.body)
                for handler in node.handlers:
                    self._handler(handler, group=isinstance(node, ast.TryStar))
                self._all([*node.orelse, *node.finalbody])
            case ast.Global() | ast.Nonlocal():
                pass
            case ast.MatchAs() | ast.MatchStar():
                if node.name:
                    self.scope.bind(node.name, None)
                self._all(ast.iter_child_nodes(node))
            case ast.expr():
                self._value(node)
            case _:
                self._all(ast.iter_child_nodes(node))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        module = ""
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                for alias in node.names:
                    self.scope.bind(alias.asname or alias.name, None)
                return
            if self._documented(module):
                self._note(node.lineno, node.col_offset + len("from "), module, module)
        for alias in node.names:
            name = self._named(f"{module}.{alias.name}" if module else alias.name)
            if alias.name == "*":
                continue
            if self._documented(name):
                self._note(alias.lineno, alias.col_offset, alias.name, name)
            if module or alias.asname:
                self.scope.bind(alias.asname or alias.name, Path(name))
            else:
                first = alias.name.partition(".")[0]
                self.scope.bind(first, Path(first))

    def _function(self, node: FunctionNode, owner: Own | None) -> Value:
        decorators = [self._value(decorator) for decorator in node.decorator_list]
        returns = self._annotation(node.returns) if node.returns else None
        inner = Scope(self.scope)
        kinds = {value.name for value in decorators if isinstance(value, Path)}
        own = OwnInstance(owner) if owner is not None and "staticmethod" not in kinds else None
        if "classmethod" in kinds:
            own = None
        self._parameters(node.args, inner, own, self.given.get(node, {}))
        self._prepare(node.body, inner)
        self.later.append(lambda: self._within(inner, node.body))
        if "property" in kinds:
            return returns
        if decorators:  # which may hand out anything
            return None
        names = [parameter.arg for parameter in (*node.args.posonlyargs, *node.args.args)]
        if owner is not None and "staticmethod" not in kinds:
            names = names[1:]
        return Called(returns, isinstance(node, ast.AsyncFunctionDef), node, tuple(names))

    def _parameters(
        self,
        arguments: ast.arguments,
        inner: Scope,
        own: Value,
        called_with: Mapping[str, Value] = NOTHING,
    ) -> None:
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults: dict[str, Value] = {}
        for parameter, default in zip(reversed(positional), reversed(arguments.defaults), strict=False):
            defaults[parameter.arg] = self._value(default)
        for parameter, given in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            defaults[parameter.arg] = self._value(given) if given else None
        for index, parameter in enumerate([*positional, *arguments.kwonlyargs]):
            value = self._annotation(parameter.annotation) if parameter.annotation else defaults.get(parameter.arg)
            if value is None:
                value = own if own is not None and index == 0 else called_with.get(parameter.arg)
            inner.names[parameter.arg] = value
        for rest in (arguments.vararg, arguments.kwarg):
            if rest is not None:
                value = self._annotation(rest.annotation) if rest.annotation else None
                inner.names[rest.arg] = Items(value) if rest is arguments.vararg else None

    def _prepare(self, body: list[ast.stmt], inner: Scope) -> None:
        """What a function binds anywhere hides, in all of it, what the scopes above have."""
        for node in body:
            for each in ast.walk(node):
                if isinstance(each, ast.Global):
                    inner.elsewhere |= dict.fromkeys(each.names, self.module)
                elif isinstance(each, ast.Nonlocal):
                    for name in each.names:
                        scope = inner.above
                        while scope is not None and (name not in scope.names or scope.is_class):
                            scope = scope.above
                        inner.elsewhere[name] = scope or self.module
        for name in _bound(body):
            if name not in inner.elsewhere:
                inner.names.setdefault(name, None)

    def _within(self, scope: Scope, body: Iterable[ast.AST]) -> None:
        before, self.scope = self.scope, scope
        waiting, self.later = self.later, []
        try:
            self._all(body)
            while self.later:
                self.later.pop(0)()
        finally:
            self.scope, self.later = before, waiting

    def _class(self, node: ast.ClassDef) -> None:
        self._all(node.decorator_list)
        own = Own([self._value(base) for base in node.bases])
        for keyword in node.keywords:
            self._value(keyword.value)
        self.scope.bind(node.name, own)
        inner, outer = Scope(self.scope, is_class=True), self.scope
        self.scope = inner
        for each in node.body:
            if isinstance(each, FunctionNode):
                # Looks up its names above the class.
                inner.names[each.name] = self._function(each, own)
            else:
                self._statement(each)
        self.scope = outer
        own.attributes |= {name: value for name, value in inner.names.items() if name not in own.attributes}

    def _handler(self, handler: ast.ExceptHandler, *, group: bool) -> None:
        value = self._value(handler.type) if handler.type is not None else None
        if handler.name:
            caught: Value = None
            if group:
                caught = Instance("ExceptionGroup")
            elif isinstance(value, Path) and self.names.is_class(value.name):
                caught = Instance(value.name)
            elif isinstance(value, Own):
                caught = OwnInstance(value)
            elif isinstance(handler.type, ast.Tuple):
                caught = Instance("BaseException")
            self.scope.bind(handler.name, caught)
        self._all(handler.body)

    def _entered(self, value: Value) -> Value:
        if isinstance(value, Instance):
            for name in self.names.ancestry(value.of):
                if name in self.names.enters:
                    return self._typed(self.names.enters[name])
        return value if isinstance(value, Instance | OwnInstance) else None

    def _bind(self, target: ast.expr, value: Value) -> None:
        match target:
            case ast.Name():
                self.scope.bind(target.id, value)
            case ast.Tuple() | ast.List():
                items = value.items if isinstance(value, Several) else ()
                for index, each in enumerate(target.elts):
                    if len(items) == len(target.elts):
                        self._bind(each, items[index])
                    else:
                        self._bind(each, value.item if isinstance(value, Items) else None)
            case ast.Starred():
                self._bind(target.value, None)
            case ast.Attribute():
                owner = self._value(target.value)
                if isinstance(owner, OwnInstance):
                    owner.of.attributes.setdefault(target.attr, value)
                else:
                    self._value(target)
            case _:
                self._value(target)

    # -- expressions

    def _value(self, node: ast.AST | None) -> Value:
        """What *node* stands for; each name in it is noted."""
        match node:
            case ast.Name():
                value = self.scope.find(node.id)
                if isinstance(value, Path) and self._documented(value.name) and value.name not in EVERYDAY:
                    self._note(node.lineno, node.col_offset, node.id, value.name)
                return value
            case ast.Attribute():
                return self._attribute(node)
            case ast.Call():
                return self._call(node)
            case ast.Await():
                value = self._value(node.value)
                if isinstance(value, Pending):
                    return value.result
                awaits_result = isinstance(value, Instance) and FUTURES.intersection(self.names.ancestry(value.of))
                return None if awaits_result else value
            case ast.NamedExpr():
                value = self._value(node.value)
                self._bind(node.target, value)
                return value
            case ast.IfExp():
                self._value(node.test)
                first, second = self._value(node.body), self._value(node.orelse)
                return first or second
            case ast.BoolOp():
                values = [self._value(each) for each in node.values]
                return next((value for value in values if value is not None), None)
            case ast.Subscript():
                value = self._value(node.value)
                self._value(node.slice)
                if isinstance(value, Items) and not isinstance(node.slice, ast.Slice):
                    return value.item
                # `asyncio.Queue[int]` is the class still.
                return value if isinstance(value, Items | Path | Own) else None
            case ast.List() | ast.Set() | ast.Tuple():
                items = [self._value(each) for each in node.elts]
                if isinstance(node, ast.Tuple):
                    return Several(tuple(items))
                return Items(items[0]) if items and all(item == items[0] for item in items) else None
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node)
            case ast.Lambda():
                inner = Scope(self.scope)
                self._parameters(node.args, inner, None)
                self._within(inner, [node.body])
                return None
            case None:
                return None
            case _:
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self._value(child)
                    else:
                        self._statement(child)
                return None

    def _attribute(self, node: ast.Attribute) -> Value:
        owner = self._value(node.value)
        line, column = node.end_lineno or node.lineno, (node.end_col_offset or 0) - len(node.attr.encode())
        match owner:
            case Path():
                name = self._named(f"{owner.name}.{node.attr}")
                if self.names.is_class(owner.name):
                    name = self.names.member(owner.name, node.attr) or name
                if self._documented(name):
                    text = _dotted(node)
                    if not (text and self._note(node.lineno, node.col_offset, text, name)):
                        self._note(line, column, node.attr, name)
                    elif (start := self._at(node.lineno, node.col_offset)) is not None:
                        # One link for the whole of `asyncio.TaskGroup`.
                        inner = _dotted(node.value)
                        self.found.pop((start, start + len(inner)), None)
                return Path(name)
            case Instance():
                name = self.names.member(owner.of, node.attr)
                if not name:
                    return None
                self._note(line, column, node.attr, name)
                behind = self.names.attributes.get(name)
                return self._typed(behind) if behind else Path(name)
            case OwnInstance() | Own():
                return self._own(owner.of if isinstance(owner, OwnInstance) else owner, node, line, column)
            case Items():
                return Called(owner.item) if node.attr in {"pop", "popleft"} else None
            case _:
                return None

    def _own(self, own: Own, node: ast.Attribute, line: int, column: int) -> Value:
        """An attribute of a class of the shown code: its own, or one that it inherits."""
        seen: list[Own] = []
        waiting: list[Value] = [own]
        while waiting:
            each = waiting.pop(0)
            if isinstance(each, Own) and each not in seen:
                if node.attr in each.attributes:
                    return each.attributes[node.attr]
                seen.append(each)
                waiting += each.bases
            elif isinstance(each, Path):
                name = self.names.member(each.name, node.attr)
                if name:
                    self._note(line, column, node.attr, name)
                    return Path(name)
        return None

    def _call(self, node: ast.Call) -> Value:
        called = self._value(node.func)
        given = [self._value(argument) for argument in node.args]
        named = {keyword.arg: self._value(keyword.value) for keyword in node.keywords}
        starred = (index for index, argument in enumerate(node.args) if isinstance(argument, ast.Starred))
        self._pass(called, given[: next(starred, len(given))], named)
        match called:
            case Path():
                if called.name in self.names.returns:
                    return self._typed(self.names.returns[called.name])
                if called.name in COLLECTIONS and len(given) == 1:
                    return given[0] if isinstance(given[0], Items) else None
                if self.names.is_class(called.name) and (
                    "." in called.name or self.names.kinds[called.name] != "class"
                ):
                    return Instance(called.name)
                return None
            case Own():
                return OwnInstance(called)
            case Called():
                return Pending(called.returns) if called.waits else called.returns
            case _:
                return None

    def _pass(self, called: Value, given: list[Value], named: Mapping[str | None, Value]) -> None:
        """Note what the parameters of an own function are given, called here or by what it is handed to."""
        if isinstance(called, Own):
            called = called.attributes.get("__init__")
        if isinstance(called, Called):
            if called.node is None:
                return
            known = self.giving.setdefault(called.node, {})
            for name, value in [*zip(called.parameters, given, strict=False), *named.items()]:
                certain = isinstance(value, Instance) or (isinstance(value, Items) and isinstance(value.item, Instance))
                if name is not None:
                    # What differs between two calls, or isn't known in one, isn't known at all.
                    known[name] = value if certain and known.get(name, value) == value else None
            return
        target, arguments = named.get("target"), named.get("args")
        if isinstance(target, Called) and isinstance(arguments, Several):
            self._pass(target, list(arguments.items), {})
        for index, value in enumerate(given):
            if isinstance(value, Called) and value.node is not None:  # as pool.submit(price, rates) does
                single: list[Value] = [each for each in given[index + 1 :] if not isinstance(each, Items)]
                if len(single) == len(given) - index - 1:
                    self._pass(value, single, {})
                break

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        before = self.scope
        self.scope = Scope(before)
        try:
            for index, part in enumerate(node.generators):
                inner, self.scope = self.scope, before if index == 0 else self.scope
                value = self._value(part.iter)
                self.scope = inner
                self._bind(part.target, _item(value))
                for condition in part.ifs:
                    self._value(condition)
            if isinstance(node, ast.DictComp):
                self._value(node.key)
                self._value(node.value)
                return None
            return Items(self._value(node.elt))
        finally:
            self.scope = before

    # -- annotations

    def _annotation(self, node: ast.expr) -> Value:
        """What is annotated with *node*."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            trees = _parse(node.value)
            if len(trees) == 1 and len(trees[0].body) == 1 and isinstance(trees[0].body[0], ast.Expr):
                return self._silently(trees[0].body[0].value)
            return None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            first, second = self._annotation(node.left), self._annotation(node.right)
            return first or second
        if isinstance(node, ast.Subscript):
            base = self._value(node.value)
            inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            values = [self._annotation(each) for each in inside]
            if isinstance(base, Path) and base.name == "tuple" and not isinstance(inside[-1], ast.Constant):
                return Several(tuple(values))
            if isinstance(base, Path) and base.name in COLLECTIONS:
                return Items(values[0])
            return self._object(base)
        return self._object(self._value(node))

    def _object(self, of: Value) -> Value:
        if isinstance(of, Path) and self.names.kinds.get(of.name) == "module":
            return of  # a context of multiprocessing has what its module has
        if isinstance(of, Path) and self.names.is_class(of.name) and of.name not in EVERYDAY:
            return Instance(of.name)
        return OwnInstance(of) if isinstance(of, Own) else None

    def _silently(self, node: ast.expr) -> Value:
        found = dict(self.found)
        value = self._annotation(node)
        self.found = found
        return value

    def _typed(self, annotation: str) -> Value:
        """What is annotated with the text *annotation*, whose names are qualified."""
        if not annotation:
            return None
        reader = Reader(self.names)
        reader.code = Code((), (), (None,), "")
        for name in re.findall(r"[A-Za-z_]+", annotation):
            reader.module.names.setdefault(name, Path(name))
        return reader._annotation(ast.parse(annotation, mode="eval").body)


def _item(value: Value) -> Value:
    return value.item if isinstance(value, Items) else None


def _dotted(node: ast.expr) -> str:
    """``a.b.c`` as it is written; "" for anything but names and dots."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""
