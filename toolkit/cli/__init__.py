"""The command line: `python -m toolkit COMMAND`, each command in a file of its own.

A command is imported when it is asked for, and whatever is heavy only when it runs: --help answers at once. Whatever goes wrong is said in one
sentence, without a traceback; exit codes: 0 done, 1 some or all of it failed, 2 wrong usage, 130 stopped with Ctrl-C.
"""

import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

from cyclopts import Parameter

from toolkit.cli.arguments import sentence
from toolkit.cli.program import program, run
from toolkit.models.allocator import give_back_freed_memory

COMMANDS = {
    "colorize": "Color photos at their full size.",
    "mask": "Paint a mask of colors on a photo, in your browser.",
    "transfer": "Give a color photo the colors of another, by statistics alone: the classical way, fast and blind to what things are.",
    "evaluate": "Score models on photos whose colors are known, beside the gray photo.",
    "obedience": "Measure how far a region follows a point of another color, and how far the rest of the photo does, without and with a lasso.",
    "evaluate-text": "Measure whether a word finds its region on a photo, and whether a sentence colors it and nothing else.",
    "evaluate-reference": "Measure what a reference photo does for colors: itself mirrored, one of the same words, an unrelated one, the same class.",
    "evaluate-palette": "Measure whether automatic colors take on those of a palette: of the photo itself, and of another.",
    "evaluate-temporal": "Measure how much the colors of clips made from photos flicker and drift, frame by frame and with --temporal.",
    "bench": "Measure this machine: parts of the time, growth with the photo's size, quality of the lift to full size.",
    "compare": "Compare models with each other, with classical methods and with the gray photo: one table, paired tests, pictures.",
    "train": "Train a model on your own photos.",
    "export": "Write a model as ONNX, from L to a and b, check it with onnxruntime, and describe it for `compare`.",
    "models": "List the models with their terms, their data and what they are weak at.",
}
OLD = ("evaluate", "obedience", "evaluate-text", "evaluate-reference", "evaluate-palette", "evaluate-temporal")  # which argparse still reads


app = program("python -m toolkit", "Color black-and-white photos.", "COMMAND --help says more, with examples.")


def _old(name: str) -> Callable[..., int]:
    def bridge(*tokens: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> int:
        from toolkit.cli.measuring import parser

        args = parser().parse_args([name, *tokens])
        code: int = args.run(args)
        return code

    return bridge


for _place, (_name, _about) in enumerate(COMMANDS.items()):
    if _name in OLD:
        app.command(_old(_name), name=_name, help=_about, sort_key=_place, help_flags=())
    else:
        app.command(f"{__name__}.{_name}:app", name=_name, help=_about, sort_key=_place)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code, or raises SystemExit where there was nothing to run: --help, and what cannot be understood."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # file names need not be text
    give_back_freed_memory()
    try:
        code = run(app, sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, ValueError, RuntimeError, MemoryError) as error:
        print(sentence(error), file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1
    return code
