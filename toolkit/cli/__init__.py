"""The command line: `python -m toolkit COMMAND`, each command in a file of its own.

A command is imported when it is asked for, and whatever is heavy only when it runs: --help answers at once. Whatever
goes wrong is said in one sentence, without a traceback; exit codes: 0 done, 1 some or all of it failed, 2 wrong usage,
130 stopped with Ctrl-C.
"""

import io
import os
import sys
from collections.abc import Sequence

from toolkit.cli.arguments import sentence
from toolkit.cli.program import program, run
from toolkit.models.allocator import give_back_freed_memory

COMMANDS = {
    "colorize": "Color photos at their full size.",
    "mask": "Paint a mask of colors on a photo, in your browser.",
    "transfer": "Give a color photo the colors of another, by statistics alone: the classical way, fast and blind to "
    "what things are.",
    "measure": "Measure models on photos whose colors are known: a study answers one question.",
    "compare": "Compare models with each other, with classical methods and with the gray photo: one table, paired "
    "tests, pictures.",
    "bench": "Measure this machine: parts of the time, growth with the photo's size, quality of the lift to full size.",
    "train": "Train a model on your own photos.",
    "export": "Write a model as ONNX, from L to a and b, check it with onnxruntime, and describe it for `compare`.",
    "models": "List the models with their terms, their data and what they are weak at.",
}
OLD = {
    "evaluate": "compare",
    "obedience": "measure obedience",
    "evaluate-text": "measure words",
    "evaluate-reference": "measure borrowing",
    "evaluate-palette": "measure palettes",
    "evaluate-temporal": "measure flicker",
}

app = program("python -m toolkit", "Color black-and-white photos.", "COMMAND --help says more, with examples.")
for _place, (_name, _about) in enumerate(COMMANDS.items()):
    app.command(f"{__name__}.{_name}:app", name=_name, help=_about, sort_key=_place)
for _name, _new in OLD.items():
    _about = f"Another name for `{_new}`, for one more release."
    _examples = f"examples:\n  python -m toolkit {_new} --help"
    app.command(
        f"{__name__}.old_commands:{_name.replace('-', '_')}",
        name=_name,
        help=_about,
        sort_key=len(COMMANDS),
        help_epilogue=_examples,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code, or raises SystemExit where there was nothing to run: --help, and what
    cannot be understood.
    """
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
