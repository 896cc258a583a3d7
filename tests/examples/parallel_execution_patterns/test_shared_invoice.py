"""shared_invoice: workers price a part of a block that they did not receive."""

from __future__ import annotations

from array import array

import pytest

from examples.io_bound_vs_cpu_bound_work.shared_block import owned
from examples.parallel_execution_patterns import shared_invoice


def test_a_part_is_priced_and_the_block_can_be_closed() -> None:
    data = array("I", [500, 2500, 1000]).tobytes()
    with owned(len(data)) as block:
        assert block.buf is not None
        block.buf[: len(data)] = data
        assert shared_invoice.cents((block.name, 0, 3)) == 420 + 1260 + 420
        assert shared_invoice.cents((block.name, 1, 2)) == 1260


def test_the_program_prices_the_month(capsys: pytest.CaptureFixture[str]) -> None:
    shared_invoice.main()
    assert capsys.readouterr().out.startswith("2121000000 cents\n")
