"""The built site behind a server that does what a good static host does: kept connections, compression, caching."""

from __future__ import annotations

import gzip
import http.server
import mimetypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote, urlsplit

TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}
SQUEEZED = frozenset({".js", ".mjs", ".css", ".html", ".md", ".txt", ".xml", ".json", ".svg", ".wasm"})
YEAR = 365 * 24 * 3600


@cache
def compressed(path: Path) -> bytes:
    """The bytes of *path* as they are sent to a browser."""
    content = path.read_bytes()
    return gzip.compress(content, 6, mtime=0) if path.suffix in SQUEEZED else content


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # a response leaves in one piece
    folder: Path

    def do_GET(self) -> None:
        """Send a file, or the page that says there is none."""
        self.wfile.write(self._head())
        self.wfile.flush()

    def do_HEAD(self) -> None:
        """Say whether there is such a file."""
        self._head()
        self.wfile.flush()

    def _head(self) -> bytes:
        """Send all but the content, and return that."""
        asked = urlsplit(self.path)
        path = (self.folder / unquote(asked.path).lstrip("/")).resolve()
        if path.is_dir():
            path /= "index.html"
        status = HTTPStatus.OK
        if not path.is_file() or not path.is_relative_to(self.folder):
            status, path = HTTPStatus.NOT_FOUND, self.folder / "404.html"
        body = compressed(path)
        self.send_response(status)
        self.send_header("Content-Type", TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        if path.suffix in SQUEEZED:
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Vary", "Accept-Encoding")
        lasts = path.suffix != ".html" and status == HTTPStatus.OK
        self.send_header("Cache-Control", f"public, max-age={YEAR}" if lasts else "no-cache")
        self.end_headers()
        return body

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a test says what it asked for."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which *folder* is served, without a slash at the end."""
    handler = type("Handler", (_Handler,), {"folder": folder.resolve()})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True  # a browser keeps its connections open
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
