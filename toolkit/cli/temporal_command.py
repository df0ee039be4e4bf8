"""The work behind `colorize --temporal`; it asks and prints, other modules do the rest."""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from toolkit.cli.arguments import advance

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
