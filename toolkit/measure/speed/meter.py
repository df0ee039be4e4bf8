"""How long work takes, and how much memory, looked up from beside it."""

import ctypes
import statistics
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

import torch

Name = TypeVar("Name", bound=Hashable)
EVERY = 0.005  # s, between two looks at the memory


def take_turns(ways: Mapping[Name, Callable[[], object]], repeats: int, device: str = "cpu") -> dict[Name, float]:
    """Seconds of each way, the median of so many rounds.

    All take turns in the order given, so that a busy machine slows them alike; the first round warms up and does not
    count.
    """
    took: dict[Name, list[float]] = {name: [] for name in ways}
    for _ in range(repeats + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if device == "cuda":
                torch.cuda.synchronize()
            took[name].append(time.perf_counter() - start)
    return {name: statistics.median(times[1:]) for name, times in took.items()}


class Peak:
    """The most memory this process holds while the block runs, above what it held before; looked up by a thread every
    few milliseconds.

    What was freed before but not yet given back to the system is given back first, where the C library can (glibc):
    else the work would live on the leavings of the work before it and seem to need nothing.
    """

    def __enter__(self) -> Self:
        import psutil

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
        self._memory = lambda: int(psutil.Process().memory_info().rss)
        self._before = self._most = self._memory()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._done.wait(EVERY):
            self._most = max(self._most, self._memory())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    @property
    def above(self) -> int:
        """Bytes."""
        return self._most - self._before
