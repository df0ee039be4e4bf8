"""`python -m toolkit measure STUDY SOURCE ...`: any study of `toolkit.measure.studies`, its options made from its
`Setup`.

A study's file says everything that this command knows of it; a new one needs no line here.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, get_args, get_origin

from cyclopts import App, Parameter

from toolkit.cli.arguments import advance, check_places, read_by, several, with_options
from toolkit.measure.studies import Measured, Told, measure, option, studies, study

PROG = "python -m toolkit measure"
SHEET_WIDE = 8  # of its pictures side by side, where each photo has many


@dataclass(frozen=True)
class Output:
    """Where the answer goes, beside the terminal."""

    json: str | None = option(None, "write the table here, as JSON")
    sheet: str | None = option(None, "write a contact sheet of the first photos here, as OUT.png")
    plot: str | None = option(None, "write its figure here, as OUT.png")


app = App(
    "measure",
    help_epilogue=f"""examples:
  {PROG} flicker photos/ --limit 3 --frames 30
  {PROG} words --help    # what can be said of it, with examples""",
)


def __getattr__(name: str) -> App:
    """The command of one study, made when it is asked for, since its file has its options."""
    if name not in studies():
        raise AttributeError(name)
    command = App(
        name,
        help_epilogue="\n".join(["examples:", *(f"  {PROG} {name} {example}" for example in study(name).examples)]),
    )
    command.default(_command(name))
    return command


for _name, _question in studies().items():
    app.command(f"{__name__}:{_name}", name=_name, help=_question)


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

    return with_options(run_study, module.food, {one.name: _option(one) for one in _fields(module)})


def _option(one: Field[Any]) -> tuple[Any, Any]:
    """One field as an option, and its default; several values stand between commas."""
    kind: Any = Annotated[one.type, Parameter(help=one.metadata["help"])]
    if get_origin(one.type) is tuple:
        kind = Annotated[kind, read_by(several(get_args(one.type)[0]))]
    return kind, one.default if one.default_factory is MISSING else one.default_factory()


def run(
    name: str, source: Sequence[str], setup: Any, output: Output, shape: Callable[[Measured], Any] = Measured.as_json
) -> int:
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
    """A line of the sheet for each photo, or where that would be more than SHEET_WIDE pictures, several; photos of one
    picture share lines.
    """
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
    contact_sheet(
        [picture for _, picture in pictures],
        [title for title, _ in (pictures[:columns] if same else pictures)],
        columns,
    ).savefig(file)
