"""Targets that need the network, tried against a server on this machine."""

from __future__ import annotations

import threading
import urllib.error
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from inventories import refresh
from tests.ext.scratch_project import Scratch

INVENTORY = b"# Sphinx inventory version 2\n# Project: x\n# Version: 1\n"
INVENTORY += b"# The remainder of this file is compressed using zlib.\n"
INVENTORY += zlib.compress(b"asyncio.run py:function 1 library/asyncio.html#$ -\n")
ANSWERS = {
    "/good/objects.inv": INVENTORY,
    "/bad/objects.inv": b"<html>no inventory</html>",
    "/there": b"<html><body>here</body></html>",
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = ANSWERS.get(self.path)
        self.send_response(200 if content is not None else 404)
        self.end_headers()
        self.wfile.write(content or b"")

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def test_an_inventory_is_fetched_and_counted(server: str, tmp_path: Path) -> None:
    target = tmp_path / "python.inv"
    assert refresh(f"{server}/good/", target) == 1
    assert target.read_bytes() == INVENTORY


@pytest.mark.parametrize(("where", "error"), [("bad", ValueError), ("none", urllib.error.HTTPError)])
def test_a_bad_answer_keeps_the_old_inventory(server: str, tmp_path: Path, where: str, error: type[Exception]) -> None:
    target = tmp_path / "python.inv"
    target.write_bytes(b"old")
    with pytest.raises(error) as caught:
        refresh(f"{server}/{where}/", target)
    if isinstance(caught.value, urllib.error.HTTPError):
        caught.value.close()
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize(("path", "status"), [("there", 0), ("gone", 1)])
def test_linkcheck_follows_links_and_names_the_line_of_a_dead_one(
    server: str, scratch: Callable[..., Scratch], path: str, status: int
) -> None:
    project = scratch(index=f"# Page\n\n[a link]({server}/{path})\n")
    built = project.build("linkcheck", extensions=["myst_parser"], linkcheck_anchors=False)
    assert built.status == status, built.printed
    report = built.read("output.txt")
    assert report == "" if status == 0 else report.startswith("index.md:3: [broken]")
