"""docs/command-line.md: what `python -m toolkit COMMAND --help` says of every command, as Markdown.

Made from the commands and not from their --help, which is broken into lines for a terminal.
"""

from collections.abc import Sequence

from cyclopts import App
from cyclopts.help import HelpEntry, InlineText, create_parameter_help_panel

from toolkit.cli import COMMANDS, OLD, app
from toolkit.measure.tables import markdown_table

Row = list[str]


def commands() -> str:
    """Every command: what it does, its examples, a row for each argument; what was renamed last."""
    told = [section for name in COMMANDS for section in (_each(name) if name == "measure" else [_command(name)])]
    return "\n\n".join([*told, "## Old names", "\n".join(f"- `{name}`: {app[name].help}" for name in OLD)])


def _command(name: str) -> str:
    command = app[name]
    nested = {inner: _rows(app, command, command[inner]) for inner in _names(command)}
    return _section(name, command, _shared(nested) if nested else _rows(app, command))


def _each(name: str) -> list[str]:
    """A section for each of the commands below a command."""
    command = app[name]
    return [
        _section(f"{name} {inner}", command[inner], _rows(app, command, command[inner])) for inner in _names(command)
    ]


def _names(command: App) -> list[str]:
    return [name for name in command if not name.startswith("-")]


def _section(name: str, command: App, rows: Sequence[Row]) -> str:
    examples = "\n".join(line.strip() for line in (command.help_epilogue or "").splitlines()[1:])
    return "\n\n".join(
        (f"## {name}", command.help, f"```sh\n{examples}\n```", markdown_table(["argument", "what it says"], rows))
    )


def _shared(nested: dict[str, list[Row]]) -> list[Row]:
    """The rows of all that can follow a command, each once, led by its names where not all have it."""
    having: dict[tuple[str, ...], list[str]] = {}
    for name, rows in nested.items():
        for row in rows:
            having.setdefault(tuple(row), []).append(name)
    names = [f"`{{{','.join(nested)}}}`", "what to train"]
    return [
        names,
        *(
            [said[0], said[1] if len(whose) == len(nested) else f"{', '.join(whose)}: {said[1]}"]
            for said, whose in having.items()
        ),
    ]


def _rows(*path: App) -> list[Row]:
    """Of the last command, which has what those above it say of all arguments."""
    with app.app_stack(path):
        arguments = path[-1].assemble_argument_collection(parse_docstring=True)
    panels = (
        create_parameter_help_panel(group, arguments.filter_by(group=group), "plaintext") for group in arguments.groups
    )
    return [[f"`{_spelled(entry)}`", _said(entry)] for panel in panels for entry in panel.entries]


def _spelled(entry: HelpEntry) -> str:
    """As one writes it: `--out, -o OUT`, `PHOTO`, `--quiet`."""
    return ", ".join(entry.display_labels_with_metavar)


def _said(entry: HelpEntry) -> str:
    said = (
        str(entry.description.primary_renderable)
        if isinstance(entry.description, InlineText)
        else str(entry.description)
    )
    more = ([", ".join(entry.choices)] if entry.choices else []) + (
        [f"default: {entry.default}"] if entry.default is not None else []
    )
    return (said + (f" ({'; '.join(more)})" if more else "")).replace("|", "\\|")
