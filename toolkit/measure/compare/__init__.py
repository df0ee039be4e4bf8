"""The result of a comparison: means, differences paired by photo, their errors, pictures.

result = toolkit.compare(["unet", "vit-hint"], "kodak.tar", hints=(0, 10))
result.table                # a row a model and number of hints
result.versus("unet")       # differences paired by photo
result.to_html("report.html")
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.measure.compare import report
from toolkit.measure.compare.result import GRAY, TRUTH, CompareSetup, Key, Record, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["GRAY", "TRUTH", "CompareSetup", "Comparison", "Key", "Record"]


class Comparison(Results):
    """All that was measured, as tables, sentences, figures and files. Made by `compare` and `compare_steps`.

    What draws is imported where it is asked for: Matplotlib is slow to import.
    """

    def text(self) -> str:
        """The table, the differences to the baseline, notes and the protocol, for a terminal."""
        return report.text(self)

    def grid(self, photos: int | Sequence[int] = 8, hints: int | None = None) -> "Figure":
        """Pictures: a line a photo, a column a model, the truth last. photos: so many, or their numbers; hints: None:
        the most.

        Raises ValueError where no picture was kept.
        """
        from toolkit.measure.compare import plots

        return plots.grid(self, photos, hints)

    def curves(self) -> "Figure":
        """PSNR over the number of hints with bands of one standard error. Raises ValueError where there is one number
        of hints only.
        """
        from toolkit.measure.compare import plots

        return plots.curves(self)

    def speed(self, hints: int | None = None) -> "Figure":
        """PSNR over the seconds that a photo takes, a dot a model. hints: None: the most."""
        from toolkit.measure.compare import plots

        return plots.speed(self, hints)

    def to_csv(self, path: str | Path) -> Path:
        """Write the table, unrounded, with the protocol in a column of its own."""
        self.table.assign(protocol=self.protocol).to_csv(path, index=False)
        return Path(path)

    def to_json(self, path: str | Path | None = None, *, records: bool = True) -> str:
        """Everything but the pictures as JSON; also written, where a path is given. records: the numbers of every
        single photo, too.
        """
        return _written(report.as_json(self, records), path)

    def to_markdown(self, path: str | Path | None = None) -> str:
        """The table, the differences and the protocol as Markdown; also written, where a path is given."""
        return _written(report.markdown(self), path)

    def to_html(self, path: str | Path) -> Path:
        """Write one file with table, differences, curves and pictures that zoom together; it asks nothing of any
        network.
        """
        from toolkit.measure.compare import html

        _written(html.page(self), path)
        return Path(path)


def _written(text: str, path: str | Path | None) -> str:
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text
