"""A deadlock as a wait-for graph: who waits for what, and who holds that."""

from __future__ import annotations

from collections.abc import Iterable

from .drawing import fitted, svg, text, width_of
from .record import Wait


def _arc(x: float, begin: float, end: float, bend: float) -> str:
    """An arrow from *begin* to *end* beside *x*, *bend* pixels out."""
    far = x + bend
    tip = 8 if bend > 0 else -8
    points = f"{x:.1f},{end:.1f} {x + tip:.1f},{end - 4:.1f} {x + tip:.1f},{end + 4:.1f}"
    way = f"M{x:.1f} {begin:.1f}C{far:.1f} {begin:.1f} {far:.1f} {end:.1f} {x + tip:.1f} {end:.1f}"
    line = f'<path class="tl-line" d="{way}" fill="none" stroke="currentColor" stroke-width="1.6"/>'
    return f'{line}<polygon class="tl-tip" points="{points}" fill="currentColor"/>'


def graph_svg(
    lanes: tuple[str, ...], waits: Iterable[Wait], width: int, title: str, *, standalone: bool = False
) -> str:
    """The drawing of *waits* among *lanes*, *width* pixels wide."""
    waits = list(waits)
    shown = sorted({end for wait in waits for end in (wait.waiter, wait.holder)})
    place = {lane: number for number, lane in enumerate(shown)}
    box = min(max(width_of(lanes[lane], bold=True) for lane in shown) + 24, width * 0.42)
    pitch, tall, middle = 84, 30, width / 2
    shapes = []
    for wait in waits:
        begin, end = place[wait.waiter], place[wait.holder]
        # Downwards on the right, upwards on the left: the arrows of a ring never cross.
        side = 1 if end >= begin else -1
        far = abs(end - begin)
        x = middle + side * box / 2
        top, low = (12 + tall / 2 + pitch * at for at in (begin, end))
        top, low = (top + 6 * side, low - 6 * side) if begin != end else (top - 7, low + 7)
        bend = side * (34 + 22 * max(far - 1, 0)) * (1 if width > 500 else 0.62)
        shapes.append(_arc(x, top, low, bend))
        anchor = "start" if side > 0 else "end"
        room = width / 2 - box / 2 - abs(bend) * 0.75 - 6
        at, y = x + bend * 0.75 + side * 6, (top + low) / 2
        words = ["waits for", wait.lock] if wait.lock else ["awaits"]
        for line, word in enumerate(words):
            base = y + 4 + 15 * line - (7 if len(words) > 1 else 0)
            shapes.append(text(at, base, fitted(word, room), anchor=anchor))
    for lane in shown:
        y = 12 + pitch * place[lane]
        size = f'x="{middle - box / 2:.1f}" y="{y}" width="{box:.1f}" height="{tall}" rx="6"'
        shapes.append(f'<rect class="tl-wait" {size} fill="#e8eef2" stroke="#7a8b96"/>')
        shapes.append(text(middle, y + 19, fitted(lanes[lane], box - 12, bold=True), anchor="middle", bold=True))
    height = 12 + pitch * (len(shown) - 1) + tall + 12
    about = "An arrow leads from who waits to who holds what it waits for; the list below says the same in words."
    return svg(width, height, title, about, shapes, standalone=standalone)
