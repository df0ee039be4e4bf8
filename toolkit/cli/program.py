"""What `python -m toolkit` and `python -m demos` have in common: help in plain columns, and a sentence for what cannot
be understood.
"""

import sys
from collections.abc import Sequence
from typing import Any

from cyclopts import App, CycloptsError, Parameter, UnknownCommandError
from cyclopts.help import DefaultFormatter, InlineText, PanelSpec, TableSpec
from rich.box import Box
from rich.console import Console

from toolkit.cli.arguments import sentence, shown


class Page(Console):
    """Where help is printed: no line of an example is broken, so that it can be pasted."""

    def print(self, *objects: Any, **options: Any) -> None:
        """As Console does."""
        super().print(*objects, **options | {"soft_wrap": isinstance(objects[0] if objects else None, InlineText)})


def program(name: str, about: str, epilogue: str) -> App:
    """An empty program; its commands return exit codes."""
    return App(
        name,
        help=about,
        help_epilogue=epilogue,
        help_format="plaintext",
        # no frames
        help_formatter=DefaultFormatter(
            panel_spec=PanelSpec(box=Box("    \n" * 8)), table_spec=TableSpec(padding=(0, 2, 0, 0))
        ),
        console=Page(),
        version_flags=(),
        default_parameter=Parameter(negative=(), allow_repeating=True, show_default=shown),
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )


def run(app: App, tokens: Sequence[str]) -> int:
    """Run a command line; returns its exit code, or raises SystemExit where nothing was run: help was shown, or it
    cannot be understood.
    """
    try:
        code = app(tokens, exit_on_error=False, print_error=False)
    except UnknownCommandError as error:
        known = ", ".join(name for name in error.app or app if not name.startswith("-"))
        print(f"Unknown command {(error.unused_tokens or ['?'])[0]!r}; there are {known}.", file=sys.stderr)
    except CycloptsError as error:
        error.verbose = False  # no word about our functions
        said, place = sentence(error), " ".join((app.name[0], *(error.command_chain or ())))
        print(
            f"{said} See {place} --help." if said.endswith("?") else f"{said.removesuffix('.')}; see {place} --help",
            file=sys.stderr,
        )
    else:
        if isinstance(code, int):
            return code
        raise SystemExit(0 if {"-h", "--help"} & set(tokens) else 2)  # asked for, or shown because no command was named
    raise SystemExit(2)
