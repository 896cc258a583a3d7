"""Ctrl-C during a run: nothing is left running, and what had ended is kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.ext.scratch_project import Scratch

OK = "# Page\n\n```{testcode}\nprint(1)\n```\n```{testoutput}\n1\n```\n"
HANGS = """# Page

```{{testcode}}
import os, threading
with open({fifo!r}, "w") as tell:
    tell.write(str(os.getpid()))
threading.Event().wait()
```
"""


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_ctrl_c_ends_the_workers_keeps_the_results_and_exits_130(
    scratch: Callable[..., Scratch], tmp_path: Path
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    project = scratch(index=OK + "\n```{toctree}\nz\n```\n", z=HANGS.format(fifo=str(fifo)))
    project.build("doctest", extensions=["myst_parser", "concurrent_doctest"], concurrent_doctest_pages=["index"])
    conf = tmp_path / "source/conf.py"
    conf.write_text(
        conf.read_text().replace("['index']", "[]") + "\nconcurrent_doctest_limit = 100\nconcurrent_doctest_jobs = 1\n"
    )
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "doctest", str(tmp_path / "source"), str(tmp_path / "out")]
    run = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        # A shell that runs the tests in the background has SIGINT ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        worker = int(fifo.read_text())  # blocks until the page is at the line before its wait
        os.killpg(run.pid, signal.SIGINT)
        said, _ = run.communicate(timeout=60)
    finally:
        run.kill()
        run.communicate()
    assert run.returncode == 130, said
    assert not is_there(worker)
    results = json.loads((tmp_path / "out/results.json").read_text())
    assert results["interrupted"] is True
    assert [(document["name"], document["passed"]) for document in results["documents"]] == [("index", True)]
