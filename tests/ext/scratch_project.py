"""Small Sphinx projects to try the extensions on."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Built:
    """What one run of Sphinx left: its exit *status*, what it printed, and the folder of its *output*."""

    status: int
    printed: str
    output: Path

    def read(self, name: str) -> str:
        return (self.output / name).read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Scratch:
    """A project in a folder of its own."""

    folder: Path

    def write(self, **pages: str) -> None:
        """Write pages; a double underscore in a name stands for a slash."""
        for name, text in pages.items():
            path = self.folder / "source" / (name.replace("__", "/") + ".md")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    def build(self, builder: str, **settings: object) -> Built:
        """Build as the manual is built: nitpicky, and with warnings as errors."""
        lines = [f"import sys; sys.path.insert(0, {str(ROOT / 'source/_ext')!r})", "project = 'Scratch'"]
        lines += [f"{name} = {value!r}" for name, value in ({"nitpicky": True} | settings).items()]
        (self.folder / "source/conf.py").write_text("\n".join(lines), "utf-8")
        output = self.folder / builder
        command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", builder]
        command += ["-d", str(self.folder / "doctrees"), str(self.folder / "source"), str(output)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=os.environ | {"NO_COLOR": "1", "SOURCE_DATE_EPOCH": "1767268800"},
        )
        return Built(done.returncode, done.stdout + done.stderr, output)
