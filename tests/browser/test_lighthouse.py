"""Lighthouse, as on a phone with a slow connection: what does not vary from run to run is asserted.

Accessibility, best practices and SEO are 100.  The figure for performance depends on how busy the machine is, and the
gate keeps it busy, so what makes it up is asserted instead: bytes, requests, what keeps a page from being drawn, what
moves.  The figures themselves are left in ``build/lighthouse``.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.browser.kinds import LANDING, LONG, SYMPTOMS
from tests.site.outputs import BUILD

pytestmark = pytest.mark.gate
BYTES = 150_000
REQUESTS = 25


def measure(address: str, modules: Path, chromium: str, report: Path) -> dict[str, Any]:
    """Lighthouse's report of the page at *address*, which is also left in the file *report*."""
    report.parent.mkdir(exist_ok=True)
    command = ["node", str(modules / "lighthouse/cli/index.js"), address, "--quiet", "--no-enable-error-reporting"]
    command += ["--output=json", f"--output-path={report}"]
    command += ["--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-quic --disable-component-update"]
    environment = os.environ | {"CHROME_PATH": chromium}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(report.read_text("utf-8"))
    return read


@pytest.mark.parametrize("name", [LANDING, LONG, SYMPTOMS])
def test_lighthouse(name: str, address: str, modules: Path, chromium: str) -> None:
    kept = BUILD / "lighthouse" / f"{name.replace('/', '-').removesuffix('.html')}.json"
    report = measure(f"{address}/{name}", modules, chromium, kept)
    assert report.get("runtimeError") is None
    audits = report["audits"]

    def failed(category: str) -> list[str]:
        weighed = {item["id"] for item in report["categories"][category]["auditRefs"] if item["weight"]}
        return [f"{key}: {audits[key]['title']}" for key in sorted(weighed) if audits[key]["score"] not in (1, None)]

    for category in ("accessibility", "best-practices", "seo"):
        assert report["categories"][category]["score"] == 1, failed(category)

    requests = audits["network-requests"]["details"]["items"]
    assert {item["url"].split("/")[2] for item in requests if item["url"].startswith("http")} == {address.split("/")[2]}
    assert len(requests) <= REQUESTS, [item["url"] for item in requests]
    assert audits["total-byte-weight"]["numericValue"] <= BYTES
    # What the page has to wait for: style sheets, its own besides that of all pages, and no script.
    blocking = [item["url"] for item in audits["render-blocking-resources"]["details"]["items"]]
    assert [url for url in blocking if ".css" not in url] == []
    assert len(blocking) <= 3
    assert audits["cumulative-layout-shift"]["numericValue"] < 0.01
    for key in (
        "unsized-images",
        "font-display",
        "third-party-summary",
        "uses-text-compression",
        "uses-long-cache-ttl",
    ):
        assert audits[key]["score"] in (1, None), audits[key].get("details", {}).get("items")
