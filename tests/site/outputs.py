"""The outputs as readers get them, in the folder that `make` built."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from bs4 import BeautifulSoup

import redirects

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "source"
BUILD = ROOT / os.environ.get("BUILD", "build")
# Pages that the theme makes: they have no source, no front matter and no place in the book.
THEME_PAGES = {"404.html", "search.html", "genindex.html"}


@dataclass(frozen=True)
class Page:
    """One HTML page of the site, or one chapter of the ePub."""

    path: Path
    soup: BeautifulSoup

    @cached_property
    def ids(self) -> set[str]:
        """Every id of the page: looked up once for each link that leads to it."""
        return {str(tag["id"]) for tag in self.soup.find_all(id=True)}


@cache
def _parse(path: Path) -> Page:
    # Nothing of it is garbage, and to look for some takes as long as to parse.
    gc.disable()
    try:
        return Page(path, BeautifulSoup(path.read_bytes(), "html.parser"))
    finally:
        gc.freeze()
        gc.enable()


def forget_pages() -> None:
    """Let go of all pages."""
    _parse.cache_clear()
    gc.unfreeze()
    gc.collect()


@cache
def redirected() -> frozenset[str]:
    """The addresses at which only a line says where the page is now."""
    listed = redirects.read((SOURCE / "_data/redirects.tsv").read_text("utf-8"))
    return frozenset(each.old for each in listed if "#" not in each.old)


def pages_of(folder: Path, suffix: str) -> Iterator[Page]:
    """Every page below *folder*, parsed once; no page is what stands at a redirected address."""
    for path in sorted(folder.rglob(f"*{suffix}")):
        if "_static" not in path.parts and path.relative_to(folder).as_posix() not in redirected():
            yield _parse(path)


def dead_links(folder: Path, suffix: str) -> list[str]:
    """Links and images of the pages in *folder* that lead nowhere within it."""
    dead = []
    known = {page.path.resolve(): page for page in pages_of(folder, suffix)}
    for page in known.values():
        for tag in page.soup.find_all(["a", "img", "link", "script", "source", "image"]):
            target = tag.get("href") or tag.get("src") or tag.get("xlink:href")
            if not target or str(target).startswith(("http://", "https://", "mailto:", "data:")):
                continue
            name, _, fragment = str(target).partition("#")
            name = name.partition("?")[0]
            if page.path.name == "404.html" and name.startswith("/"):
                file = (folder / name.lstrip("/")).resolve()
            else:
                file = (page.path.parent / name).resolve() if name else page.path.resolve()
            if file.is_dir():
                file /= f"index{suffix}"
            where = page.path.relative_to(folder)
            if not file.is_file():
                dead.append(f"{where}: {target}: no such file")
            elif fragment and file in known and fragment not in known[file].ids and fragment != "#":
                dead.append(f"{where}: {target}: no such place")
    return dead
