"""Making the environment: each thing that can be missing is named, with what to install."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

import environment
from environment import EnvironmentProblem, check_interpreter, ensure_pango, install, make_venv

ROOT = Path(__file__).resolve().parent.parent.parent
Version = namedtuple("Version", "major minor micro")


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the project's Makefile with an environment in *folder*."""
    command = ["make", f"VENV={folder / 'venv'}", f"BUILD={folder / 'build'}", *arguments]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60, check=False)


def test_an_old_python_is_refused_with_what_to_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", Version(3, 10, 13))
    with pytest.raises(EnvironmentProblem, match=r"is Python 3\.10; 3\.11 or newer is needed: make PYTHON="):
        check_interpreter()


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_names_the_package(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == module else real(name))
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    with pytest.raises(EnvironmentProblem, match=rf"lacks the module '{module}'; .*apt-get install {package}"):
        check_interpreter()


def test_an_environment_that_is_already_right_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").touch()
    (folder / "made-by.txt").write_text(f"{sys.version}\n{os.path.realpath(sys.executable)}\n")
    assert make_venv(folder) == folder / "bin/python"
    assert (folder / "bin/python").stat().st_size == 0


def test_a_lock_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match="'make lock' writes it"):
        install(Path(sys.executable), tmp_path / "none.txt", tmp_path / "stamp")


def test_a_package_with_another_hash_is_not_installed(tmp_path: Path) -> None:
    lock, stamp = tmp_path / "lock.txt", tmp_path / "stamp"
    lock.write_text("./nothing-0-py3-none-any.whl --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(EnvironmentProblem, match="pip could not install"):
        install(Path(sys.executable), lock, stamp)
    assert not stamp.exists()


def test_without_pango_and_without_apt_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(environment, "missing_pango", lambda: ["libpango-1.0.so.0"])
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(EnvironmentProblem, match=r"^the PDF needs Pango; .*libharfbuzz-subset0.*brew install pango$"):
        ensure_pango()


def test_make_without_a_python_says_so_in_one_line(tmp_path: Path) -> None:
    done = make(tmp_path, "html", "PYTHON=python-that-is-not-there")
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if "***" not in line]
    assert len(said) == 1
    assert said[0].startswith("make: there is no 'python-that-is-not-there' here; install Python 3.11 or newer")


def test_make_with_an_old_python_says_so_in_one_line(tmp_path: Path) -> None:
    old = tmp_path / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = make(tmp_path, "html", f"PYTHON={old}")
    assert done.returncode != 0
    assert f"'{old}' is no Python 3.11 or newer" in done.stderr


def test_help_lists_every_target_with_a_line(tmp_path: Path) -> None:
    done = make(tmp_path, "help")
    listed = {line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ") and len(line.split()) > 1}
    wanted = (
        "all help html pdf card epub apkg doctest timelines test check site dist live linkcheck addresses "
        "inventories lint lock clean"
    )
    assert listed >= set(wanted.split())
