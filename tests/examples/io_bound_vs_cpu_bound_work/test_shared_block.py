"""shared_block: a block lives as long as its owner, and workers change it in place."""

from __future__ import annotations

import subprocess
import sys
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import pytest

from examples.io_bound_vs_cpu_bound_work import payloads, shared_block

ROOT = Path(__file__).resolve().parents[3]


def test_a_block_is_there_until_its_owner_ends() -> None:
    with shared_block.owned(8) as block:
        assert block.buf is not None
        block.buf[:5] = b"label"
        assert payloads.look_shared(block.name) == b"label"
        name = block.name
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=name)


def test_a_borrower_leaves_it_there() -> None:
    with shared_block.owned(8) as block:
        for _ in range(2):
            with shared_block.borrowed(block.name) as same:
                assert same.name == block.name


def test_a_worker_doubles_its_part_and_no_more() -> None:
    with shared_block.owned(8) as block:
        assert block.buf is not None
        block.buf[:8] = bytes(range(8))
        assert shared_block.double((block.name, 2, 5)) == 3
        assert list(block.buf[:8]) == [0, 1, 4, 6, 8, 5, 6, 7]


def test_a_block_is_deleted_when_the_work_fails() -> None:
    with pytest.raises(RuntimeError), shared_block.owned(8) as block:  # noqa: PT012
        name = block.name
        raise RuntimeError("no carrier")
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=name)


def test_the_program_leaves_nothing_behind() -> None:
    command = [sys.executable, "-m", "examples.io_bound_vs_cpu_bound_work.shared_block"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    assert ran.stderr == ""  # the resource tracker would name a leaked block
    assert ran.stdout.splitlines() == ["[4, 4]", "[0, 2, 4, 6, 8, 10, 12, 14]", "deleted"]
