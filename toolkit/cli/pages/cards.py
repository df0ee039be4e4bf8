"""What is said about the models, made from what was measured, so that no number is typed by hand.

    python -m toolkit.cli.pages.cards  # write what stands between marks in README.md, docs/*.md and weights/README.md
    # write nothing; exit code 1 and the names of the files that are out of date
    python -m toolkit.cli.pages.cards --check
    python -m toolkit.cli.pages.cards --picture     # color the photos of these pages anew with the shipped weights, too
    # ship the weights of a training in place of the old ones
    python -m toolkit.cli.pages.cards --adopt runs/unet/checkpoint.safetensors

Measured numbers lie in weights/measured/: photos-NAME.json, hints-PROTOCOL-NAME.json and compare-NAME.json as `python
-m toolkit compare --summary` writes them, speed.json as `bench --json`, all others as `measure STUDY --json`. Texts
about a model are its card's, in weights/manifest.json.
"""

import argparse
import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path

from toolkit.cli.pages.commands import commands
from toolkit.cli.pages.pictures import pictures, reference_picture
from toolkit.cli.pages.records import keep_record, show_record
from toolkit.cli.pages.summary import summary
from toolkit.cli.pages.tables import ROOT, Tables, below, bench_reports, compared, costs, measured, studied
from toolkit.cli.pages.zoo_cards import comparisons, zoo, zoo_pictures
from toolkit.measure.speed.sample_cost import sample_rows, whole_sentence
from toolkit.measure.speed.tables import GROWTH
from toolkit.measure.studies import study
from toolkit.measure.tables import Column, grid, markdown_table
from toolkit.models.cards import ModelCard, list_models, manifest
from toolkit.models.weights import weights_folder
from toolkit.models.zoo import headline

PROTOCOLS = ROOT / "docs" / "measured.md"
HEADS = ("localizer", "matcher")  # on the frozen encoder, beside the models
LEFT_GRAY = "the photo left gray"
QUALITY = (
    Column("model", "model", show=lambda row: LEFT_GRAY if row["model"] == "gray" else row["model"]),
    Column("vividness", "vividness", show=lambda row: "" if row["vividness"] is None else f"{row['vividness']:g}"),
    Column("photos", "measured on", show=lambda row: f"{row['photos']}, {row['n']} photos"),
    Column("psnr", "PSNR, dB", 2, error=True),
    Column(
        "above",
        "above gray, dB",
        show=lambda row: "" if row["model"] == "gray" else f"{row['psnr'] - row['gray_psnr']:+.2f}",
    ),
    Column("colorfulness_ratio", "colorfulness", 0, "%"),
    Column("ciede2000", "CIEDE2000", 2),
)
SAMPLES = ("what", "psnr", "above", "colorfulness_ratio", "frechet", "diversity", "inside", "spread_skill")
BORROWED = ("method", "n", "psnr_gain", "ciede2000", "ciede2000_change", "hue_near")
PALETTES = ("palette", "gain", "ciede2000", "near", "used", "distance", "torn", "colorfulness_ratio")
CLIPS = ("way", "flicker", "ratio", "drift", "drift_worst", "colorfulness", "psnr", "seconds_ratio")
# of a word's columns
CLASSES = ("name", "n", "pointing", "centre", "iou", "uniform", "auc", "wish", "automatic", "outside")


def results() -> Tables:
    """The table of quality: one row a model, vividness and set of photos, each beside the gray photo."""
    found = compared("photos-")
    rows = [row | {"photos": photos} for photos, (table, _) in found.items() for row in table]
    protocols = dict.fromkeys(protocol for _, protocol in found.values())  # each once, in order
    return [(markdown_table(*grid(rows, QUALITY)), "\n".join(protocols))] if rows else []


def hints() -> Tables:
    """The tables over the number of hints: one per protocol and set of photos, PSNR with its standard error, the gray
    photo first.
    """
    pages = []
    psnr = Column("psnr", "", 2, error=True)
    for name, (rows, protocol) in compared("hints-").items():
        counts = list(dict.fromkeys(row["hints"] for row in rows))
        lines = []
        for (model, vividness), cells in groupby(rows, key=lambda row: (row["model"], row["vividness"])):
            found = {row["hints"]: row for row in cells}
            title = (
                LEFT_GRAY if model == "gray" else model if vividness is None else f"{model}, vividness {vividness:g}"
            )
            free = f"{found[0]['colorfulness_ratio']:.0%}" if 0 in found else ""
            lines.append([title, *(psnr.cell(found.get(count, {})) for count in counts), free])
        header = [f"{name}, {rows[0]['n']} photos", *map(str, counts), "colorfulness at 0"]
        pages.append((markdown_table(header, lines), protocol))
    return pages


def clicks() -> Tables:
    """What a click costs beside running a whole transformer again."""
    return costs(
        "clicks", lambda r: f"Before the first click {r['model']} looks at the photo once, {1000 * r['encode']:.0f} ms."
    )


def sample_speed() -> Tables:
    """What a sample costs by working size and steps, and many pictures from start to finish."""
    return [
        (f"{markdown_table(*sample_rows(report))}\n\n{whole_sentence(report)}", "")
        for report in bench_reports("samples")
    ]


def text() -> Tables:
    """How well words find their things and color them, beside what needs no eyes or no words; what a sentence costs."""
    pages = []
    columns = {column.key: column for column in study("words").columns}
    for name, found in measured("text").items():
        pairs, classes, *_ = found["rows"]
        rows = []
        for column in (column for column in columns.values() if column.about and pairs[column.key] is not None):
            bar = columns[column.baseline].cell(pairs) if column.baseline else ""
            rows.append(
                [column.about, column.cell(pairs), column.cell(classes), f"{bar} ({column.called})" if bar else ""]
            )
        if pairs["swaps"]:
            rows.append([f"two colors swapped, of {pairs['swaps']} sentences", columns["swap"].cell(pairs), "", ""])
        header = [
            name,
            f"{pairs['n']} regions, {pairs['photos']} photos",
            f"mean of {classes['n']} classes",
            "without eyes or words",
        ]
        pages.append((markdown_table(header, rows), found["protocol"]))
    return pages + costs("text")


def text_classes() -> Tables:
    """The same for every class."""
    columns = {column.key: column for column in study("words").columns}
    chosen = [columns[key] for key in CLASSES]
    pages = []
    for name, found in measured("text").items():
        _, _, *titles = (column.title for column in chosen)
        pages.append((markdown_table([name, "regions", *titles], grid(found["rows"][2:], chosen)[1]), ""))
    return pages


def speed() -> Tables:
    """How long a photo takes and how much memory, by its size; where the time goes."""
    pages = []
    for report in measured("speed").values():
        machine = report["machine"]
        where = (
            f"{report['model']} on {machine['cores']} cores ({machine['device']}, {machine['processor']}), from "
            "file to file, the weights loaded:"
        )
        ratios = (
            f"A photo of one megapixel takes {report['ratio_png']:.1f} times as long as the bare network at its "
            f"working size ({report['ratio_jpg']:.1f} times when saved as JPEG)."
        )
        pages.append(("\n\n".join((where, markdown_table(*grid(report["growth"], GROWTH)), ratios)), ""))
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
    facts = (
        ("trained on", entry["data"]),
        ("how", entry["trained"]),
        ("weak at", entry["weak"]),
        ("licence", entry["license"]),
    )
    return _card(name, entry["summary"], facts)


def _card(name: str, summary: str, facts: Sequence[tuple[str, str]]) -> str:
    parts = [f"## {name}", summary, markdown_table(["", ""], [[f"**{fact}**", text] for fact, text in facts if text])]
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
    return markdown_table(["file", "what it is", "licence", "sha256"], rows)


def house(deep: bool = False) -> str:
    """The rooms of the code, each with the first sentence of its docstring: those of the toolkit and the app as a
    whole, or all of them.
    """
    folders = [
        file.parent
        for folder in ("toolkit", "demos")
        for file in sorted((ROOT / folder).rglob("__init__.py"), key=lambda file: file.parent)
    ]
    lines = []
    for folder in folders:
        at = folder.relative_to(ROOT)
        if deep or len(at.parts) == 1 or (len(at.parts) == 2 and at.parts[0] == "toolkit"):
            lines.append(f"    {at.as_posix() + '/':<26}{headline(folder / '__init__.py')}")
    return "\n".join(lines)


def arrows() -> str:
    """Which room may use which, as pyproject.toml has it and `make lint` checks it:
    each may use what stands below it.
    """
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    return "\n\n".join(
        "\n".join(f"    {layer}" for layer in contract["layers"]) for contract in contracts if "layers" in contract
    )


def between(text: str, name: str, body: str) -> str:
    """The text with what stands between <!-- name --> and <!-- /name --> replaced. Raises ValueError where the marks
    are missing.
    """
    head, start, rest = text.partition(f"<!-- {name} -->")
    _, end, tail = rest.partition(f"<!-- /{name} -->")
    if not start or not end:
        raise ValueError(
            f"The marks <!-- {name} --> and <!-- /{name} --> are missing; put them where the text belongs."
        )
    return f"{head}{start}\n{body}\n{end}{tail}"


TABLES: dict[str, Callable[[], Tables]] = {
    "results": results,
    "speed": speed,
    "hints": hints,
    "obeying": lambda: studied(
        "obedience", "obedience", "model", "lasso", "measured_on", "inside: region, {n} photos", "alike", "outside"
    ),
    "clicks": clicks,
    "text": text,
    "text-classes": text_classes,
    "samples": lambda: studied("samples", "sampling", "model: {name}, {n} photos", *SAMPLES),
    "sample-speed": sample_speed,
    "reference": lambda: (
        studied("reference", "borrowing", "reference: {name}: the reference is", *BORROWED) + costs("reference")
    ),
    "palette": lambda: studied("palette", "palettes", "way: {name}, {n} photos", *PALETTES),
    "temporal": lambda: studied("temporal", "flicker", "move: {name}, {n} photos", *CLIPS),
    "compare": comparisons,
    "classical": partial(costs, "classical"),
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
    """What each generated page should hold, by its path: what is between marks is made anew. Protocols stand in
    docs/measured.md alone.

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
                raise ValueError(
                    f"Nothing is made for the mark {name} of {path.name}; known: {', '.join(TABLES | PARTS)}."
                )
            page = between(page, name, body)
        pages[path] = page
    return pages


def adopt(checkpoint: Path) -> Path:
    """Ship a checkpoint in place of the model of its architecture: fp16 into weights/, sha256 and size into the
    manifest, the run's course beside it.

    Measure anew afterwards. Returns the file in weights/. Raises WeightsError for a file that is none, or does not fit
    the model.
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
    entry |= {
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "parameters": sum(value.numel() for value in state.values()),
    }
    manifest_file.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    keep_record(checkpoint.parent, weights_folder() / "training" / name)
    return file


def main(argv: Sequence[str] | None = None) -> int:
    """Write what is out of date, or only say it; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m toolkit.cli.pages.cards",
        description="Write what is between marks in README.md, docs/ and weights/README.md anew.",
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if something is out of date")
    parser.add_argument("--picture", action="store_true", help="color the README's photos anew, too")
    parser.add_argument(
        "--adopt", type=Path, metavar="CHECKPOINT", help="ship the weights of a training; measure them anew afterwards"
    )
    args = parser.parse_args(argv)
    if args.adopt:
        print(f"weights/{adopt(args.adopt).name} written")
    stale = {path: text for path, text in texts().items() if path.read_text(encoding="utf-8") != text}
    for path, text in stale.items():
        print(f"{path.relative_to(ROOT)} {'is out of date' if args.check else 'written'}")
        if not args.check:
            path.write_text(text, encoding="utf-8")
    if args.picture and not args.check:
        made = (*pictures(), reference_picture(), *zoo_pictures())
        print(*(f"{file.relative_to(ROOT)} written" for file in made), sep="\n")
    return 1 if args.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
