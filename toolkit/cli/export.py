"""The command `python -m toolkit export`; `toolkit.models.export` does the work."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import App, Parameter

from toolkit.cli.arguments import Share, Some

app = App(
    "export",
    help_epilogue="""examples:
  python -m toolkit export unet --onnx unet.onnx                     # writes unet.json beside it
  python -m toolkit export vit-hint --onnx lively.onnx --vividness 0.7 --size 384""",
)


@Parameter("*")
@dataclass(frozen=True)
class Options:
    """Where it goes, and what is fixed in it."""

    onnx: Annotated[str, Parameter(metavar="FILE")]
    """where it goes; a description of the same name, .json, beside it"""
    size: Annotated[Some, Parameter(metavar="PX")] = 256
    """side of the square it takes, fixed"""
    vividness: Share = 0.0
    """0 safe and dull to 1 lively, fixed"""
    overwrite: bool = False
    """replace files that are there"""


@app.default
def export(
    model: Annotated[str, Parameter(metavar="MODEL", help="a name from `models`, or weights of your own training")],
    /,
    *,
    options: Options,
) -> int:
    """Write a model for other people's programs."""
    from toolkit.models.export import TOLERANCE
    from toolkit.models.export import export as write

    done = write(model, options.onnx, size=options.size, vividness=options.vividness, overwrite=options.overwrite)
    size, megabytes = done.size, done.onnx.stat().st_size / 1e6
    print(
        f"{done.onnx}: {megabytes:.0f} MB, L (1, 1, {size}, {size}) in [0, 100] -> ab of the same square in Lab units."
    )
    print(f"The ab of onnxruntime is at most {done.difference:.1g} Lab units from ours (allowed: {TOLERANCE:g}).")
    print(
        f"{done.description} describes it. Compare it with others:\n  python -m toolkit compare PHOTOS --models "
        f"{model},{done.description}"
    )
    return 0
