"""Make the project's own environment from its locks, and see that Pango is there for the PDF.

``python3 source/_ext/environment.py .venv requirements.txt`` needs only the standard library.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
PANGO_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
# One name each for Linux, macOS and Windows, as WeasyPrint looks for them.
PANGO_LIBRARIES = (
    ("libpango-1.0.so.0", "libpango-1.0.dylib", "libpango-1.0-0.dll"),
    ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib", "libpangoft2-1.0-0.dll"),
    ("libharfbuzz-subset.so.0", "libharfbuzz-subset.dylib", "libharfbuzz-subset-0.dll"),
)


class EnvironmentProblem(Exception):
    """Something that the user has to install or free; the message says what, in one line."""


def check_interpreter() -> None:
    """See that this interpreter can make an environment.

    :raises EnvironmentProblem: when it is too old, or lacks ``venv`` or ``ensurepip``.
    """
    version = ".".join(map(str, sys.version_info[:2]))
    if sys.version_info < OLDEST:
        raise EnvironmentProblem(
            f"{sys.executable} is Python {version}; 3.11 or newer is needed: make PYTHON=python3.13"
        )
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            raise EnvironmentProblem(
                f"{sys.executable} lacks the module '{module}'; "
                f"on Debian or Ubuntu: apt-get install python{version}-venv"
            )


def make_venv(folder: Path) -> Path:
    """Make *folder* an environment of the running interpreter, unless it is one; returns its Python.

    :raises EnvironmentProblem: when ``venv`` fails.
    """
    python = folder / "bin" / "python"
    made_by = folder / "made-by.txt"
    maker = f"{sys.version}\n{os.path.realpath(sys.executable)}\n"
    if python.exists() and made_by.is_file() and made_by.read_text() == maker:
        return python
    print(f"environment: making {folder} with Python {sys.version.split()[0]}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "venv", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise EnvironmentProblem(f"could not make {folder}: {_last_line(done.stdout + done.stderr)}")
    made_by.write_text(maker)
    return python


def install(python: Path, lock: Path, stamp: Path) -> None:
    """Install exactly what *lock* names, checked by its hashes, and record that in *stamp*.

    :raises EnvironmentProblem: when *lock* is missing, or pip fails.
    """
    if not lock.is_file():
        raise EnvironmentProblem(f"{lock} is missing; 'make lock' writes it")
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        os.utime(stamp)
        return
    print(f"environment: installing {lock}", flush=True)
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--quiet", "--require-hashes", "-r", str(lock)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        full = "No space left" in done.stderr
        reason = "the disk is full" if full else _last_line(done.stderr)
        raise EnvironmentProblem(f"pip could not install {lock}: {reason}")
    stamp.write_text(digest)


def _last_line(text: str) -> str:
    errors = [line for line in text.splitlines() if line.strip()]
    return next((line for line in errors if line.startswith("ERROR")), errors[-1] if errors else "no message").strip()


def missing_pango() -> list[str]:
    """The libraries of Pango that can't be loaded, under their names on this system."""
    return [names[0] for names in PANGO_LIBRARIES if not any(map(_loads, names))]


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def ensure_pango() -> None:
    """See that WeasyPrint will find Pango; as root on Debian or Ubuntu, install it.

    :raises EnvironmentProblem: when it is missing and can't be installed from here.
    """
    if not missing_pango():
        return
    advice = f"the PDF needs Pango; on Debian or Ubuntu: apt-get install {' '.join(PANGO_PACKAGES)}"
    advice += "; on macOS: brew install pango"
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise EnvironmentProblem(advice)
    print(f"environment: installing {' '.join(PANGO_PACKAGES)}", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    variables = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=variables, check=False, **quiet)  # type: ignore[call-overload]
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PANGO_PACKAGES]
    subprocess.run(command, env=variables, check=False, **quiet)  # type: ignore[call-overload]
    # A library installed a moment ago is found by a process that starts afresh.
    check = [sys.executable, __file__, "--pango-is-there"]
    if subprocess.run(check, check=False).returncode:
        raise EnvironmentProblem(advice)


def main(arguments: list[str] | None = None) -> int:
    """Make the environment *folder* from *locks*; returns the exit status."""
    parser = argparse.ArgumentParser(prog="environment", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("locks", nargs="*", type=Path)
    parser.add_argument("--pango-is-there", action="store_true", help="exit 0 if Pango can be loaded")
    options = parser.parse_args(arguments)
    if options.pango_is_there:
        return int(bool(missing_pango()))
    try:
        check_interpreter()
        python = make_venv(options.folder)
        for lock in options.locks:
            install(python, lock, options.folder / f"{lock.stem}.installed")
    except EnvironmentProblem as problem:
        print(f"environment: {problem}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"environment: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
