"""The whole app, one for each file of tests."""

import tempfile
from collections.abc import Iterator
from typing import Any

import pytest

from demos.gate import temporary
from tests.browser import served


@pytest.fixture(scope="session", autouse=True)
def own_temporary_folder() -> None:
    """As the app does it first of all, before any component is made; but other tests keep the system's."""
    temporary.begin()
    tempfile.tempdir = None


@pytest.fixture(scope="module")
def url(chromium: Any) -> Iterator[str]:
    from demos import app

    with served(app.build("cpu")) as url:
        yield url
