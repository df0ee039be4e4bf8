"""docs/command-line.md: what `python -m toolkit COMMAND --help` says of every command, as Markdown.

Made from the parser and not from its --help, which other versions of Python break into other lines.
"""

import argparse

from toolkit.cli import parser
from toolkit.cli.pages.tables import table


def commands() -> str:
    """Every command: what it does, its examples, a row for each argument."""
    named = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))  # argparse has no public way
    return "\n\n".join(_command(name, command) for name, command in named.choices.items())


def _command(name: str, command: argparse.ArgumentParser) -> str:
    examples = "\n".join(line.strip() for line in (command.epilog or "").splitlines()[1:])
    rows = [[f"`{_spelled(a)}`", _said(a)] for a in command._actions if not isinstance(a, argparse._HelpAction)]
    return "\n\n".join((f"## {name}", command.description or "", f"```sh\n{examples}\n```", table(["argument", "what it says"], rows)))


def _spelled(action: argparse.Action) -> str:
    """As one writes it: `-o, --out OUT`, `PHOTO ...`, `--quiet`."""
    value = action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else action.dest.upper())
    more = " ..." if action.nargs == "+" else ""
    return " ".join((", ".join(action.option_strings), "" if action.nargs == 0 else f"{value}{more}")).strip()


def _said(action: argparse.Action) -> str:
    return ((action.help or "") % vars(action)).replace("|", "\\|")
