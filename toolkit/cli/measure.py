"""`python -m toolkit measure STUDY SOURCE ...`: any study of `toolkit.measure.studies`, its options made from its `Setup`.

A study's file says everything that this command knows of it; a new one needs no line here.
"""

import inspect
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, get_args, get_origin

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

from toolkit.cli.arguments import advance, check_places
from toolkit.measure.studies import Measured, Told, measure, option, studies, study

PROG = "python -m toolkit measure"
SHEET_WIDE = 8  # of its pictures side by side, where each photo has many


@dataclass(frozen=True)
class Output:
    """Where the answer goes, beside the terminal."""

    json: str | None = option(None, "write the table here, as JSON")
    sheet: str | None = option(None, "write a contact sheet of the first photos here, as OUT.png")
    plot: str | None = option(None, "write its figure here, as OUT.png")


def main(argv: Sequence[str]) -> int:
    """Run a study; returns the exit code. Raises ValueError for what cannot be meant."""
    app = App(
        name=PROG,
        help="Measure models on photos whose colors are known: a study answers one question.",
        help_epilogue=f"{PROG} STUDY --help says more, with examples.",
        help_formatter="plain",
        help_format="plaintext",
        version_flags=[],
        console=Console(soft_wrap=True),  # examples stay on their lines
        result_action="return_value",
    )
    for name, question in studies().items():
        asked = argv[:1] == [name]
        app.command(_command(name) if asked else _unread, name=name, help=question, help_epilogue=_examples(name) if asked else "")
    try:
        return app(argv, exit_on_error=False, print_error=False) or 0
    except CycloptsError as error:
        raise ValueError(f"{' '.join(str(error).split())} `{' '.join([PROG, *argv[:1]])} --help` says what there is.") from None


def _unread() -> None:
    """A study that nobody asked for is not imported."""


def _examples(name: str) -> str:
    return "\n".join(["examples:", *(f"  {PROG} {name} {example}" for example in study(name).examples)])


def options(name: str) -> list[tuple[str, str]]:
    """The arguments of a study, each with what it says, for a page."""
    said = [("SOURCE ...", study(name).food)]
    for one in _fields(study(name)):
        known = "" if one.default in (None, (), False) else f" (default: {_shown(_default(one))})"
        said.append((f"--{one.name.replace('_', '-')}{'' if one.type is bool else f' {one.name.upper()}'}", one.metadata["help"] + known))
    return said


def _fields(module: ModuleType) -> list[Field[Any]]:
    """Of its Setup, and of Output what it can give."""
    there = {"json": True, "sheet": hasattr(module, "sheet_rows"), "plot": hasattr(module, "plot")}
    return [*fields(module.Setup), *(one for one in fields(Output) if there[one.name])]


def _command(name: str) -> Callable[..., int]:
    """What measures a study: its sources, and each field of its Setup and of Output as an option."""
    module = study(name)

    def run_study(*source: str, **given: Any) -> int:
        output = {one.name: given.pop(one.name, one.default) for one in fields(Output)}
        return run(name, source, module.Setup(**given), Output(**output))

    sources = inspect.Parameter("source", inspect.Parameter.VAR_POSITIONAL, annotation=Annotated[str, Parameter(name="SOURCE", help=module.food)])
    signature = inspect.Signature([sources, *map(_option, _fields(module))])
    vars(run_study).update(__signature__=signature, __annotations__={one.name: one.annotation for one in signature.parameters.values()})
    return run_study


def _option(one: Field[Any]) -> inspect.Parameter:
    """One field as an option; several values stand between commas."""
    default = _default(one)
    how: dict[str, Any] = {"help": one.metadata["help"], "negative": ""}
    how["show_default"] = _shown if default not in (None, (), False) else False
    if get_origin(one.type) is tuple:
        kind = get_args(one.type)[0]
        how |= {"n_tokens": 1, "converter": lambda _, tokens: tuple(kind(part) for part in tokens[0].value.split(",") if part)}
    return inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[one.type, Parameter(**how)])


def _default(one: Field[Any]) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


def _shown(default: Any) -> str:
    return ",".join(f"{value:g}" if isinstance(value, float) else str(value) for value in (default if isinstance(default, tuple) else (default,)))


def run(name: str, source: Sequence[str], setup: Any, output: Output, shape: Callable[[Measured], Any] = Measured.as_json) -> int:
    """Measure, print the table and write what is asked for. shape: what JSON holds."""
    from tqdm import tqdm

    check_places(output.json, output.sheet, output.plot)
    module = study(name)
    with tqdm(unit="photo", disable=None) as bar:

        def progress(done: int, of: int | None) -> None:
            bar.total = of
            advance(bar, done)

        told = Told(progress, module.sheet_rows if output.sheet else 0)
        found = measure(name, source, setup, told)
    print(found.text())
    if told.skipped:
        print(f"{len(told.skipped)} left out:", *(f"  {line}" for line in told.skipped), sep="\n", file=sys.stderr)
    if output.json:
        Path(output.json).write_text(json.dumps(shape(found), indent=2) + "\n", encoding="utf-8")
    if output.sheet:
        _draw_sheet(told, output.sheet)
    if output.plot:
        module.plot(found.rows).savefig(output.plot)
    return 0


def _draw_sheet(told: Told, file: str) -> None:
    """A line of the sheet for each photo, or where that would be more than SHEET_WIDE pictures, several; photos of one picture share lines."""
    import torch

    from toolkit.show.figures import contact_sheet

    rows = told.pictures
    if not rows:
        raise ValueError("This study has no pictures of these photos; leave --sheet out.")
    lines = -(-len(rows[0]) // SHEET_WIDE)
    columns = -(-len(rows[0]) // lines) if len(rows[0]) > 1 else SHEET_WIDE
    blank = ("", torch.full((3, 1, 1), 255, dtype=torch.uint8))
    pictures = [picture for row in rows for picture in (*row, *[blank] * (-len(row) % columns if len(row) > 1 else 0))]
    same = lines == 1 and len(rows[0]) > 1  # every line has the titles of the first
    contact_sheet([picture for _, picture in pictures], [title for title, _ in (pictures[:columns] if same else pictures)], columns).savefig(file)
