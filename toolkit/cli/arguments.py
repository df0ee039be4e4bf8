"""What the commands of the command line have in common: kinds of options, and a check before hours of work.

An option is a field of a frozen dataclass: its type is its kind, the sentence below it its help. What is wrong is said
with the text as it was typed.
"""

import inspect
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import nan
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter, Token

File = Annotated[str | None, Parameter(metavar="FILE")]
Name = Annotated[str | None, Parameter(metavar="NAME")]
Device = Annotated[str, Parameter(metavar="DEVICE")]


def read_by(read: Callable[[str], Any]) -> Parameter:
    """A kind of option: one text, and what a function makes of it, which may raise ValueError; given again, the last
    one counts.
    """
    return Parameter(converter=lambda _, tokens: read(_last(tokens)), n_tokens=1, negative=())


def _last(tokens: Sequence[Token]) -> str:
    return tokens[-1].value


def number(least: float, most: float) -> Callable[[str], float]:
    """Reads a number between two, both included."""

    def read(text: str) -> float:
        value = nan
        with suppress(ValueError):
            value = float(text)
        if not least <= value <= most:
            raise ValueError(f"{text} is not a number from {least:g} to {most:g}")
        return value

    return read


def whole(least: int) -> Callable[[str], int]:
    """Reads a whole number, `least` or above."""

    def read(text: str) -> int:
        with suppress(ValueError):
            if int(text) >= least:
                return int(text)
        raise ValueError(f"{text} is not a whole number {f'above {least - 1}' if least else 'from 0 on'}")

    return read


def several(read: Callable[[str], Any] = str) -> Callable[[str], tuple[Any, ...]]:
    """Reads some of a kind, between commas."""
    return lambda text: tuple(read(part) for part in text.split(",") if part)


def shown(default: Any) -> str | None:
    """A default in the help, as one types it; none of a flag or of what need not be given."""
    if default is None or default is False or default == ():
        return None
    return ",".join(
        f"{value:g}" if isinstance(value, float) else str(value)
        for value in (default if isinstance(default, tuple) else (default,))
    )


Share = Annotated[float, read_by(number(0, 1))]
ShareOrNone = Annotated[float | None, read_by(number(0, 1))]
Count = Annotated[int, read_by(whole(0)), Parameter(metavar="N")]
Some = Annotated[int, read_by(whole(1)), Parameter(metavar="N")]
SomeOrNone = Annotated[int | None, read_by(whole(1)), Parameter(metavar="N")]


def with_options(called: Callable[..., int], photos: str, options: dict[str, tuple[Any, Any]]) -> Callable[..., int]:
    """A function of *sources and **options, told apart by what is known only when it runs: the kind and the default of
    each option.
    """
    known = [
        inspect.Parameter(
            "sources", inspect.Parameter.VAR_POSITIONAL, annotation=Annotated[str, Parameter(help=photos)]
        )
    ]
    known += [
        inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for n, (kind, default) in options.items()
    ]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in known}
    vars(called)["__signature__"] = inspect.Signature(known)
    return called


def check_places(*files: str | None) -> None:
    """Before hours of measuring: can the results be written? Raises ValueError."""
    for file in filter(None, files):
        if not Path(file).absolute().parent.is_dir():
            raise ValueError(f"There is no folder for {file}; create it first.")


def check_free(photo: Path, files: Sequence[Path], overwrite: bool) -> None:
    """Nothing that is there is written over unasked, and the photo itself never. Raises ValueError."""
    for file in files:
        if file.exists() and (not overwrite or file.samefile(photo)):
            raise ValueError(f"{file} is there already; add --overwrite or choose another place with -o.")


def advance(bar: Any, to: int) -> None:
    """Move a tqdm bar to a place."""
    bar.update(to - bar.n)


def sentence(error: BaseException) -> str:
    """What went wrong, in one line."""
    return " ".join(str(error).split())[:500] or f"{type(error).__name__} without a message."
