"""The shop gets ready and goes on until it is ended."""

from __future__ import annotations

import subprocess
import sys

from examples.task_thread_and_valuetask import look_inside


def test_the_shop_says_when_every_carrier_is_asked() -> None:
    command = [sys.executable, "-m", look_inside.SHOP]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as shop:
        try:
            assert shop.stdout
            assert shop.stdout.readline() == "ready\n"
            assert shop.poll() is None
        finally:
            shop.kill()
