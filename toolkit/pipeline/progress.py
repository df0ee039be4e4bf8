"""What long work tells those who wait for it, and how they stop it."""

from collections.abc import Callable

Progress = Callable[[int, int, str], bool | None]  # (done, of, what); False cancels
Report = Callable[[int, int, str], None]  # the same, from within: raises Cancelled


class Cancelled(Exception):
    """The progress callback said stop."""


def reporter(progress: Progress | None) -> Report:
    """Tells `progress`, if there is one, and raises Cancelled where it answers False."""

    def report(done: int, of: int, what: str) -> None:
        if progress is not None and progress(done, of, what) is False:
            raise Cancelled("Stopped.")

    return report
