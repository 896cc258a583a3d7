"""Three threads that really hang, and a drawing of who waits for whom: ``--svg`` prints it as a picture."""

from __future__ import annotations

import math
import sys
import threading

from examples.deadlock_prevention.watched_lock import Wait, WatchedLock, wait_graph

SHOPS = ("north", "south", "west")
CARRIERS = ("swift", "steady", "slow")


# region hang
def hang() -> list[Wait]:
    """Let each shop hold a carrier's lock and want the next one's."""
    locks = [WatchedLock(name, refuse=False) for name in CARRIERS]
    all_hold_one = threading.Barrier(len(SHOPS))

    def move_parcels(number: int) -> None:
        with locks[number]:
            all_hold_one.wait()
            with locks[(number + 1) % len(locks)]:
                raise AssertionError("nobody gets here")

    for number, shop in enumerate(SHOPS):
        threading.Thread(target=move_parcels, args=(number,), name=shop, daemon=True).start()
    while len(waits := wait_graph()) < len(SHOPS):
        threading.Event().wait(0.001)
    return waits


def main() -> None:
    for wait in hang():
        print(f"{wait.waiter} waits for {wait.lock}, held by {wait.holder}")


# endregion hang


def svg(waits: list[Wait]) -> str:
    """The cycle of *waits* as a ring: threads in boxes, locks in ellipses, arrows from the waiter to the holder."""
    held_by = {wait.lock: wait.holder for wait in waits}
    wants = {wait.waiter: wait.lock for wait in waits}
    ring, thread = [], min(wants)
    while thread not in ring:
        ring += [thread, wants[thread]]
        thread = held_by[wants[thread]]
    names = "Heading, Source Sans, system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"
    shapes = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 380" width="560" height="380" '
        f'font-family="{names}" role="img" aria-labelledby="t">',
        '<title id="t">Who waits for whom, in a real hang</title>',
        '<rect x="1" y="1" width="558" height="378" rx="12" fill="#f4f7f9" stroke="#b9c7cf"/>',
    ]

    def at(step: float) -> tuple[float, float]:
        angle = 2 * math.pi * step / len(ring) - math.pi / 2
        return 280 + 190 * math.cos(angle), 190 + 140 * math.sin(angle)

    for step, name in enumerate(ring):
        (x, y), is_thread = at(step), step % 2 == 0
        path = [at(step + 0.27 + part * 0.06) for part in range(8)]
        said = "wants" if is_thread else "held by"
        line = " ".join(f"{a:.1f} {b:.1f}" for a, b in path)
        (x1, y1), (x2, y2) = path[-2:]
        turn = math.degrees(math.atan2(y2 - y1, x2 - x1))
        shapes.append(f'<path d="M{line}" fill="none" stroke="#5b6b75" stroke-width="2"/>')
        shapes.append(
            f'<path d="M-2 -6L9 0L-2 6Z" transform="translate({x2:.1f} {y2:.1f}) rotate({turn:.1f})" fill="#5b6b75"/>'
        )
        a, b = at(step + 0.5)
        a, b = 280 + (a - 280) * 0.72, 195 + (b - 190) * 0.72
        shapes.append(f'<text x="{a:.1f}" y="{b:.1f}" text-anchor="middle" font-size="14" fill="#1b2830">{said}</text>')
        if is_thread:
            shapes.append(f'<rect x="{x - 48:.1f}" y="{y - 20:.1f}" width="96" height="40" rx="7" fill="#0b5a7d"/>')
        else:
            shapes.append(
                f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="50" ry="22" fill="#fff3d0" stroke="#b98900" '
                'stroke-width="1.5"/>'
            )
        ink = "#ffffff" if is_thread else "#1b2830"
        shapes.append(
            f'<text x="{x:.1f}" y="{y + 5:.1f}" text-anchor="middle" font-size="15" font-weight="600" '
            f'fill="{ink}">{name}</text>'
        )
    return "\n".join([*shapes, "</svg>"]) + "\n"


if __name__ == "__main__":
    if "--svg" in sys.argv:
        print(svg(hang()), end="")
    else:
        main()
