"""No order is lost and none is booked twice, at whichever point the program is killed."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from examples.operations import durable_orders, kill_points
from examples.operations.durable_orders import CarrierOnDisk, WatchedStore, parsed
from examples.operations.kill_points import CASES, ROOT, Seen
from examples.quotes import Parcel
from examples.quotes.store import OrderStore

KILLED = -9


def program(folder: Path, lines: str, *options: str) -> subprocess.CompletedProcess[str]:
    files = str(folder / "orders.db"), str(folder / "carrier.db")
    command = [sys.executable, "-m", "examples.operations.durable_orders", *files, *options]
    return subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60, cwd=ROOT)


def assert_each_is_booked_once(seen: Seen, orders: int) -> None:
    assert seen.codes == (*[KILLED] * len(seen.lives), 0)
    assert sorted(seen.told) == [f"basket-{number}" for number in range(orders)]
    assert seen.states == ("booked",) * orders
    assert sorted(seen.bookings) == sorted(f"order-{number}" for number in seen.told.values())
    assert len(set(seen.bookings)) == orders
    assert (seen.lost, seen.doubled) == (0, 0)


@pytest.mark.parametrize("lives", CASES, ids=", ".join)
def test_killed_there_each_accepted_order_is_booked_exactly_once(lives: tuple[str, ...]) -> None:
    assert_each_is_booked_once(asyncio.run(kill_points.run(lives, orders=3)), orders=3)


@pytest.mark.parametrize(
    ("variant", "point", "lost", "doubled"),
    [
        ("RepliesFirst", "order-written", 1, 0),
        ("RecordsFirst", "recorded", 1, 0),
        ("NewKeyEachTime", "carrier-booked", 0, 1),
    ],
)
def test_another_order_of_the_steps_loses_or_doubles(variant: str, point: str, lost: int, doubled: int) -> None:
    seen = asyncio.run(kill_points.run([point], variant=variant))
    assert (seen.lost, seen.doubled) == (lost, doubled)


@pytest.mark.parametrize("variant", durable_orders.VARIANTS)
def test_without_a_kill_nobody_can_tell_the_broken_ones(variant: str) -> None:
    seen = asyncio.run(kill_points.run([], variant=variant))
    assert (seen.codes, seen.lost, seen.doubled, len(seen.bookings)) == ((0,), 0, 0, 1)


def test_bad_lines_are_refused_and_the_others_accepted(tmp_path: Path) -> None:
    lines = "k1 1200\nnonsense\nk2 -4\nk3 30001\nk1 1300\nk1 1200\n" + "x" * 70_000 + "\nk4 1"
    ended = program(tmp_path, lines)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == [
        "accepted k1 1",
        "refused 'nonsense': a line is KEY GRAMS",
        "refused k2: grams is '-4': a whole number from 1 to 30000",
        "refused k3: grams is '30001': a whole number from 1 to 30000",
        "refused key 'k1' belongs to a parcel of 1200 g, zone domestic",
        "accepted k1 1",
        "refused a line of more than 64 KiB",
        "accepted k4 2",
    ]
    assert kill_points.on_disk(tmp_path) == ("booked", "booked")


@pytest.mark.parametrize("line", ["", "k", "k 1 2", "k ٣", "k 0", "k 1e3", f"{'k' * 101} 1"])
def test_a_line_that_is_no_order(line: str) -> None:
    with pytest.raises(ValueError, match=r"a line is KEY GRAMS|a whole number from 1 to 30000|longer than 100"):
        parsed(line)


def test_bad_arguments_say_what_is_wrong(tmp_path: Path) -> None:
    ended = program(tmp_path, "", "--kill-at", "lunch")
    assert (ended.returncode, "invalid choice: 'lunch'" in ended.stderr) == (2, True)
    ended = program(tmp_path / "nowhere", "")
    assert ended.returncode == 2
    assert ended.stderr.endswith("unable to open database file\n")
    (tmp_path / "orders.db").write_text("no database, and long enough to be looked at" * 100)
    ended = program(tmp_path, "k 1\n")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.endswith("file is not a database\n")


def test_stdin_must_be_a_pipe(tmp_path: Path) -> None:
    files = str(tmp_path / "orders.db"), str(tmp_path / "carrier.db")
    command = [sys.executable, "-m", "examples.operations.durable_orders", *files]
    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False
    )
    assert (ended.returncode, "stdin is no pipe" in ended.stderr) == (2, True)


def test_a_store_that_fails_ends_the_program(tmp_path: Path) -> None:
    with OrderStore(tmp_path / "orders.db"), sqlite3.connect(tmp_path / "orders.db") as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON orders BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    database.close()
    ended = program(tmp_path, "k 1\n")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.endswith("disk full\n")


def test_a_change_that_fails_is_rolled_back(tmp_path: Path) -> None:
    def fail(point: str) -> None:
        if point == "order-written":
            raise OSError("unplugged")

    with WatchedStore(tmp_path / "orders.db", fail) as store:
        with pytest.raises(OSError, match="unplugged"):
            store.accept("k", Parcel(1))
        assert store.count() == 0


def test_two_processes_on_one_store_book_once(tmp_path: Path) -> None:
    """The second one gives the claims of the first one free: the key is what keeps the booking single."""
    carrier = CarrierOnDisk(tmp_path / "carrier.db")
    with OrderStore(tmp_path / "orders.db") as first:
        first.accept("k", Parcel(1))
        claimed = first.claim()
        assert claimed
        with OrderStore(tmp_path / "orders.db") as second:
            again = second.claim()
            assert again
            assert carrier.book(f"order-{claimed.id}") == carrier.book(f"order-{again.id}") == "swift-1"
    carrier.close()


def test_the_kill_is_where_it_was_asked_for() -> None:
    with pytest.raises(AssertionError):
        durable_orders.killing(None)("lunch")
