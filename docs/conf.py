"""The site that `make docs` builds into docs/_build/html. Its source is the repository itself, whose pages read as well
without any site.
"""

import ast
import re
from dataclasses import is_dataclass
from importlib import import_module
from inspect import getsource
from itertools import groupby
from os.path import normpath
from pathlib import Path
from shutil import copy
from textwrap import dedent
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = "https://github.com/huepoint/huepoint/blob/main"
ROOMS = {
    ".".join(folder.parts): folder
    for file in sorted((ROOT / "toolkit").rglob("__init__.py"))
    for folder in [file.parent.relative_to(ROOT)]
}
CONTENTS = {  # below the first page: a title, and the pages under it
    "What it does": [
        "docs/hints",
        "docs/text",
        "docs/reference",
        "docs/many",
        "docs/compare",
        "docs/command-line",
        "docs/web",
    ],
    "Notebooks": sorted(f"notebooks/{file.stem}" for file in (ROOT / "notebooks").glob("*.ipynb")),
    "How good": ["docs/measured", "weights/README"],
    "Build on it": [
        "docs/house",
        "docs/training",
        "CONTRIBUTING",
        "SECURITY",
        "CHANGELOG",
        "THIRD_PARTY",
        "demos/examples/LICENSES",
        "README.ko",
    ],
    "Reference": [f"docs/api/{name}" for name in ROOMS],
}
project, html_title, html_theme, root_doc = "Huepoint", "Huepoint", "furo", "README"
include_patterns = [f"{page}.*" for pages in [[root_doc], *CONTENTS.values()] for page in pages]
exclude_patterns = [".*", "docs/_build", "out", "runs", "cache"]
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
nb_execution_mode, nb_ipywidgets_js = "off", {}  # notebooks show what they carry, and ask no other host
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]
myst_enable_extensions, myst_heading_anchors, smartquotes = ["dollarmath"], 3, False
html_math_renderer = "mathml"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
autoclass_content = "both"
autodoc_inherit_docstrings = False
autodoc_typehints_format = "short"
add_module_names = False
autodoc_default_options = {"members": True, "ignore-module-all": True}
maximum_signature_line_length = 100


def add_contents(app: Sphinx, page: str, source: list[str]) -> None:
    """The table of contents, which a code host would show as code."""
    if page == root_doc:
        source[0] += "".join(
            f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n" + "\n".join(pages) + "\n```\n"
            for title, pages in CONTENTS.items()
        )


def write_reference(app: Sphinx) -> None:
    """A page for each folder of the toolkit, with all its modules."""
    (ROOT / "docs" / "api").mkdir(exist_ok=True)
    for name, room in ROOMS.items():
        parts = [name, *(f"{name}.{file.stem}" for file in sorted((ROOT / room).glob("[!_]*.py")))]
        page = [f"{part}\n{('=' if part == name else '-') * len(part)}\n\n.. automodule:: {part}" for part in parts]
        offered = [
            (each, getattr(getattr(import_module(name), each), "__module__", ""))
            for each in getattr(import_module(name), "__all__", ())
        ]
        page[1:1] = (
            ["To import from here: " + ", ".join(f":py:obj:`{each} <{home}.{each}>`" for each, home in offered)]
            if offered
            else []
        )
        (ROOT / "docs" / "api" / f"{name}.rst").write_text("\n\n".join(page), encoding="utf-8")


def as_written(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are plain text: what is indented or in columns stays as it is, the rest are paragraphs and lists. Of
    dataclasses, the fields.
    """
    if is_dataclass(thing) and isinstance(thing, type):
        source = dedent(getsource(thing)).split("\n")
        fields = [node for node in ast.parse("\n".join(source)).body[0].body if isinstance(node, ast.AnnAssign)]  # type: ignore[attr-defined]
        lines += ["", *(line for node in fields for line in source[node.lineno - 1 : node.end_lineno])]
    parts = [""]
    for kind, run in groupby(
        lines, lambda line: line.strip() and ("code" if re.search(r"^\s|\S {3,}\S", line) else "text")
    ):
        text, told = "\n".join(run), parts[-1].startswith(("::", "    "))
        if kind == "code":
            parts.append(("" if told else "::\n\n") + re.sub("^", "    ", text, flags=re.M))
        elif kind:
            text = re.sub(
                r"`([^`]+)`|([\\*|_])", lambda found: f"``{found[1]}``" if found[1] else f"\\{found[2]}", text
            )
            parts.append(re.sub(r"\n(?!- )", "\n  ", text) if text.startswith("- ") else text)
    lines[:] = "\n\n".join(parts).split("\n")


def link_sources(app: Sphinx, tree: nodes.document) -> None:
    """Links to files that are no page lead to the repository."""
    for link in list(
        tree.findall(
            lambda node: isinstance(node, nodes.Element) and node.get("reftype") == "myst" and not node["refdomain"]
        )
    ):
        file = normpath(Path(app.env.docname).parent / link["reftarget"])
        if (ROOT / file).exists():
            link.replace_self(nodes.reference("", "", *link.children, refuri=f"{REPOSITORY}/{file}"))


def set_formula(writer: Any, node: nodes.Element) -> None:
    """As MathML, which browsers set by themselves, without a script."""
    writer.body.append(tex2mathml(node.astext(), as_block=isinstance(node, nodes.math_block)))
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """What Sphinx calls first."""
    app.connect("builder-inited", write_reference)
    app.connect("source-read", add_contents)
    app.connect("doctree-read", link_sources, priority=100)  # before Sphinx makes downloads of them
    app.connect("autodoc-process-docstring", as_written)
    app.connect(
        "build-finished", lambda app, error: error or copy(app.outdir / f"{root_doc}.html", app.outdir / "index.html")
    )
    app.add_html_math_renderer("mathml", (set_formula, None), (set_formula, None))
