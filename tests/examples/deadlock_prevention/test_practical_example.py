"""Two reports that hold a lock each run into their deadline before the change; after it, all are answered."""

from __future__ import annotations

import threading
from dataclasses import replace

from examples.deadlock_prevention.practical_example import CHANGE, as_listed, each_holds_one, in_one_order
from examples.quotes.experiment import compare, run
from examples.quotes.load import Load
from examples.quotes.parts import Parts


def test_two_reports_that_hold_one_lock_each_fail() -> None:
    forced = Parts(lock_order=each_holds_one(as_listed))
    change = replace(CHANGE, settings=replace(CHANGE.settings, deadline=0.2))
    seen = run(change, forced, Load(CHANGE.load.request, count=2), process=False)
    assert seen["failed"] >= 1
    assert seen["statuses"]["504"] == seen["failed"]


def test_with_one_order_all_are_answered() -> None:
    change = replace(CHANGE, before=CHANGE.after, settings=replace(CHANGE.settings, deadline=30))
    found = compare(change, load=Load(CHANGE.load.request, count=10))
    assert [found[side]["statuses"] for side in ("before", "after")] == [{"200": 10}] * 2
    assert set(CHANGE.rows) <= set(found["after"])


def test_customers_with_the_same_list_never_met_the_mistake() -> None:
    same = CHANGE.load.request(0)
    change = replace(CHANGE, settings=replace(CHANGE.settings, deadline=30))
    found = compare(change, load=Load(lambda number: same, count=4))
    assert [found[side]["failed"] for side in ("before", "after")] == [0, 0]


def test_the_order_is_the_same_for_each_list() -> None:
    assert list(in_one_order(["west", "east"])) == list(in_one_order(["east", "west"])) == ["east", "west"]


def test_a_list_of_one_depot_meets_nobody() -> None:
    before = threading.enumerate()  # another test's pool may be ending
    assert list(each_holds_one(as_listed)(["east"])) == ["east"]
    assert set(threading.enumerate()) <= set(before)
