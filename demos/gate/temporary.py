"""A temporary folder of the app's own: nobody else can read it, and with the app it goes. What a crash has left is
swept at the next start.
"""

import atexit
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from functools import lru_cache
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX, LOCK = "huepoint-app-", "in-use.lock"
OLD = 3600  # s: a folder without a lock is one that is just being made, or else this old
ROOM = 500_000_000  # bytes that stay free on the disk
VARIABLE = "GRADIO_TEMP_DIR"  # where Gradio keeps uploads and results
UNUSABLE = "The app needs a temporary folder that it can write to, which {place} is not; name another one in TMPDIR."

FULL = "There is no room left on the disk where this app runs; try again later."

_locks: list[FileLock] = []  # held as long as the process lives


@lru_cache(maxsize=1)
def begin() -> Path:
    """Make the folder and have Gradio, Python and this app use it. Before components are made, which remember it.
    Raises OSError with a sentence.
    """
    parent = os.environ.get(VARIABLE) or os.environ.get("TMPDIR") or tempfile.gettempdir()
    try:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent)).resolve()
        _locks.append(FileLock(folder / LOCK))
        _locks[-1].acquire(timeout=0)
        (folder / "files").mkdir()
    except OSError:
        raise OSError(UNUSABLE.format(place=parent)) from None
    sweep(Path(parent))
    atexit.register(end)
    tempfile.tempdir = str(folder)
    os.environ[VARIABLE] = str(folder / "files")
    return folder


def end() -> None:
    """Delete the folder with all that is in it; what is being written into it at this moment, too."""
    folder = begin()
    gone = folder.with_name(f"{folder.name}-gone")
    while folder.exists():
        try:
            folder.rename(gone)  # at once for everyone: nobody can put another file into it meanwhile
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            return
        shutil.rmtree(gone, ignore_errors=True)


def sweep(parent: Path) -> None:
    """Delete the folders of apps that are no more."""
    for folder in parent.glob(f"{PREFIX}*"):
        lock = folder / LOCK
        try:
            if not lock.exists():
                if time.time() - folder.stat().st_mtime > OLD:
                    shutil.rmtree(folder, ignore_errors=True)
                continue
            with FileLock(lock, timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
        except (Timeout, OSError):  # in use; or another person's
            continue


def uploads() -> Path:
    """Where what the pages send lies."""
    return Path(os.environ.get(VARIABLE) or begin() / "files")


def full() -> bool:
    """Whether the disk has no room for more."""
    folder = uploads()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free < ROOM


def no_room(error: Exception) -> bool:
    """Whether an error says that the disk is full."""
    return isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT)


@contextmanager
def place() -> Iterator[Path]:
    """A folder for a moment."""
    with tempfile.TemporaryDirectory(dir=begin()) as folder:
        yield Path(folder)


def lasting() -> Path:
    """A folder until somebody deletes it, at the latest with the app."""
    return Path(tempfile.mkdtemp(dir=begin()))
