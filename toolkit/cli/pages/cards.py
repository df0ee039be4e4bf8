"""What is said about the models, made from what was measured, so that no number is typed by hand.

    python -m toolkit.cli.pages.cards               # write what stands between marks in README.md, docs/*.md and weights/README.md
    python -m toolkit.cli.pages.cards --check       # write nothing; exit code 1 and the names of the files that are out of date
    python -m toolkit.cli.pages.cards --picture     # color the photos of these pages anew with the shipped weights, too
    python -m toolkit.cli.pages.cards --adopt runs/unet/checkpoint.safetensors     # ship the weights of a training in place of the old ones

Measured numbers lie in weights/measured/: photos-NAME.json and hints-PROTOCOL-NAME.json as `python -m toolkit evaluate ... --json` writes them,
samples-NAME.json as `evaluate --samples ... --json`, compare-NAME.json as `compare ... --json`, obedience.json as `obedience --json`, text-NAME.json
as `evaluate-text --json`, reference-NAME.json as `evaluate-reference --json`, palette-NAME.json as `evaluate-palette --json`, temporal-NAME.json as
`evaluate-temporal --json`, speed.json as `bench --json`. Texts about a model are its card's, in weights/manifest.json.
"""

import argparse
import ast
import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.cli.pages.commands import commands
from toolkit.cli.pages.records import keep_record, show_record
from toolkit.cli.pages.reference_cards import clips, palettes, reference_picture, references
from toolkit.cli.pages.summary import summary
from toolkit.cli.pages.tables import EXAMPLES, PICTURE_HEIGHT, ROOT, Score, Tables, below, bench_reports, beside, measured, table, tables_of
from toolkit.cli.pages.zoo_cards import classical, comparisons, zoo, zoo_pictures
from toolkit.models.cards import ModelCard, drawing_model, list_models, manifest
from toolkit.models.weights import weights_folder

if TYPE_CHECKING:
    from PIL import Image

    from toolkit.pipeline import Session

PROTOCOLS = ROOT / "docs" / "measured.md"
PICTURED = ("historical-portrait-man.jpg", "landscape-mountains.jpg")  # a real old print, and a photo made gray; credited in README.md
PICTURE = ROOT / "assets" / "before-after.webp"
CLICKED = "interior-living-room.jpg"  # a beanbag, which can have any color, and a drum that looks like it
CLICKS = ((0.45, 0.8, "#2f7f86"), (0.45, 0.6, "#c8b090"))
CLICK_PICTURE = ROOT / "assets" / "clicks.webp"
SAID = (  # a photo without and with a sentence, side by side
    ("interior-living-room.jpg", "the wall is sky blue and the floor is orange"),
    ("portrait-astronaut.jpg", "the hair is auburn and the background is pale green"),
)
HEADS = ("localizer", "matcher")  # on the frozen encoder, beside the models
SAID_PICTURE = ROOT / "assets" / "text.webp"
DRAWN = "portrait-astronaut.jpg"
DRAWN_SEEDS = 5
DRAWN_PICTURE = ROOT / "assets" / "samples.webp"
Shown = tuple[float, int, str]  # factor, digits, unit
PERCENT: Shown = (100, 1, " %")
RATIO: Shown = (1, 3, "")
UNITS: Shown = (1, 1, "")
TEXT_ROWS: tuple[tuple[str, str, Shown, str, str], ...] = (  # title, what was measured, its baseline and how that is called
    ("said to be there", "found", PERCENT, "", ""),
    ("said to be there and is not", "alarm", PERCENT, "", ""),
    ("maximum inside the region", "pointing", PERCENT, "centre", "photo's centre"),
    ("overlap with the region, IoU", "iou", RATIO, "uniform", "whole photo"),
    ("there or not, AUC against names of the same source", "auc", RATIO, "", ""),
    ("there or not, AUC against all names", "auc_all", RATIO, "", ""),
    ("region to the wish, CIEDE2000", "wish", UNITS, "automatic", "no sentence"),
    ("region to the color's name, CIEDE2000", "to_name", UNITS, "", ""),
    ("change outside the region, ab units", "outside", UNITS, "", ""),
)
TEXT_COLUMNS: tuple[tuple[str, Shown, str], ...] = (
    ("pointing", PERCENT, "pointing"),
    ("centre", PERCENT, "(centre)"),
    ("iou", RATIO, "IoU"),
    ("uniform", RATIO, "(whole photo)"),
    ("auc", RATIO, "presence AUC"),
    ("wish", UNITS, "to the wish"),
    ("automatic", UNITS, "(no sentence)"),
    ("outside", UNITS, "outside"),
)


def results() -> Tables:
    """The table of quality: one row a model, vividness and set of photos, each beside the gray photo."""
    rows: list[list[str]] = []
    protocols: dict[str, None] = {}  # each once, in order
    for photos, record in measured("photos-").items():
        for s in record:
            protocols[s["protocol"]] = None
            gray = s["model"] == "gray"
            rows.append(
                [
                    "the photo left gray" if gray else s["model"],
                    "" if s["vividness"] is None else f"{s['vividness']:g}",
                    f"{photos}, {s['n']} photos",
                    f"{s['psnr']:.2f} ± {s['psnr_se']:.2f}",
                    "" if gray else f"{s['psnr'] - s['gray_psnr']:+.2f}",
                    f"{s['colorfulness_ratio']:.0%}",
                    f"{s['ciede2000']:.2f}",
                ]
            )
    header = ["model", "vividness", "measured on", "PSNR, dB", "above gray, dB", "colorfulness", "CIEDE2000"]
    return [(table(header, rows), "\n".join(protocols))] if rows else []


def hints() -> Tables:
    """The tables over the number of hints: one per protocol and set of photos, PSNR with its standard error, the gray photo first."""
    pages = []
    for name, record in measured("hints-").items():
        counts = list(dict.fromkeys(s["hints"] for s in record))
        rows: dict[tuple[str, float | None], list[dict[str, Any]]] = {}
        for s in record:
            rows.setdefault((s["model"], s["vividness"]), []).append(s)
        lines = []
        for (model, vividness), cells in rows.items():
            found = {c["hints"]: f"{c['psnr']:.2f} ± {c['psnr_se']:.2f}" for c in cells}
            free = next((f"{c['colorfulness_ratio']:.0%}" for c in cells if c["hints"] == 0), "")
            title = "the photo left gray" if model == "gray" else model if vividness is None else f"{model}, vividness {vividness:g}"
            lines.append([title, *(found.get(count, "") for count in counts), free])
        header = [f"{name}, {record[0]['n']} photos", *map(str, counts), "colorfulness at 0"]
        pages.append((table(header, lines), record[0]["protocol"]))
    return pages


def obeying() -> Tables:
    """How far a region follows a point of another color, and how far the rest does."""

    def share(s: Score, where: str) -> str:
        return "" if s[where] is None else f"{100 * s[where]:.1f} ± {100 * s[where + '_se']:.1f} %"

    def row(s: Score) -> list[str]:
        return [s["model"], "yes" if s["lasso"] else "no", s["measured_on"], *(share(s, where) for where in ("inside", "alike", "outside"))]

    header = ["model", "lasso", "measured on the", "region, {n} photos", "elsewhere in its class", "everywhere else"]
    return tables_of("obedience", header, row)


def clicks() -> Tables:
    """What a click costs beside running a whole transformer again."""
    pages = []
    for report in bench_reports("clicks"):
        rows = [[row["way"], f"{1000 * row['seconds']:.0f}", f"{row['times_a_click']:.1f}"] for row in report["clicks"]]
        size = f"{report['width']} × {report['height']} px"
        text = f"Before the first click {report['model']} looks at the photo once, {1000 * report['encode']:.0f} ms."
        pages.append((table([size, "ms", "times a click with 10 hints"], rows) + "\n\n" + text, ""))
    return pages


def samples() -> Tables:
    """What models that draw are worth beside those that give one answer: a row for single samples, their best and their mean."""

    def row(s: Score) -> list[str]:
        gray, spread = s["model"] == "gray", s["spread"]
        return [
            "the photo left gray" if gray else f"{s['model']}, vividness {s['vividness']:g}",
            {"answer": "" if gray else "its one answer", "single": "a single sample"}.get(s["what"], str(s["what"])),
            f"{s['psnr']:.2f} ± {s['psnr_se']:.2f}",
            "" if gray else f"{s['psnr'] - s['gray_psnr']:+.2f}",
            f"{s['colorfulness_ratio']:.0%}",
            "" if s["frechet"] is None else f"{s['frechet']:.0f}",
            *(["", "", ""] if spread is None else _differing(spread)),
        ]

    header = ["{name}, {n} photos", "what", "PSNR, dB", "above gray, dB", "colorfulness", "Fréchet distance"]
    return tables_of("samples", [*header, "diversity, CIEDE2000", "truth inside the samples' range", "spread by error"], row)


def _differing(spread: dict[str, Any]) -> list[str]:
    """Diversity and calibration of samples."""
    inside = f"{100 * spread['inside']:.1f} ± {100 * spread['inside_se']:.1f} % ({spread['inside_calibrated']:.1%} if calibrated)"
    return [f"{spread['diversity']:.1f} ± {spread['diversity_se']:.1f}", inside, f"{spread['spread_skill']:.2f} (1 if calibrated)"]


def sample_speed() -> Tables:
    """What a sample costs by working size and steps, and many pictures from start to finish."""
    from toolkit.measure.speed.sample_cost import sample_rows, whole_sentence

    pages = []
    for report in bench_reports("samples"):
        header, rows = sample_rows(report)
        pages.append((f"{table(header, [[str(cell) for cell in row] for row in rows])}\n\n{whole_sentence(report)}", ""))
    return pages


def text() -> Tables:
    """How well words find their things and color them, beside what needs no eyes or no words; what a sentence costs."""
    pages = []
    for name, score in measured("text").items():
        pairs, classes = score["pairs"], score["classes"]
        rows = [
            [title, _mean(pairs[key], shown), _mean(classes[key], shown), f"{_mean(pairs[base], shown)} ({what})" if base and pairs[base] else ""]
            for title, key, shown, base, what in TEXT_ROWS
            if pairs[key]
        ]
        if score["swap"]:
            rows.append([f"two colors swapped, of {score['swaps']} sentences", _mean(score["swap"], PERCENT), "", ""])
        header = [name, f"{pairs['n']} regions, {score['photos']} photos", f"mean of {classes['n']} classes", "without eyes or words"]
        pages.append((table(header, rows), score["protocol"]))
    for report in bench_reports("text"):
        rows = [[r["way"], f"{1000 * r['seconds']:.0f}", f"{r['times_an_encoding']:.1f}"] for r in report["text"]]
        pages.append((table([f"{report['width']} × {report['height']} px", "ms", "times a CLIP encoding"], rows), ""))
    return pages


def text_classes() -> Tables:
    """The same for every class."""
    pages = []
    for name, score in measured("text").items():
        rows = [[line["name"], str(line["n"]), *(_mean(line[key], shown) for key, shown, _ in TEXT_COLUMNS)] for line in score["by_class"]]
        pages.append((table([name, "regions", *(title for _, _, title in TEXT_COLUMNS)], rows), ""))
    return pages


def _mean(mean: dict[str, Any] | None, shown: Shown) -> str:
    """A mean with its standard error; nothing where nothing was measured."""
    if mean is None:
        return ""
    factor, digits, unit = shown
    se = "" if mean["se"] is None else f" ± {factor * mean['se']:.{digits}f}"
    return f"{factor * mean['mean']:.{digits}f}{se}{unit}"


def speed() -> Tables:
    """How long a photo takes and how much memory, by its size; where the time goes."""
    pages = []
    for report in measured("speed").values():
        machine = report["machine"]
        rows = [[f"{g['megapixels']:g}", f"{g['seconds']:.1f}", f"{g['memory_mb']:,}"] for g in report["growth"]]
        where = f"{report['model']} on {machine['cores']} cores ({machine['device']}, {machine['processor']}), from file to file, the weights loaded:"
        ratios = (
            f"A photo of one megapixel takes {report['ratio_png']:.1f} times as long as the bare network at its working size "
            f"({report['ratio_jpg']:.1f} times when saved as JPEG)."
        )
        pages.append(("\n\n".join((where, table(["megapixels", "seconds", "MB above the idle process"], rows), ratios)), ""))
    return pages


def model_card(card: ModelCard) -> str:
    """All that is known about one model."""
    facts = [
        ("task", card.task),
        ("file", f"`{card.file}`, sha256 `{card.sha256}`"),
        ("parameters", f"{card.parameters / 1e6:.2f} million, beside the frozen encoder's"),
        ("works at", f"{card.size} px on the short side; the result has the photo's own size"),
        ("trained on", card.data),
        ("how", card.trained),
        ("weak at", card.weak),
        ("licence", card.license),
    ]
    return _card(card.name, card.summary, facts)


def head_card(name: str) -> str:
    """What there is to know about a head that is no model by itself."""
    entry = manifest().get(name)
    if entry is None:
        return f"## {name}\n\nNone ships."
    facts = (("trained on", entry["data"]), ("how", entry["trained"]), ("weak at", entry["weak"]), ("licence", entry["license"]))
    return _card(name, entry["summary"], facts)


def _card(name: str, summary: str, facts: Sequence[tuple[str, str]]) -> str:
    parts = [f"## {name}", summary, table(["", ""], [[f"**{fact}**", text] for fact, text in facts if text])]
    return "\n\n".join(filter(None, [*parts, show_record(weights_folder() / "training" / name, f"training/{name}")]))


def model_cards(zoo: bool = False) -> str:
    """The cards of the models and heads, or of the teaching zoo."""
    cards = [model_card(card) for card in list_models(zoo) if card.zoo == zoo]
    return "\n\n".join(cards if zoo else [*cards, *map(head_card, HEADS)])


def others() -> str:
    """Whose the other files beside the weights are."""
    groups = [entries.values() for name, entries in manifest().items() if name != "models"]
    files = [entry for entries in groups for entry in entries if isinstance(entry, dict) and "file" in entry]
    rows = [[f"`{e['file']}`", e["source"], e["license"], f"`{e['sha256']}`"] for e in files]
    return table(["file", "what it is", "licence", "sha256"], rows)


def house(deep: bool = False) -> str:
    """The rooms of the code, each with the first sentence of its docstring: those of the toolkit and the app as a whole, or all of them."""
    folders = [file.parent for folder in ("toolkit", "demos") for file in sorted((ROOT / folder).rglob("__init__.py"), key=lambda file: file.parent)]
    lines = []
    for folder in folders:
        at = folder.relative_to(ROOT)
        if deep or len(at.parts) == 1 or (len(at.parts) == 2 and at.parts[0] == "toolkit"):
            said = (ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or "").split("\n")[0]
            lines.append(f"    {at.as_posix() + '/':<26}{said}")
    return "\n".join(lines)


def arrows() -> str:
    """Which room may use which, as pyproject.toml has it and `make lint` checks it: each may use what stands below it."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    return "\n\n".join("\n".join(f"    {layer}" for layer in contract["layers"]) for contract in contracts if "layers" in contract)


def between(text: str, name: str, body: str) -> str:
    """The text with what stands between <!-- name --> and <!-- /name --> replaced. Raises ValueError where the marks are missing."""
    head, start, rest = text.partition(f"<!-- {name} -->")
    _, end, tail = rest.partition(f"<!-- /{name} -->")
    if not start or not end:
        raise ValueError(f"The marks <!-- {name} --> and <!-- /{name} --> are missing; put them where the text belongs.")
    return f"{head}{start}\n{body}\n{end}{tail}"


TABLES: dict[str, Callable[[], Tables]] = {
    "results": results,
    "speed": speed,
    "hints": hints,
    "obeying": obeying,
    "clicks": clicks,
    "text": text,
    "text-classes": text_classes,
    "samples": samples,
    "sample-speed": sample_speed,
    "reference": references,
    "palette": palettes,
    "temporal": clips,
    "compare": comparisons,
    "classical": classical,
    "zoo": zoo,
}
PARTS: dict[str, Callable[[], str]] = {
    "good": summary,
    "house": house,
    "rooms": partial(house, deep=True),
    "arrows": arrows,
    "commands": commands,
    "models": model_cards,
    "zoo-models": partial(model_cards, zoo=True),
    "others": others,
}


def texts() -> dict[Path, str]:
    """What each generated page should hold, by its path: what is between marks is made anew. Protocols stand in docs/measured.md alone.

    Raises ValueError for a mark that nothing is made for.
    """
    pages = {}
    for path in (ROOT / "README.md", ROOT / "weights" / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        page = path.read_text(encoding="utf-8")
        for name in re.findall(r"^<!-- /([\w-]+) -->$", page, re.M):
            if name in TABLES:
                body = below(TABLES[name](), "" if path == PROTOCOLS else f"{PROTOCOLS.name}#{name}")
            elif name in PARTS:
                body = PARTS[name]()
            else:
                raise ValueError(f"Nothing is made for the mark {name} of {path.name}; known: {', '.join(TABLES | PARTS)}.")
            page = between(page, name, body)
        pages[path] = page
    return pages


def picture() -> None:
    """Color the README's photos with the shipped weights: each gray and in color, one photo under one click and another, two under a sentence."""
    from PIL import Image

    from toolkit.pipeline import Session
    from toolkit.text import compile_text

    panels = []
    for name in PICTURED:
        session = Session(EXAMPLES / name)
        panels += [Image.fromarray((session.photo.lightness()[0, 0] * 2.55).round().byte().numpy()).convert("RGB"), session.colorize().to_pil()]
    beside(panels, PICTURE)
    clicked = Session(EXAMPLES / CLICKED).preview(2 * PICTURE_HEIGHT)
    beside([_under(clicked, CLICKS[:n]) for n in range(len(CLICKS) + 1)], CLICK_PICTURE)
    panels = []
    for name, sentence in SAID:
        session = Session(EXAMPLES / name)
        panels += [session.colorize().to_pil(), session.colorize(compile_text(sentence, session).guidance).to_pil()]
    beside(panels, SAID_PICTURE)
    answer, drawing = Session(EXAMPLES / DRAWN).colorize(), Session(EXAMPLES / DRAWN, drawing_model())
    beside([result.to_pil() for result in (answer, *drawing.samples(DRAWN_SEEDS))], DRAWN_PICTURE)


def _under(session: "Session", clicks: Sequence[tuple[float, float, str]]) -> "Image.Image":
    """A photo under hints at (x, y) in 0..1, with a ring around each."""
    from PIL import ImageDraw

    from toolkit.guidance import Guidance, Hint

    width, height = session.photo.size
    hints = tuple(Hint(x * width, y * height, color, 9) for x, y, color in clicks)
    panel = session.colorize(Guidance(hints)).to_pil()
    pen = ImageDraw.Draw(panel)
    for hint in hints:
        pen.ellipse((hint.x - 11, hint.y - 11, hint.x + 11, hint.y + 11), hint.color, "white", 4)
    return panel


def adopt(checkpoint: Path) -> Path:
    """Ship a checkpoint in place of the model of its architecture: fp16 into weights/, sha256 and size into the manifest, the run's course beside it.

    Measure anew afterwards. Returns the file in weights/. Raises WeightsError for a file that is none, or does not fit the model.
    """
    from safetensors.torch import load_file, save_file

    from toolkit.models.cards import get_card
    from toolkit.models.matcher import read_matcher
    from toolkit.models.registry import load_model
    from toolkit.models.weights import read_metadata

    manifest_file = weights_folder() / "manifest.json"
    manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
    state, metadata = load_file(checkpoint), None
    if read_metadata(str(checkpoint.absolute())).get("architecture") == "matcher":
        read_matcher(str(checkpoint.absolute()))
        entry, name = manifest["matcher"], "matcher"
    else:
        own = get_card(str(checkpoint))
        load_model(own.name)
        entry = next(m for m in manifest["models"] if m["architecture"] == own.architecture)
        name = entry["name"]
    file = weights_folder() / entry["file"]
    if entry.get("painter"):  # the frozen model inside has a file of its own
        from toolkit.models.diffusion import PAINTER

        state = {key: value for key, value in state.items() if not key.startswith(PAINTER)}
        metadata = {"painter": get_card(entry["painter"]).sha256}
    save_file({key: value.half().contiguous() for key, value in state.items()}, file, metadata)
    file.chmod(0o644)
    entry |= {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "parameters": sum(value.numel() for value in state.values())}
    manifest_file.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    keep_record(checkpoint.parent, weights_folder() / "training" / name)
    return file


def main(argv: Sequence[str] | None = None) -> int:
    """Write what is out of date, or only say it; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m toolkit.cli.pages.cards", description="Write what is between marks in README.md, docs/ and weights/README.md anew."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if something is out of date")
    parser.add_argument("--picture", action="store_true", help="color the README's photos anew, too")
    parser.add_argument("--adopt", type=Path, metavar="CHECKPOINT", help="ship the weights of a training; measure them anew afterwards")
    args = parser.parse_args(argv)
    if args.adopt:
        print(f"weights/{adopt(args.adopt).name} written")
    stale = {path: text for path, text in texts().items() if path.read_text(encoding="utf-8") != text}
    for path, text in stale.items():
        print(f"{path.relative_to(ROOT)} {'is out of date' if args.check else 'written'}")
        if not args.check:
            path.write_text(text, encoding="utf-8")
    if args.picture and not args.check:
        picture()
        made = (PICTURE, CLICK_PICTURE, SAID_PICTURE, DRAWN_PICTURE, reference_picture(), *zoo_pictures())
        print(*(f"{file.relative_to(ROOT)} written" for file in made), sep="\n")
    return 1 if args.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
