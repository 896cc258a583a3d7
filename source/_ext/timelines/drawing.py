"""A view of a record as SVG: lanes below each other, time from left to right.

Colours come from classes, whose rules are in ``timeline.css`` on a page, and inside the drawing where it stands in a
file of its own.  Every state and every end has a shape of its own, so that grey tells as much as colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from .view import Bar, Lane, View

WIDE, NARROW = 720, 344
"""Widths in pixels: of a page on a desk, and of one on a phone, with nothing made smaller in either."""

SIZE = 12
"""Of all text, in pixels."""

_BAR, _GAP = 18, 14
_STANDALONE = """
.tl { color: #1b2830; }
.tl-wait { fill: #e8eef2; stroke: #7a8b96; }
.tl-run { fill: #0b5a7d; }
.tl-grid { stroke: #ccd5da; }
.tl-line { stroke: #7a8b96; }
.tl-bad { stroke: #a3210f; }
.tl-paper { fill: #ffffff; }
.tl-soft { fill: #4a5963; }
.tl-halo { stroke: #ffffff; stroke-width: 3px; paint-order: stroke; }
"""


def width_of(text: str, *, bold: bool = False) -> float:
    """About how many pixels *text* takes, in a wide font: none is at hand when a page is built."""
    wide = sum(4.6 if c in "ilj.,;:'|()[] " else 10.6 if c in "mwMW@" else 8.8 if c.isupper() else 7.2 for c in text)
    return wide * 1.12 if bold else wide


def fitted(text: str, width: float, *, bold: bool = False) -> str:
    """*text* as far as it fits into *width* pixels; "" if next to nothing does."""
    if width_of(text, bold=bold) <= width:
        return text
    while text and width_of(text, bold=bold) + 9 > width:
        text = text[:-1]
    return f"{text.rstrip(' (,.')}…" if len(text) >= 4 else ""


def text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "tl-ink", bold: bool = False) -> str:
    """A line of text with its base line at *y*."""
    more = (f' text-anchor="{anchor}"' if anchor != "start" else "") + (' font-weight="600"' if bold else "")
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" fill="currentColor"{more}>{escape(words)}</text>'


def _rect(kind: str, x: float, y: float, width: float, height: float, more: str = "") -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"{more}/>'


def _line(kind: str, x1: float, y1: float, x2: float, y2: float, more: str = "") -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line class="{kind}" {ends} stroke="currentColor"{more}/>'


def mark(what: str, x: float, y: float) -> str:
    """The sign for an end or a request, with its centre at (*x*, *y*)."""
    at = f'transform="translate({x:.1f} {y:.1f})"'
    paper = f'<circle class="tl-paper" {at} r="8" fill="#fff"/>'
    match what:
        case "done":
            return f'{paper}<circle {at} r="5" fill="currentColor"/>'
        case "failed":
            return f'{paper}<path class="tl-bad" {at} d="M-5 -5L5 5M-5 5L5 -5" stroke="currentColor" stroke-width="3"/>'
        case "cancelled":
            shape = '<path d="M-3.4 3.4L3.4 -3.4"/><circle r="5.2" fill="none"/>'
            return f'{paper}<g {at} stroke="currentColor" stroke-width="1.8">{shape}</g>'
        case "stuck":
            return f'{paper}<path {at} d="M-3 -7V7M3 -7V7" stroke="currentColor" stroke-width="2.4"/>'
        case _:  # a request to cancel
            shape = 'd="M-5.5 -4.5H5.5L0 5Z" stroke="currentColor" stroke-width="1.6" fill="#fff"'
            return f'<path class="tl-paper tl-edge" {at} {shape}/>'


def _ticks(span: float) -> Iterator[float]:
    rough = span / 6
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    for number in range(int(span / step + 1e-6) + 1):
        yield number * step


_LEGEND = {
    "run": "runs",
    "wait": "waits, for what",
    "ready": "not begun",
    "cancel": "asked to cancel",
    "cancelled": "cancelled",
    "failed": "failed",
    "done": "done",
    "stuck": "never goes on",
}


def _sign(what: str, x: float, y: float) -> str:
    if what == "run":
        return _rect("tl-run", x, y - 7, 14, 14, ' fill="#0b5a7d"')
    if what == "wait":
        return _rect("tl-wait", x, y - 7, 14, 14, ' fill="#e8eef2" stroke="#7a8b96"')
    if what == "ready":
        return _line("tl-line", x, y, x + 14, y, ' stroke-dasharray="2 3" stroke-width="1.5"')
    return mark(what, x + 7, y)


def _legend(used: Iterable[str], width: float, y: float) -> tuple[list[str], float]:
    """The signs that a drawing uses, in as many rows as they need; and where the rows end."""
    shapes, x = [], 4.0
    for what in used:
        need = 20 + width_of(_LEGEND[what]) + 16
        if x + need > width and x > 4:
            x, y = 4.0, y + 20
        shapes += [_sign(what, x, y - 4), text(x + 20, y, _LEGEND[what], kind="tl-soft")]
        x += need
    return shapes, y


class _Sheet:
    """Places things on one drawing of *width* pixels."""

    def __init__(self, view: View, width: int) -> None:
        self.view, self.width = view, width
        self.narrow = width < 500
        names = max(width_of(lane.name, bold=True) for lane in view.lanes)
        self.left = 10.0 if self.narrow else min(names + 18, width * 0.32)
        ends = [width_of(lane.end.text) + 16 for lane in view.lanes if lane.end and self._late(lane.end.at)]
        self.right = width - max([14.0, *ends])
        self.pitch = _BAR + _GAP + (16 if self.narrow else 0)
        self.top = 30.0 + (16 if self.narrow else 0)

    def _late(self, at: float) -> bool:
        return at > 0.6 * self.view.end

    def x(self, at: float) -> float:
        return self.left + (self.right - self.left) * at / self.view.end

    def y(self, lane: int) -> float:
        """The top of the bars of *lane*."""
        return self.top + lane * self.pitch

    @property
    def bottom(self) -> float:
        return self.y(len(self.view.lanes) - 1) + _BAR + 6

    def axis(self) -> list[str]:
        shapes = []
        if not self.view.seconds:
            return [text(self.left, 12, "in the order of events →", kind="tl-soft")]
        last = -math.inf
        for at in _ticks(self.view.end):
            x = self.x(at)
            shapes.append(_line("tl-grid", x, 18, x, self.bottom))
            words = f"{at:.6g}"
            if x - width_of(words) / 2 > last:
                anchor = "start" if self.narrow and at == 0 else "middle"
                shapes.append(text(x, 12, f"{words} s" if at == 0 else words, anchor=anchor, kind="tl-soft"))
                last = x + width_of(words) / 2 + (18 if at == 0 else 8)
        return shapes

    def lane(self, number: int, lane: Lane) -> list[str]:
        y = self.y(number)
        if self.narrow:
            shapes = [text(self.left + 7, y - 5, lane.name, kind="tl-ink tl-halo", bold=True)]
        else:
            shapes = [
                text(self.left - 12, y + 13, fitted(lane.name, self.left - 14, bold=True), anchor="end", bold=True)
            ]
        for bar in lane.bars:
            shapes += self.bar(bar, y)
        for event in lane.marks:
            if event.what == "cancel":
                shapes.append(mark("cancel", self.x(event.at), y + (5 if self.narrow else -4)))
        if lane.end:
            x = self.x(lane.end.at)
            shapes.append(mark(lane.end.what, x, y + _BAR / 2))
            if lane.end.text:
                shapes.append(text(x + 11, y + 13, fitted(lane.end.text, self.width - x - 11)))
        return shapes

    def bar(self, bar: Bar, y: float) -> list[str]:
        begin, end = self.x(bar.begin), self.x(bar.end)
        if bar.what == "ready":
            return [
                _line("tl-line", begin, y + _BAR / 2, end, y + _BAR / 2, ' stroke-dasharray="2 3" stroke-width="1.5"')
            ]
        if bar.what == "run":
            return [_rect("tl-run", begin - 1.5, y, max(3.0, end - begin + 1.5), _BAR, ' fill="#0b5a7d"')]
        shapes = [_rect("tl-wait", begin, y + 1, end - begin, _BAR - 2, ' fill="#e8eef2" stroke="#7a8b96"')]
        words = bar.text
        if width_of(words) > end - begin - 14 and "(" in words:
            words = f"{words.partition('(')[0]}(…)"
        if words := fitted(words, end - begin - 14):
            shapes.append(text(begin + 5, y + 13, words))
        return shapes

    def arrows(self) -> list[str]:
        """From who starts a lane, or asks it to cancel, to that lane."""
        shapes = []
        for number, lane in enumerate(self.view.lanes):
            for event in lane.marks:
                if event.what not in {"start", "cancel"}:
                    continue
                x, y = self.x(event.at), self.y(number)
                down = event.other < number
                if event.other >= 0 and event.other != number:
                    begin = self.y(event.other) + (_BAR if down else 0)
                    end = y if down else y + _BAR
                    dash = ' stroke-dasharray="3 3"' if event.what == "cancel" else ""
                    shapes.append(_line("tl-line", x, begin, x, end, f' stroke-width="1.3"{dash}'))
                    if event.what == "start":
                        tip = end + (-5 if down else 5)
                        points = f"{x - 3.5:.1f},{tip:.1f} {x + 3.5:.1f},{tip:.1f} {x:.1f},{end:.1f}"
                        shapes.append(f'<polygon class="tl-tip" points="{points}" fill="currentColor"/>')
        return shapes

    def used(self) -> list[str]:
        found = {bar.what for lane in self.view.lanes for bar in lane.bars}
        found |= {event.what for lane in self.view.lanes for event in lane.marks}
        return [what for what in _LEGEND if what in found]


def svg(width: float, height: float, title: str, about: str, shapes: Iterable[str], *, standalone: bool) -> str:
    """The element of a drawing, or the whole file of one that stands alone."""
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    space = ' xmlns="http://www.w3.org/2000/svg"' if standalone else ""
    font = "Heading, Signs, system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"
    look = f'class="tl" role="img" font-family="{font}" font-size="{SIZE}"'
    words = f"<title>{escape(title)}</title><desc>{escape(about)}</desc>"
    style = f"<style>{_STANDALONE}</style>" if standalone else ""
    return "\n".join([f"<svg{space} {size} {look}>", words + style, *shapes, "</svg>"]) + "\n"


def lanes_svg(view: View, width: int, title: str, *, standalone: bool = False) -> str:
    """The drawing of *view*, *width* pixels wide."""
    sheet = _Sheet(view, width)
    shapes = sheet.axis() + sheet.arrows()
    for number, lane in enumerate(view.lanes):
        shapes += sheet.lane(number, lane)
    legend, bottom = _legend(sheet.used(), width, sheet.bottom + 22)
    span = f"over {view.end:g} seconds" if view.seconds else "in the order of events"
    about = f"{len(view.lanes)} lanes {span}; the list below says the same in words."
    return svg(width, math.ceil(bottom + 8), title, about, [*shapes, *legend], standalone=standalone)
