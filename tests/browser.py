"""What the browser tests share."""

import os
import shutil
import time
from collections.abc import Callable

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WAIT = int(os.environ.get("HUEPOINT_TEST_WAIT", "240000"))  # ms; long, for a machine that has much else to do


def until(true: Callable[[], bool]) -> None:
    """Wait for it; a test that waits in vain fails."""
    deadline = time.monotonic() + WAIT / 1000
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
