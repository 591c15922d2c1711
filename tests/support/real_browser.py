"""Chromium through Playwright's Python package, with the system's own program: pages that people could use."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from importlib.util import find_spec
from typing import Any

import pytest

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
PATIENCE_MS = 90_000  # a slow machine is no fault of the page
SIZES = {"laptop": (1280, 800), "desk": (1920, 1080), "phone": (390, 844)}


def needs_real_browser() -> pytest.MarkDecorator:
    """A mark that skips where Chromium or Playwright is not installed, except where RTCHECK_CI is set."""
    missing = [name for name, found in (("chromium", PROGRAM), ("playwright", find_spec("playwright"))) if not found]
    skips = bool(missing) and not os.environ.get("RTCHECK_CI")
    return pytest.mark.skipif(skips, reason=f"not installed: {' and '.join(missing)}")


def expect(locator: Any, message: str | None = None) -> Any:
    """Playwright's assertions, which wait until the page has been drawn again after an action."""
    from playwright.sync_api import expect as waiting

    waiting.set_options(timeout=PATIENCE_MS)
    return waiting(locator, message)


@contextmanager
def real_browser() -> Iterator[Any]:
    """A browser; each page of it is opened by `open_page`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page with what its console said and what the browser refused it: both must stay empty."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", lambda request: self._failed(request))
        self.strangers: list[str] = []
        page.on("request", lambda request: self._asked(request.url))

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning", "assert"):
            self.complaints.append(f"{kind}: {text}")

    def _failed(self, request: Any) -> None:
        if "leave" not in request.url and "ERR_ABORTED" not in str(request.failure):
            self.complaints.append(f"{request.url.rpartition('/')[2]}: {request.failure}")

    def _asked(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1", "data:", "blob:")):
            self.strangers.append(url)


@contextmanager
def open_page(browser: Any, *, size: str = "laptop", scheme: str = "light") -> Iterator[Watched]:
    """A page in a window of its own; its console must be empty at the end, and nobody else asked for anything."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, accept_downloads=True, reduced_motion="reduce"
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(PATIENCE_MS)
    watched = Watched(context.new_page())
    try:
        yield watched
        assert watched.complaints == []
        assert watched.strangers == []
    finally:
        context.close()


def axe_source() -> str:
    """The script of axe-core, which finds faults of accessibility."""
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def serious_faults(page: Any, *, rules: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds that is serious or critical, by all rules or these, once no answer is waited for."""
    page.wait_for_function("() => !document.querySelector('.check.busy, .cmd.old')")
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe_source())
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]} ({each['nodes'][0]['failureSummary'][:200]})"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]
