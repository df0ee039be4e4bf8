"""The browser and the whole app, one for each file of tests; the tests that need them are skipped where no browser is installed."""

import os
import tempfile
from collections.abc import Iterator
from typing import Any

if "PYTEST_XDIST_WORKER" in os.environ:  # a worker for each core: two that wait for each other's threads are slower than one
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from demos.gate import temporary
from tests.browser import CHROMIUM, served


@pytest.fixture(scope="session", autouse=True)
def own_temporary_folder() -> None:
    """As the app does it first of all, before any component is made; but other tests keep the system's."""
    temporary.begin()
    tempfile.tempdir = None


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium found; install one, for example with `apt install chromium`")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def url(chromium: Any) -> Iterator[str]:
    from demos import app

    with served(app.build("cpu")) as url:
        yield url


@pytest.fixture(scope="module")
def raw_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The whole app in a process of its own, to be looked at from outside: a `raw.App`."""
    from tests.app.raw import running

    with running(tmp_path_factory.mktemp("app")) as app:
        yield app
