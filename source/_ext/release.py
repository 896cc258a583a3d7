"""Collect what a release attaches, with checksums, and what has changed.

``python source/_ext/release.py --build build --tag v0.1.0`` fills ``build/dist`` and writes ``build/dist-notes.md``.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

from produce import FORMATS, ROOT

RUNNER = ROOT / "source/_ext/concurrent_doctest"


class ReleaseProblem(Exception):
    """What keeps this from being a release; the message says what to do."""


def version_of(tag: str, project: Path) -> str:
    """The version that *project*, a pyproject.toml, names; a *tag* that is not empty has to be ``v`` and this version.

    :raises ReleaseProblem: for another tag.
    """
    version = str(tomllib.loads(project.read_text("utf-8"))["project"]["version"])
    if tag and tag != f"v{version}":
        raise ReleaseProblem(f"the tag is {tag}, the version in {project.name} {version}; change one of them")
    return version


def notes(changelog: Path, version: str, *, final: bool) -> str:
    """What *changelog* says of *version*.

    :raises ReleaseProblem: when there is no such section, or when it is *final* and still called unreleased.
    """
    sections = re.split(r"^## ", changelog.read_text("utf-8"), flags=re.MULTILINE)[1:]
    for section in sections:
        title, _, text = section.partition("\n")
        if title.split()[0] == version:
            if final and "unreleased" in title:
                raise ReleaseProblem(f"{changelog.name} calls {version} unreleased; put the date there")
            return text.strip() + "\n"
    raise ReleaseProblem(f"{changelog.name} has no section ## {version}; write what has changed")


def pack(folder: Path, archive: Path, when: int) -> None:
    """Pack *folder*, with nothing in the archive that differs from build to build; *when* in seconds since 1970."""
    with (
        archive.open("wb") as raw,
        gzip.GzipFile("", "wb", mtime=when, fileobj=raw) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            item = tarfile.TarInfo(path.relative_to(folder).as_posix())
            content = path.read_bytes()
            item.size, item.mtime, item.mode = len(content), when, 0o644
            tar.addfile(item, io.BytesIO(content))


def collect(build: Path, version: str, when: int) -> list[Path]:
    """Fill ``dist`` below *build* with every file of a release; returns them, the checksums last.

    :raises ReleaseProblem: when one of them has not been built.
    """
    target = build / "dist"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for made in FORMATS.values():
        output = build / made.output
        if made.builder == "html":
            continue  # packed below, as make site publishes it
        if not output.is_file():
            raise ReleaseProblem(f"{output} is missing; run make")
        shutil.copy2(output, target)
    if not (build / "site/index.html").is_file():
        raise ReleaseProblem(f"{build / 'site'} is missing; run make site")
    pack(build / "site", target / f"site-{version}.tar.gz", when)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*command, "--no-build-isolation", "--wheel-dir", str(target), str(RUNNER)],
        env=os.environ | {"SOURCE_DATE_EPOCH": str(when)},
        check=False,
    )
    if done.returncode:
        raise ReleaseProblem(f"the wheel of {RUNNER.name} could not be built; pip says why above")
    files = sorted(target.iterdir())
    sums = target / "SHA256SUMS"
    sums.write_text("".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files))
    return [*files, sums]


def main(arguments: list[str] | None = None) -> int:
    """Collect; returns the exit status."""
    parser = argparse.ArgumentParser(prog="release", description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"), help="folder of the outputs (build)")
    parser.add_argument("--tag", default="", help="the tag of the release; without it, a rehearsal")
    options = parser.parse_args(arguments)
    try:
        version = version_of(options.tag, ROOT / "pyproject.toml")
        said = notes(ROOT / "CHANGELOG.md", version, final=bool(options.tag))
        files = collect(options.build, version, int(os.environ.get("SOURCE_DATE_EPOCH", "0")))
    except ReleaseProblem as problem:
        print(f"release: {problem}", file=sys.stderr)
        return 1
    (options.build / "dist-notes.md").write_text(said, "utf-8")
    for file in files:
        print(f"  {file}  {file.stat().st_size / 2**20:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
