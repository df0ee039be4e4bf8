"""docs/command-line.md: what `python -m toolkit COMMAND --help` says of every command, as Markdown.

Made from the commands and not from their --help, which is broken into lines for a terminal.
"""

import argparse

from cyclopts import App
from cyclopts.help import HelpEntry, InlineText, create_parameter_help_panel

from toolkit.cli import OLD, app
from toolkit.cli.measuring import parser
from toolkit.cli.pages.tables import table

HEADER = ["argument", "what it says"]
Row = list[str]


def commands() -> str:
    """Every command: what it does, its examples, a row for each argument."""
    return "\n\n".join(_old(name) if name in OLD else _command(name) for name in app if not name.startswith("-"))


def _command(name: str) -> str:
    command = app[name]
    nested = {inner: _rows(app, command, command[inner]) for inner in command if not inner.startswith("-")}
    examples = "\n".join(line.strip() for line in (command.help_epilogue or "").splitlines()[1:])
    return "\n\n".join((f"## {name}", command.help, f"```sh\n{examples}\n```", table(HEADER, _shared(nested) if nested else _rows(app, command))))


def _shared(nested: dict[str, list[Row]]) -> list[Row]:
    """The rows of all that can follow a command, each once, led by its names where not all have it."""
    having: dict[tuple[str, ...], list[str]] = {}
    for name, rows in nested.items():
        for row in rows:
            having.setdefault(tuple(row), []).append(name)
    names = [f"`{{{','.join(nested)}}}`", "what to train"]
    return [names, *([said[0], said[1] if len(whose) == len(nested) else f"{', '.join(whose)}: {said[1]}"] for said, whose in having.items())]


def _rows(*path: App) -> list[Row]:
    """Of the last command, which has what those above it say of all arguments."""
    with app.app_stack(path):
        arguments = path[-1].assemble_argument_collection(parse_docstring=True)
    panels = (create_parameter_help_panel(group, arguments.filter_by(group=group), "plaintext") for group in arguments.groups)
    return [[f"`{_spelled(entry)}`", _said(entry)] for panel in panels for entry in panel.entries]


def _spelled(entry: HelpEntry) -> str:
    """As one writes it: `--out, -o OUT`, `PHOTO`, `--quiet`."""
    return ", ".join(entry.display_labels_with_metavar)


def _said(entry: HelpEntry) -> str:
    said = str(entry.description.primary_renderable) if isinstance(entry.description, InlineText) else str(entry.description)
    more = ([", ".join(entry.choices)] if entry.choices else []) + ([f"default: {entry.default}"] if entry.default is not None else [])
    return (said + (f" ({'; '.join(more)})" if more else "")).replace("|", "\\|")


def _old(name: str) -> str:
    """The same of a command that argparse reads."""
    named = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))  # argparse has no public way
    command = named.choices[name]
    examples = "\n".join(line.strip() for line in (command.epilog or "").splitlines()[1:])
    rows = [[f"`{_option(a)}`", ((a.help or "") % vars(a)).replace("|", "\\|")] for a in command._actions if not isinstance(a, argparse._HelpAction)]
    return "\n\n".join((f"## {name}", command.description or "", f"```sh\n{examples}\n```", table(HEADER, rows)))


def _option(action: argparse.Action) -> str:
    value = action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else action.dest.upper())
    more = " ..." if action.nargs == "+" else ""
    return " ".join((", ".join(action.option_strings), "" if action.nargs == 0 else f"{value}{more}")).strip()
