"""Each shop really is in the state that its name says."""

from __future__ import annotations

import subprocess
import sys

import pytest

from examples.operations import sick_shop
from examples.operations.bedside import ROOT, patient

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("lost_slots", "5 x quote-0, quote-1, quote-2, ...: quote"),
        ("no_deadline", "_wait_for_data"),
        ("two_locks", "2 x back, there: move"),
        ("polling", "poll-mails: poll"),
        ("spinning_thread", "1 x refresh: "),
        ("blocking_call", "Shop.blocking_call"),
        ("computing", "Shop.computing"),
    ],
)
def test_a_shop_that_is_ill_at_once_shows_it(kind: str, seen: str) -> None:
    with patient(kind) as shop:
        assert any(seen in line for line in shop.get("/running"))


@LINUX
@pytest.mark.parametrize(
    ("kind", "grown"),
    [
        ("cache", "memory: "),
        ("queue", "memory: "),
        ("tasks", "tasks: +50 "),
        ("sockets", "files: +50 socket:[N]"),
        ("files", "files: +50 /tmp/label-N-N (deleted)"),
        ("threads", "threads: +50 "),
    ],
)
def test_a_shop_that_leaks_grows_with_each_round(kind: str, grown: str) -> None:
    with patient(kind) as shop:
        shop.get("/leaks")
        shop.round()
        assert any(line.startswith(grown) for line in shop.get("/leaks"))


def test_the_watch_for_leaks_is_ended_from_outside() -> None:
    with patient("cache") as shop:
        shop.get("/leaks")
        assert shop.get("/leaks/stop") == ["stopped"]
        assert shop.get("/leaks") == ["baseline taken: ask again after some hundred requests"]


def test_it_ends_by_itself_when_nobody_asks_any_more() -> None:
    command = [sys.executable, "-m", "examples.operations.sick_shop", "two_locks"]
    done = subprocess.run(command, cwd=ROOT, input="", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert done.stdout.startswith("ready ")


def test_an_unknown_illness_is_refused_with_the_list() -> None:
    command = [sys.executable, "-m", "examples.operations.sick_shop", "cold"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert all(kind in done.stderr for kind in sick_shop.KINDS)
