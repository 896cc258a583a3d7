"""Mends what the theme's templates leave invalid, or unclear to those who don't see the page.

:func:`mend` knows nothing of Sphinx.  Each change says what it looks for: when the theme changes its markup, the build
fails and names the change, instead of losing it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


class MarkupError(ValueError):
    """The theme's markup is no longer what a change looks for; the message names it."""


@dataclass(frozen=True, slots=True)
class Change:
    """Replaces *old* by *new* (patterns of :mod:`re`) everywhere in a page.

    *why* is for the one who has to mend it; *always*: each page has it.
    """

    old: str
    new: str
    why: str
    always: bool = True


CHANGES = (
    Change(
        r'<aside class="sidebar-drawer">', r'<aside class="sidebar-drawer" aria-label="Manual">', "a named landmark"
    ),
    Change(
        r'<aside class="toc-drawer([^"]*)">',
        r'<aside class="toc-drawer\1" aria-label="On this page">',
        "a named landmark",
    ),
    Change(
        r'<button class="theme-toggle"', r'<button type="button" class="theme-toggle"', "a button that submits nothing"
    ),
    # The boxes that open the menus, for keys and without scripts; keyboard.css says what they open from in there.
    Change(
        r'((?:<input type="checkbox" class="sidebar-toggle"[^>]*>\s*){2})'
        r'((?:<label class="overlay[^>]*></label>\s*){2})'
        r'(<a class="skip-to-content[^>]*>[^<]*</a>)',
        r'\3\n<nav class="drawers" aria-label="Menus">\1</nav>\n\2',
        "the skip link first, and switches inside of a landmark",
    ),
    # A heading needs a level, and the captions of the contents are no part of the page's outline.
    Change(r'(<p class="caption") role="heading"', r"\1", "no heading without a level", always=False),
    # The empty corner of a table with headings at the top and at the side is the heading of nothing.
    Change(r'<th class="head( stub)?">(?:<p></p>)?</th>', r"<td></td>", "no empty heading", always=False),
    Change(r'<th class="(head)', r'<th scope="col" class="\1', "what a heading of a table is for", always=False),
    Change(r'<th class="(stub)', r'<th scope="row" class="\1', "what a heading of a table is for", always=False),
    # docutils says again what the theme has said.
    Change(
        r'<meta name="viewport" content="width=device-width, initial-scale=1" />\n?', "", "one viewport", always=False
    ),
    Change(
        r'(<a href="#" class="back-to-top muted-link">\s*<svg )', r'\1aria-hidden="true" ', "an icon beside its text"
    ),
)


def mend(page: str) -> str:
    """The HTML *page* with all :data:`CHANGES`.

    :raises MarkupError: when a page of the theme lacks what a change looks for.
    """
    themed = 'class="sidebar-toggle"' in page
    for change in CHANGES:
        page, count = re.subn(change.old, change.new, page)
        if themed and change.always and not count:
            raise MarkupError(f"the theme no longer has {change.old!r} ({change.why}): see CHANGES in theme_markup.py")
    return page
