"""The marked regions of a file: lines between ``# region NAME`` and ``# endregion NAME``.

Standard library only.
"""

from __future__ import annotations

import re
import textwrap

_MARKER = re.compile(r"\s*#\s*(region|endregion)\s+(\S+)\s*$")


class LostMarker(ValueError):
    """A region that can't be found; the message names the marker."""


def shown(text: str, region: str | None) -> str:
    """What a page shows of *text*: one *region*, or all of it for ``None``.

    Markers are left out, those of other regions too, and a region is moved to the left edge.

    :raises LostMarker: when the region is marked nowhere, twice, or only half, or when it is empty.
    """
    lines = text.splitlines()
    if region is not None:
        begin, end = (_marker(lines, word, region) for word in ("region", "endregion"))
        if end < begin:
            raise LostMarker(f"'# endregion {region}' (line {end + 1}) stands before '# region {region}'")
        lines = lines[begin + 1 : end]
    kept = textwrap.dedent("\n".join(_without_markers(lines))).strip("\n")
    if region is not None and not kept:
        raise LostMarker(f"the region {region!r} is empty")
    return kept


def _marker(lines: list[str], word: str, name: str) -> int:
    found = [i for i, line in enumerate(lines) if (match := _MARKER.match(line)) and match.groups() == (word, name)]
    if not found:
        raise LostMarker(f"it has no line '# {word} {name}'")
    if len(found) > 1:
        numbers = ", ".join(str(i + 1) for i in found)
        raise LostMarker(f"it has '# {word} {name}' more than once: lines {numbers}")
    return found[0]


def _without_markers(lines: list[str]) -> list[str]:
    """*lines* without markers, and with the longest of the runs of blank lines that they divided."""
    kept: list[str] = []
    blank = longest = 0
    for line in lines:
        if _MARKER.match(line):
            blank = 0
        elif line.strip():
            kept += [""] * longest
            kept.append(line)
            blank = longest = 0
        else:
            blank += 1
            longest = max(longest, blank)
    return kept
