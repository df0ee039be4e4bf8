"""docs/command-line.md: what `python -m toolkit COMMAND --help` says of every command, as Markdown.

Made from the parser and not from its --help, which other versions of Python break into other lines.
"""

import argparse
from collections.abc import Sequence

from toolkit.cli import parser
from toolkit.cli.measure import PROG, options
from toolkit.measure.studies import studies, study
from toolkit.measure.tables import markdown_table

OLD = "Another name for"


def commands() -> str:
    """Every command: what it does, its examples, a row for each argument; what was renamed last."""
    named = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)).choices  # argparse has no public way
    now = {name: command for name, command in named.items() if not (command.description or "").startswith(OLD)}
    told = [part for name, command in now.items() for part in (_studies() if name == "measure" else [_command(name, command)])]
    old = "\n".join(f"- `{name}`: {command.description}" for name, command in named.items() if name not in now)
    return "\n\n".join([*told, "## Old names", old])


def _studies() -> list[str]:
    return [
        _section(f"measure {name}", asked, [f"{PROG} {name} {e}" for e in study(name).examples], options(name)) for name, asked in studies().items()
    ]


def _command(name: str, command: argparse.ArgumentParser) -> str:
    examples = [line.strip() for line in (command.epilog or "").splitlines()[1:]]
    rows = [(_spelled(a), _said(a)) for a in command._actions if not isinstance(a, argparse._HelpAction)]
    return _section(name, command.description or "", examples, rows)


def _section(name: str, about: str, examples: Sequence[str], rows: Sequence[tuple[str, str]]) -> str:
    table = markdown_table(["argument", "what it says"], [[f"`{argument}`", said] for argument, said in rows])
    return "\n\n".join((f"## {name}", about, "```sh\n" + "\n".join(examples) + "\n```", table))


def _spelled(action: argparse.Action) -> str:
    """As one writes it: `-o, --out OUT`, `PHOTO ...`, `--quiet`."""
    value = action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else action.dest.upper())
    more = " ..." if action.nargs == "+" else ""
    return " ".join((", ".join(action.option_strings), "" if action.nargs == 0 else f"{value}{more}")).strip()


def _said(action: argparse.Action) -> str:
    return ((action.help or "") % vars(action)).replace("|", "\\|")
