"""The repository as a whole: what its papers say is what its code does, and what it ships is what it claims."""

import ast
import hashlib
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from tests import ROOT
from tests.project import surface
from toolkit.cli import main
from toolkit.cli.pages import cards
from toolkit.models.cards import head_file

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
COMMANDS = ROOT / "docs" / "command-line.md"  # made from the commands themselves
PAPERS = {path: path.read_text() for path in (*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md")))}
BLOCKS = [
    pytest.param(block, id=f"{path.relative_to(ROOT).as_posix()}-{i}")
    for path, text in PAPERS.items()
    for i, block in enumerate(re.findall(r"```python\n(.*?)```", text, re.S), 1)
]
SCRIPTS = [script for room in ("toolkit", "demos") for script in sorted(ROOT.glob(f"{room}/**/*.js"))]
LINES, BYTES = 200, 20_000  # at most, of README.md
LARGEST = 100_000_000  # bytes; hosts of git repositories refuse more
HEAVY = ("gradio", "diffusers", "open_clip", "timm", "matplotlib", "datasets", "anywidget", "ipywidgets")
IMPORTS = [
    (
        "from toolkit.cli import app; app.help_print([]); app.help_print('compare'); app.help_print('train')",
        ("torch", "numpy", "PIL", "pandas"),
    ),
    ("import toolkit.color", (*HEAVY, "skimage", "scipy")),
    ("import toolkit; [getattr(toolkit, name) for name in toolkit.__all__]", HEAVY),
    (
        "import torch; from toolkit.show.figures import contact_sheet; contact_sheet(torch.rand(2, 3, 8, 8))",
        ("matplotlib.pyplot",),
    ),
]


def files() -> list[Path]:
    """What the repository holds: tracked files and those about to be."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("This copy is no git repository, so nobody can say which files belong to it.")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def shell_commands() -> list[str]:
    """Lines of the shell blocks of README.md and docs/, each once; without those that are made from the commands."""
    texts = [text.split("<!-- commands -->")[0] if path == COMMANDS else text for path, text in PAPERS.items()]
    blocks = [block for text in texts for block in re.findall(r"```sh\n(.*?)```", text, re.S)]
    return list(
        dict.fromkeys(line.split("#")[0].strip() for block in blocks for line in block.splitlines() if line.strip())
    )


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_readme_is_short_enough_to_be_read():
    text = PAPERS[ROOT / "README.md"]
    assert len(text.splitlines()) < LINES
    assert len(text.encode()) < BYTES


def test_from_the_readme_every_page_is_one_or_two_clicks_away():
    def pages(path):
        return {
            (path.parent / target).resolve()
            for target in re.findall(r"\]\(([^)#\s]+)", PAPERS.get(path, ""))
            if target.endswith(".md")
        }

    near = pages(ROOT / "README.md")
    near |= {page for path in near for page in pages(path)}
    assert (
        set(ROOT.glob("docs/*.md")) | {ROOT / "weights" / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"}
        <= near
    )


def test_readme_shows_both_commands_and_the_library():
    commands = shell_commands()
    assert {"make app", "make test"} <= set(commands)
    assert sum(c.startswith("python -m toolkit") for c in commands) >= 5


def command_of(line: str) -> str:
    """Its words that name the command: `train` and `measure` are told what by a name of its own."""
    words = line.split()
    return " ".join(words[1 : 5 if {"train", "measure"} & set(words[3:4]) else 4])


@pytest.mark.parametrize(
    "command", sorted({command_of(c) for c in shell_commands() if c.startswith("python -m toolkit")})
)
def test_readme_commands_exist(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*command.split()[2:], "--help"])
    assert stop.value.code == 0
    told = capsys.readouterr().out
    lines = [shlex.split(line) for line in shell_commands() if f"python {command} " in f"{line} "]
    options = {word for line in lines for word in line if word.startswith("-") and word != "-m"}
    missing = [option for option in options if not re.search(rf"(?<![\w-]){re.escape(option)}\b", told)]
    assert not missing, f"`{command} --help` does not know {missing}"


@pytest.mark.slow
def test_app_answers_help():
    answer = run("-m", "demos", "--help")
    assert answer.returncode == 0, answer.stderr
    said = set(re.findall(r"--[\w-]+", answer.stdout)) - {"--help"}
    assert {"--share", "--port", "--device"} <= said
    assert said == set(re.findall(r"^\| `(--[\w-]+)", (ROOT / "docs" / "web.md").read_text(), re.M)), (
        "docs/web.md tells every option"
    )


@pytest.mark.slow
@pytest.mark.parametrize("block", BLOCKS)
def test_python_on_the_pages_runs(block, tmp_path, monkeypatch):
    """Each block by itself, in a folder with the example photos that it names, or with two that are quick."""
    examples = tmp_path / "demos" / "examples"
    examples.mkdir(parents=True)
    for name in re.findall(r"demos/examples/([\w-]+\.jpg)", block) or ("portrait-astronaut.jpg", "still-coffee.jpg"):
        shutil.copy(ROOT / "demos" / "examples" / name, examples)
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "block", "exec"), {"__name__": "__main__"})


def addresses(text: str) -> set[str]:
    """What one can link to on a page: its headings, as code hosts write them."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize(
    "paper",
    [
        *(path.relative_to(ROOT).as_posix() for path in PAPERS),
        "weights/README.md",
        "demos/README.md",
        "demos/examples/LICENSES.md",
    ],
)
def test_links_lead_somewhere(paper):
    text, folder = (ROOT / paper).read_text(), (ROOT / paper).parent
    targets = [t.partition("#") for t in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in t]
    missing = [target for target, _, _ in targets if not (folder / target).exists()]
    assert not missing
    lost = [
        f"{t}#{place}"
        for t, _, place in targets
        if place and place not in addresses((folder / t).read_text() if t else text)
    ]
    assert not lost, "no such heading"


def test_one_address_everywhere():
    address = PROJECT["project"]["urls"]["Repository"]
    for file in [ROOT / "demos" / "requirements.txt", *ROOT.glob("notebooks/*.ipynb")]:
        named = set(re.findall(r"https://github\.com/[\w-]+/[\w-]+", file.read_text()))
        assert named == {address}, file


def test_make_knows_what_the_readme_names():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))
    named = {c.split()[1] for c in shell_commands() if c.startswith("make ")}
    assert named <= targets
    ci = (ROOT / ".ci" / "run").read_text()
    assert {"make test", "make docs"} <= set(ci.splitlines())


def test_environment_agrees_with_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["name"] == PROJECT["project"]["name"]
    python, *_, packages = environment["dependencies"]
    assert python == "python" + PROJECT["project"]["requires-python"]
    assert all(name.startswith("-e .") for name in packages["pip"]), "packages are named in pyproject.toml alone"


def test_every_import_is_declared():
    """A package that happens to be installed here may be missing at a stranger's."""
    extras = PROJECT["project"]["optional-dependencies"]
    declared = {
        re.split(r"[<>=\[]", d)[0].lower()
        for group in [PROJECT["project"]["dependencies"], *extras.values()]
        for d in group
    }
    owners = packages_distributions()
    own = {"toolkit", "demos", "tests"}
    undeclared = set()
    for file in [*ROOT.glob("toolkit/**/*.py"), *ROOT.glob("demos/**/*.py"), *ROOT.glob("tests/**/*.py")]:
        for top in imported(file) - set(sys.stdlib_module_names) - own:
            if not {name.lower() for name in owners.get(top, [top.replace("_", "-")])} & declared:
                undeclared.add(f"{top} ({file.relative_to(ROOT)})")
    assert not undeclared


def imported(file: Path) -> set[str]:
    """Top names of the modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_no_public_name_vanishes_unnoticed():
    assert surface.surface() == json.loads(surface.FILE.read_text()), (
        "if it is meant: python -m tests.project.surface, and a line in CHANGELOG.md"
    )


@pytest.mark.skipif(
    not shutil.which("node"), reason="no node found; install one, for example with `apt install nodejs`"
)
@pytest.mark.parametrize("sheet", sorted({script.stem.split("_")[0] for script in SCRIPTS}))
def test_scripts_are_javascript(sheet):
    """The parts of a sheet are one module (canvas*.js), which mask.js follows."""
    parts = [
        script.read_text()
        for script in SCRIPTS
        if script.stem.split("_")[0] in ({"canvas", "mask"} if sheet == "mask" else {sheet})
    ]
    checked = subprocess.run(
        ["node", "--check", "--input-type=module", "-"], input="".join(parts), capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr


def test_nothing_heavy_is_imported_before_it_is_needed():
    """One process goes from light to heavy; after each step it tells what should not be there yet."""
    told = "; print('EARLY', *({} & sys.modules.keys()))"
    code = "import sys\n" + "\n".join(step + told.format(set(heavy)) for step, heavy in IMPORTS)
    answer = run("-c", code)
    assert re.findall("^EARLY(.*)$", answer.stdout, re.M) == [""] * len(IMPORTS), answer.stdout + answer.stderr


def test_no_pickles_and_nothing_huge():
    for file in files():
        assert file.suffix not in {".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib"}, (
            f"{file} is code in disguise; ship safetensors"
        )
        assert file.stat().st_size < LARGEST, f"{file} is over 100 MB"


def test_weights_are_what_the_manifest_promises():
    folder = ROOT / "weights"
    promised = dict(_files(json.loads((folder / "manifest.json").read_text())))
    shipped = {p.relative_to(folder).as_posix() for p in folder.rglob("*.safetensors")}
    assert shipped == set(promised)
    for name, sha256 in promised.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256, (
            f"weights/{name} is not what the manifest promises"
        )


def _files(node):
    """Every (file, sha256) anywhere in the manifest."""
    if isinstance(node, dict):
        if "file" in node:
            yield node["file"], node["sha256"]
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _files(child)


def test_example_photos_have_their_licence():
    folder = ROOT / "demos" / "examples"
    named = set(re.findall(r"^\| (\S+\.jpg) \|", (folder / "LICENSES.md").read_text(), re.M))
    assert named == {p.name for p in folder.iterdir() if p.suffix != ".md"}


def test_third_party_names_every_weight_of_others():
    text = (ROOT / "THIRD_PARTY.md").read_text()
    own = {card.file for card in cards.list_models(zoo=True)} | {head_file(name)[0] for name in cards.HEADS}
    for file in {p.name for p in (ROOT / "weights").glob("*.safetensors")} - own:
        assert f"weights/{file}" in text


@pytest.fixture(scope="module")
def pages():
    return cards.texts()


@pytest.mark.parametrize(
    "path",
    [ROOT / "README.md", ROOT / "weights" / "README.md", *sorted(ROOT.glob("docs/*.md"))],
    ids=lambda p: p.relative_to(ROOT).as_posix(),
)
def test_generated_pages_are_up_to_date(path, pages):
    assert path.read_text() == pages[path], "run `make cards` and commit what it wrote"


def test_whatever_is_made_has_its_place():
    marks = {
        path: re.findall(r"^<!-- /([\w-]+) -->$", path.read_text(), re.M)
        for path in (ROOT / "README.md", ROOT / "weights" / "README.md", *ROOT.glob("docs/*.md"))
    }
    assert {name for names in marks.values() for name in names} == set(cards.TABLES) | set(cards.PARTS)
    assert sorted(marks[cards.PROTOCOLS]) == sorted(cards.TABLES), (
        "docs/measured.md holds every table, with its protocol"
    )


def test_a_protocol_stands_in_one_place(pages):
    for name, make in cards.TABLES.items():
        for protocol in {protocol for _, protocol in make()} - {""}:
            assert sum(text.count(protocol) for text in pages.values()) == 1, name
