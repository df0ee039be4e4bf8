"""How a training went, kept beside the weights: its losses as a plot, its validation sheets as pictures.

    keep_record(Path("runs/diffusion"), weights_folder() / "training" / "diffusion")     # `python -m toolkit.cards --adopt` does
    show_record(...)                                                                     # Markdown for the model's card

Whoever sees only the last picture cannot know whether the training had diverged, or would have gone on to improve.
"""

import json
from pathlib import Path

from PIL import Image

from toolkit.plots import training_curves

SHEETS = 3  # first, middle, last
WIDTH = 1100  # px of a kept sheet
EVERY = 5  # records of a log that are not validations: every so many is kept


def keep_record(run: Path, folder: Path) -> list[Path]:
    """Copy what shows a run's course, in small: log.jsonl thinned, curves.png, sheet-STEP.jpg. Returns the files; none where the run has no log."""
    if not (run / "log.jsonl").exists():
        return []
    records = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    kept = [r for i, r in enumerate(records) if i % EVERY == 0 or any(name.startswith("val_") for name in r)]
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("sheet-*.jpg"):
        old.unlink()
    log, curves = folder / "log.jsonl", folder / "curves.png"
    log.write_text("".join(json.dumps(record) + "\n" for record in kept), encoding="utf-8")
    training_curves(kept, smoothing=0.04).savefig(curves, dpi=90)
    found = sorted(run.glob("sheet-*.png"))
    chosen = [found[i * (len(found) - 1) // max(1, min(SHEETS, len(found)) - 1)] for i in range(min(SHEETS, len(found)))]
    sheets = []
    for file in chosen:
        with Image.open(file) as sheet:
            small = sheet.convert("RGB")
        small.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
        sheets.append(folder / f"{file.stem}.jpg")
        small.save(sheets[-1], quality=88)
    return [log, curves, *sheets]


def show_record(folder: Path, at: str) -> str:
    """Markdown with the curves and the sheets of a kept record; "" where there is none. at: the folder's address in the page."""
    if not (folder / "curves.png").exists():
        return ""
    sheets = sorted(folder.glob("sheet-*.jpg"))
    lines = [f"![Loss, validation PSNR and colorfulness over the training]({at}/curves.png)"]
    lines += [f"After {int(s.stem.removeprefix('sheet-')):,} steps:\n\n![Validation sheet]({at}/{s.name})" for s in sheets]
    return "\n\n".join(lines)
