"""Every notebook runs from top to bottom, and what is committed is light enough to open."""

import nbformat
import pytest
from nbclient import NotebookClient

from tests import ROOT

FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 700_000  # bytes: quick to open and to clone; far beyond, code hosts show raw JSON instead of a lesson


def source(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def test_all_install_alike():
    assert len({source(nbformat.read(path, as_version=4))[0] for path in NOTEBOOKS}) == 1


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_runs(path, monkeypatch):
    monkeypatch.setenv("FAST", "1")  # seconds of training instead of minutes
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
    ).execute()
    pictures = [
        len([kind for kind in o.get("data", {}) if kind.startswith("image/")])
        for c in notebook.cells
        for o in c.get("outputs", [])
    ]
    assert max(pictures) == 1, "a figure is kept once, not as JPEG and as PNG"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_reads_like_a_lesson(path):
    notebook = nbformat.read(path, as_version=4)
    assert path.stat().st_size < LARGEST
    assert notebook.cells[0].cell_type == "markdown"
    assert "google.colab" in source(notebook)[0], "the first code cell installs what Colab lacks"
    assert all(len(cell.splitlines()) <= 22 for cell in source(notebook)), "longer code belongs in toolkit/"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_is_committed_with_its_pictures(path):
    """Someone who only looks should see what someone who runs it sees, and no traceback."""
    outputs = [o for c in nbformat.read(path, as_version=4).cells for o in c.get("outputs", [])]
    assert any(kind.startswith("image/") for o in outputs for kind in o.get("data", {}))
    assert not [o for o in outputs if o.output_type == "error"]
