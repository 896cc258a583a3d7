"""Build the manual's outputs, and replace a good one only by a good one.

``python source/_ext/produce.py html pdf epub apkg`` builds in a work folder, moves each finished output to
its place in one step, skips what is up to date, and prints where the outputs are.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from environment import EnvironmentProblem, ensure_pango
from run_here.fetch import FetchProblem, WrongHash, fetch

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "async-multithreading"
# What the outputs are made from, besides the Python that makes them.
INPUTS = ("source", "examples", "pyproject.toml", "requirements.txt")
VARIABLES = ("SITE_URL", "REPOSITORY_URL", "SOURCE_DATE_EPOCH", "SPHINXOPTS")
LEAST_FREE = 20 * 2**20
"""Bytes of free disk below which a failed build is put down to a full disk."""


class BuildError(Exception):
    """One format could not be built; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of output: the Sphinx *builder*, and where its result lies in the work and build folders."""

    builder: str
    made: str
    output: str

    @property
    def shown(self) -> str:
        """What a reader opens."""
        return f"{self.output}/index.html" if self.builder == "html" else self.output


FORMATS = {
    "html": Format("html", "html", "html"),
    "pdf": Format("pdf", f"pdf/{NAME}.pdf", f"{NAME}.pdf"),
    "card": Format("card", "card/quick-reference.pdf", "quick-reference.pdf"),
    "epub": Format("epub", f"epub/{NAME}.epub", f"{NAME}.epub"),
    "apkg": Format("apkg", f"apkg/{NAME}.apkg", f"{NAME}.apkg"),
}


def input_files(root: Path, names: Iterable[str] = INPUTS) -> Iterator[Path]:
    """The files below *root* that an output depends on, sorted."""
    for name in names:
        path = root / name
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        elif path.is_file():
            yield path


def fingerprint(root: Path, settings: Iterable[str], names: Iterable[str] = INPUTS) -> str:
    """A hash over the path and bytes of every file in *names* below *root*, and the *settings* of this build."""
    total = hashlib.sha256(repr(list(settings)).encode())
    for path in input_files(root, names):
        total.update(f"{path.relative_to(root)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def publish(made: Path, output: Path) -> None:
    """Put a copy of *made* (a file or a folder) at *output*; until it is whole, the old one stays.

    :raises OSError: when the copy can't be made, a full disk for example; *output* is then untouched.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    fresh = output.with_name(f".{output.name}.new")
    old = output.with_name(f".{output.name}.old")
    _remove(fresh)
    try:
        if made.is_dir():
            shutil.copytree(made, fresh)
        else:
            shutil.copy2(made, fresh)
        _remove(old)
        if output.exists():
            output.rename(old)
        fresh.rename(output)
    finally:
        _remove(fresh)
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def free_space(folder: Path) -> int:
    """Bytes that can still be written on the disk of *folder*."""
    return shutil.disk_usage(folder).free


def run_sphinx(builder: str, target: Path, doctrees: Path, options: list[str]) -> int:
    """Run Sphinx with warnings as errors; returns its exit status."""
    command = [sys.executable, "-m", "sphinx", "-b", builder, "-W", "--keep-going", "-d", str(doctrees)]
    command += [*options, str(ROOT / "source"), str(target)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def build(name: str, folder: Path, *, run: Callable[[str, Path, Path, list[str]], int] = run_sphinx) -> bool:
    """Bring one output in *folder* up to date.

    :returns: whether anything had to be built.
    :raises BuildError: when it could not be built; the last good output is still there.
    """
    made_by = FORMATS[name]
    work = folder / "work"
    output = folder / made_by.output
    record = work / f"{name}.fingerprint"
    settings = [name, sys.version, *(f"{key}={os.environ.get(key, '')}" for key in VARIABLES)]
    settings += [os.environ.get("PYODIDE", "")] * (name == "html")
    current = fingerprint(ROOT, settings)
    if output.exists() and record.is_file() and record.read_text() == current:
        return False
    try:
        if name in ("pdf", "card"):
            ensure_pango()
        work.mkdir(parents=True, exist_ok=True)
        sources = work / f"{name}.sources"
        names = "\n".join(str(path.relative_to(ROOT)) for path in input_files(ROOT, ["source"]))
        if name != "html" or not sources.is_file() or sources.read_text() != names:
            # Whatever lies in the folder goes into the output, the page of a removed source too.
            _remove(work / made_by.builder)
        sources.write_text(names)
        options = os.environ.get("SPHINXOPTS", "").split()
        if run(made_by.builder, work / made_by.builder, work / "doctrees", options):
            # Sphinx reports what it reads and writes once: what it kept would hide these warnings next time.
            _remove(work / "doctrees")
            _remove(work / made_by.builder)
            if free_space(folder) < LEAST_FREE:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(work))
            raise BuildError(f"{name}: not built; each message above names its file and line{_kept(output)}")
        # Left behind where a setting changed, and not by a build from nothing: both are to give the same files.
        (work / made_by.builder / ".buildinfo.bak").unlink(missing_ok=True)
        publish(work / made_by.made, output)
        record.write_text(current)
    except EnvironmentProblem as problem:
        raise BuildError(f"{name}: {problem}{_kept(output)}") from None
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        free = free_space(folder) // 2**20
        message = f"{name}: the disk is full ({free} MB left at {folder}); free some space and run make again"
        raise BuildError(message + _kept(output)) from None
    return True


def _kept(output: Path) -> str:
    return f"; the last good {output} is untouched" if output.exists() else ""


def copy_downloads(folder: Path) -> None:
    """Put what can be downloaded beside the site's front page, where its links point."""
    site = folder / "html"
    for name in ("pdf", "card", "epub", "apkg"):
        book = folder / FORMATS[name].output
        if site.is_dir() and book.exists():
            publish(book, site / book.name)


def set_pyodide(folder: Path) -> str:
    """Let the site run snippets, if npm is here, or has been; the environment may name another copy of Pyodide.

    :returns: what makes the build fail; "" if nothing.
    """
    if os.environ.get("PYODIDE"):
        return ""
    try:
        os.environ["PYODIDE"] = str(fetch(folder / "npm/run_here").resolve())
    except FetchProblem as problem:
        os.environ["PYODIDE"] = ""
        message = f"html: no block gets a Run button: {problem}"
        if isinstance(problem, WrongHash):
            return message
        print(message, flush=True)
    return ""


def _size(path: Path) -> str:
    files = path.rglob("*") if path.is_dir() else [path]
    size = sum(file.stat().st_size for file in files if file.is_file())
    return f"{size / 2**20:.1f} MB" if size >= 2**20 else f"{size / 2**10:.0f} KB"


def main(arguments: list[str] | None = None) -> int:
    """Build the formats asked for; returns the exit status."""
    parser = argparse.ArgumentParser(prog="produce", description=__doc__)
    parser.add_argument("formats", nargs="+", choices=FORMATS)
    parser.add_argument("--build", type=Path, default=Path("build"), help="folder of the outputs (build)")
    options = parser.parse_args(arguments)
    failures = []
    if "html" in options.formats and (problem := set_pyodide(options.build)):
        failures.append(problem)
    for name in options.formats:
        started = time.monotonic()
        try:
            built = build(name, options.build)
        except BuildError as error:
            failures.append(str(error))
            continue
        note = f"built in {time.monotonic() - started:.0f} s" if built else "up to date"
        print(f"{name}: {note}", flush=True)
    try:
        copy_downloads(options.build)
    except OSError as error:
        failures.append(f"downloads: not copied into the site: {error}")
    for failure in failures:
        print(f"produce: {failure}", file=sys.stderr)
    if failures:
        return 1
    print()
    for name in options.formats:
        shown = options.build / FORMATS[name].shown
        sized = options.build / FORMATS[name].output
        print(f"  {shown}  {_size(sized)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
