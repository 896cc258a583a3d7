"""The totals do not depend on who shares what; only the times do, and nothing is asserted about them."""

from __future__ import annotations

import pytest

from examples.foundations.contention import Shelf, append, compute, count, main, read, run


def test_rates_that_are_equal_are_objects_of_their_own() -> None:
    one, other = Shelf().rate.cents, Shelf().rate.cents
    assert one == other == 990
    assert one is not other


@pytest.mark.parametrize("shared", [True, False])
def test_nothing_is_lost(shared: bool) -> None:
    shelf = Shelf()
    shelves = [shelf, shelf] if shared else [Shelf(), Shelf()]
    different = {id(each): each for each in shelves}.values()
    assert run(count, shelves, rounds=500) >= 0
    assert sum(each.sold for each in different) == 1000
    run(append, shelves, rounds=500)
    booked = [number for each in different for number in each.booked]
    assert sorted(booked) == sorted([*range(500), *range(500)])


def test_reading_and_computing_change_nothing() -> None:
    shelf = Shelf()
    run(read, [shelf, shelf], rounds=50)
    run(compute, [shelf, shelf], rounds=50)
    assert (shelf.rate.cents, shelf.booked, shelf.sold) == (990, [], 0)


def test_the_report_has_a_row_for_each_kind_of_work(capsys: pytest.CaptureFixture[str]) -> None:
    main(rounds=10, repeats=1)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()][-4:]
    assert [row[0] for row in rows] == ["compute", "read", "append", "count"]
    assert all([row[1], row[4], row[7]] == ["one", "own", "shared"] for row in rows)
