"""What needs more than Python, or builds the manual again."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.site.outputs import BUILD, ROOT

pytestmark = pytest.mark.gate
PYODIDE = BUILD / "npm/run_here/node_modules/pyodide"
EPUBCHECK = (Path("/usr/share/java/epubcheck.jar"), Path("/usr/bin/epubcheck"))


def produce(folder: Path, *formats: str, **settings: str) -> None:
    """Build *formats* into *folder* with these environment variables."""
    command = [sys.executable, str(ROOT / "source/_ext/produce.py"), "--build", str(folder), *formats]
    variables = {"SOURCE_DATE_EPOCH": "1767268800", "SITE_URL": "", "REPOSITORY_URL": ""} | settings
    if PYODIDE.is_dir():  # npm need not fetch it again
        variables["PYODIDE"] = str(PYODIDE.resolve())
    done = subprocess.run(
        command, env=os.environ | variables, capture_output=True, text=True, timeout=1200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_epubcheck_has_nothing_to_say() -> None:
    assert shutil.which("java"), "Java is missing: apt-get install default-jre-headless"
    jars = [path for path in EPUBCHECK if path.is_file()]
    assert jars, "epubcheck is missing: apt-get install epubcheck"
    book = BUILD / "async-multithreading.epub"
    assert book.is_file(), f"{book} is not built: run make"  # epubcheck reports no error for a missing file
    done = subprocess.run(
        ["java", "-jar", str(jars[0]), str(book)], capture_output=True, text=True, timeout=300, check=False
    )
    said = done.stdout + done.stderr
    assert "Messages: 0 fatals / 0 errors / 0 warnings" in said, said


def test_a_clean_build_is_the_same_to_the_byte(tmp_path: Path) -> None:
    """What `make` has built, maybe step by step, and a build from nothing, in another place and with another seed."""
    settings = {name: os.environ.get(name, "") for name in ("SITE_URL", "REPOSITORY_URL")}
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    assert epoch, "make exports SOURCE_DATE_EPOCH: run `make check`, or set it to the date of the last commit"
    produce(tmp_path, "html", "epub", "apkg", "card", "pdf", PYTHONHASHSEED="1", SOURCE_DATE_EPOCH=epoch, **settings)
    books = [f"async-multithreading.{kind}" for kind in ("pdf", "epub", "apkg")] + ["quick-reference.pdf"]
    for name in books:
        assert (tmp_path / name).read_bytes() == (BUILD / name).read_bytes(), name
    assert differences(tmp_path / "html", BUILD / "html") == []


def differences(first: Path, second: Path) -> list[str]:
    """Files of two folders that are not the same."""
    names = {path.relative_to(first) for path in first.rglob("*") if path.is_file()}
    names |= {path.relative_to(second) for path in second.rglob("*") if path.is_file()}
    _, mismatch, errors = filecmp.cmpfiles(first, second, sorted(map(str, names)), shallow=False)
    return mismatch + errors


def test_addresses_appear_when_they_are_given_and_only_then(tmp_path: Path) -> None:
    site, repository = "https://manual.example.org/en", "https://code.example.org/team/manual"
    produce(tmp_path, "html", SITE_URL=site, REPOSITORY_URL=repository)
    given = BeautifulSoup((tmp_path / "html/overview.html").read_bytes(), "html.parser")
    bare = BeautifulSoup((BUILD / "html/overview.html").read_bytes(), "html.parser")

    def canonical(page: BeautifulSoup) -> list[str]:
        return [str(link["href"]) for link in page.find_all("link", rel="canonical")]

    def graph(page: BeautifulSoup) -> dict[str, str]:
        return {str(m["property"]): str(m["content"]) for m in page.find_all("meta", property=re.compile("^og:"))}

    def edits(page: BeautifulSoup) -> list[str]:
        return [str(link["href"]) for link in page.find_all("a") if "/edit/" in str(link.get("href"))]

    assert canonical(given) == [f"{site}/overview.html"]
    assert graph(given)["og:url"] == f"{site}/overview.html"
    (description,) = given.find_all("meta", attrs={"name": "description"})
    assert graph(given)["og:description"] == description["content"]
    assert set(edits(given)) == {f"{repository}/edit/main/source/overview.md"}
    sitemap = (tmp_path / "html/sitemap.xml").read_text()
    assert f"<loc>{site}/overview.html</loc>" in sitemap
    assert "404.html" not in sitemap
    missing = BeautifulSoup((tmp_path / "html/404.html").read_bytes(), "html.parser")
    sheets = [str(link["href"]) for link in missing.find_all("link", rel="stylesheet")]
    assert sheets
    assert all(href.startswith("/en/_static/") for href in sheets), sheets

    assert canonical(bare) == []
    assert graph(bare) == {}
    assert edits(bare) == []
    assert not (BUILD / "html/sitemap.xml").exists()
