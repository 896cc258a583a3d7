"""Which blocks get a Run button, what stands in its place, and what the site then holds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

import produce
from concurrent_doctest.plan import Block, Group, Output
from run_here import fetch, judge, pack
from tests.ext.scratch_project import Built, Scratch


def needs(source: str, root: Path = Path("/nowhere"), kind: str = "testcode") -> str:
    """What a block with *source* needs that a browser has not."""
    tree = judge.parsed(Block("page.md", 1, kind, source))
    assert tree
    return judge.needs(tree, root)


@pytest.mark.parametrize(
    ("source", "lacking"),
    [
        ("import asyncio\nasyncio.run(asyncio.sleep(0))", ""),
        ("import threading\nthreading.Thread(target=print).start()", "threads"),
        ("from threading import Thread as T", "threads"),
        ("import threading\nlock = threading.Lock()", ""),
        ("import asyncio\nasync def f():\n    await asyncio.to_thread(print)", "threads"),
        ("from asyncio import open_connection", "sockets"),
        ("from concurrent.futures import ThreadPoolExecutor", "threads"),
        ("from concurrent.futures import ProcessPoolExecutor", "processes"),
        ("from concurrent import interpreters", "subinterpreters"),
        ("import multiprocessing.shared_memory", "processes"),
        ("import os\nos.fork()", "processes"),
        ("import threading\nthreading.Barrier(2)", "threads"),
        ("import asyncio\nasyncio.Barrier(2).abort()", ""),
        ("loop.add_signal_handler(2, print)", "signals"),
        ("import trio", "the package trio"),
        ("from importlib import import_module as m\nfor name in ('signal',):\n    import_module(name)", "signals"),
        ("print('signal')", ""),
    ],
)
def test_a_block_is_judged_by_what_it_imports_and_names(source: str, lacking: str) -> None:
    assert needs(source) == lacking


def test_prompts_are_read_like_code() -> None:
    assert needs(">>> import asyncio\n>>> await asyncio.sleep(0)\n", kind="doctest") == ""
    assert needs(">>> import subprocess\n", kind="doctest") == "processes"


def test_modules_of_the_project_count_with_what_they_import(tmp_path: Path) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    for name, text in {
        "__init__": "",
        "pure": "from shop import ring\n",
        "ring": "import shop.pure, asyncio\n",
        "pool": "from concurrent.futures import ThreadPoolExecutor\n",
        "deep": "from .pool import ThreadPoolExecutor as _\n",
    }.items():
        (package / f"{name}.py").write_text(text, "utf-8")
    assert needs("from shop.pure import ring", tmp_path) == ""
    assert needs("from shop import deep", tmp_path) == "threads"
    assert needs("import shop.lost", tmp_path) == "the package shop"


def verdicts(*blocks: Block) -> list[judge.Verdict]:
    return list(judge.judge(Group("default", blocks), Path("/nowhere")).values())


def test_a_block_that_uses_what_a_block_with_threads_made_does_not_run_either() -> None:
    found = verdicts(
        Block("page.md", 1, "testcode", "import threading\nworker = threading.Thread(target=print)\nprices = {}"),
        Block("page.md", 5, "testcode", "print(worker)"),
        Block("page.md", 9, "testcode", "prices = {'swift': 610}"),
        Block("page.md", 13, "testcode", "print(prices)"),
        Block("page.md", 17, "testcode", "prices['steady'] = 700"),
    )
    assert [verdict.runs for verdict in found] == [False, False, True, True, True]
    assert found[1] == judge.Verdict("threads", "page.md:1")


def test_a_block_about_the_depth_of_the_stack_needs_a_real_one() -> None:
    output = Output(5, "RecursionError: maximum recursion depth exceeded\n")
    (verdict,) = verdicts(Block("page.md", 1, "testcode", "def hop(): hop()\nhop()", outputs=(output,)))
    assert verdict.needs == "a deeper stack"


def test_what_the_page_itself_excludes_has_neither_button_nor_note() -> None:
    found = verdicts(
        Block("page.md", 1, "testcode", "print(1)", skip="pyversion <3.12, this is 3.14.2"),
        Block("page.md", 5, "testcode", "print(1)", build="free-threaded"),
        Block("page.md", 9, "testcode", "import trio", requires="trio"),
    )
    assert all(verdict.silent and not verdict.runs for verdict in found)


PAGE = """\
# Page

```{testcode}
import asyncio
asyncio.run(asyncio.sleep(0, print("ready")))
```
```{testoutput}
ready
```

```{testcode}
import threading
threading.Thread(target=print).start()
```

```{testcode}
:pyversion: "<3.14"
print("old")
```

```{testcode}
from shop import price
```
"""


@pytest.fixture
def pyodide(tmp_path: Path) -> Path:
    """A folder with the names of the npm package."""
    package = tmp_path / "pyodide"
    package.mkdir()
    for name in (*pack.PYODIDE, "README.md"):
        (package / name).write_text(name, "utf-8")
    (package / "package.json").write_text('{"version": "1.2.3"}', "utf-8")
    lock = {"info": {"python": "3.14.2"}, "packages": {"numpy": {"file_name": "https://cdn.example.org/numpy.whl"}}}
    (package / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")
    return package


def build(project: Scratch, package: Path | str, builder: str = "html") -> Built:
    built = project.build(
        builder,
        extensions=["myst_parser", "concurrent_doctest", "run_here"],
        run_here_pyodide=str(package),
        run_here_packages=["shop"],
    )
    assert built.status == 0, built.printed
    return built


def soup(built: Built) -> BeautifulSoup:
    return BeautifulSoup(built.read("index.html"), "html.parser")


def test_a_page_has_a_place_for_buttons_or_a_note_and_the_site_what_they_run(
    scratch: Callable[..., Scratch], pyodide: Path
) -> None:
    project = scratch(index=PAGE)
    (project.folder / "shop").mkdir()
    (project.folder / "shop/__init__.py").write_text("price = 610\n", "utf-8")
    built = build(project, pyodide)
    page = soup(built)
    places = page.select(".run-here")
    assert [str(place["data-block"]).rpartition(":")[2] for place in places] == ["4", "22"]
    output = places[0].find_previous_sibling()
    assert output is not None
    assert "ready" in output.text
    assert [note.text for note in page.select(".run-note")] == ["Needs threads: run it with python3."]
    assert any("run.js" in str(script.get("src")) for script in page.select("script"))
    static = built.output / "_static"
    site = json.loads((static / "run/site.json").read_text("utf-8"))
    assert (site["python"], site["version"]) == ("pyodide/1.2.3/", "3.14.2")
    assert {path.name for path in (static / "pyodide/1.2.3").iterdir()} == {*pack.PYODIDE, "lock.json", "package.json"}
    assert "cdn.example.org" not in (static / "pyodide/1.2.3/lock.json").read_text("utf-8")
    names = zipfile.ZipFile(static / "run/manual.zip").namelist()
    assert {"in_browser.py", "concurrent_doctest/execute.py", "shop/__init__.py"} <= set(names)
    (document,) = json.loads((static / "run/pages/index.json").read_text("utf-8"))["documents"]
    assert [block["line"] for group in document["groups"] for block in group["blocks"]] == [4, 22]

    # A module that needs threads now takes the button from the block that imports it.
    (project.folder / "shop/__init__.py").write_text("import threading\nprice = threading.Event()\n", "utf-8")
    again = build(project, pyodide)
    assert len(soup(again).select(".run-here")) == 1
    assert "shop/__init__.py" not in zipfile.ZipFile(static / "run/manual.zip").namelist()

    # And without Pyodide there is nothing of it.
    bare = soup(build(project, ""))
    assert not bare.select(".run-here, .run-note")
    assert not any("run.js" in str(script.get("src")) for script in bare.select("script"))
    assert not (static / "run").exists()
    assert not (static / "pyodide").exists()


def test_an_epub_has_no_buttons(scratch: Callable[..., Scratch], pyodide: Path) -> None:
    project = scratch(index="# Page\n\n```{testcode}\nprint(1)\n```\n")
    built = project.build("text", extensions=["myst_parser", "concurrent_doctest", "run_here"])
    assert built.status == 0, built.printed
    built = project.build(
        "epub",
        extensions=["myst_parser", "concurrent_doctest", "run_here"],
        run_here_pyodide=str(pyodide),
        epub_copyright="2026",
        version="1",
    )
    text = (built.output / "index.xhtml").read_text("utf-8")
    assert "run-here" not in text
    assert not (built.output / "_static/pyodide").exists()


def test_the_archive_is_the_same_to_the_byte_wherever_it_is_made(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "shop").mkdir(parents=True)
        (tmp_path / name / "shop/__init__.py").write_text("price = 610\n", "utf-8")
    digests = {pack.archive(tmp_path / name, ["shop"], tmp_path / f"{name}.zip") for name in ("a", "b")}
    assert len(digests) == 1
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def npm(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an ``npm`` that runs *script* before all others."""
    folder.mkdir()
    program = folder / "npm"
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return program


def test_pyodide_is_fetched_once_and_used_without_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm(tmp_path / "bin", 'echo "$@" >> calls; mkdir -p node_modules/pyodide', monkeypatch)
    folder = tmp_path / "npm"
    assert fetch.fetch(folder) == folder / "node_modules/pyodide"
    (call,) = (folder / "calls").read_text("utf-8").splitlines()
    assert call.startswith("ci --ignore-scripts")
    shutil.rmtree(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert fetch.fetch(folder) == folder / "node_modules/pyodide"


def test_what_keeps_pyodide_away_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm(tmp_path / "bin", 'echo "npm error code ENOTFOUND" >&2; exit 1', monkeypatch)
    with pytest.raises(fetch.FetchProblem, match="code ENOTFOUND"):
        fetch.fetch(tmp_path / "npm")
    shutil.rmtree(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(fetch.FetchProblem, match="there is no npm"):
        fetch.fetch(tmp_path / "npm")


def test_a_package_with_another_hash_fails_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PYODIDE", raising=False)
    for code, fails in (("EINTEGRITY", True), ("ENOTFOUND", False)):
        npm(tmp_path / code, f'echo "npm error code {code}" >&2; exit 1', monkeypatch)
        monkeypatch.setenv("PYODIDE", "")
        problem = produce.set_pyodide(tmp_path / "build")
        assert bool(problem) is fails
        assert f"code {code}" in problem + capsys.readouterr().out


def test_the_lock_names_no_host_and_every_hash() -> None:
    lock = json.loads((fetch.HERE / "package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all(entry["integrity"].startswith("sha512-") and "resolved" not in entry for entry in packages.values())


def test_what_is_packed_of_the_runner_is_enough(tmp_path: Path) -> None:
    """A browser has no other copy of the runner: a module that one of these imports has to be there, too."""
    pack.archive(tmp_path, [], tmp_path / "manual.zip")
    code = "import sys; sys.path.insert(0, sys.argv[1]); import in_browser"
    command = [sys.executable, "-S", "-P", "-c", code, str(tmp_path / "manual.zip")]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
