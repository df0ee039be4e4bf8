"""The browser; the tests that need it are skipped where none is installed."""

import os
from collections.abc import Iterator
from typing import Any

# a worker for each core: two that wait for each other's threads are slower than one
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from tests.browser import CHROMIUM


@pytest.fixture(scope="module")  # not longer: while it is open, no other event loop may run
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium found; install one, for example with `apt install chromium`")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()
