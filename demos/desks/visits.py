"""Who is here: the open pages, what lies on their desks, and how much of the machine that may take."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Lock
from typing import Any, Generic, TypeVar

import numpy as np
import psutil
import torch
from PIL import Image
from torch import nn

from toolkit.guidance import Hint

T = TypeVar("T")

MOST = 10_000  # pages that are remembered; without a desk a page is some bytes
SHARE = 4  # desks together may take one part in so many of the machine's memory


@dataclass
class Visit(Generic[T]):
    """One open page in one tab: what lies on its desk, and which piece of work is the current one."""

    desk: T | None = None
    turn: int = 0
    gone: bool = False  # its desk gave way to others
    held: int = 0  # bytes, of the desk
    working: int = 0  # pieces of work at hand, during which the desk stays

    def interrupt(self) -> int:
        """Whatever runs for this visit is out of date now; returns the number of the work that comes next."""
        self.turn += 1
        return self.turn

    def put(self, desk: T | None) -> None:
        """Another desk, or none because the visitor cleared it."""
        self.desk, self.gone = desk, False


class Room:
    """The visits of all tabs. Their desks share one budget of bytes; where it is short, those that were longest unused
    give way.
    """

    def __init__(self, budget: int | None = None) -> None:
        """budget: bytes; None: a quarter of the machine's memory."""
        self.budget = budget or machine_memory() // SHARE
        self._lock = Lock()
        # by tab and page, the longest unused first
        self._visits: OrderedDict[tuple[int, str], Visit[Any]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._visits)

    def held(self) -> int:
        """Bytes of all desks, as they were when their last work ended."""
        with self._lock:
            return sum(visit.held for visit in self._visits.values())

    def pages(self, tab: int) -> list[str]:
        """Session hashes of a tab's pages."""
        with self._lock:
            return [page for key, page in self._visits if key == tab]

    def find(self, key: tuple[int, str]) -> Visit[Any] | None:
        """A page that is here; to ask for one changes nothing for others."""
        with self._lock:
            visit = self._visits.get(key)
            if visit is not None:
                self._visits.move_to_end(key)
            return visit

    def arrive(self, key: tuple[int, str]) -> Visit[Any]:
        """A page, remembered from now on."""
        with self._lock:
            visit = self._visits.setdefault(key, Visit())
            self._visits.move_to_end(key)
            idle = (
                old for old, other in self._visits.items() if other.desk is None and not other.working and old != key
            )
            while len(self._visits) > MOST and (oldest := next(idle, None)) is not None:
                del self._visits[oldest]
            return visit

    def leave(self, key: tuple[int, str]) -> Visit[Any] | None:
        """Forget a page and stop its work; returns it where it was here."""
        with self._lock:
            visit = self._visits.pop(key, None)
        if visit is not None:
            visit.interrupt()
        return visit

    @contextmanager
    def at_work(self, visit: Visit[Any]) -> Iterator[None]:
        """While a piece of work goes on its desk stays; then it is weighed, and others may have to give way to it."""
        with self._lock:
            visit.working += 1
        try:
            yield
        finally:
            weight = weigh(visit.desk)  # outside the lock
            with self._lock:
                visit.working -= 1
                visit.held = weight
                self._make_room(visit)

    def _make_room(self, mine: Visit[Any]) -> None:
        over = sum(visit.held for visit in self._visits.values()) - self.budget
        for visit in self._visits.values():
            if over <= 0:
                return
            if visit is not mine and visit.desk is not None and not visit.working:
                over -= visit.held
                visit.desk, visit.gone, visit.held = None, True, 0
                visit.interrupt()


class Turns:
    """The model, for one at a time, in the order in which they came. Whoever has much to do gives it back between
    photos.
    """

    def __init__(self) -> None:
        self._line: deque[object] = deque()
        self._moved = Condition()

    def __len__(self) -> int:
        """How many there are, the one whose turn it is and those who wait."""
        return len(self._line)

    @contextmanager
    def mine(self) -> Iterator[None]:
        """Waits until it is one's turn; ends it. A generator may begin in one thread and end in another."""
        me = object()
        with self._moved:
            self._line.append(me)
            self._moved.wait_for(lambda: self._line[0] is me)
        try:
            yield
        finally:
            with self._moved:
                self._line.popleft()
                self._moved.notify_all()


class Visits(Generic[T]):
    """The visits of one tab, by the session hash of the page."""

    def __init__(self, room: Room) -> None:
        self.room = room

    def find(self, session_hash: str | None) -> Visit[T] | None:
        """The visit of a page; None where it has never begun anything here."""
        return self.room.find((id(self), session_hash or ""))

    def arrive(self, session_hash: str | None) -> Visit[T]:
        """The visit of a page that begins something."""
        return self.room.arrive((id(self), session_hash or ""))

    def pages(self) -> list[str]:
        """Session hashes of the pages that have begun something here, the longest unused first."""
        return self.room.pages(id(self))

    def leave(self, session_hash: str | None) -> Visit[T] | None:
        """Forget a page, which was closed, and stop its work; returns it where it was here."""
        return self.room.leave((id(self), session_hash or ""))


def machine_memory() -> int:
    """Bytes that this process may have: the machine's, or what its container is given (cgroup 2)."""
    try:
        given = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        given = "max"
    total = psutil.virtual_memory().total
    return min(total, int(given)) if given.isdigit() else total


def weigh(thing: object) -> int:
    """Bytes of the tensors, arrays, pictures and texts that hang on something, each counted once; what all visitors
    share, the models, not at all.
    """
    seen: set[int] = set()
    storages: dict[int, int] = {}
    left, total = [thing], 0
    while left:
        item = left.pop()
        if id(item) in seen or item is None or isinstance(item, bool | int | float | Hint) or _shared(item):
            continue
        seen.add(id(item))
        if isinstance(item, torch.Tensor):
            storages[item.untyped_storage().data_ptr()] = item.untyped_storage().nbytes()
        elif isinstance(item, str | bytes):
            total += len(item)
        elif isinstance(item, np.ndarray):
            total += item.nbytes
        elif isinstance(item, Image.Image):
            total += item.width * item.height * len(item.getbands())
        elif isinstance(item, dict):
            left += [*item.keys(), *item.values()]
        elif isinstance(item, list | tuple | set | frozenset | deque):
            left += item
        else:
            left += getattr(item, "__dict__", {}).values()
    return total + sum(storages.values())


def _shared(item: object) -> bool:
    """Whether it is nobody's own: a network, a model around one, a function, a lock."""
    return (
        isinstance(item, nn.Module)
        or callable(item)
        or hasattr(item, "acquire")
        or (hasattr(item, "encode") and hasattr(item, "decode"))
    )
