"""The busy shop can be looked into from outside; what is too wide for a page is made narrower."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

from examples.task_thread_and_valuetask import busy_shop, look_inside

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.mark.skipif(sys.version_info < (3, 14), reason="python -m asyncio ps is new in 3.14")
def test_each_task_is_listed() -> None:
    if not look_inside.may_look():
        pytest.skip("this system does not let a process read another's memory")
    said = look_inside.look("asyncio", "ps")
    assert all(carrier in said for carrier in busy_shop.CARRIERS)


@LINUX
def test_a_process_that_has_ended_can_not_be_read() -> None:
    with look_inside.busy_shop() as pid:
        pass
    assert not look_inside.may_read(pid)


@LINUX
def test_a_refusal_is_told_and_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def __init__(self, name: None) -> None:
            pass

        @staticmethod
        def process_vm_readv(*args: object) -> int:
            return -1

    monkeypatch.setattr(ctypes, "CDLL", Refusing)
    assert not look_inside.may_read(os.getpid())


def test_a_tool_that_fails_leaves_no_shop_behind() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        look_inside.look("no.such.tool")


def test_a_table_gets_narrower_and_a_tree_keeps_its_shape() -> None:
    table = "tid        task\n-------------\n1          slow      \n"
    assert look_inside.narrower(table) == "tid  task\n1  slow"
    tree = "│   └──  ask /usr/lib/python3.14/asyncio/tasks.py:7\n"
    assert look_inside.narrower(tree) == "│   └──  ask .../tasks.py:7"
    assert look_inside.narrower('  File "/a/b.py", line 1') == '  File ".../b.py", line 1'
