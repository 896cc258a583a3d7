"""What hosts are told to do is what the project can do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from environment import PANGO_PACKAGES
from tests.ext.scratch_project import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
HOSTED = ROOT / ".readthedocs.yaml"


def commands(file: Path) -> list[str]:
    """Every shell command in *file*, a workflow or the configuration of Read the Docs."""
    content = yaml.safe_load(file.read_text("utf-8"))
    if "jobs" not in content:
        return list(content["build"]["commands"])
    return [step["run"] for job in content["jobs"].values() for step in job["steps"] if "run" in step]


def test_there_is_a_configuration_for_each_host() -> None:
    assert [file.stem for file in WORKFLOWS] == ["check", "pages", "release"]


@pytest.mark.parametrize("file", [*WORKFLOWS, HOSTED], ids=lambda file: file.name)
def test_each_target_and_file_that_is_named_exists(file: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    text = "\n".join(commands(file))
    asked = set(re.findall(r"\bmake ([a-z-]+)", text))
    assert asked <= targets
    for path in re.findall(r"(?:source|\.ci)/[\w./]+", text):
        assert (ROOT / path).is_file(), path
    assert asked or ".ci/run" in text


@pytest.mark.parametrize("file", [file for file in [*WORKFLOWS, HOSTED] if file.stem != "check"], ids=lambda f: f.name)
def test_what_is_published_is_the_site_with_its_address(file: Path) -> None:
    (build,) = [line for line in commands(file) if line.startswith("make ")]
    assert re.match(r"make (site|dist) ", build), "only make site refuses results that are stale"
    assert "SITE_URL=" in build
    assert "REPOSITORY_URL=" in build


@pytest.mark.parametrize("file", [file for file in [*WORKFLOWS, HOSTED] if file.stem != "check"], ids=lambda f: f.name)
def test_pango_is_installed_where_the_books_are_built(file: Path) -> None:
    text = file.read_text("utf-8")
    assert [package for package in PANGO_PACKAGES if package not in text] == []


def test_every_job_has_the_rights_that_it_needs_and_a_limit() -> None:
    for file in WORKFLOWS:
        content = yaml.safe_load(file.read_text("utf-8"))
        assert "permissions" in content, "without it, a job may do everything"
        for name, job in content["jobs"].items():
            deploys = any("deploy-pages" in step.get("uses", "") for step in job["steps"])
            assert deploys or 0 < job["timeout-minutes"] <= 90, f"{file.name}: {name}"
