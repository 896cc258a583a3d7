"""Small Sphinx projects to try the extensions on.

Importing Sphinx takes four times as long as building one of them.  So one process for each worker of pytest
imports it, and forks for each build: run as a file, this module is that process.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Built:
    """What one run of Sphinx left: its exit *status*, what it printed, and the folder of its *output*."""

    status: int
    printed: str
    output: Path

    def read(self, name: str) -> str:
        return (self.output / name).read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Scratch:
    """A project in a folder of its own."""

    folder: Path

    def write(self, **pages: str) -> None:
        """Write pages; a double underscore in a name stands for a slash."""
        for name, text in pages.items():
            path = self.folder / "source" / (name.replace("__", "/") + ".md")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    def build(self, builder: str, **settings: object) -> Built:
        """Build as the manual is built: nitpicky, and with warnings as errors."""
        lines = [f"import sys; sys.path.insert(0, {str(ROOT / 'source/_ext')!r})", "project = 'Scratch'"]
        lines += [f"{name} = {value!r}" for name, value in ({"nitpicky": True} | settings).items()]
        (self.folder / "source/conf.py").write_text("\n".join(lines), "utf-8")
        output = self.folder / builder
        command = ["-q", "-W", "--keep-going", "-b", builder, "-d", str(self.folder / "doctrees")]
        command += [str(self.folder / "source"), str(output)]
        status, printed = _sphinx(command, NO_COLOR="1", SOURCE_DATE_EPOCH="1767268800")
        return Built(status, printed, output)


LIMIT = 120
"""Seconds that a build may take."""

_ASKING = threading.Lock()


def _sphinx(arguments: list[str], **variables: str) -> tuple[int, str]:
    """Run ``sphinx-build``; returns its exit status and what it wrote to stdout and stderr."""
    with _ASKING:
        server = _server()
    assert server.stdin
    assert server.stdout
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder, name)) for name in ("out", "err")]
        wanted = {"arguments": arguments, "files": files, "environment": os.environ | variables, "folder": os.getcwd()}
        with _ASKING:
            server.stdin.write(json.dumps(wanted) + "\n")
            server.stdin.flush()
            status = int(server.stdout.readline())
        return status, "".join(Path(file).read_text("utf-8") for file in files)


@cache
def _server() -> subprocess.Popen[str]:
    """The process that builds; it ends when nobody can ask it any more."""
    server = subprocess.Popen(
        [sys.executable, "-P", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )
    atexit.register(server.communicate)
    return server


def _serve() -> None:
    """Build what each line of stdin asks for, and answer with the exit status."""
    from sphinx.application import builtin_extensions

    for name in (*builtin_extensions, "sphinx.cmd.build", "sphinx.ext.doctest", "myst_parser.sphinx_ext.main"):
        import_module(name)
    gc.freeze()
    for line in sys.stdin:
        wanted = json.loads(line)
        child = os.fork()
        if not child:
            _build(**wanted)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _build(arguments: list[str], files: list[str], environment: dict[str, str], folder: str) -> None:
    """Build in this process, which ends with it."""
    status = 70
    try:
        signal.alarm(LIMIT)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for target, file in enumerate(files, start=1):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), target)
        status = import_module("sphinx.cmd.build").main(arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve()
