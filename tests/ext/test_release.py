"""What a release attaches, and when there is none."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import release
from produce import FORMATS

PROJECT = '[project]\nname = "x"\nversion = "0.2.0"\n'
CHANGELOG = "# Changelog\n\n## 0.2.0 (2026-12-01)\n\n- New.\n\n## 0.1.0 (unreleased)\n\n- Old.\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def test_a_tag_has_to_be_the_version(project: Path) -> None:
    assert release.version_of("v0.2.0", project / "pyproject.toml") == "0.2.0"
    assert release.version_of("", project / "pyproject.toml") == "0.2.0"
    with pytest.raises(release.ReleaseProblem, match=r"the tag is v0\.3\.0, the version in pyproject\.toml 0\.2\.0"):
        release.version_of("v0.3.0", project / "pyproject.toml")


def test_the_notes_are_the_section_of_the_version(project: Path) -> None:
    changelog = project / "CHANGELOG.md"
    assert release.notes(changelog, "0.2.0", final=True) == "- New.\n"
    assert release.notes(changelog, "0.1.0", final=False) == "- Old.\n"
    with pytest.raises(release.ReleaseProblem, match=r"calls 0\.1\.0 unreleased"):
        release.notes(changelog, "0.1.0", final=True)
    with pytest.raises(release.ReleaseProblem, match=r"no section ## 0\.3\.0"):
        release.notes(changelog, "0.3.0", final=False)


def test_two_archives_of_one_site_are_the_same_to_the_byte(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "topic").mkdir(parents=True)
        (tmp_path / name / "topic/page.html").write_text("page")
        (tmp_path / name / "index.html").write_text("front")
    (tmp_path / "two/index.html").touch()
    release.pack(tmp_path / "one", tmp_path / "1.tar.gz", 1_700_000_000)
    release.pack(tmp_path / "two", tmp_path / "2.tar.gz", 1_700_000_000)
    assert (tmp_path / "1.tar.gz").read_bytes() == (tmp_path / "2.tar.gz").read_bytes()
    with tarfile.open(tmp_path / "1.tar.gz") as tar:
        assert tar.getnames() == ["index.html", "topic/page.html"]


def test_every_output_is_attached_with_its_checksum(tmp_path: Path) -> None:
    books = [made.output for made in FORMATS.values() if made.builder != "html"]
    for book in books:
        (tmp_path / book).write_text(book)
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text("front")
    files = release.collect(tmp_path, "0.2.0", 1_700_000_000)
    names = {file.name for file in files}
    assert names >= {*books, "site-0.2.0.tar.gz", "SHA256SUMS"}
    (wheel,) = (file for file in files if file.suffix == ".whl")
    with zipfile.ZipFile(wheel) as packed:
        assert "concurrent_doctest/launch.py" in packed.namelist()
    lines = (tmp_path / "dist/SHA256SUMS").read_text().splitlines()
    assert {line.split("  ")[1] for line in lines} == names - {"SHA256SUMS"}
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "dist" / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("missing", ["async-multithreading.pdf", "site"])
def test_a_release_without_one_of_its_files_is_none(tmp_path: Path, missing: str) -> None:
    for made in FORMATS.values():
        if made.builder != "html" and made.output != missing:
            (tmp_path / made.output).write_text("x")
    with pytest.raises(release.ReleaseProblem, match=f"{missing} is missing; run make"):
        release.collect(tmp_path, "0.2.0", 0)


def test_a_wrong_tag_ends_with_one_line(tmp_path: Path) -> None:
    command = [sys.executable, release.__file__, "--build", str(tmp_path), "--tag", "v99.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("release: the tag is v99.0.0, the version in pyproject.toml")
    assert len(done.stderr.splitlines()) == 1
