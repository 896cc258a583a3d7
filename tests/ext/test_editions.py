"""Several versions of the site beside each other, as readers find them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import editions
import release


def site(folder: Path, says: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "index.html").write_text(says)
    (folder / "404.html").write_text(f"lost in {says}")
    (folder / "topic").mkdir()
    (folder / "topic/page.html").write_text(says)
    return folder


def archive(tmp_path: Path, version: str) -> Path:
    packed = tmp_path / f"site-{version}.tar.gz"
    release.pack(site(tmp_path / f"made-{version}", version), packed, 0)
    return packed


def test_the_front_page_leads_to_the_newest_release_by_number(tmp_path: Path) -> None:
    archives = [archive(tmp_path, version) for version in ("0.9.0", "0.10.0", "0.1.0")]
    latest = site(tmp_path / "site", "main")
    target = tmp_path / "pages"
    assert editions.main([str(target), "--latest", str(latest), *map(str, archives)]) == 0
    assert json.loads((target / "versions.json").read_text()) == ["0.10.0", "0.9.0", "0.1.0", "latest"]
    assert 'url=0.10.0/"' in (target / "index.html").read_text()
    assert (target / "404.html").read_text() == "lost in 0.10.0"
    assert (target / "0.9.0/topic/page.html").read_text() == "0.9.0"
    assert (target / "latest/index.html").read_text() == "main"


def test_before_the_first_release_it_leads_to_latest(tmp_path: Path) -> None:
    target = tmp_path / "pages"
    (target / "0.0.1").mkdir(parents=True)
    assert editions.assemble(target, site(tmp_path / "site", "main"), []) == ["latest"]
    assert 'url=latest/"' in (target / "index.html").read_text()
    assert not (target / "0.0.1").exists(), "what was in the folder goes"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["site.tar.gz"], "not called site-X.Y.Z.tar.gz"),
        (["site-0.1.0.tar.gz", "again/site-0.1.0.tar.gz"], "0.1.0 is there twice"),
        (["broken/site-0.2.0.tar.gz"], "attach it to its release again"),
        (["empty/site-0.3.0.tar.gz"], "holds no index.html"),
        ([], "nothing to publish"),
    ],
)
def test_what_is_no_site_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], names: list[str], said: str
) -> None:
    content = archive(tmp_path, "0.1.0").read_bytes()
    for name in ("site.tar.gz", "again/site-0.1.0.tar.gz", "broken/site-0.2.0.tar.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content if "broken" not in name else content[:50])
    (tmp_path / "empty/none").mkdir(parents=True)
    release.pack(tmp_path / "empty/none", tmp_path / "empty/site-0.3.0.tar.gz", 0)
    assert editions.main([str(tmp_path / "pages"), *(str(tmp_path / name) for name in names)]) == 1
    assert said in capsys.readouterr().err


def test_an_archive_writes_nothing_outside_its_folder(tmp_path: Path) -> None:
    import tarfile

    with tarfile.open(tmp_path / "site-0.1.0.tar.gz", "w:gz") as tar:
        tar.add(site(tmp_path / "made", "0.1.0") / "index.html", arcname="../index.html")
    with pytest.raises(editions.EditionProblem, match="outside"):
        editions.assemble(tmp_path / "pages", None, [tmp_path / "site-0.1.0.tar.gz"])
    assert not (tmp_path / "pages/index.html").exists()
