"""A browser without a window, driven through the DevTools protocol over a pair of pipes.

Nothing but the standard library: Chromium reads and writes JSON objects that end with a zero byte,
on its descriptors 3 and 4.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Dict, List, Optional, Tuple, Type

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
)

SECONDS = 20.0
"""How long one command may take."""


def find_browser() -> Optional[str]:
    """Return the path of a Chromium, or nothing; pipes of this kind are not had on Windows."""
    if os.name != "posix":
        return None
    return next((path for path in map(shutil.which, NAMES) if path), None)


class BrowserError(Exception):
    """The browser did not answer, or refused a command."""


class Browser:
    """One page of one browser with a new, empty profile."""

    def __init__(self, path: str) -> None:
        self._profile = tempfile.mkdtemp(prefix="venice-browser-")
        self._last = 0
        self._pending = b""
        self.events: List[Dict[str, Any]] = []
        to_browser, self._out = _high(os.pipe())
        self._in, from_browser = _high(os.pipe())

        def connect() -> None:
            os.dup2(to_browser, 3)
            os.dup2(from_browser, 4)

        self._process = subprocess.Popen(
            [path, *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=connect,  # noqa: PLW1509  # two calls of the system, and no thread
            pass_fds=(3, 4),
        )
        os.close(to_browser)
        os.close(from_browser)
        self._session = ""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")
        self.send("Page.setLifecycleEventsEnabled", enabled=True)

    def __enter__(self) -> Browser:  # noqa: PYI034  # Self needs Python 3.11
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        try:
            self._session = ""
            self.send("Browser.close")
            self._process.wait(5)
        except (BrowserError, OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        os.close(self._out)
        os.close(self._in)
        shutil.rmtree(self._profile, ignore_errors=True)

    def send(self, method: str, **params: Any) -> Dict[str, Any]:
        """Return the result of a command; events that come before it are kept."""
        self._last += 1
        message: Dict[str, Any] = {"id": self._last, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + SECONDS
        while True:
            answer = self._next(until)
            if answer.get("id") == self._last:
                break
            self.events.append(answer)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']}")
        result: Dict[str, Any] = answer["result"]
        return result

    def open(self, address: str) -> None:
        """Open a page and wait until it has loaded."""
        for url in ("about:blank", address):  # the first so that the second is a page of its own
            self.events.clear()
            self._wait(self.send("Page.navigate", url=url)["loaderId"])

    def _wait(self, loader: str) -> None:
        """Wait until a page has loaded."""
        until = time.monotonic() + SECONDS
        while not any(_is_loaded(event, loader) for event in self.events):
            self.events.append(self._next(until))

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript in the page."""
        answer = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def size(self, width: int, height: int, *, scale: float = 1) -> None:
        """Make the window so large, in pixels of CSS."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=scale, mobile=False,
        )  # fmt: skip

    def scheme(self, name: str) -> None:
        """Prefer a colour scheme: `light` or `dark`."""
        feature = {"name": "prefers-color-scheme", "value": name}
        self.send("Emulation.setEmulatedMedia", features=[feature])

    def scripts(self, *, on: bool) -> None:
        """Allow or forbid the scripts of pages that are opened from now on."""
        self.send("Emulation.setScriptExecutionDisabled", value=not on)

    def press(self, key: str, code: int, *, shift: bool = False) -> None:
        """Press a key, such as `Tab` with the code 9, and let it go."""
        for kind in ("rawKeyDown", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key,
                windowsVirtualKeyCode=code, modifiers=8 if shift else 0,
            )  # fmt: skip

    def screenshot(self) -> bytes:
        """Return the window as PNG."""
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])

    def _next(self, until: float) -> Dict[str, Any]:
        """Return the next message of the browser."""
        while b"\0" not in self._pending:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise BrowserError("the browser does not answer")
            read = os.read(self._in, 1 << 20)
            if not read:
                raise BrowserError("the browser has ended")
            self._pending += read
        raw, self._pending = self._pending.split(b"\0", 1)
        message: Dict[str, Any] = json.loads(raw)
        return message


def address_of(path: Path, fragment: str = "") -> str:
    """Return the address of a file, with a fragment."""
    return path.resolve().as_uri() + (f"#{fragment}" if fragment else "")


def _is_loaded(event: Dict[str, Any], loader: str) -> bool:
    params = event.get("params", {})
    loaded = event.get("method") == "Page.lifecycleEvent" and params.get("name") == "load"
    return loaded and params.get("loaderId") == loader


def _high(pair: Tuple[int, int]) -> Tuple[int, int]:
    """Return the ends of a pipe under numbers above 4, which the browser does not use."""
    low, high = [], []
    for end in pair:
        while end < 5:
            low.append(end)
            end = os.dup(end)  # noqa: PLW2901  # the same end, under the next free number
        high.append(end)
    for end in low:
        os.close(end)
    return high[0], high[1]
