"""The example photos and whom to thank for them; read from examples/LICENSES.md,
the one place where that is written.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from demos.desks.pictures import thumbnail
from demos.gate.door import index
from demos.words.translation import translate

FOLDER = Path(__file__).resolve().parents[1] / "examples"
# photographs without color of their own come first
FIRST = ("historical-group-1897.jpg", "historical-portrait-man.jpg", "cameraman-gray.jpg")


@dataclass(frozen=True)
class Sample:
    """One example photo."""

    path: Path
    title: str
    author: str
    licence: str

    @property
    def credit(self) -> str:
        """One line to print below it."""
        return f"{self.title} – {self.author}; {self.licence}. Scaled down."

    @property
    def choice(self) -> dict[str, str]:
        """As one of `choices`."""
        return {"src": self.thumbnail, "label": "", "title": self.title, "title_ko": translate(self.title, "ko")}

    @property
    def thumbnail(self) -> str:
        """Small and gray, a data URL."""
        with Image.open(self.path) as image:
            image.draft("L", (256, 256))
            return thumbnail(image.convert("L"), 128)


@lru_cache(maxsize=1)
def samples() -> list[Sample]:
    """Every example that is there and has a line in LICENSES.md."""
    found = []
    for line in (FOLDER / "LICENSES.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split("|")]
        if len(cells) == 6 and (FOLDER / cells[0]).is_file():
            title = cells[1].split(";")[0].split(" (")[0]
            found.append(Sample(FOLDER / cells[0], title[:1].upper() + title[1:], cells[4], cells[5].split(". ")[0]))
    return sorted(found, key=lambda sample: (sample.path.name not in FIRST, sample.path.name))


def sample_at(place: Any) -> Sample:
    """The example that a page has chosen, by its place in `samples`. Raises ValueError."""
    return samples()[index(place, len(samples()))]
