"""A good output is replaced only by a good one, and a failure says what to do."""

from __future__ import annotations

import errno
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import produce
from produce import BuildError, build, fingerprint, publish
from reflow_epub import pack

Runner = Callable[[str, Path, Path, list[str]], int]


def runner(status: int, text: str = "fresh", calls: list[str] | None = None) -> Runner:
    def run(name: str, target: Path, doctrees: Path, options: list[str]) -> int:
        if calls is not None:
            calls.append(name)
        target.mkdir(parents=True, exist_ok=True)
        doctrees.mkdir(parents=True, exist_ok=True)
        (target / "index.html").write_text(text)
        return status

    return run


def test_a_build_that_succeeds_is_published_and_then_up_to_date(tmp_path: Path) -> None:
    calls: list[str] = []
    assert build("html", tmp_path, run=runner(0, calls=calls)) is True
    assert (tmp_path / "html/index.html").read_text() == "fresh"
    assert build("html", tmp_path, run=runner(0, calls=calls)) is False
    assert calls == ["html"]


def test_a_changed_setting_builds_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build("html", tmp_path, run=runner(0))
    monkeypatch.setenv("SITE_URL", "https://example.org/")
    (tmp_path / "work/html/.buildinfo.bak").touch()  # as Sphinx does then
    assert build("html", tmp_path, run=runner(0)) is True
    assert [path.name for path in (tmp_path / "html").iterdir()] == ["index.html"]


def test_a_build_that_fails_leaves_the_last_good_output(tmp_path: Path) -> None:
    publish_text(tmp_path / "html", "good")
    with pytest.raises(BuildError, match=r"html: not built; .*the last good .*html is untouched"):
        build("html", tmp_path, run=runner(1))
    assert (tmp_path / "html/index.html").read_text() == "good"


def publish_text(folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    (folder / "index.html").write_text(text)


def test_what_failed_is_read_again_so_that_its_warnings_come_again(tmp_path: Path) -> None:
    with pytest.raises(BuildError):
        build("html", tmp_path, run=runner(1))
    assert not (tmp_path / "work/doctrees").exists()
    assert not (tmp_path / "work/html").exists()


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(produce, "free_space", lambda folder: 0)
    with pytest.raises(BuildError, match=r"the disk is full \(0 MB left at .*\); free some space"):
        build("html", tmp_path, run=runner(1))


def test_a_copy_that_fails_leaves_the_old_output_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = tmp_path / "html", tmp_path / "made"
    publish_text(old, "good")
    publish_text(new, "fresh")

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copytree", full)
    with pytest.raises(OSError, match="No space left"):
        publish(new, old)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []
    assert (old / "index.html").read_text() == "good"


def test_the_fingerprint_follows_names_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    page = tmp_path / "source/a.md"
    page.write_text("one")
    first = fingerprint(tmp_path, [])
    page.write_text("two")
    second = fingerprint(tmp_path, [])
    page.rename(page.with_name("b.md"))
    third = fingerprint(tmp_path, [])
    assert len({first, second, third, fingerprint(tmp_path, ["x"])}) == 4


def test_an_epub_is_packed_to_the_same_bytes_with_its_type_first(tmp_path: Path) -> None:
    for name in ("mimetype", "b.xhtml", "a.xhtml"):
        (tmp_path / name).write_text(name)
    first, second = tmp_path / "1.epub", tmp_path / "2.epub"
    pack(tmp_path, ["b.xhtml", "a.xhtml"], first, moment=1_767_268_800)
    (tmp_path / "a.xhtml").touch()
    pack(tmp_path, ["a.xhtml", "b.xhtml"], second, moment=1_767_268_800)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as book:
        assert book.namelist() == ["mimetype", "a.xhtml", "b.xhtml"]
        assert book.infolist()[0].compress_type == zipfile.ZIP_STORED
