"""Where a block's text really stands in its file.

A Markdown parser that nests documents in documents counts lines from several places; the text itself
settles the matter.
"""

from __future__ import annotations

from collections.abc import Sequence


def locate(lines: Sequence[str], content: Sequence[str], guess: int) -> int:
    """The line, counted from 1, at which *content* begins in *lines*, nearest to *guess*.

    Indentation does not count, since a nested block is parsed without it.  Where *content* is not found,
    for example because the file was generated, *guess* is returned.
    """
    wanted = [line.strip() for line in content]
    while wanted and not wanted[-1]:
        wanted.pop()
    if not wanted:
        return guess
    stripped = [line.strip() for line in lines]
    size = len(wanted)
    begins = [i for i, line in enumerate(stripped) if line == wanted[0] and stripped[i : i + size] == wanted]
    return min((i + 1 for i in begins), key=lambda line: abs(line - guess), default=guess)
