"""An experiment gives the figures of both variants, each from a fresh service."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from examples.quotes import experiment
from examples.quotes.carrier_servers import STEADY, SWIFT, Carriers, LocalCarrier
from examples.quotes.experiment import Change, Figures
from examples.quotes.load import Load, Outcome, Request
from examples.quotes.parts import Parts, Settings


def order(number: int) -> Request:
    """Each key comes twice."""
    return Request("/orders", "POST", {"Idempotency-Key": f"key {number // 2}"}, {"grams": 1200})


def told(outcome: Outcome, carriers: Carriers) -> Figures:
    return {"bookings": len(carriers["swift"].bookings)}


CHANGE = Change(
    name="nothing",
    before=Parts(),
    after=Parts(),
    load=Load(order, count=6),
    rows=("answered", "orders", "doubled", "lost", "bookings", "p50"),
    carriers=(LocalCarrier("swift"),),
    settings=Settings(carriers=("swift",), deadline=60, drain_seconds=60),
    meanings={"bookings": "bookings"},
    more=told,
)


def test_both_variants_start_afresh() -> None:
    found = experiment.compare(CHANGE)
    for side in ("before", "after"):
        figures = found[side]
        assert figures["statuses"] == {"200": 3, "201": 3}
        assert [figures[name] for name in ("orders", "booked", "doubled", "lost", "bookings")] == [3, 3, 0, 0, 3]
        assert figures["mails"] == 3
        assert set(experiment.MEANINGS) <= set(figures)


def test_orders_lost_and_doubled_are_counted(tmp_path: Path) -> None:
    outcome = Outcome()
    for number in (1, 2):
        outcome.bodies.append((Request("/orders", headers={"Idempotency-Key": "a"}), 201, {"id": number}))
    figures = experiment.stored(tmp_path / "orders.db", outcome)
    assert (figures["doubled"], figures["lost"], figures["orders"]) == (1, 2, 0)


def test_the_figures_as_json_and_as_text(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    same = dict.fromkeys(CHANGE.rows, 1234)
    monkeypatch.setattr(experiment, "compare", lambda change, process: {"before": same, "after": same})
    monkeypatch.setattr(sys, "argv", ["practical_example.py", "--json"])
    experiment.main(CHANGE)
    figures = json.loads(capsys.readouterr().out)
    assert figures["before"] == same
    assert figures["times"] == ["p50"]
    assert figures["rows"]["lost"] == "accepted orders lost"
    monkeypatch.setattr(sys, "argv", ["practical_example.py"])
    experiment.main(CHANGE)
    assert "1,234 ms" in capsys.readouterr().out


def test_counts_of_carriers_start_at_0() -> None:
    SWIFT.calls = 0
    local = Carriers([SWIFT, STEADY])
    local["swift"].calls += 1
    assert (local.calls, SWIFT.calls) == (1, 0)
