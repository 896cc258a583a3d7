"""Fetch Pyodide with npm, which checks it against the hash in ``package-lock.json``; standard library only."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = ("package.json", "package-lock.json")


class FetchProblem(Exception):
    """Pyodide can't be used; the message says why, and what to do."""


class WrongHash(FetchProblem):
    """What npm was given is not what is locked; nobody should go on as if there were no network."""


def fetch(folder: Path) -> Path:
    """The folder of the npm package ``pyodide`` below *folder*, fetched unless it is there as it is locked.

    :raises FetchProblem: when there is no npm, or when it fails, without a network for example.
    :raises WrongHash: when what it was given has another hash than the lock.
    """
    package, stamp = folder / "node_modules/pyodide", folder / "fetched.json"
    lock = (HERE / "package-lock.json").read_text("utf-8")
    if package.is_dir() and stamp.is_file() and stamp.read_text("utf-8") == lock:
        return package
    npm = shutil.which("npm")
    if npm is None:
        raise FetchProblem("there is no npm; install it (Debian: apt-get install npm)")
    folder.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    for name in NAMES:
        shutil.copyfile(HERE / name, folder / name)
    command = [npm, "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode or not package.is_dir():
        lines = [line.removeprefix("npm error ") for line in done.stderr.splitlines() if line.strip()]
        problem = WrongHash if "EINTEGRITY" in done.stderr else FetchProblem
        raise problem(f"npm could not fetch Pyodide: {' '.join(lines[:3]) or 'it said nothing'}")
    stamp.write_text(lock, "utf-8")
    return package
