"""A profile's table is read right."""

from __future__ import annotations

import pytest

from examples.task_thread_and_valuetask import profile_modes

TABLE = """\
Captured 1,000 samples in 1.00 seconds
\x1b[94m   500/500\x1b[0m  50.0  0.5  50.0  0.5  three_threads.py:20(hash_labels)
    60/60   6.0  0.1  6.0  0.1  three_threads.py:26(rank_parcels)
    50/50   5.0  0.1  5.0  0.1  three_threads.py:27(rank_parcels)
     0/99   0.0  0.0  9.9  0.1  three_threads.py:13(wait_for_answer)
"""


def test_a_worker_counts_from_a_tenth_of_the_samples() -> None:
    assert profile_modes.seen(TABLE) == ["hash_labels", "rank_parcels"]


def test_output_without_a_table_is_an_error() -> None:
    with pytest.raises(AssertionError, match="no rights"):
        profile_modes.seen("no rights")
