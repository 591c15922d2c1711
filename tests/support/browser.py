"""A page in headless Chromium, driven over the DevTools pipe: no package beyond Python is needed."""

import base64
import fcntl
import json
import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--remote-debugging-pipe",
)  # fmt: skip
TIMEOUT_S = 180.0


class BrowserError(AssertionError):
    """The browser did not do what was asked, or not in time."""


class Page:
    """One open page. `complaints` collects console errors, exceptions and what the page's policy refused."""

    def __init__(self, send_fd: int, receive_fd: int) -> None:
        self._send_fd, self._receive_fd = send_fd, receive_fd
        self._unread, self._number = b"", 0
        self._session: str | None = None
        self.complaints: list[str] = []
        self._events: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of one DevTools method."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._send_fd, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next_message()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                return answer.get("result", {})

    def _next_message(self) -> dict[str, Any]:
        until = time.monotonic() + TIMEOUT_S
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._receive_fd], [], [], max(until - time.monotonic(), 0))
            if not ready:
                raise BrowserError("the browser gave no answer")
            chunk = os.read(self._receive_fd, 1 << 20)
            if not chunk:
                raise BrowserError("the browser is gone")
            self._unread += chunk
        raw, _, self._unread = self._unread.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        method, told = message.get("method"), message.get("params", {})
        self._events.append(str(method))
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["exceptionDetails"])[:500])
        if method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            self.complaints.append(json.dumps(told["args"])[:500])
        if method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.complaints.append(told["entry"]["text"])

    def open(
        self, path: Path, *, width: int = 1280, height: int = 900, scheme: str = "light", scale: float = 1.0
    ) -> None:
        """Opens a file in a window of this size and waits until it is loaded."""
        self.resize(width, height, scale=scale)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self._events.clear()
        self.call("Page.navigate", url=path.absolute().as_uri())
        while "Page.loadEventFired" not in self._events:
            self._next_message()

    def resize(self, width: int, height: int, *, scale: float = 1.0) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for."""
        told = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise BrowserError(json.dumps(told["exceptionDetails"])[:800])
        return told["result"].get("value")

    def mouse(self, kind: str, x: float, y: float, *, button: str = "none", buttons: int = 0) -> None:
        """One mouse event at page pixels: mouseMoved, mousePressed, mouseReleased."""
        clicks = 0 if kind == "mouseMoved" else 1
        self.call(
            "Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, buttons=buttons, clickCount=clicks
        )  # fmt: skip

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.mouse("mouseMoved", *start)
        self.mouse("mousePressed", *start, button="left", buttons=1)
        self.mouse("mouseMoved", (start[0] + end[0]) / 2, (start[1] + end[1]) / 2, button="left", buttons=1)
        self.mouse("mouseMoved", *end, button="left", buttons=1)
        self.mouse("mouseReleased", *end, button="left")

    def key(self, name: str) -> None:
        code = {"Enter": 13, "Escape": 27, "ArrowRight": 39, "ArrowLeft": 37, "Tab": 9}.get(name, 0)
        text = {"Enter": "\r"}.get(name)
        for kind in ("keyDown", "keyUp"):
            extra = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code, **extra)

    def screenshot(
        self, path: Path, *, clip: tuple[float, float, float, float] | None = None, scale: float = 1.0
    ) -> None:
        """A PNG of the whole page, or of the part x, y, width, height of it."""
        asked: dict[str, Any] = {}
        if clip is not None:
            x, y, width, height = clip
            asked["clip"] = {"x": x, "y": y, "width": width, "height": height, "scale": scale}
        told = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, **asked)
        path.write_bytes(base64.b64decode(told["data"]))

    def print_pdf(self, path: Path, *, width_inch: float, height_inch: float) -> None:
        told = self.call(
            "Page.printToPDF", printBackground=True, paperWidth=width_inch, paperHeight=height_inch
        )  # fmt: skip
        path.write_bytes(base64.b64decode(told["data"]))


def _moved_up(descriptor: int) -> int:
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return high


@contextmanager
def chromium(program: str = "chromium") -> Iterator[Page]:
    """An open browser with one empty page; it ends with the block."""
    with TemporaryDirectory(prefix="rtcheck-chromium-") as profile:
        # Chromium talks on the file descriptors 3 (reads) and 4 (writes); ours are moved out of their way.
        to_browser_read, to_browser = map(_moved_up, os.pipe())
        from_browser, from_browser_write = map(_moved_up, os.pipe())
        redirect = f'exec "$@" 3<&{to_browser_read} 4>&{from_browser_write}'
        process = subprocess.Popen(
            ["bash", "-c", redirect, "chromium", program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(to_browser_read, from_browser_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser_read)
        os.close(from_browser_write)
        try:
            yield Page(to_browser, from_browser)
        finally:
            os.close(to_browser)
            os.close(from_browser)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
