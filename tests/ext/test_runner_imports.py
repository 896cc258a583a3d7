"""A recorded result of a program is stale as soon as any file that the program imports has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from concurrent_doctest import supervise
from concurrent_doctest.imports import project_files
from concurrent_doctest.plan import Block, Document, Group, Plan, Program


def project(root: Path, **files: str) -> None:
    """Write files whose names have double underscores for slashes."""
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def names(root: Path, start: str) -> set[str]:
    return {str(path.relative_to(root)) for path in project_files(root / start, root)}


@pytest.mark.parametrize(
    "statement",
    [
        "import app.tools.clock",
        "import app.tools.clock as c",
        "from app.tools import clock",
        "from app.tools.clock import now",
        "from .tools.clock import now",
        "from .tools import clock",
        "from . import tools\nfrom .tools.clock import *",
        "def late():\n    from app.tools import clock",
    ],
)
def test_every_form_of_import_is_followed(tmp_path: Path, statement: str) -> None:
    project(tmp_path, app__shop=statement, app__tools__clock="from ..rates import RATE", app__rates="", app__other="")
    assert names(tmp_path, "app/shop.py") == {"app/shop.py", "app/tools/clock.py", "app/rates.py"}


def test_the_init_files_on_the_way_count(tmp_path: Path) -> None:
    project(tmp_path, app__shop="import json, os.path", app____init__="from .base import *", app__base="")
    (tmp_path / "app/__init__.py").write_text("from .base import *", "utf-8")
    assert names(tmp_path, "app/shop.py") == {"app/shop.py", "app/__init__.py", "app/base.py"}


def test_modules_that_import_each_other_and_files_that_cannot_be_read_end_the_search(tmp_path: Path) -> None:
    project(tmp_path, app__a="from . import b, broken", app__b="from . import a", app__broken="def")
    assert names(tmp_path, "app/a.py") == {"app/a.py", "app/b.py", "app/broken.py"}
    assert names(tmp_path, "app/missing.py") == {"app/missing.py"}


def test_a_page_rests_on_the_imports_of_its_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path, app__shop="from app.rates import RATE\nprint(RATE)", app__rates="RATE = 840")
    monkeypatch.chdir(tmp_path)
    block = Block("page.md", 5, "program", "app/shop.py", program=Program("app/shop.py"))
    document = Document("page", "page.md", (Group("default", (block,)),), limit=60)
    (result,) = supervise.run(Plan((document,), path=(str(tmp_path),)), jobs=1, progress=lambda result: None)
    assert result.files == ("app/rates.py", "app/shop.py")
