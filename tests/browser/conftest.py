"""A real browser, and the built site behind a server: no browser lets a page from the disk fetch anything."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.static_host import served
from tests.site.outputs import BUILD

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the site is served, without a slash at the end."""
    folder = BUILD / "html"
    assert (folder / "index.html").is_file(), f"{folder} is not built: run make"
    with served(folder) as where:
        yield where


@pytest.fixture(scope="session")
def chromium() -> str:
    """Chromium as the system has it; ``CHROMIUM`` names another."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "there is no Chromium: apt-get install chromium, or name one with CHROMIUM=/path/to/it"
    return program


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium, running."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def modules() -> Path:
    """The npm packages that check the site."""
    folder = BUILD / "npm/check/node_modules"
    assert folder.is_dir(), f"{folder} is missing: run make check"
    return folder


def watch(shown: BrowserContext) -> list[str]:
    """What goes wrong on the pages of *shown*: errors of scripts, and what the Content-Security-Policy refuses."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            errors.append(message.text)

    shown.on("weberror", lambda error: errors.append(str(error.error)))
    shown.on("console", note)
    return errors


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page; a script's error on it, or something that its policy refuses, fails the test."""
    context = browser.new_context()
    errors = watch(context)
    yield context.new_page()
    context.close()
    assert errors == []
