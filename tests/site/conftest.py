"""Fixtures for tests of the outputs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.outputs import BUILD, SOURCE, forget_pages


@pytest.fixture(scope="module", autouse=True)
def light() -> Iterator[None]:
    """Keep the parsed pages no longer than their module: tests that fork, or collect garbage, come after it."""
    yield
    forget_pages()


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the site."""
    folder = BUILD / "html"
    assert (folder / "index.html").is_file(), f"{folder} is not built: run make"
    return folder


@pytest.fixture(scope="session")
def sources() -> list[Path]:
    """Every page of the manual, as written."""
    return sorted(path for path in SOURCE.rglob("*.md") if not path.relative_to(SOURCE).parts[0].startswith("_"))
