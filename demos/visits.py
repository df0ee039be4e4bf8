"""Who is here: one place per open page, bounded, forgotten when the page is closed."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 16  # visitors whose photos are held; about 100 MB each at 25 megapixels


@dataclass
class Visit(Generic[T]):
    """One open page: what lies on its desk, and which piece of work is the current one."""

    desk: T | None = None
    turn: int = 0

    def interrupt(self) -> int:
        """Whatever runs for this visit is out of date now; returns the number of the work that comes next."""
        self.turn += 1
        return self.turn


class Visits(Generic[T]):
    """Visits by session hash; the least recently seen leaves first."""

    def __init__(self, most: int = MOST) -> None:
        """most: how many are kept."""
        self._most = most
        self._lock = Lock()
        self._visits: OrderedDict[str, Visit[T]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._visits)

    def __getitem__(self, session_hash: str | None) -> Visit[T]:
        """The visit of a page; a new one where it is not known (any more)."""
        key = session_hash or ""
        with self._lock:
            visit = self._visits.setdefault(key, Visit())
            self._visits.move_to_end(key)
            while len(self._visits) > self._most:
                self._end(self._visits.popitem(last=False)[1])
            return visit

    def leave(self, session_hash: str | None) -> None:
        """Forget a page and stop its work."""
        with self._lock:
            visit = self._visits.pop(session_hash or "", None)
        if visit is not None:
            self._end(visit)

    @staticmethod
    def _end(visit: Visit[T]) -> None:
        visit.interrupt()
        visit.desk = None
