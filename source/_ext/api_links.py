"""Link each name in shown Python to its documentation: the Python manual, or where this one shows an example.

:mod:`api_names` finds the names while pages are read; the links are put in while pages are written, so that an
incremental build has the same ones as a clean build.  sphinx-codeautolink was tried: it knows a name only by importing
it into the Python that builds, and so no method of a local variable, nothing newer than that Python, and none of the
packages that only the snippets have.
"""

from __future__ import annotations

import ast
import hashlib
import html
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.inventory import InventoryFile

import api_names

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata
    from sphinx.writers.html5 import HTML5Translator

FOUND = "api_references"
"""The attribute of a block that holds what it mentions, as (start, end, name)."""

LINKS = "api_links"
"""The attribute of a block that holds its links while its page is written, as (start, end, name, address, first)."""

Link = tuple[int, int, str, str, bool]

PYTHON = frozenset({"python", "python3", "py"})
PROMPTS = frozenset({"pycon", "pycon3"})


# -- What is documented where ---------------------------------------------------------------------


@cache
def documented(
    inventory: Path, types: Path, base: str, changed: tuple[float, float]
) -> tuple[api_names.Names, dict[str, str]]:
    """The names of *inventory* and what *types* says of them, and the address of each name below *base*."""
    kinds: dict[str, str] = {}
    addresses: dict[str, str] = {}
    for kind, entries in InventoryFile.loads(inventory.read_bytes(), uri=base).data.items():
        domain, _, role = kind.partition(":")
        if domain == "py":
            for name, entry in entries.items():
                kinds[name], addresses[name] = role, entry.uri
    return api_names.Names(kinds, **tomllib.loads(types.read_text("utf-8"))), addresses


def _documented(app_config: Config, srcdir: Path) -> tuple[api_names.Names, dict[str, str]]:
    inventory, types = (srcdir / name for name in app_config.api_links_files)
    changed = inventory.stat().st_mtime, types.stat().st_mtime
    return documented(inventory, types, app_config.api_links_base, changed)


# -- Links in highlighted code --------------------------------------------------------------------

PIECE = re.compile(r"<[^>]*>|&[^;]*;|[^<&]")
OPENING = re.compile(r'<span class="[^"]*">$')
DOT = '<span class="o">.</span>'
VAGUE = frozenset({"go", "here", "info", "more", "start", "this"})
"""Names that, alone, are no text for a link (Lighthouse's audit ``link-text``): these take the dot along."""
CLOSING = "</span>"


def weave(highlighted: str, shown: str, links: Iterable[Link]) -> str:
    """*highlighted*, which is *shown* as HTML, with *links* in it; its text stays what it was.

    A link that would cut a coloured word in two is left out.
    """
    begin = highlighted.find("<pre>") + len("<pre>")
    end = highlighted.rfind("</pre>")
    starts: list[int] = []
    ends: list[int] = []
    text: list[str] = []
    for piece in PIECE.finditer(highlighted, begin, end):
        if not piece[0].startswith("<"):
            starts.append(piece.start())
            ends.append(piece.end())
            text.append(html.unescape(piece[0]))
    if "".join(text).rstrip("\n") != shown.rstrip("\n"):
        return highlighted
    made: list[str] = []
    done = 0
    for start, stop, name, address, first in links:
        left, right = starts[start], ends[stop - 1]
        opening = OPENING.search(highlighted, done, left)
        if bool(opening) != highlighted.startswith(CLOSING, right):
            continue
        if opening:
            left, right = opening.start(), right + len(CLOSING)
        if shown[start:stop].lower() in VAGUE:
            if not highlighted.endswith(DOT, done, left):
                continue
            left -= len(DOT)
        inside = highlighted[left:right]
        if left < done or not _balanced(inside):
            continue
        # The first link of a name on a page is one stop of the tab key; a hundred more would be in the way.
        stop_here = "" if first else ' tabindex="-1"'
        where = f'href="{html.escape(address)}" title="{html.escape(name)}"'
        made += [highlighted[done:left], f'<a class="api" {where}{stop_here}>', inside, "</a>"]
        done = right
    return "".join([*made, highlighted[done:]])


def _balanced(fragment: str) -> bool:
    depth = 0
    for tag in re.findall(r"<(/?)", fragment):
        depth += -1 if tag else 1
        if depth < 0:
            return False
    return depth == 0


# -- Where the manual shows its examples ----------------------------------------------------------


def defined(code: api_names.Code, module: str) -> Iterator[str]:
    """*module* itself, and the qualified names that *code*, a part of it, shows the beginning of."""
    yield module
    for node in (node for tree in code.trees for node in tree.body):
        names: list[str] = []
        if isinstance(node, api_names.FunctionNode | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
        if code.starts[node.lineno - 1] is not None:
            yield from (f"{module}.{name}" for name in names)


def module_name(path: Path, root: Path) -> str:
    """The dotted name of the file *path* below *root*; "" if it isn't there."""
    if not path.is_relative_to(root):
        return ""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _handed_on(path: Path, package: str, changed: float) -> dict[str, str]:
    """The names that the ``__init__`` file *path* of *package* imports from its modules."""
    found: dict[str, str] = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            source = f"{package}.{node.module}" if node.level == 1 and node.module else node.module or ""
            for alias in node.names:
                found[f"{package}.{alias.asname or alias.name}"] = f"{source}.{alias.name}"
    return found


# -- Sphinx ---------------------------------------------------------------------------------------

Places = dict[str, dict[str, tuple[int, str]]]
"""For each page the examples that it shows, each with how much of it and the id of the block."""


def _shown(env: BuildEnvironment) -> Places:
    if not hasattr(env, "api_links_shown"):
        env.api_links_shown = {}  # type: ignore[attr-defined]
    return env.api_links_shown  # type: ignore[attr-defined, no-any-return]


def _asked(env: BuildEnvironment) -> dict[str, set[str]]:
    """For each page the names of examples that it mentions."""
    if not hasattr(env, "api_links_asked"):
        env.api_links_asked = {}  # type: ignore[attr-defined]
    return env.api_links_asked  # type: ignore[attr-defined, no-any-return]


def _language(node: nodes.Element) -> str:
    return str(node.get("language", ""))


def _read(app: Sphinx, doctree: nodes.document) -> None:
    """Note on each block what it mentions."""
    names, _ = _documented(app.config, Path(app.srcdir))
    root = _root(app)
    # What the examples define is documented too, wherever it is shown.
    known = _with_examples(names)
    readers: dict[str, api_names.Reader] = {}
    asked: set[str] = set()
    shown: dict[str, tuple[int, str]] = {}
    for node in doctree.findall(lambda n: isinstance(n, nodes.literal_block | nodes.comment)):
        assert isinstance(node, nodes.Element)
        kind, text = node.get("testnodetype"), node.rawsource or node.astext()
        if isinstance(node, nodes.comment):
            if kind not in {"testcode", "testsetup", "doctest"}:
                continue
            text = str(node.get("test", node.astext()))
        language = _language(node) or ("python" if kind in {"testcode", "testsetup"} else "")
        if language not in PYTHON | PROMPTS and kind != "doctest":
            continue
        if "source" in node:
            path = Path(str(node["source"])).resolve()
            whole = path.read_text("utf-8") if path.suffix == ".py" and path.is_file() else text
            code = api_names.part_of_file(text, whole)
            reader = api_names.Reader(known)
            if module := module_name(path, root):
                _show(node, code, module, shown)
        else:
            code = api_names.prompts(text) if kind == "doctest" or language in PROMPTS else api_names.plain(text)
            group = str(next(iter(node.get("groups", ())), ""))
            reader = readers.setdefault(group, api_names.Reader(known)) if kind else api_names.Reader(known)
        found = [(each.start, each.end, each.name) for each in reader.read(code)]
        asked.update(name for _, _, name in found if name.startswith("examples."))
        if found and isinstance(node, nodes.literal_block):
            node[FOUND] = found
    docname = app.env.current_document.docname
    _shown(app.env)[docname] = shown
    _asked(app.env)[docname] = asked


class _Kinds(dict[str, str]):
    """Each name below ``examples`` is one that may be shown somewhere; of what kind, only its file knows."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (isinstance(name, str) and name.startswith("examples."))


def _with_examples(names: api_names.Names) -> api_names.Names:
    return replace(names, kinds=_Kinds(names.kinds))


def _show(node: nodes.Element, code: api_names.Code, module: str, shown: dict[str, tuple[int, str]]) -> None:
    """Note which examples the block *node* shows, and give it an id to link to."""
    names = list(defined(code, module))
    holder = node.parent if isinstance(node.parent, nodes.container) and node.parent.get("literal_block") else node
    assert isinstance(holder, nodes.Element)
    # Ids that docutils counts out change with the page.
    identifier = nodes.make_id(f"shown {names[min(1, len(names) - 1)].removeprefix('examples.')}")
    if identifier not in {known for _, known in shown.values()}:
        holder["ids"].append(identifier)
    size = sum(1 for start in code.starts if start is not None)
    for name in names:
        shown.setdefault(name, (size, identifier))


def _root(app: Sphinx) -> Path:
    """The folder that the package ``examples`` is in."""
    return (Path(app.srcdir).parent / "examples").resolve().parent


def _place(app: Sphinx, name: str) -> tuple[str, str] | None:
    """The page and the id at which the example *name* is shown, where most of it is."""
    root = _root(app)
    while name.count("."):
        above = name.rpartition(".")[0]
        init = root.joinpath(*above.split("."), "__init__.py")
        if init.is_file():
            name = _handed_on(init, above, init.stat().st_mtime).get(name, name)
        found = [(-pages[name][0], page, pages[name][1]) for page, pages in _shown(app.env).items() if name in pages]
        if found:
            return min(found)[1:]
        if root.joinpath(*above.split(".")).is_dir() or root.joinpath(*above.split(".")).with_suffix(".py").is_file():
            return None
        name = above  # a method is shown with its class
    return None


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Turn what blocks mention into links."""
    if app.builder.name not in app.config.api_links_builders:
        return
    _, addresses = _documented(app.config, Path(app.srcdir))
    seen: set[str] = set()
    for node in doctree.findall(nodes.literal_block):
        links: list[Link] = []
        mentioned: list[tuple[int, int, str]] = node.get(FOUND, [])
        for start, end, name in mentioned:
            address = addresses.get(name) or _example_address(app, docname, name)
            if address:
                links.append((start, end, name, address, name not in seen))
                seen.add(name)
        if links:
            node[LINKS] = links


def _example_address(app: Sphinx, docname: str, name: str) -> str:
    place = _place(app, name) if name.startswith("examples.") else None
    if place is None:
        return ""
    page, identifier = place
    uri = app.builder.get_relative_uri(docname, page) if page != docname else ""
    return f"{uri}#{identifier}"


def visit_literal_block(self: HTML5Translator, node: nodes.literal_block) -> None:
    """Sphinx's own, and then the links."""
    links: Sequence[Link] = node.get(LINKS, ())
    try:
        type(self).visit_literal_block(self, node)
    except nodes.SkipNode:
        if links:
            self.body[-1] = weave(self.body[-1], node.rawsource, links)
        raise


def depart_literal_block(self: HTML5Translator, node: nodes.literal_block) -> None:
    type(self).depart_literal_block(self, node)


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _shown(env).pop(docname, None)
    _asked(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    for docname in docnames:
        for get in (_shown, _asked):
            mine: dict[str, Any] = get(env)
            if docname in get(other):
                mine[docname] = get(other)[docname]


def _moved(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages to write again because an example that they mention is shown elsewhere now."""
    names = sorted({name for asked in _asked(env).values() for name in asked})
    now = {name: _place(app, name) for name in names}
    # Each format has pages of its own, and all of them share what was read.
    if not hasattr(env, "api_links_places"):
        env.api_links_places = {}  # type: ignore[attr-defined]
    formats: dict[str, dict[str, tuple[str, str] | None]] = env.api_links_places  # type: ignore[attr-defined]
    before = formats.get(app.builder.name, {})
    formats[app.builder.name] = now
    changed = {name for name in names if name not in before or before[name] != now[name]}
    return sorted(docname for docname, asked in _asked(env).items() if asked & changed)


def _note_files(app: Sphinx, config: Config) -> None:
    """Let another inventory, or other types, read the pages again."""
    digest = hashlib.sha256()
    for name in config.api_links_files:
        file = Path(app.srcdir) / name
        digest.update(file.read_bytes() if file.is_file() else b"")
    config.api_links_digest = digest.hexdigest()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the links, and which builders have them."""
    files = ("_data/python.inv", "_data/api_types.toml")
    app.add_config_value("api_links_files", files, "env", types=frozenset({list, tuple}))
    app.add_config_value("api_links_base", "https://docs.python.org/3/", "html", types=frozenset({str}))
    app.add_config_value("api_links_builders", ("html",), "html", types=frozenset({list, tuple}))
    app.add_config_value("api_links_digest", "", "env", types=frozenset({str}))
    app.connect("config-inited", _note_files)
    app.connect("doctree-read", _read, priority=700)
    app.connect("doctree-resolved", _resolve)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("env-updated", _moved)
    app.add_node(nodes.literal_block, override=True, html=(visit_literal_block, depart_literal_block))
    return {"version": "1", "env_version": 3, "parallel_read_safe": True, "parallel_write_safe": True}
