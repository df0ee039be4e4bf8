"""To see what happens in between: toys that take their turns when the test says so."""

import threading


class Turns:
    """Whoever takes a turn waits for it to be given, unless nobody holds them."""

    def __init__(self) -> None:
        self.free, self.given = threading.Event(), threading.Semaphore(0)
        self.free.set()

    def take(self) -> None:
        while not self.free.is_set() and not self.given.acquire(timeout=0.02):
            pass

    def hold(self) -> None:
        while self.given.acquire(blocking=False):
            pass
        self.free.clear()

    def give(self, n: int = 1) -> None:
        self.given.release(n)

    def let_go(self) -> None:
        self.free.set()
