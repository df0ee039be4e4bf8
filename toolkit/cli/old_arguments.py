"""What the commands of the command line have in common: kinds of arguments, help with examples, and a check before hours of work."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

DEVICE_HELP = "auto, cpu, cuda or mps (default: %(default)s)"


def add_command(commands: Any, run: Callable[[argparse.Namespace], int], summary: str, *examples: str) -> argparse.ArgumentParser:
    """A command named as its function, words joined by hyphens, with a summary and examples that can be pasted."""
    name = run.__name__.replace("_", "-")
    epilog = "examples:\n" + "\n".join(f"  python -m toolkit {name} {example}" for example in examples)
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.set_defaults(run=run)
    return command


def number(most: float) -> Callable[[str], float]:
    """A kind of argument: a number from 0 to `most`."""

    def between(text: str) -> float:
        value = float(text)
        if not 0 <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not a number from 0 to {most:g}")
        return value

    between.__name__ = "number"  # what argparse calls it in its message
    return between


def signed(text: str) -> float:
    """A kind of argument: a number from -1 to 1."""
    value = float(text)
    if not -1 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from -1 to 1")
    return value


def count(text: str) -> int:
    """A kind of argument: 0, 1, 2 ..."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 on")
    return value


def positive(text: str) -> int:
    """A kind of argument: 1, 2, 3 ..."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number above 0")
    return value


def several(kind: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    """A kind of argument: some of a kind, between commas."""

    def split(text: str) -> tuple[Any, ...]:
        return tuple(kind(part) for part in text.split(",") if part)

    split.__name__ = "list"
    return split


def check_places(*files: str | None) -> None:
    """Before hours of measuring: can the results be written? Raises ValueError."""
    for file in filter(None, files):
        if not Path(file).absolute().parent.is_dir():
            raise ValueError(f"There is no folder for {file}; create it first.")


def advance(bar: Any, to: int) -> None:
    """Move a tqdm bar to a place."""
    bar.update(to - bar.n)


def report(table: str, scores: Sequence[Any], skipped: Sequence[str], file: str | None) -> None:
    """Print a table and what is not in it, and write the scores as JSON."""
    print(table)
    if skipped:
        print(f"{len(skipped)} left out:", *(f"  {line}" for line in skipped), sep="\n", file=sys.stderr)
    if file:
        Path(file).write_text(json.dumps([asdict(s) for s in scores], indent=2) + "\n", encoding="utf-8")
