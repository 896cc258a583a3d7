"""Put the sites of several versions beside each other, so that readers can change between them.

``python source/_ext/editions.py TARGET --latest build/site site-0.1.0.tar.gz …`` makes ``TARGET/latest/`` from the
folder and ``TARGET/0.1.0/`` from the archive, a ``versions.json`` that the pages read, and a front page that leads to
the newest release, or to ``latest`` before there is one.  Standard library only.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

LATEST = "latest"
ARCHIVE = re.compile(r"site-(\d+\.\d+\.\d+)\.tar\.gz")

FRONT = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Async-Multithreading</title>
<meta http-equiv="refresh" content="0; url={path}">
<link rel="canonical" href="{path}">
</head>
<body><p><a href="{path}">Async-Multithreading {name}</a></p></body>
</html>
"""


class EditionProblem(Exception):
    """A site that can't be one of several; the message names it and says what to do."""


def newest_first(versions: Iterable[str]) -> list[str]:
    """*versions* by number, so that 0.10.0 comes before 0.9.0."""
    return sorted(versions, key=lambda version: tuple(map(int, version.split("."))), reverse=True)


def assemble(target: Path, latest: Path | None, archives: Iterable[Path]) -> list[str]:
    """Make *target* from the site in *latest*, if there is one, and from those in *archives*.

    :returns: the names of the versions, the one that the front page leads to first.
    :raises EditionProblem: for an archive whose name has no version, that comes twice, or that holds no site.
    """
    sites: dict[str, Path] = {}
    for archive in archives:
        named = ARCHIVE.fullmatch(archive.name)
        if not named:
            raise EditionProblem(f"{archive}: not called site-X.Y.Z.tar.gz; make dist names it so")
        if named[1] in sites:
            raise EditionProblem(f"{archive}: {named[1]} is there twice, as {sites[named[1]]} too")
        sites[named[1]] = archive
    names = newest_first(sites)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in names:
        try:
            with tarfile.open(sites[name]) as packed:
                packed.extractall(target / name, filter="data")
        except (tarfile.TarError, EOFError, OSError) as error:
            raise EditionProblem(f"{sites[name]}: {error}; attach it to its release again") from error
        _see_site(target / name, sites[name])
    if latest:
        _see_site(latest, latest)
        shutil.copytree(latest, target / LATEST)
        names.append(LATEST)
    if not names:
        raise EditionProblem("neither --latest nor an archive is given: there is nothing to publish")
    (target / "versions.json").write_text(json.dumps(names) + "\n", "utf-8")
    (target / "index.html").write_text(FRONT.format(path=f"{names[0]}/", name=names[0]), "utf-8")
    lost = target / names[0] / "404.html"
    if lost.is_file():
        shutil.copy2(lost, target)  # its links are absolute: it serves every address of the host
    (target / ".nojekyll").touch()  # GitHub Pages would leave out folders that begin with _
    return names


def _see_site(folder: Path, origin: Path) -> None:
    if not (folder / "index.html").is_file():
        raise EditionProblem(f"{origin}: holds no index.html, so it is no site; make site builds one")


def main(arguments: list[str] | None = None) -> int:
    """Assemble what the command line names; returns the exit status."""
    parser = argparse.ArgumentParser(prog="editions", description=__doc__)
    parser.add_argument("target", type=Path, help="the folder to make; what is in it goes")
    parser.add_argument("--latest", type=Path, help="the site of the main branch")
    parser.add_argument("archives", nargs="*", type=Path, help="site-X.Y.Z.tar.gz of each release")
    options = parser.parse_intermixed_args(arguments)
    try:
        names = assemble(options.target, options.latest, options.archives)
    except EditionProblem as problem:
        print(f"editions: {problem}", file=sys.stderr)
        return 1
    print(f"  {options.target}/index.html  {', '.join(names)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
