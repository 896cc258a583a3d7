"""Fixtures for tests of the extensions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ext.scratch_project import Scratch


@pytest.fixture
def scratch(tmp_path: Path) -> Callable[..., Scratch]:
    """Make a project of the given pages."""

    def make(**pages: str) -> Scratch:
        project = Scratch(tmp_path)
        project.write(**pages)
        return project

    return make
