"""The tests, in rooms as the library has them; what several of them test with is in toys/."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "demos" / "examples"
