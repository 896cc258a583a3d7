"""Which blocks run in a browser: those that need one thread, pure Python, and nothing of an operating system.

Read from the sources, because nothing is run while pages are built; a check then runs every block that this
lets through (``tests/site/test_run_here.py``).  Standard library only.
"""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from concurrent_doctest.plan import TESTS, Block, Group

DEEP = "RecursionError"
"""A block that has it, in code or output, is about a stack that ends at Python's limit; a browser's ends earlier."""

THREADS, PROCESSES, SUBINTERPRETERS = "threads", "processes", "subinterpreters"
SOCKETS, SIGNALS, SYSTEM = "sockets", "signals", "an operating system"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PURE = _words(
    """
    __future__ abc argparse array ast asyncio atexit base64 bisect builtins calendar cmath codecs collections
    contextlib contextvars copy csv dataclasses datetime decimal difflib dis doctest enum errno fnmatch fractions
    functools gc graphlib hashlib heapq hmac html importlib inspect io itertools json keyword linecache locale logging
    math numbers operator os pathlib pickle platform pprint queue random re reprlib secrets shutil sqlite3 stat
    statistics string struct sys sysconfig tempfile textwrap threading time timeit tokenize traceback types typing
    unittest uuid warnings weakref zipfile zlib
    """
)
"""Modules of the standard library that work in one thread of WebAssembly as they do elsewhere."""

ELSEWHERE = {
    "_interpreters": SUBINTERPRETERS,
    "_thread": THREADS,
    "asyncio.selector_events": SOCKETS,
    "asyncio.subprocess": PROCESSES,
    "asyncio.unix_events": SOCKETS,
    "cProfile": "a profiler",
    "concurrent.futures": THREADS,
    "concurrent.futures.process": PROCESSES,
    "concurrent.interpreters": SUBINTERPRETERS,
    "ctypes": SYSTEM,
    "faulthandler": SYSTEM,
    "fcntl": SYSTEM,
    "http": SOCKETS,
    "logging.config": THREADS,
    "mmap": SYSTEM,
    "multiprocessing": PROCESSES,
    "pstats": "a profiler",
    "resource": SYSTEM,
    "select": SOCKETS,
    "selectors": SOCKETS,
    "signal": SIGNALS,
    "socket": SOCKETS,
    "socketserver": SOCKETS,
    "ssl": SOCKETS,
    "subprocess": PROCESSES,
    "tracemalloc": "the memory of a real interpreter",
    "urllib.request": SOCKETS,
    "xmlrpc": SOCKETS,
}
"""Modules that need what a browser has not."""

NAMES = (
    dict.fromkeys(
        _words("""
        QueueListener Thread ThreadPoolExecutor run_coroutine_threadsafe run_in_executor set_default_executor
        setprofile_all_threads settrace_all_threads start_new_thread to_thread
        """),
        THREADS,
    )
    | dict.fromkeys(
        _words("""
        Popen ProcessPoolExecutor create_subprocess_exec create_subprocess_shell subprocess_exec subprocess_shell
        """),
        PROCESSES,
    )
    | dict.fromkeys(
        _words("""
        ProactorEventLoop SelectorEventLoop add_reader add_writer connect_read_pipe connect_write_pipe
        create_connection create_datagram_endpoint create_server create_unix_connection create_unix_server getaddrinfo
        open_connection open_unix_connection sock_accept sock_connect sock_recv sock_sendall start_server
        start_unix_server
        """),
        SOCKETS,
    )
    | {"add_signal_handler": SIGNALS, "InterpreterPoolExecutor": SUBINTERPRETERS}
)
"""Names of functions, classes and methods that need what a browser has not, whatever they belong to."""

MEMBERS = {
    ("os", name): PROCESSES
    for name in _words("""
    _exit abort execl execle execlp execv execve execvp fork forkpty getpgid getppid kill killpg pipe popen posix_spawn
    register_at_fork sched_getaffinity sched_setaffinity setsid spawnl spawnv system wait waitid waitpid
    """)
} | {
    ("os", "link"): SYSTEM,
    ("os", "mkfifo"): SYSTEM,
    ("sys", "executable"): PROCESSES,
    ("time", "thread_time"): "a thread's clock",
    ("time", "thread_time_ns"): "a thread's clock",
}
"""The same of modules of which the rest works."""

ALONE = _words("Lock RLock _DummyThread active_count current_thread enumerate excepthook get_ident local main_thread")
"""What a single thread may use of :mod:`threading`."""


IMPORTING = _words("__import__ find_spec import_module")
"""Functions that take the name of a module as text."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a block runs in a browser: *needs* is what it lacks there, "" if nothing.

    *behind* is the earlier block that makes it so, "" for itself.  *silent* blocks do not run there either, and the
    page says why already.
    """

    needs: str = ""
    behind: str = ""
    silent: bool = False

    @property
    def runs(self) -> bool:
        return not self.needs and not self.silent


def parsed(block: Block) -> ast.Module | None:
    """The code of *block*, prompts as one module; None if this Python can't read it."""
    source = block.source
    try:
        if block.kind == "doctest":
            source = "".join(example.source for example in doctest.DocTestParser().get_examples(source))
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        tree = compile(source, block.id, "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    assert isinstance(tree, ast.Module)
    return tree


def needs(tree: ast.AST, root: Path) -> str:
    """What the code of *tree* needs that a browser has not; "" if nothing.

    Its modules are those of the standard library, and those below *root*, which count as if they stood in it.
    """
    found = _own_needs(tree, root, ())
    return found or next(filter(None, (of_file(file, root) for file in imported(tree, root))), "")


@cache
def of_file(file: Path, root: Path) -> str:
    """What *file* itself needs that a browser has not, without what it imports from below *root*."""
    tree = _tree(file)
    return _own_needs(tree, root, _package(file, root)) if tree else "another version of Python"


@cache
def imported_by(file: Path, root: Path) -> tuple[Path, ...]:
    """The files below *root* that *file* imports, directly or not."""
    return tuple(imported(_tree(file) or ast.Module([], []), root, _package(file, root)))


def imported(tree: ast.AST, root: Path, package: tuple[str, ...] = ()) -> list[Path]:
    """The files below *root* that the code of *tree* imports, directly or not; relative names start at *package*."""
    waiting, seen = [(tree, package)], set()
    while waiting:
        for module in _modules(*waiting.pop()):
            for file in _files(module, root):
                if file not in seen:
                    seen.add(file)
                    waiting.append((_tree(file) or ast.Module([], []), _package(file, root)))
    return sorted(seen)


@cache
def _tree(file: Path) -> ast.Module | None:
    try:
        return ast.parse(file.read_bytes())
    except SyntaxError:
        return None


def _package(file: Path, root: Path) -> tuple[str, ...]:
    return file.parent.relative_to(root).parts


def _start(node: ast.ImportFrom, package: tuple[str, ...]) -> str:
    """The module that *node* imports from, by its full name."""
    above = package[: len(package) - node.level + 1] if node.level else ()
    return ".".join([*above, *filter(None, [node.module])])


def _modules(tree: ast.AST, package: tuple[str, ...]) -> Iterator[str]:
    """The full names that the code of *tree* imports; some may be of no module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = _start(node, package)
            yield start
            yield from (f"{start}.{alias.name}" for alias in node.names)


def _own_needs(tree: ast.AST, root: Path, package: tuple[str, ...]) -> str:
    for node in ast.walk(tree):
        found = ""
        if isinstance(node, ast.Attribute):
            found = NAMES.get(node.attr, "")
            if isinstance(node.value, ast.Name) and not found:
                found = _of_member(node.value.id, node.attr)
        elif isinstance(node, ast.Import):
            found = next(filter(None, (_of_module(alias.name, root) for alias in node.names)), "")
        elif isinstance(node, ast.ImportFrom):
            found = _of_import(node, root, package)
        if found:
            return found
    return _by_text(tree)


def _by_text(tree: ast.AST) -> str:
    """What a module needs whose name is in a string, if the code of *tree* imports modules by such names."""
    named, texts = False, []
    for node in ast.walk(tree):
        named = named or getattr(node, "attr", getattr(node, "id", "")) in IMPORTING
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.append(node.value)
    return next((ELSEWHERE[text] for text in texts if text in ELSEWHERE), "") if named else ""


def _of_import(node: ast.ImportFrom, root: Path, package: tuple[str, ...]) -> str:
    module = _start(node, package)
    for alias in node.names:
        found = NAMES.get(alias.name) or ELSEWHERE.get(f"{module}.{alias.name}") or _of_member(module, alias.name)
        if found:
            return found
    return "" if module == "concurrent" else _of_module(module, root)


def _of_member(module: str, name: str) -> str:
    if module == "threading" and name not in ALONE:
        return THREADS
    return MEMBERS.get((module, name), "")


def _of_module(name: str, root: Path) -> str:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        if found := ELSEWHERE.get(".".join(parts[:length])):
            return found
    if parts[0] in PURE or _files(name, root):
        return ""
    return f"the package {parts[0]}"


@cache  # most names are asked for on hundreds of pages
def _files(name: str, root: Path) -> tuple[Path, ...]:
    """The files below *root* that importing *name* runs; none if it is no module of theirs."""
    found: list[Path] = []
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        path = root.joinpath(*parts[:length])
        file = next(filter(Path.is_file, (path / "__init__.py", path.with_suffix(".py"))), None)
        if file is None:
            return ()
        found.append(file)
    return tuple(found)


# -- groups ---------------------------------------------------------------------------------------------------


def bound(tree: ast.AST) -> set[str]:
    """The names that the code of *tree* gives a value to, outside of its functions and classes."""
    found: set[str] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        waiting += ast.iter_child_nodes(node)
    return found


def used(tree: ast.AST) -> set[str]:
    """The names whose values the code of *tree* takes from its module, or may take."""
    own = bound(tree)
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    targets = [node.target for node in ast.walk(tree) if isinstance(node, ast.AugAssign)]
    return (read - own) | {target.id for target in targets if isinstance(target, ast.Name)}


def judge(group: Group, root: Path) -> dict[str, Verdict]:
    """Whether each block of *group* runs in a browser, by its id.

    Earlier blocks run first; one that can't is left out, and with it what uses a name that it gave a value to.
    """
    verdicts: dict[str, Verdict] = {}
    last: dict[str, str] = {}
    """The block that last gave a name its value."""
    for block in _in_order(group.blocks):
        tree = None if block.kind == "program" else parsed(block)
        verdict = _alone(block, tree, root)
        if verdict.runs and tree:
            for name in sorted(used(tree) & set(last)):
                if not (before := verdicts[last[name]]).runs:
                    verdict = Verdict(before.needs, before.behind or last[name], before.silent)
                    break
        verdicts[block.id] = verdict
        # A block that is skipped, or a program in its own process, leaves nothing behind on any interpreter.
        if tree and not block.skip:
            last |= dict.fromkeys(bound(tree), block.id)
    return verdicts


def _in_order(blocks: Iterable[Block]) -> list[Block]:
    """Set-up first, clean-up last, as they run."""
    order = {"testsetup": 0, "testcleanup": 2}
    return sorted(blocks, key=lambda block: order.get(block.kind, 1))


def _alone(block: Block, tree: ast.Module | None, root: Path) -> Verdict:
    if block.skip or block.build == "free-threaded":
        return Verdict(silent=True)
    if block.kind == "program":
        return Verdict("a process of its own")
    if block.expect and block.expect.startswith("signal"):
        return Verdict(SIGNALS)
    if tree is None:
        return Verdict(silent=True)
    if any(DEEP in text for text in (block.source, *(output.text for output in block.outputs))):
        return Verdict("a deeper stack")
    if block.requires and (found := _of_module(block.requires, root)):
        return Verdict(found, silent=True)  # the page says above the block what it needs
    return Verdict(needs(tree, root))


def runnable(group: Group, verdicts: dict[str, Verdict]) -> Group | None:
    """What runs of *group*; None if no block of it does that checks something."""
    blocks = tuple(block for block in group.blocks if verdicts[block.id].runs)
    if not any(block.kind in TESTS for block in blocks):
        return None
    return Group(group.name, blocks, group.clock)
