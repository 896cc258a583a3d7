"""mixed_quotes: each kind of work in its place, and the results in theirs."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from examples.io_bound_vs_cpu_bound_work.mixed_quotes import checkout, main, pack
from examples.quotes import Quote


def test_pack_fills_each_box_up_to_its_limit() -> None:
    """First-fit: a parcel goes into the first box that has room."""
    assert pack([]) == 0
    assert pack([6, 5, 4], limit=10) == 2
    assert pack([10, 10, 10], limit=10) == 3
    assert pack([6, 6, 4, 4], limit=10) == 2


def test_the_packing_goes_to_the_executor_that_the_caller_chose() -> None:
    """Any executor will do; it need not be one of processes."""
    names: list[str] = []

    with ThreadPoolExecutor(1, thread_name_prefix="packer", initializer=lambda: names.append("started")) as pool:
        quotes, boxes = asyncio.run(checkout(pool))
        assert any(thread.name.startswith("packer") for thread in threading.enumerate())
    assert names == ["started"]
    assert quotes == [Quote(1680, "steady"), Quote(1980, "swift")]
    assert boxes == 250


def test_main(capsys: pytest.CaptureFixture[str]) -> None:
    """The program prints what the page shows."""
    main()
    assert capsys.readouterr().out == "steady: 1680 cents\nswift: 1980 cents\n250 boxes\n"
