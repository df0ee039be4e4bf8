"""The command `python -m toolkit export`; `toolkit.models.export` does the work."""

import argparse
from typing import Any

from toolkit.cli.arguments import add_command, number, positive


def export(args: argparse.Namespace) -> int:
    """Write a model for other people's programs."""
    from toolkit.models.export import TOLERANCE
    from toolkit.models.export import export as write

    done = write(args.model, args.onnx, size=args.size, vividness=args.vividness, overwrite=args.overwrite)
    size, megabytes = done.size, done.onnx.stat().st_size / 1e6
    print(f"{done.onnx}: {megabytes:.0f} MB, L (1, 1, {size}, {size}) in [0, 100] -> ab of the same square in Lab units.")
    print(f"The ab of onnxruntime is at most {done.difference:.1g} Lab units from ours (allowed: {TOLERANCE:g}).")
    print(f"{done.description} describes it. Compare it with others:\n  python -m toolkit compare PHOTOS --models {args.model},{done.description}")
    return 0


def add_export(commands: Any) -> None:
    """Add it to the grammar."""
    command = add_command(
        commands,
        export,
        "Write a model as ONNX, from L to a and b, check it with onnxruntime, and describe it for `compare`.",
        "unet --onnx unet.onnx                     # writes unet.json beside it",
        "vit-hint --onnx lively.onnx --vividness 0.7 --size 384",
    )
    command.add_argument("model", metavar="MODEL", help="a name from `models`, or weights of your own training")
    command.add_argument("--onnx", metavar="FILE", required=True, help="where it goes; a description of the same name, .json, beside it")
    command.add_argument("--size", type=positive, default=256, metavar="PX", help="side of the square it takes, fixed (default: %(default)s)")
    command.add_argument("--vividness", type=number(1), default=0.0, help="0 safe and dull to 1 lively, fixed (default: %(default)s)")
    command.add_argument("--overwrite", action="store_true", help="replace files that are there")
