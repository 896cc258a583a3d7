"""The harness kills where it is told to, sees what is on disk then, and counts what is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from examples.operations import kill_points
from examples.operations.durable_orders import POINTS
from examples.operations.kill_points import CASES, Seen


def test_each_point_is_tried() -> None:
    assert {point for lives in CASES for point in lives} == set(POINTS)


@pytest.mark.parametrize(
    ("point", "state", "at_carrier"),
    [
        ("order-written", (), 0),
        ("order-committed", ("pending",), 0),
        ("claim-written", ("pending",), 0),
        ("record-written", ("claimed",), 1),
        ("draining", ("claimed",), 0),
        ("drained", ("booked",), 1),
    ],
)
def test_what_is_on_disk_then(point: str, state: tuple[str, ...], at_carrier: int) -> None:
    seen = asyncio.run(kill_points.run([point]))
    assert (seen.on_disk, seen.at_carrier) == (state, at_carrier)


def test_a_point_that_is_none() -> None:
    with pytest.raises(ValueError, match="no point 'lunch': one of starting, recovered"):
        asyncio.run(kill_points.run(["lunch"]))


def test_a_program_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kill_points, "LIMIT", 0.1)
    told = {"basket-1": 1}  # so nothing is sent; and a carrier that is held up is never asked
    options = ["--variant", "RepliesFirst", "--hold-up"]
    with pytest.raises(TimeoutError):
        asyncio.run(kill_points.life(tmp_path, ["basket-1"], told, options))


def test_lost_and_doubled_are_counted_from_what_the_client_was_told() -> None:
    seen = Seen((), (0,), (), 0, {"a": 1, "b": 2}, ("booked",), ("order-1",), 1)
    assert (seen.lost, seen.doubled) == (1, 0)
    seen = Seen((), (0,), (), 0, {"a": 1}, ("booked",), ("x", "y"), 2)
    assert (seen.lost, seen.doubled) == (0, 1)


def test_main_has_a_line_for_each_case(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(kill_points.main())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(CASES)
    assert all("1, lost 0" in line for line in lines[1:])
