"""Old addresses stay alive: each line of ``_data/redirects.tsv`` has an old address, a tab, and the new one.

A page that is gone becomes a small page that leads on; a place within a page that is still there becomes an id where
it went, or a sentence that says where.  sphinx-reredirects would not do: it leads to pages that don't exist without a
word, knows no places within pages, and leaves the pages of deleted lines behind.
"""

from __future__ import annotations

import html
import json
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

BUILDER = "html"

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Moved: {title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta http-equiv="refresh" content="0; url={address}">
<link rel="canonical" href="{canonical}">
</head>
<body>
<h1>This page has moved</h1>
<p>It is now at <a href="{address}">{title}</a>.</p>
</body>
</html>
"""


class RedirectProblem(ValueError):
    """A line that can't be used: *line* is its number."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Redirect:
    """From the address *old* to *new*, as ``topic/page.html`` or ``topic/page.html#place``, by line *line*."""

    old: str
    new: str
    line: int


def read(text: str) -> list[Redirect]:
    """The redirects that *text* has; empty lines and those that begin with # are none.

    :raises RedirectProblem: for a line that isn't two addresses, one that is there twice, or one that leads on.
    """
    found: dict[str, Redirect] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        old, _, new = line.rstrip().partition("\t")
        if not (_is_address(old) and _is_address(new)):
            advice = "write an old address, a tab and the new one, as topic/page.html"
            raise RedirectProblem(number, f"{advice}; got {line!r}")
        if old in found:
            raise RedirectProblem(number, f"{old} is there twice, see line {found[old].line}; delete one of them")
        found[old] = Redirect(old, new, number)
    for each in found.values():
        if each.new in found:
            raise RedirectProblem(each.line, f"{each.new} has moved on; write {found[each.new].new} here")
    return list(found.values())


def _is_address(address: str) -> bool:
    path, _, _ = address.partition("#")
    return path.endswith(".html") and not path.startswith("/") and ".." not in path.split("/") and " " not in address


def problems(
    redirects: Iterable[Redirect], pages: Collection[str], ids: Mapping[str, Collection[str]]
) -> Iterator[RedirectProblem]:
    """What is wrong with *redirects* on a site with these *pages*, each with the *ids* that are on it."""
    for each in redirects:
        path, _, place = each.old.partition("#")
        if not place and path in pages:
            yield RedirectProblem(each.line, f"{each.old} is a page; delete the line, or move the page")
        elif place and path not in pages:
            yield RedirectProblem(each.line, f"{path} is no page; redirect the page, and its places come along")
        elif place and place in ids.get(path, ()):
            yield RedirectProblem(each.line, f"{path} still has {place}; delete the line")
        path, _, place = each.new.partition("#")
        if path not in pages:
            yield RedirectProblem(each.line, f"{path} is no page; where has {each.old} gone?")
        elif place and place not in ids.get(path, ()):
            yield RedirectProblem(each.line, f"{path} has no place {place!r}")


def relative(old: str, new: str) -> str:
    """*new* as seen from the page *old*."""
    path, mark, place = new.partition("#")
    start = posixpath.dirname(old.partition("#")[0]) or "."
    return posixpath.relpath(path, start) + mark + place


def page(redirect: Redirect, title: str, base: str) -> str:
    """What stands at the old address; *title* is that of the new page, and *base* the address of the site, if known."""
    address = relative(redirect.old, redirect.new)
    canonical = urljoin(base, redirect.new.partition("#")[0]) if base else address.partition("#")[0]
    shown = {"title": title, "address": address, "canonical": canonical}
    return PAGE.format_map({name: html.escape(value) for name, value in shown.items()})


# -- Sphinx ---------------------------------------------------------------------------------------


def _redirects(app: Sphinx) -> list[Redirect]:
    file = Path(app.srcdir) / app.config.redirects_file
    try:
        return read(file.read_text("utf-8")) if file.is_file() else []
    except RedirectProblem:
        return []  # _check tells it


def _tell(app: Sphinx, problem: RedirectProblem) -> None:
    file = Path(app.srcdir) / app.config.redirects_file
    logger.warning("redirects: %s", problem, location=f"{file}:{problem.line}", type="redirects")


def _ids(doctree: nodes.Element) -> set[str]:
    found: set[str] = set()
    for node in doctree.findall(nodes.Element):
        found.update(node.get("ids", ()))
    return found


def _keep_places(app: Sphinx, doctree: nodes.document) -> None:
    """Put the ids of places that moved where they went, and say of others where they are."""
    docname = app.env.current_document.docname
    here = f"{docname}.html"
    # Another list reads the pages again; see _note_file.
    ids = _ids(doctree)
    _all_ids(app.env)[here] = ids.copy()
    moved = nodes.paragraph("", "Moved: ", classes=["moved"])
    for each in _redirects(app):
        path, _, place = each.old.partition("#")
        if path != here or not place or place in ids:
            continue
        target, _, new = each.new.partition("#")
        if target == here and new in ids:
            found = next(node for node in doctree.findall(nodes.Element) if new in node.get("ids", ()))
            found["ids"].append(place)
        elif target != here:
            if len(moved) > 1:
                moved += nodes.Text(", ")
            link = nodes.reference("", place, refuri=relative(here, each.new), internal=True)
            moved += nodes.inline("", "", link, ids=[place])
    if len(moved) > 1:
        top = next(doctree.findall(nodes.section), doctree)
        assert isinstance(top, nodes.Element)
        moved += nodes.Text(".")
        top.append(addnodes.only("", moved, expr="builder_html"))  # a book has no old addresses


def _all_ids(env: BuildEnvironment) -> dict[str, set[str]]:
    if not hasattr(env, "redirects_ids"):
        env.redirects_ids = {}  # type: ignore[attr-defined]
    return env.redirects_ids  # type: ignore[attr-defined, no-any-return]


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _all_ids(env).pop(f"{docname}.html", None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    names = {f"{docname}.html" for docname in docnames}
    _all_ids(env).update({name: ids for name, ids in _all_ids(other).items() if name in names})


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    file = Path(app.srcdir) / app.config.redirects_file
    try:
        listed = read(file.read_text("utf-8")) if file.is_file() else []
    except RedirectProblem as problem:
        _tell(app, problem)
        return
    for wrong in problems(listed, {f"{docname}.html" for docname in env.found_docs}, _all_ids(env)):
        _tell(app, wrong)


def _write(app: Sphinx, exception: Exception | None) -> None:
    """Write the pages at old addresses, and delete those that were written before and aren't redirected any more."""
    if app.builder.name != BUILDER or exception is not None:
        return
    kept = Path(app.doctreedir) / "redirects.json"
    before: list[str] = json.loads(kept.read_text("utf-8")) if kept.is_file() else []
    written = []
    for each in _redirects(app):
        if "#" not in each.old:
            name = each.new.partition("#")[0].removesuffix(".html")
            if name not in app.env.titles:
                continue
            title = app.env.titles[name].astext()
            target = Path(app.outdir) / each.old
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(page(each, title, app.config.html_baseurl), "utf-8")
            written.append(each.old)
    pages = {f"{docname}.html" for docname in app.env.found_docs}
    for old in before:
        if old not in written and old not in pages:
            (Path(app.outdir) / old).unlink(missing_ok=True)
    kept.write_text(json.dumps(written), "utf-8")


def _note_file(app: Sphinx, config: object) -> None:
    """Let another list of places read the pages again; one of pages alone changes none of them."""
    app.config.redirects_places = [f"{each.old} {each.new}" for each in _redirects(app) if "#" in each.old]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the setting, where the list lies below the source folder, and carry the list out."""
    app.add_config_value("redirects_file", "_data/redirects.tsv", "env", types=frozenset({str}))
    app.add_config_value("redirects_places", [], "env", types=frozenset({list}))
    app.connect("config-inited", _note_file)
    app.connect("doctree-read", _keep_places, priority=800)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("env-updated", _check)
    app.connect("build-finished", _write)
    return {"version": "0.1.0", "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
