"""Both shells come to the same decision, and what is late does not delay it."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from concurrent_doctest.virtual_clock import virtual_clock
from examples.best_practices.quote_shells import shop_async, shop_threads
from examples.quotes import Carrier, Parcel, Quote

PARCEL = Parcel(900)


def carriers(*, steady_fails: bool = False) -> dict[str, Carrier]:
    return {
        "steady": Carrier("steady", 0.002, 840, failures=9 if steady_fails else 0),
        "swift": Carrier("swift", 0.001, 990),
        "slow": Carrier("slow", 3600, 610),
    }


@pytest.mark.parametrize("steady_fails", [False, True])
def test_both_shells_decide_alike(steady_fails: bool) -> None:
    with virtual_clock():
        by_tasks = asyncio.run(shop_async(carriers(steady_fails=steady_fails), PARCEL, 60))
    with ThreadPoolExecutor(4) as pool:
        by_threads = shop_threads(pool, carriers(steady_fails=steady_fails), PARCEL, 60)
    assert by_tasks == by_threads == (Quote(990, "swift") if steady_fails else Quote(840, "steady"))


def test_what_is_late_does_not_delay_the_answer() -> None:
    late = carriers()
    with virtual_clock():

        async def case() -> Quote | None:
            loop = asyncio.get_running_loop()
            began = loop.time()
            asking = asyncio.create_task(shop_async(late, PARCEL, 60))
            await asyncio.sleep(0)
            late["swift"].delay = 3600  # it was usually fast
            outcome = await asking
            assert loop.time() - began == pytest.approx(60)
            return outcome

        assert asyncio.run(case()) == Quote(840, "steady")


def test_what_is_late_is_not_begun_by_the_pool() -> None:
    let_go = threading.Event()

    class Hangs(Carrier):
        def quote_blocking(self, parcel: Parcel) -> Quote:
            let_go.wait(60)
            return super().quote_blocking(parcel)

    hangs, queued = Hangs("hangs", 0.001, 610), Carrier("queued", 0.002, 990)
    with ThreadPoolExecutor(1) as pool:
        assert shop_threads(pool, {"hangs": hangs, "queued": queued}, PARCEL, 0.05) is None
        let_go.set()
    assert queued.calls == 0
