"""Which Pythons there are: each is tried before it counts.  Standard library only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST, NEWEST = 11, 15
"""The minor versions of Python 3 that are looked for by name."""

_ASK = (
    "import json, platform, sys; print(json.dumps([platform.python_version(), "
    "'gil' if getattr(sys, '_is_gil_enabled', lambda: True)() else 'free-threaded', "
    "platform.python_implementation()]))"
)


class NoInterpreter(Exception):
    """A command that is no usable Python; the message says why."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that answers: its *command*, *version* such as ``3.13.0``, and *build*."""

    command: str
    version: str
    build: str

    @property
    def name(self) -> str:
        """Short, as on the manual's marks: ``3.13`` or ``3.13t``."""
        return ".".join(self.version.split(".")[:2]) + ("t" if self.build == "free-threaded" else "")


def ask(command: str) -> Interpreter:
    """Ask *command* what it is, within a minute.

    :raises NoInterpreter: when it does not run, is no CPython, or is older than 3.11.
    """
    try:
        asked = subprocess.run([command, "-c", _ASK], capture_output=True, text=True, check=True, timeout=60)
        version, build, implementation = json.loads(asked.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise NoInterpreter(f"{command!r} does not run: {error}") from None
    if tuple(map(int, version.split(".")[:2])) < (3, OLDEST) or implementation != "CPython":
        raise NoInterpreter(f"{command!r} is {implementation} {version}; CPython 3.{OLDEST} is the oldest")
    return Interpreter(command, version, build)


def _candidates() -> Iterator[str]:
    names = [f"python3.{minor}{kind}" for minor in range(OLDEST, NEWEST + 1) for kind in ("", "t")]
    folders = os.environ.get("PATH", "").split(os.pathsep)
    pyenv = os.environ.get("PYENV_ROOT") or (shutil.which("pyenv") and str(Path.home() / ".pyenv"))
    if pyenv:
        # What pyenv puts on PATH refuses to run until a version is chosen.
        folders += [str(folder) for folder in sorted(Path(pyenv).glob("versions/*/bin"), reverse=True)]
    for name in names:
        for folder in folders:
            path = Path(folder) / name
            if os.access(path, os.X_OK):
                yield str(path)


def find(wanted: Iterable[str] = ()) -> list[Interpreter]:
    """The interpreters that *wanted* names, or one of each version and build that this machine has.

    :raises NoInterpreter: when one that is named does not run; one that was only found is passed over.
    """
    if named := [ask(command) for command in wanted]:
        return named
    found: dict[str, Interpreter] = {}
    for command in _candidates():
        try:
            interpreter = ask(command)
        except NoInterpreter:
            continue
        found.setdefault(interpreter.name, interpreter)
    return sorted(found.values(), key=lambda item: [int(part) for part in item.version.split(".")[:2]])
