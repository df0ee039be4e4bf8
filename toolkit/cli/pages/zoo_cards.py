"""What is said about comparisons and the teaching zoo in docs/compare.md, made from what was measured; see
toolkit/cli/pages/cards.py.

Measured numbers lie in weights/measured/compare-NAME.json, as `python -m toolkit compare --summary` writes them, and in
the logs of the trainings, weights/training/NAME/log.jsonl.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.cli.pages.tables import DRAWING, PHOTO, ROOT, Tables, measured
from toolkit.measure.compare.measures import METRICS, SETS
from toolkit.measure.tables import Column, Row, grid, markdown_table
from toolkit.models.cards import ModelCard, get_card, list_models
from toolkit.models.weights import weights_folder

if TYPE_CHECKING:
    from toolkit.show.figures import Record

CURVES = ROOT / "assets" / "zoo-curves.webp"
GRID = ROOT / "assets" / "zoo-grid.webp"
BALANCE = ROOT / "assets" / "gan-balance.webp"
STUDY = "gan-study"  # folder of weights/training
# of the demo's examples, in color
GRID_PHOTOS = ("landscape-mountains.jpg", "animals-two-dogs.jpg", "portrait-astronaut.jpg")
GRID_MODELS = ("simple-cnn", "autoencoder", "plain-unet", "pix2pix", "vit-hint")


def comparisons() -> Tables:
    """The tables of `compare`, one a set of photos, with what each model has over the baseline."""
    return [(_comparison(name, record), record["protocol"]) for name, record in measured("compare").items()]


def _comparison(name: str, record: dict[str, Any]) -> str:
    ahead = {row["model"]: row for row in record["versus"] if row["metric"] == "psnr"}

    def over(row: Row) -> str:
        found = ahead.get(row["model"])
        return f"{found['difference']:+.2f} ± {found['se']:.2f}, wins {found['wins']} of {found['n']}" if found else ""

    metrics = [metric for metric in record["setup"]["metrics"] if metric in METRICS | SETS and metric != "colorfulness"]
    psnr, *others = (
        Column(m, (METRICS | SETS)[m].title + (", dB" if m == "psnr" else ""), (METRICS | SETS)[m].digits, error=True)
        for m in metrics
    )
    columns = (
        Column("model", f"{name}, {record['photos']} photos"),
        psnr,
        Column("over", f"over {record['setup']['baseline']}, dB", show=over),
        *others,
        Column("colorfulness_ratio", "colorfulness", 0, "%"),
        Column("ms", "ms", show=lambda row: f"{1000 * (row['looking'] + row['painting']):.0f}"),
        Column("peak_mb", "MB", 0),
    )
    return markdown_table(*grid(record["table"], columns))


def zoo() -> Tables:
    """The networks of the zoo: what they are, how large, and what their training took."""
    logs = _logs()
    rows = []
    for card in _cards():
        last = logs[card.name][-1] if card.name in logs else None
        minutes = "" if last is None else f"{last['cpu'] / 60:.0f}"
        views = "" if last is None else f"{last['samples']:,.0f}"
        megabytes = (weights_folder() / card.file).stat().st_size / 1e6
        rows.append([card.name, card.summary, f"{card.parameters:,}", f"{megabytes:.1f}", views, minutes])
    return (
        [(markdown_table(["network", "what it is", "parameters", "MB", "views", "minutes of one CPU core"], rows), "")]
        if rows
        else []
    )


def _cards() -> list[ModelCard]:
    """From simple to rich, as the manifest has them."""
    return [card for card in list_models(zoo=True) if card.zoo]


def _logs() -> "dict[str, list[Record]]":
    from toolkit.show.figures_zoo import read_logs

    return read_logs(weights_folder() / "training", tuple(card.name for card in _cards()))


def zoo_pictures() -> list[Path]:
    """Draw the learning curves, the study of the GAN and the zoo's answers for three photos of the demo; returns the
    files.
    """
    from toolkit.measure.compare import CompareSetup
    from toolkit.measure.compare.run import compare
    from toolkit.show.figures_zoo import gan_curves, read_logs, zoo_curves
    from toolkit.training.recipes.pix2pix import VARIANTS

    zoo_curves(_logs()).savefig(CURVES, pil_kwargs=DRAWING)
    folder = weights_folder() / "training" / STUDY
    slugs = {name.replace(" ", "-"): name for name in VARIANTS}
    gan_curves({slugs[slug]: log for slug, log in read_logs(folder, tuple(slugs)).items()}).savefig(
        BALANCE, pil_kwargs=DRAWING
    )
    photos = [ROOT / "demos" / "examples" / name for name in GRID_PHOTOS]
    models = [name for name in GRID_MODELS if get_card(name)]
    compare(models, photos, setup=CompareSetup(metrics=("psnr",), size=384)).grid().savefig(GRID, pil_kwargs=PHOTO)
    return [CURVES, BALANCE, GRID]
