"""What the browser tests share: Chromium, the app as a visitor reaches it, and the visitor."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WAIT = int(os.environ.get("HUEPOINT_TEST_WAIT", "240000"))  # ms; long, for a machine that has much else to do
PIXEL = """async (image, [x, y]) => {
    while (!(await image.decode().then(() => true, () => false))) {
      await new Promise(requestAnimationFrame);  // it may just be changing
    }
    const c = Object.assign(document.createElement('canvas'), {width: image.naturalWidth, height: image.naturalHeight});
    const pen = c.getContext('2d'); pen.drawImage(image, 0, 0);
    return [...pen.getImageData(x * c.width, y * c.height, 1, 1).data].slice(0, 3); }"""


def until(true: Callable[[], bool]) -> None:
    """Wait for it; a test that waits in vain fails."""
    deadline = time.monotonic() + WAIT / 1000
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@contextmanager
def served(demo: Any) -> Iterator[str]:
    """Where the app, or a page with some of its tabs, answers."""
    from demos import app

    app.launch(demo, prevent_thread_lock=True, quiet=True)
    yield demo.local_url
    demo.close()


class Visitor:
    """One open page in a browser of its own, which asked no other host and met no error: `close` looks at that."""

    def __init__(self, browser: Any, url: str, **context: object) -> None:
        self.host = urlsplit(url).hostname
        self.hosts: set[str | None] = set()
        self.errors: list[str] = []
        self.context = browser.new_context(
            **({"viewport": {"width": 1280, "height": 1400}, "locale": "en-US"} | context)
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(WAIT)
        self.page.on(
            "request",
            lambda request: request.url.startswith(("http", "ws")) and self.hosts.add(urlsplit(request.url).hostname),
        )
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.errors.append(dialog.message), dialog.dismiss()))
        self.page.goto(url)
        self.arrive()

    def arrive(self) -> None:
        """Wait until the page can be used."""
        self.page.wait_for_selector("#samples button")
        self.page.wait_for_selector("#photo button")

    def close(self) -> None:
        self.context.close()
        assert self.errors == []
        assert self.hosts == {self.host}

    def upload(self, button: str, path: Path) -> None:
        with self.page.expect_file_chooser() as waiting:
            self.page.click(button)
        waiting.value.set_files(path)

    def shown(self, selector: str, x: float, y: float) -> list[int]:
        """What a picture has at a place (0..1) of it: r, g, b."""
        return self.page.eval_on_selector(selector, PIXEL, [x, y])

    def sideways(self) -> bool:
        """Whether the page scrolls in two directions."""
        return self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
