"""Studies: a question about the models each, answered on photos that no training saw.

A study is a file in this folder. Its first line asks the question; `Setup` is what can be chosen, `records` are the
numbers of single photos, and `columns` say what of their means is shown. It is found by its file: `python -m toolkit
measure FILE PHOTOS` measures it; no list has to know it.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from toolkit.measure.tables import Row, as_json, filled, grid, summary, text_table
from toolkit.models.zoo import headline

if TYPE_CHECKING:
    from torch import Tensor


def option(default: Any, about: str) -> Any:
    """A field of a Setup: its default, or what makes it, and what the command's help says."""
    made = {"default_factory": default} if callable(default) else {"default": default}
    return field(**made, metadata={"help": about})


def studies() -> dict[str, str]:
    """The names of all studies, each with its question; nothing is imported."""
    files = sorted((file for folder in __path__ for file in Path(folder).glob("[!_]*.py")), key=lambda file: file.stem)
    return {file.stem: headline(file) for file in files}


def study(name: str) -> ModuleType:
    """The module of a study. Raises ValueError that names the known ones.

    Setup: a frozen dataclass whose fields are `option`s. by: what tells the rows of the table apart. columns: what the
    table says. protocol(setup): how it is measured, in sentences. records(source, setup, told): a row of plain numbers
    a photo and way. food: what it is measured on; examples: of the command's arguments. If it has them: rows(records),
    in place of `summary`; more(frame), see `summary`; sheet_rows, how many rows of pictures make a sheet; plot(rows), a
    figure.
    """
    if name not in studies():
        raise ValueError(f"There is no study {name!r}; choose from {', '.join(studies())}.")
    return import_module(f"{__name__}.{name}")


def single(source: Sequence[Any]) -> Any:
    """The one tar of labelled photos that a study is about. Raises ValueError for more or less."""
    if len(source) != 1:
        raise ValueError(f"This is measured on one tar of labelled photos, not on {len(source)}; give one.")
    return source[0]


@dataclass
class Told:
    """What a study tells while it measures: how far it is, what it leaves out, and pictures of some photos."""

    progress: Callable[[int, int | None], object] | None = None  # (done, of)
    keep: int = 0  # rows of pictures that are wanted
    skipped: list[str] = field(default_factory=list)
    pictures: "list[list[tuple[str, Tensor]]]" = field(default_factory=list)  # rows of (title, uint8 (3, H, W))

    def done(self, n: int, of: int | None = None) -> None:
        """So many are done; of: None: nobody knows."""
        if self.progress:
            self.progress(n, of)

    def show(self, row: "list[tuple[str, Tensor]]") -> None:
        """Pictures of a photo beside each other; those that are too many are dropped."""
        if len(self.pictures) < self.keep:
            self.pictures.append(row)


@dataclass(frozen=True)
class Measured:
    """A study's answer: means over photos, and how they were measured."""

    module: ModuleType
    setup: Any
    rows: list[Row]
    protocol: str

    def text(self) -> str:
        """The table and the protocol, for a terminal."""
        return f"{text_table(*grid(self.rows, filled(self.rows, self.module.columns)))}\n{self.protocol}"

    def as_json(self) -> Row:
        """Study, protocol, setup, and the rows, rounded."""
        name = self.module.__name__.rpartition(".")[2]
        rows = as_json(self.rows, self.module.by, self.module.columns)
        setup = {key: _place(value) for key, value in asdict(self.setup).items()}
        return {"study": name, "protocol": self.protocol, "setup": setup, "rows": rows}


def _place(value: Any) -> Any:
    """Of a file its name: where somebody's files lie is nobody else's business."""
    return Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value


def measure(name: str, source: Sequence[Any], setup: Any = None, told: Told | None = None) -> Measured:
    """The answer of a study on photos. source: folders, tars, files or Photos; where regions have labels, one tar.

    Raises ValueError for unknown names, or where nothing can be measured; WeightsError for bad weights.
    """
    # brings torch, and whoever only lists the studies shall not wait for it
    from toolkit.models.cards import default_model, get_card

    module, told = study(name), told or Told()
    setup = setup or module.Setup()
    if (limit := getattr(setup, "limit", None)) is not None and limit < 1:
        raise ValueError(f"The limit is at least 1 photo, not {limit}.")
    for model in getattr(setup, "models", ()) or [getattr(setup, "model", default_model())]:
        get_card(model)
    records = list(module.records(source, setup, told))
    if not records:
        because = f" ({told.skipped[0]})" if told.skipped else ""
        raise ValueError(f"There is nothing here to measure {name} on{because}; give {module.food}.")
    rows = (
        module.rows(records) if hasattr(module, "rows") else summary(records, module.by, getattr(module, "more", None))
    )
    return Measured(module, setup, rows, module.protocol(setup))
