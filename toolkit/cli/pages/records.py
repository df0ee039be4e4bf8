"""How a training went, kept beside the weights: its log and its losses as a plot.

    # `python -m toolkit.cli.pages.cards --adopt` does
    keep_record(Path("runs/diffusion"), weights_folder() / "training" / "diffusion")
    show_record(...)                                                                     # Markdown for the model's card

Whoever sees only the last numbers cannot know whether the training had diverged, or would have gone on to improve. The
validation sheets stay where the run is: whose photos they show may not be ours to publish.
"""

import json
from pathlib import Path

from toolkit.show.figures import training_curves

EVERY = 5  # records of a log that are not validations: every so many is kept


def keep_record(run: Path, folder: Path) -> list[Path]:
    """Copy what shows a run's course, in small: log.jsonl thinned, curves.png. Returns the files: no curves without
    validation PSNR, nothing without a log.
    """
    if not (run / "log.jsonl").exists():
        return []
    records = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    kept = [r for i, r in enumerate(records) if i % EVERY == 0 or any(name.startswith("val_") for name in r)]
    folder.mkdir(parents=True, exist_ok=True)
    log, curves = folder / "log.jsonl", folder / "curves.png"
    log.write_text("".join(json.dumps(record) + "\n" for record in kept), encoding="utf-8")
    if not any("val_psnr" in record for record in kept):
        return [log]
    training_curves(kept, smoothing=0.04).savefig(curves, dpi=90)
    return [log, curves]


def show_record(folder: Path, at: str) -> str:
    """Markdown with the curves of a kept record; "" where there is none. at: the folder's address in the page."""
    if not (folder / "curves.png").exists():
        return ""
    return f"![Loss, validation PSNR and colorfulness over the training]({at}/curves.png)"
