"""The hint canvas for the app and for notebooks: its script and its CSS, each as one text."""

from pathlib import Path

FOLDER = Path(__file__).parent
# One module once joined: neither host can load a second file.
PARTS = ("canvas_words.js", "canvas_model.js", "canvas_page.js", "canvas_hands.js", "canvas.js")


def script() -> str:
    """An ES module without imports that exports `mount(root, host)`; see canvas.js."""
    return "\n".join((FOLDER / part).read_text(encoding="utf-8") for part in PARTS)


def style() -> str:
    """The CSS it needs; everything in it is below .hue."""
    return (FOLDER / "canvas.css").read_text(encoding="utf-8")
