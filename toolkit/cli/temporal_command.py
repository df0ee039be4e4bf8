"""The work behind `colorize --temporal`, and the command `evaluate-temporal`; they ask and print, other modules do the rest."""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from toolkit.cli.arguments import DEVICE_HELP, add_command, advance, check_places, number, positive

Guided = Callable[[argparse.Namespace, str, Any], tuple[Any, Any]]
Job = tuple[Path, Path]  # a frame and where its colored version goes


def natural(path: Path) -> list[tuple[int, str]]:
    """What to sort by so that frame2 comes before frame10."""
    return [(int(part), part) if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", path.as_posix())]


def color_clips(jobs: Sequence[Job], model: str, args: argparse.Namespace, guided: Guided) -> list[str]:
    """Color the frames of each folder as one clip; returns a sentence for each clip that failed.

    guided(args, name, session) says the guidance and the dials for the first frame. Raises ValueError for options that do not go together, and
    GuidanceError.
    """
    from tqdm import tqdm

    from toolkit.guidance import GuidanceError

    for given, name in ((args.samples, "--samples"), (args.recolor, "--recolor")):
        if given:
            raise ValueError(f"--temporal colors the frames of one clip after each other; leave {name} out.")
    ordered = sorted(jobs, key=lambda job: natural(job[0]))
    clips = {folder: list(frames) for folder, frames in groupby(sorted(ordered, key=lambda job: job[0].parent), key=lambda job: job[0].parent)}
    if args.hints and len(clips) > 1:
        raise ValueError("A hint file belongs to the first frame of one clip; color the folders one by one.")
    failed = []
    with tqdm(total=len(jobs), unit="frame", disable=True if args.quiet else None) as bar:
        for folder, frames in clips.items():
            start = int(bar.n)
            bar.set_description_str(folder.name)
            try:
                _color_clip(frames, model, args, guided, bar)
            except GuidanceError:
                raise
            except (OSError, ValueError, RuntimeError, MemoryError) as error:
                failed.append(f"{folder}: {' '.join(str(error).split())}")
            advance(bar, start + len(frames))
    return failed


def _color_clip(frames: Sequence[Job], model: str, args: argparse.Namespace, guided: Guided, bar: Any) -> None:
    from tqdm import tqdm

    from toolkit.controls.temporal import colorize_frames, open_frames
    from toolkit.pipeline import Session

    for frame, target in frames:
        for file in (target, target.with_name(f"{target.stem}-layer.png"))[: 1 + args.layer]:
            if file.exists() and (not args.overwrite or file.samefile(frame)):
                raise ValueError(f"{file} is there already; add --overwrite or choose another place with -o.")
    look = partial(Session, model=model, device=args.device, size=args.size)
    guidance, dials = guided(args, frames[0][0].name, look(frames[0][0]))
    results = colorize_frames(open_frames(frame for frame, _ in frames), look, guidance, dials, seed=args.seed)
    for (frame, target), result in zip(frames, results, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        result.save(target, overwrite=args.overwrite, mark=args.mark)
        if args.layer:
            result.save_layer(target.with_name(f"{target.stem}-layer.png"), overwrite=args.overwrite)
        if not args.quiet:
            tqdm.write(str(target), file=sys.stdout)
        for note in result.notes:
            tqdm.write(f"{frame.name}: {note}", file=sys.stderr)
        advance(bar, bar.n + 1)


def evaluate_temporal(args: argparse.Namespace) -> int:
    """Measure how much a clip's colors flicker and drift."""
    from tqdm import tqdm

    from toolkit.cli.arguments import report
    from toolkit.controls.temporal import HOLD
    from toolkit.measure.evaluate import find_photos
    from toolkit.measure.studies.flicker import MOVES, Setup, measure_clips, temporal_table
    from toolkit.models.cards import default_model, get_card

    check_places(args.json)
    model = args.model or default_model()
    get_card(model)
    setup = Setup(model, args.frames, args.others, HOLD if args.hold is None else args.hold, args.vividness, args.device)
    skipped: list[str] = []
    with tqdm(total=len(MOVES) * args.limit, unit="clip", disable=None) as bar:
        scores = measure_clips(find_photos(args.sources), setup, limit=args.limit, skipped=skipped, progress=lambda n: advance(bar, n))
    report(temporal_table(scores), scores, skipped, args.json)
    return 0


def add_evaluate_temporal(commands: Any) -> None:
    """Add it to the grammar."""
    command = add_command(
        commands,
        evaluate_temporal,
        "Measure how much the colors of clips made from photos flicker and drift, frame by frame and with --temporal.",
        "val.tar --json temporal.json              # ten photos, 100 frames: a quarter of an hour of one core",
        "photos/ --limit 3 --frames 30 --hold 0.8",
    )
    command.add_argument("sources", nargs="+", metavar="FOLDER_OR_TAR", help="color photos: folders, tars or single files")
    command.add_argument("--model", help="a name from `models`, or a weights file (default: the first of them)")
    command.add_argument("--limit", type=positive, default=10, metavar="N", help="only the first N photos (default: %(default)s)")
    command.add_argument("--frames", type=positive, default=100, metavar="N", help="of the pan, 3 or more (default: %(default)s)")
    command.add_argument("--others", type=positive, default=25, metavar="N", help="of the clip with grain and of the zoom (default: %(default)s)")
    command.add_argument("--hold", type=number(0.99), metavar="H", help="share of the color before that stays, 0 to 0.99 (default: as in colorize)")
    command.add_argument("--vividness", type=number(1), default=0.5, help="0 safe and dull to 1 lively (default: %(default)s)")
    command.add_argument("--device", default="auto", help=DEVICE_HELP)
    command.add_argument("--json", metavar="OUT", help="write the scores here")
