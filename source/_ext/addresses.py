"""Record the addresses of the site, so that none vanishes unnoticed.

``python source/_ext/addresses.py --build build`` adds the pages and the places of the built site (its headings, labels,
terms and questions) to ``source/_data/addresses.txt``.  What is recorded and not there any more has to be redirected
in ``redirects.tsv``; before a first release ``--drop`` forgets it instead.
"""

from __future__ import annotations

import argparse
import html
import re
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

from sphinx.util.inventory import InventoryFile

import redirects

DATA = Path(__file__).resolve().parent.parent / "_data"
RECORD = DATA / "addresses.txt"
REDIRECTS = DATA / "redirects.tsv"
OF_THE_THEME = frozenset({"404.html", "search.html", "genindex.html"})
ARTICLE = re.compile(r"<article\b.*</article>", re.DOTALL)
PLACE = re.compile(r'<(?:section|dt|details)\b[^>]*?\sid="([^"]+)"')
COUNTED_OUT = re.compile(r"(id|index-)\d+|shown-.*")
"""Ids that change with the page around them, and that nobody links to from outside."""


def places(page: str) -> set[str]:
    """The ids of the headings, terms and questions in *page*, HTML as Sphinx writes it."""
    article = ARTICLE.search(page)
    found = PLACE.findall(article[0]) if article else []
    return {html.unescape(place) for place in found if not COUNTED_OUT.fullmatch(place)}


def of_site(site: Path, redirected: Collection[str] = ()) -> set[str]:
    """Every address of the built *site*, without the pages of its theme and those that are *redirected*."""
    found: set[str] = set()
    for path in site.rglob("*.html"):
        name = path.relative_to(site).as_posix()
        if not name.startswith("_") and name not in OF_THE_THEME and name not in redirected:
            found.add(name)
            found.update(f"{name}#{place}" for place in places(path.read_text("utf-8")))
    for entry in InventoryFile.loads((site / "objects.inv").read_bytes(), uri="").data.get("std:label", {}).values():
        if "#" in entry.uri and entry.uri.partition("#")[0] in found:
            found.add(entry.uri)
    return found


def vanished(recorded: Iterable[str], current: Collection[str], redirected: Collection[str]) -> list[str]:
    """The *recorded* addresses that are neither *current* nor *redirected*; a page that is takes its places along."""
    return [
        address
        for address in sorted(recorded)
        if address not in current and address not in redirected and address.partition("#")[0] not in redirected
    ]


def read(record: Path = RECORD) -> list[str]:
    """The recorded addresses."""
    if not record.is_file():
        return []
    return [line for line in record.read_text("utf-8").splitlines() if line and not line.startswith("#")]


def main(arguments: list[str] | None = None) -> int:
    """Bring the record up to date; returns the exit status."""
    parser = argparse.ArgumentParser(prog="addresses", description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"), help="folder of the outputs (build)")
    parser.add_argument("--drop", action="store_true", help="forget addresses that are gone and not redirected")
    options = parser.parse_args(arguments)
    site = options.build / "html"
    if not (site / "objects.inv").is_file():
        print(f"addresses: {site} is not built: run make html", file=sys.stderr)
        return 1
    listed = redirects.read(REDIRECTS.read_text("utf-8")) if REDIRECTS.is_file() else []
    redirected = {each.old for each in listed}
    recorded, current = read(), of_site(site, redirected)
    gone = [] if options.drop else vanished(recorded, current, redirected)
    for address in gone:
        print(f"addresses: {address} is gone; write in {REDIRECTS.name} where it leads now", file=sys.stderr)
    if gone:
        print(f"addresses: {RECORD.name} is as it was; DROP=1 forgets addresses that nobody has yet", file=sys.stderr)
        return 1
    kept = current if options.drop else current | set(recorded)
    head = "# Every address of the site that somebody may have; made by `make addresses`.\n"
    RECORD.write_text(head + "".join(f"{address}\n" for address in sorted(kept)), "utf-8")
    print(f"addresses: {RECORD.name} has {len(kept):,}, {len(kept - set(recorded)):,} of them new")
    return 0


if __name__ == "__main__":
    sys.exit(main())
