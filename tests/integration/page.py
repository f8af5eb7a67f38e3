"""The page as its readers see it: served for real, opened in the Chromium of this machine."""

from __future__ import annotations

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from wirewatch.embedded.started import LOOPBACK
from wirewatch.page.server import application, url_of
from wirewatch.settings import Settings

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTHS = (390, 1366, 2560)


@contextmanager
def served(settings: Settings, *, refresh_s: int = 1) -> Iterator[str]:
    """The page in a thread; gives its address."""
    with socket.socket() as listening:
        listening.bind((LOOPBACK, 0))
        server = uvicorn.Server(uvicorn.Config(application(settings, refresh_s=refresh_s), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the page did not come up"
                time.sleep(0.02)
            yield url_of(listening.getsockname()[1]).rstrip("/")
        finally:
            server.should_exit = True
            thread.join(10)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; a machine without one says so."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine, so nobody looks at the page; `apt-get install chromium` brings one")
    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # root has none
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*sandbox, "--disable-gpu"])
        yield browser
        browser.close()


class Watching:
    """A tab and everything it should not do: requests to elsewhere, errors on the console, dialogs."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.faults: list[str] = []
        page.on("request", lambda request: self._is(request.url.startswith((base, "data:")), f"asked {request.url}"))
        page.on("console", lambda said: self._is(said.type not in ("error", "warning"), f"console: {said.text}"))
        page.on("pageerror", lambda error: self._is(False, f"error: {error}"))
        page.on("dialog", lambda dialog: (self._is(False, f"dialog: {dialog.message}"), dialog.dismiss()))

    def _is(self, well: bool, fault: str) -> None:
        if not well:
            self.faults.append(fault)

    def open(self, path: str) -> Page:
        """That view."""
        self.page.goto(self.base + path)
        return self.page


@contextmanager
def watching(browser: Browser, base: str, *, width: int = 1366, dark: bool = False) -> Iterator[Watching]:
    """A tab of its own; at the end it must have no faults."""
    context = browser.new_context(
        viewport={"width": width, "height": 844 if width < 500 else 768}, color_scheme="dark" if dark else "light"
    )
    tab = Watching(context.new_page(), base)
    tab.page.set_default_timeout(10_000)
    yield tab
    context.close()
    assert tab.faults == []


def found_in(text: str, pattern: str) -> str:
    """What the group of ``pattern`` matches first; fails where nothing does."""
    match = re.search(pattern, text)
    assert match is not None, pattern
    return match[1]
