"""A run on a terminal shows how far it is, on one line that is gone at the end; elsewhere it shows nothing."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from concurrent_doctest.plan import Block, Document, Group, Plan, write
from tests.ext.scratch_project import ROOT

RUN = "import sys; sys.path.append(sys.argv.pop(1)); from concurrent_doctest.command import main; sys.exit(main())"


def document(name: str, source: str) -> Document:
    return Document(name, f"{name}.md", (Group("default", (Block(f"{name}.md", 3, "testcode", source),)),))


def run(folder: Path, stderr: int) -> None:
    write(Plan((document("first", "pass"), document("second", "1 / 0"))), folder / "plan.json")
    command = [sys.executable, "-c", RUN, str(ROOT / "source/_ext"), "plan.json", "results.json", "--jobs", "1"]
    subprocess.run(command, cwd=folder, stderr=stderr, check=True)


def test_a_terminal_shows_the_pages_as_they_end(tmp_path: Path) -> None:
    terminal, stderr = pty.openpty()
    try:
        run(tmp_path, stderr)
    finally:
        os.close(stderr)
    with open(terminal, "rb", buffering=0) as shown:
        text = shown.read(1 << 16)
    assert text.split(b"\r\x1b[K")[1:] == [b"[1/2] first.md", b"[2/2] FAILED second.md", b""]


def test_a_file_gets_none_of_it(tmp_path: Path) -> None:
    with open(tmp_path / "said", "wb") as said:
        run(tmp_path, said.fileno())
    assert (tmp_path / "said").read_bytes() == b""
