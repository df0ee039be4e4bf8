"""What is said about comparisons and the teaching zoo in docs/compare.md, made from what was measured; see toolkit/cli/pages/cards.py.

Measured numbers lie in weights/measured/compare-NAME.json, as `python -m toolkit compare ... --json` writes them, and in the logs of the trainings,
weights/training/NAME/log.jsonl.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.cli.pages.tables import ROOT, Tables, bench_reports, measured, table
from toolkit.measure.compare.measures import METRICS, SETS
from toolkit.models.cards import ModelCard, get_card, list_models
from toolkit.models.weights import weights_folder

if TYPE_CHECKING:
    from toolkit.show.figures import Record

CURVES = ROOT / "assets" / "zoo-curves.png"
GRID = ROOT / "assets" / "zoo-grid.png"
BALANCE = ROOT / "assets" / "gan-balance.png"
STUDY = "gan-study"  # folder of weights/training
GRID_PHOTOS = ("landscape-mountains.jpg", "animals-two-dogs.jpg", "portrait-astronaut.jpg")  # of the demo's examples, in color
GRID_MODELS = ("simple-cnn", "autoencoder", "plain-unet", "pix2pix", "vit-hint")


def comparisons() -> Tables:
    """The tables of `compare`, one a set of photos, with what each model has over the baseline."""
    return [(_comparison(name, record), record["protocol"]) for name, record in measured("compare").items()]


def _comparison(name: str, record: dict[str, Any]) -> str:
    metrics = [metric for metric in record["setup"]["metrics"] if metric in METRICS | SETS and metric != "colorfulness"]
    ahead = {row["model"]: row for row in record["versus"] if row["metric"] == "psnr"}
    rows = []
    for row in record["table"]:
        versus = ahead.get(row["model"])
        better = "" if versus is None else f"{versus['difference']:+.2f} ± {versus['se']:.2f}, wins {versus['wins']} of {versus['n']}"
        numbers = [_number(row, metric, (METRICS | SETS)[metric].digits) for metric in metrics]
        seconds = f"{1000 * (row['looking'] + row['painting']):.0f}"
        rows.append([row["model"], numbers[0], better, *numbers[1:], f"{row['colorfulness_ratio']:.0%}", seconds, f"{row['peak_mb']:.0f}"])
    titles = [f"{(METRICS | SETS)[metric].title}{', dB' if metric == 'psnr' else ''}" for metric in metrics]
    baseline = record["setup"]["baseline"]
    header = [f"{name}, {record['photos']} photos", titles[0], f"over {baseline}, dB", *titles[1:], "colorfulness", "ms", "MB"]
    return table(header, rows)


def _number(row: dict[str, Any], name: str, digits: int) -> str:
    value, error = row[name], row.get(f"{name}_se")
    if value is None:
        return ""
    return f"{value:.{digits}f}" + ("" if error is None else f" ± {error:.{digits}f}")


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
    return [(table(["network", "what it is", "parameters", "MB", "views", "minutes of one CPU core"], rows), "")] if rows else []


def classical() -> Tables:
    """What solving small is worth for the classical models, beside the direct solve at full size."""
    pages = []
    for report in bench_reports("classical"):
        rows = [
            [r["method"], f"{r['seconds']:.2f}", f"{r['times_faster']:.1f}", f"{r['psnr']:.2f}", f"{r['gain']:+.2f}", f"{r['least_gain']:+.2f}"]
            for r in report["methods"]
        ]
        size = f"{report['hints']} hints, {report['photos']} photos of {report['megapixels']:g} megapixel"
        pages.append((table([size, "seconds", "times as fast", "PSNR, dB", "above levin2004", "on the worst photo"], rows), ""))
    return pages


def _cards() -> list[ModelCard]:
    """From simple to rich, as the manifest has them."""
    return [card for card in list_models(zoo=True) if card.zoo]


def _logs() -> "dict[str, list[Record]]":
    from toolkit.show.figures_zoo import read_logs

    return read_logs(weights_folder() / "training", tuple(card.name for card in _cards()))


def zoo_pictures() -> list[Path]:
    """Draw the learning curves, the study of the GAN and the zoo's answers for three photos of the demo; returns the files."""
    from toolkit.measure.compare import CompareSetup
    from toolkit.measure.compare.run import compare
    from toolkit.show.figures_zoo import gan_curves, read_logs, zoo_curves
    from toolkit.training.recipes.pix2pix import VARIANTS

    zoo_curves(_logs()).savefig(CURVES)
    folder = weights_folder() / "training" / STUDY
    slugs = {name.replace(" ", "-"): name for name in VARIANTS}
    gan_curves({slugs[slug]: log for slug, log in read_logs(folder, tuple(slugs)).items()}).savefig(BALANCE)
    photos = [ROOT / "demos" / "examples" / name for name in GRID_PHOTOS]
    models = [name for name in GRID_MODELS if get_card(name)]
    compare(models, photos, setup=CompareSetup(metrics=("psnr",), size=384)).grid().savefig(GRID)
    return [CURVES, BALANCE, GRID]
