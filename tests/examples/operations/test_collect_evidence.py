"""What can be had is written down, what can't is told, and nothing is harmed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from examples.operations import collect_evidence
from examples.operations.bedside import patient

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_a_prepared_program_is_asked_and_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect_evidence, "tool", lambda pid, *command: "said")
    with patient("lost_slots") as shop:
        taken = collect_evidence.collect(shop.pid, tmp_path / "evidence")
        assert shop.process.poll() is None
    assert taken[-2:] == ["SIGUSR1: see its log", "SIGUSR2: see its log"]
    assert "socket:" in (tmp_path / "evidence" / "descriptors").read_text()
    assert len((tmp_path / "evidence" / "threads-1").read_text().splitlines()) == 2
    assert (tmp_path / "evidence" / "tasks").read_text() == "said"


def test_an_unprepared_program_gets_no_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(pid: int, *command: str) -> str:
        raise subprocess.TimeoutExpired(list(command), 30)

    monkeypatch.setattr(collect_evidence, "tool", slow)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as program:
        taken = collect_evidence.collect(program.pid, tmp_path)
        assert program.poll() is None
        program.kill()
    assert not any("SIGUSR" in name for name in taken)
    assert "TimeoutExpired" in (tmp_path / "tasks").read_text()


def test_a_descriptor_that_is_closed_meanwhile_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    read = os.readlink

    def closed(fd: Path) -> str:
        if fd.name == "0":
            raise FileNotFoundError(fd)
        return read(fd)

    monkeypatch.setattr(os, "readlink", closed)
    names = [line.split()[0] for line in collect_evidence.descriptors(os.getpid()).splitlines()]
    assert "0" not in names
    assert "1" in names


def test_a_program_that_has_ended_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect_evidence, "tool", lambda pid, *command: "said")
    with subprocess.Popen([sys.executable, "-c", ""]) as program:
        pass
    taken = collect_evidence.collect(program.pid, tmp_path)
    assert taken[-2:] == ["SIGUSR1: FileNotFoundError", "SIGUSR2: FileNotFoundError"]
    assert (tmp_path / "status").read_text().startswith("FileNotFoundError")


def test_a_tool_that_refuses_is_quoted() -> None:
    assert "No module named" in collect_evidence.tool(1, "no_such_tool")


def test_own_handlers_are_seen() -> None:
    own = os.getpid()
    before = signal.signal(signal.SIGUSR2, lambda *_: None)
    try:
        assert collect_evidence.catches(own, signal.SIGUSR2)
    finally:
        signal.signal(signal.SIGUSR2, before)


@pytest.mark.parametrize(
    ("arguments", "said"), [([], "usage"), (["x", "y"], "usage"), (["999999999", "y"], "there is no process")]
)
def test_wrong_arguments_are_refused(arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["collect_evidence", *arguments])
    with pytest.raises(SystemExit, match=said):
        collect_evidence.main()
