"""What long work tells those who wait for it, and how they stop it."""

from collections.abc import Callable

Progress = Callable[[int, int, str], bool | None]  # (done, of, what); False cancels
Reports = Progress | None  # None: nobody listens
Report = Callable[[int, int, str], None]  # the same, from within: raises Cancelled


class Cancelled(Exception):
    """The progress callback said stop."""


def while_painting(report: Report, begins: int = 0) -> Callable[[float], None]:
    """For painting, the part from `begins` to 100 percent: takes the share of it that is done, 0 to 1."""
    return lambda done: report(begins + round((100 - begins) * done), 100, "painting")


def reporter(progress: Progress | None) -> Report:
    """Tells `progress`, if there is one, and raises Cancelled where it answers False."""

    def report(done: int, of: int, what: str) -> None:
        if progress is not None and progress(done, of, what) is False:
            raise Cancelled("Stopped.")

    return report
