"""The runner alone, as a wheel, serves a project that has nothing of this manual."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from concurrent_doctest.hashing import VERSION
from tests.ext.scratch_project import ROOT

pytestmark = pytest.mark.gate

CONF = "project = 'Foreign'\nextensions = ['concurrent_doctest']\n"
PAGE = """\
Foreign
=======

>>> 6 * 7
42

.. testcode::

   import threading
   thread = threading.Thread(target=print, args=("done",))
   thread.start()
   thread.join()

.. testoutput::

   done

.. program:: ./hello.py
   :args: {args}

.. testoutput::

   hello, you
"""
HELLO = "import sys\nprint('hello,', *sys.argv[1:])\n"


def call(*command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run *command* in *folder*, with nothing to import but what is installed and what *variables* say."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PIP_"))}
    return subprocess.run(
        command, cwd=folder, env=env | variables, capture_output=True, text=True, timeout=180, check=False
    )


def pip(*arguments: str, folder: Path) -> None:
    done = call(sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments, folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without the network and without a trace in the sources."""
    assert importlib.util.find_spec("hatchling"), "hatchling is not installed: run make test, which installs it"
    folder = tmp_path_factory.mktemp("wheel")
    package = ROOT / "source/_ext/concurrent_doctest"
    before = sorted(path.name for path in package.iterdir() if path.name != "__pycache__")
    pip("wheel", "--no-build-isolation", "--no-index", "--no-deps", "-w", str(folder), str(package), folder=folder)
    assert sorted(path.name for path in package.iterdir() if path.name != "__pycache__") == before
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An otherwise empty folder with the wheel in it."""
    folder = tmp_path_factory.mktemp("installed")
    pip("install", "--no-deps", "--no-index", "--target", str(folder), str(wheel), folder=folder)
    return folder


def doctest(folder: Path, installed: Path, *, args: str) -> subprocess.CompletedProcess[str]:
    """Run the snippets of a project in reStructuredText, whose program gets *args*."""
    project = folder / "project"
    project.mkdir()
    for name, text in {"conf.py": CONF, "index.rst": PAGE.format(args=args), "hello.py": HELLO}.items():
        (project / name).write_text(text, "utf-8")
    command = (sys.executable, "-m", "sphinx", "-b", "doctest", ".", "build")
    return call(*command, folder=project, PYTHONPATH=str(installed), NO_COLOR="1")


def test_the_wheel_holds_the_runner_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {Path(name) for name in archive.namelist()}
        (metadata,) = (name for name in names if name.name == "METADATA")
        described = Parser().parsestr(archive.read(str(metadata)).decode())
    runner = ROOT / "source/_ext/concurrent_doctest"
    modules = {str(path.relative_to(runner)) for path in runner.rglob("*.py")}
    package = {name for name in names if name.parts[0] == "concurrent_doctest"}
    assert package == {Path("concurrent_doctest", name) for name in modules | {"LICENSE"}}
    assert {name.parts[0] for name in names - package} == {metadata.parts[0]}
    assert (described["Name"], described["Version"]) == ("concurrent-doctest", VERSION)
    assert (described["License-Expression"], described["Requires-Python"]) == ("Apache-2.0", ">=3.11")
    assert described.get_all("Requires-Dist") == ["sphinx>=9"]


def test_a_foreign_project_passes_with_the_wheel_alone(tmp_path: Path, installed: Path) -> None:
    done = doctest(tmp_path, installed, args="you")
    assert done.returncode == 0, done.stdout + done.stderr
    output = (tmp_path / "project/build/output.txt").read_text("utf-8")
    assert "    3 tests\n    0 failures in tests\n" in output


def test_a_foreign_project_fails_with_the_place_of_its_mistake(tmp_path: Path, installed: Path) -> None:
    done = doctest(tmp_path, installed, args="me")
    assert done.returncode == 1, done.stdout + done.stderr
    line = PAGE.splitlines().index(".. program:: ./hello.py") + 1
    assert f"index.rst:{line}: failed: stdout differs" in done.stdout
    assert "hello, me" in done.stdout
    assert "    1 failure in tests\n" in (tmp_path / "project/build/output.txt").read_text("utf-8")


def test_the_installed_package_is_the_one_that_is_tried(tmp_path: Path, installed: Path) -> None:
    code = "import concurrent_doctest; print(concurrent_doctest.__file__)"
    done = call(sys.executable, "-c", code, folder=tmp_path, PYTHONPATH=str(installed))
    assert Path(done.stdout.strip()).is_relative_to(installed), done.stdout + done.stderr
