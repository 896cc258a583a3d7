"""``python -m examples.quotes`` serves until it is told to end, and drains."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from examples.quotes.__main__ import main

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_a_signal(number: int) -> None:
    command = [sys.executable, "-m", "examples.quotes"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout
        url = served.stdout.readline().split()[-1]
        answer = httpx.get(f"{url}/quote?grams=1200", trust_env=False, timeout=60)
        assert answer.json()["carrier"] in ("swift", "steady")
        served.send_signal(number)
        assert served.stdout.read() == "drained\n"
    assert served.returncode == 0


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 2
    assert capsys.readouterr().err.startswith(f"can't listen on port {port}: ")


def test_a_port_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "70000"]) == 2
    assert "can't listen on port 70000" in capsys.readouterr().err


def test_a_database_that_can_not_be_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--database", str(tmp_path)]) == 2
    assert "can't" in capsys.readouterr().err
