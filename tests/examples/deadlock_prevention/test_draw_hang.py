"""draw_hang: three threads hang in a ring, and the page's picture is the one that the program draws."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from examples.deadlock_prevention.draw_hang import svg
from examples.deadlock_prevention.watched_lock import Wait

ROOT = Path(__file__).resolve().parents[3]
RING = [Wait("north", "steady", "south"), Wait("south", "slow", "west"), Wait("west", "swift", "north")]


def run(*arguments: str) -> str:
    command = [sys.executable, "-m", "examples.deadlock_prevention.draw_hang", *arguments]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    assert ran.stderr == ""
    return ran.stdout


def test_the_program_names_the_ring_and_ends() -> None:
    expected = [f"{wait.waiter} waits for {wait.lock}, held by {wait.holder}" for wait in RING]
    assert run().splitlines() == expected


def test_the_picture_on_the_page_is_the_one_it_draws() -> None:
    figure = ROOT / "source/_static/figures/deadlock-prevention-wait-for-graph.svg"
    assert run("--svg") == figure.read_text("utf-8") == svg(RING)
