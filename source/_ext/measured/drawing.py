"""The shapes that plots are made of, in SVG: paper, ink and markers that read on any background and in grey."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

INK, SOFT, BAR, PAPER, LINE = "#1b2830", "#5b6b75", "#0b5a7d", "#f4f7f9", "#b9c7cf"

_FONT = "Heading, Source Sans, system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"


def text(x: float, y: float, words: str, *, anchor: str = "start", weight: int = 400, colour: str = INK) -> str:
    """A line of text."""
    style = f'text-anchor="{anchor}" font-size="13" font-weight="{weight}" fill="{colour}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'


def bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    """A filled bar."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def line(points: Iterable[tuple[float, float]], colour: str, width: float, *, dash: str = "") -> str:
    """A line through *points*."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dashed}/>'


def mark(kind: str, x: float, y: float) -> str:
    """A marker, told from the others by its shape."""
    outlines = {
        "square": "M-5 -5H5V5H-5Z",
        "diamond": "M0 -7L6 0L0 7L-6 0Z",
        "circle": "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z",
        "cross": "M-5 -5L5 5M-5 5L5 -5",
    }
    style = f'fill="#ffffff" stroke="{INK}" stroke-width="1.8"'
    return f'<path transform="translate({x:.1f} {y:.1f})" d="{outlines[kind]}" {style}/>'


def svg(width: int, height: int, title: str, description: str, shapes: Iterable[str]) -> str:
    """A picture on paper of its own, so that it reads on any background."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    head += f' font-family="{_FONT}" role="img" aria-labelledby="t d">'
    paper = f'<rect x="1" y="1" width="{width - 2}" height="{height - 2}" rx="12" fill="{PAPER}" stroke="{LINE}"/>'
    words = [f'<title id="t">{escape(title)}</title>', f'<desc id="d">{escape(description)}</desc>']
    return "\n".join([head, *words, paper, *shapes, "</svg>"]) + "\n"
