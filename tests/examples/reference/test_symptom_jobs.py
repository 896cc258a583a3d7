"""What the jobs of the symptom pages return, and which of them can be pickled."""

from __future__ import annotations

import multiprocessing
import pickle

import pytest

from examples.reference import symptom_jobs


def test_labels_are_lazy_or_a_list() -> None:
    lazy = symptom_jobs.lazy_labels(["A1"])
    assert symptom_jobs.all_labels(["A1"]) == list(lazy) == ["label A1"]
    with pytest.raises(TypeError, match="cannot pickle 'generator' object"):
        pickle.dumps(lazy)


def test_the_worker_notes_in_the_queue_that_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symptom_jobs, "notes", None)
    queue: multiprocessing.Queue[str] = multiprocessing.get_context("spawn").Queue()
    symptom_jobs.keep_notes(queue)
    symptom_jobs.note("swift")
    assert queue.get(timeout=60) == "swift"
    queue.close()
    queue.join_thread()


def test_the_wrapper_is_found_by_its_name_and_what_it_wraps_is_not() -> None:
    assert pickle.loads(pickle.dumps(symptom_jobs.quote))(1_500) == 840
    with pytest.raises(pickle.PicklingError, match="not the same object"):
        pickle.dumps(symptom_jobs.quote.__wrapped__)  # type: ignore[attr-defined]


def test_rates_cross_without_their_lock() -> None:
    with pytest.raises(TypeError, match=r"cannot pickle '_thread\.lock' object"):
        pickle.dumps(symptom_jobs.LockedRates())
    rates = symptom_jobs.SentRates()
    rates.cents["steady"] = 840
    with rates.lock:
        crossed = pickle.loads(pickle.dumps(rates))
    assert crossed.cents == {"swift": 990, "steady": 840}
    assert not crossed.lock.locked()
