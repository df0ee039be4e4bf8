"""The names that people import, and how they are called: surface.json, which a test compares with the code.

python -m tests.project.surface    writes it anew, after a change that is meant
"""

import ast
import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tests import ROOT

FILE = Path(__file__).with_suffix(".json")
# with all their public names
WHOLE = ("toolkit", "toolkit.text", "toolkit.photo", "toolkit.color", "toolkit.guidance", "toolkit.pipeline")
PLAIN = (bool, int, float, str, type(None))  # defaults that are written down


def surface() -> dict[str, dict[str, Any]]:
    """Module -> name -> what it takes: of the packages above, and of whatever the pages and the notebooks import from
    others.
    """
    names = {module: set(_public(module)) for module in WHOLE}
    for module, name in _lessons():
        names.setdefault(module, set()).add(name)
    found: dict[str, dict[str, Any]] = {}
    homes: dict[Any, str] = {}
    for module in (*WHOLE, *sorted(names.keys() - set(WHOLE))):
        found[module] = {}
        for name in sorted(names[module]):
            thing = getattr(import_module(module), name, None)
            assert thing is not None, f"a page or a notebook imports {name} from {module}, which has none"
            found[module][name] = _described(thing, homes)
            if callable(thing):
                homes[inspect.unwrap(thing)] = f"{module}.{name}"
    return found


def _public(module: str) -> list[str]:
    package = import_module(module)
    things = {
        name: thing for name, thing in vars(package).items() if inspect.isclass(thing) or inspect.isfunction(thing)
    }
    own = [
        name
        for name, thing in things.items()
        if not name.startswith("_") and f"{thing.__module__}.".startswith(f"{module}.")
    ]
    return getattr(package, "__all__", own)


def _lessons() -> Iterator[tuple[str, str]]:
    """What Python on the pages and in the notebooks imports from the toolkit: (module, name)."""
    texts = [page.read_text() for page in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")))]
    codes = [block for text in texts for block in re.findall(r"```python\n(.*?)```", text, re.S)]
    books = [json.loads(book.read_text()) for book in sorted(ROOT.glob("notebooks/*.ipynb"))]
    codes += ["".join(cell["source"]) for book in books for cell in book["cells"] if cell["cell_type"] == "code"]
    for code in codes:
        for node in ast.walk(ast.parse(re.sub(r"^(\s*)[%!].*", r"\1pass", code, flags=re.M))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "toolkit":
                yield from ((str(node.module), alias.name) for alias in node.names)


def _described(thing: Any, homes: dict[Any, str]) -> Any:
    """Of a function what it takes; of a class what it is made of, and what it can; of something named before only
    where.
    """
    thing = inspect.unwrap(thing)
    if inspect.isfunction(thing):
        return homes.get(thing) or _taken(thing)
    if not inspect.isclass(thing):
        return type(thing).__name__
    if thing in homes:
        return homes[thing]
    made = (
        ", ".join(field.name for field in fields(thing) if not field.name.startswith("_"))
        if is_dataclass(thing)
        else _taken(thing)
    )
    own = {
        name
        for base in thing.__mro__
        if base.__module__.startswith("toolkit.")
        for name in vars(base)
        if not name.startswith("_")
    }
    can = {name: _taken(getattr(thing, name)) for name in sorted(own - set(made.split(", ")))}
    return {"made of": made, **can} if can else made


def _taken(thing: Any) -> str:
    """The arguments without their types, which each Python writes in its own way; nothing of what cannot be called."""
    try:
        arguments = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return ""
    untyped = [one.replace(annotation=one.empty) for one in arguments if one.name != "self"]
    plain = [
        one if one.default is one.empty or isinstance(one.default, PLAIN) else one.replace(default=...)
        for one in untyped
    ]
    return str(inspect.Signature(plain)).strip("()").replace("Ellipsis", "...")


if __name__ == "__main__":
    FILE.write_text(json.dumps(surface(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
