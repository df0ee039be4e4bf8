"""The command `python -m toolkit colorize`: photos and folders of them, one after the other, or as the frames of a
clip.

Where sentence, hints and references disagree hints count most, references least.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter
from tqdm import tqdm

from toolkit.cli.arguments import (
    Device,
    File,
    Name,
    Share,
    Some,
    SomeOrNone,
    advance,
    check_free,
    number,
    read_by,
    sentence,
    several,
)

app = App(
    "colorize",
    help_epilogue="""examples:
  python -m toolkit colorize grandma.jpg                               # writes grandma-color.png beside it
  python -m toolkit colorize album/ -o colored/ --vividness 0.7        # a folder with its subfolders
  python -m toolkit colorize grandma.jpg -o new.png --hints hints.json # colored points decide
  python -m toolkit colorize grandma.jpg --text "the dress is navy and the wall is pale green"
  python -m toolkit colorize grandma.jpg --samples 6                   # six plausible colorings
  python -m toolkit colorize grandma.jpg --reference aunt.jpg          # skin from skin, sky from sky
  python -m toolkit colorize holiday.jpg --text "the car is yellow" --recolor   # of a color photo
  python -m toolkit colorize grandma.jpg --palette "navy,#d8c0a0,olive" --saturation 1.2
  python -m toolkit colorize frames/ --temporal -o colored/      # the frames of a clip, in the order of their names
  python -m toolkit colorize -o out.png -- -odd-name.jpg               # a name that begins with a dash""",
)
OURS = re.compile(r"(.+)-color(-\d+)?(-layer)?")  # how this command names what it writes
Job = tuple[Path, Path]  # a photo and where its colored version goes


@Parameter("*")
@dataclass(frozen=True)
class Options:
    """All that can be said beside which photos."""

    out: Annotated[str | None, Parameter(alias="-o", metavar="OUT")] = None
    """a file (one photo) or a folder; default: NAME-color.png beside each photo"""
    model: Name = None
    """a name from `models` (default: the first of them)"""
    weights: File = None
    """weights of your own training instead: the checkpoint.safetensors that `train` writes"""
    vividness: Share = 0.5
    """0 safe and dull to 1 lively"""
    saturation: Annotated[float, read_by(number(0, 2))] = 1.0
    """times the strength of the automatic colors, 0 to 2"""
    palette: Annotated[tuple[str, ...], read_by(several()), Parameter(metavar="A,B")] = ()
    """colors to prefer, as #3a6ea5 or by name"""
    palette_of: Annotated[str | None, Parameter(metavar="PHOTO")] = None
    """prefer the colors of this photo"""
    warmth: Annotated[float, read_by(number(-1, 1))] = 0.0
    """-1 cool to 1 warm"""
    hints: File = None
    """colored points: .json, or a .png of the photo's size whose opaque pixels are the colors"""
    text: Annotated[str | None, Parameter(metavar="SENTENCE")] = None
    """which things shall have which color, in English or Korean"""
    open_words: bool = False
    """look for things beyond our own words too; downloads 606 MB the first time"""
    reference: Annotated[tuple[str, ...], Parameter(metavar="PHOTO")] = ()
    """a color photo whose like places lend their colors; may be given several times"""
    reference_weight: Share = 0.5
    """0 to 1: how readily they do"""
    control: Annotated[tuple[str, ...], Parameter(metavar="NAME=VALUE")] = ()
    """any other control, by its file in toolkit/controls; may be given several times"""
    recolor: Annotated[bool, Parameter(alias="--keep-colors")] = False
    """of a color photo change only what --text, --hints or --reference reach"""
    temporal: bool = False
    """the photos are frames of a clip: no flicker; hints are for its first frame"""
    device: Device = "auto"
    """auto, cpu, cuda or mps"""
    samples: Some = 0
    """draw N different colorings: NAME-color-1.png and so on"""
    steps: SomeOrNone = None
    """looks at each sample of a model that draws (default: 4)"""
    strength: Annotated[float, read_by(number(0, 8))] = 1.0
    """of guidance in a model that draws; 1 is none"""
    seed: int = 0
    """of models that draw at random"""
    size: Annotated[SomeOrNone, Parameter(metavar="PX")] = None
    """short side at which the model looks (default: what it was made for)"""
    format: Literal["png", "jpg", "webp", "tiff"] = "png"
    """of the files in a folder"""
    layer: bool = False
    """also write the color alone, to lay over the photo in an editor"""
    mark: bool = False
    """draw a small visible mark that the colors are not original"""
    overwrite: bool = False
    """replace files that are there (never the photo itself)"""
    quiet: bool = False
    """say only what failed"""


@app.default
def colorize(
    photos: Annotated[tuple[Path, ...], Parameter(metavar="PHOTO", help="photos, or folders of photos")],
    /,
    *,
    options: Options = Options(),
) -> int:
    """Color photos one after the other; a bad one does not stop the rest."""
    from toolkit.models.cards import default_model, drawing_model
    from toolkit.models.devices import pick_device
    from toolkit.models.registry import load_model

    model = str(options.weights or options.model or (drawing_model() if options.samples else default_model()))
    if options.samples and options.recolor:
        raise ValueError("--samples draws whole colorings and --recolor changes parts of one; leave one of them out.")
    if options.recolor and not (options.text or options.hints or options.reference or options.control):
        raise ValueError("--recolor changes only what --text, --hints or --reference reach; give one of them.")
    _references(options)  # what is wrong with a reference, too
    # what is wrong with the model or the device is wrong for every photo
    load_model(model, pick_device(options.device).type)
    jobs, failed = _jobs(photos, options)
    failed += (_color_clips if options.temporal else _color_photos)(jobs, model, options)
    if failed:
        print(f"{len(failed)} failed:", *(f"  {line}" for line in failed), sep="\n", file=sys.stderr)
    return 1 if failed else 0


def _jobs(photos: Sequence[Path], options: Options) -> tuple[list[Job], list[str]]:
    """What to color and where to put it, and what is no photo; two photos never get one name."""
    from toolkit.photo import SUFFIXES

    out = Path(options.out) if options.out else None
    if out and not out.is_dir() and out.suffix.lower() in SUFFIXES:
        if len(photos) > 1 or photos[0].is_dir():
            raise ValueError(f"{out} is the name of one file and there are several photos; name a folder.")
        return [(photos[0], out)], []
    jobs, failed, taken = [], [], set()
    for given in photos:
        found = _photos_in(given, out) if given.is_dir() else [given]
        if not found:
            failed.append(f"{given}: This folder holds no photo.")
        for path in found:
            folder = path.parent if out is None else out / path.parent.relative_to(given) if given.is_dir() else out
            target, count = folder / f"{path.stem}-color.{options.format}", 2
            while target in taken:
                target, count = folder / f"{path.stem}-color-{count}.{options.format}", count + 1
            taken.add(target)
            jobs.append((path, target))
    return jobs, failed


def _photos_in(folder: Path, out: Path | None) -> list[Path]:
    """The photos of a folder and its subfolders, without hidden ones and without what this command wrote before."""
    from toolkit.photo import SUFFIXES

    files = {p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()}
    names = {p.with_suffix("") for p in files}

    def ours(path: Path) -> bool:
        name = OURS.fullmatch(path.stem)
        return (name is not None and path.with_name(name[1]) in names) or (
            out is not None and out != folder and out in path.parents
        )

    return sorted(
        p for p in files if not ours(p) and not any(part.startswith(".") for part in p.relative_to(folder).parts)
    )


def _color_photos(jobs: Sequence[Job], model: str, options: Options) -> list[str]:
    """Color each for itself; returns a sentence for each that failed. Raises ValueError for options that do not go
    together, and GuidanceError.
    """
    from toolkit.guidance import GuidanceError

    if options.hints and len(jobs) > 1:
        raise ValueError("A hint file belongs to one photo; color the photos one by one.")
    failed = []
    with tqdm(
        total=100 * len(jobs), bar_format="{l_bar}{bar}| {elapsed}<{remaining}", disable=True if options.quiet else None
    ) as bar:
        for i, job in enumerate(jobs):
            bar.set_description_str(job[0].name)
            try:
                _color_photo(
                    job, model, options, lambda done, of, what, start=100 * i: advance(bar, start + 100 * done // of)
                )
            except GuidanceError:
                raise
            except (OSError, ValueError, RuntimeError, MemoryError) as error:
                failed.append(_about(job[0], error))
            advance(bar, 100 * (i + 1))
    return failed


def _about(path: Path, error: Exception) -> str:
    """The sentence with the photo's whole path, whether or not it already begins with the name."""
    said = sentence(error)
    return f"{path}{said.removeprefix(path.name)}" if said.startswith(f"{path.name} ") else f"{path}: {said}"


def _color_photo(job: Job, model: str, options: Options, progress: Any) -> None:
    from toolkit.pipeline import Session

    path, target = job
    targets = [target.with_name(f"{target.stem}-{i + 1}{target.suffix}") for i in range(options.samples)] or [target]
    check_free(path, [*targets, *map(_layer, targets)] if options.layer else targets, options.overwrite)
    session = Session(path, model, device=options.device, size=options.size)
    guidance, dials = _guided(options, path.name, session)
    if options.recolor:
        results = iter([session.recolor(guidance, seed=options.seed, progress=progress)])
    elif options.samples:
        results = session.samples(options.samples, guidance, dials, seed=options.seed, progress=progress)
    else:
        results = iter([session.colorize(guidance, dials, seed=options.seed, progress=progress)])
    for file, result in zip(targets, results, strict=True):
        _write(result, file, options)
    _tell(path.name, session.notes)


def _layer(target: Path) -> Path:
    return target.with_name(f"{target.stem}-layer.png")


def _write(result: Any, file: Path, options: Options) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    result.save(file, overwrite=options.overwrite, mark=options.mark)
    if options.layer:
        result.save_layer(_layer(file), overwrite=options.overwrite)
    if not options.quiet:
        tqdm.write(str(file), file=sys.stdout)


def _tell(name: str, notes: Sequence[str]) -> None:
    for note in notes:
        tqdm.write(f"{name}: {note}", file=sys.stderr)


def _color_clips(jobs: Sequence[Job], model: str, options: Options) -> list[str]:
    """Color the frames of each folder as one clip; returns a sentence for each clip that failed. Raises as
    _color_photos.
    """
    from toolkit.guidance import GuidanceError

    for given, name in ((options.samples, "--samples"), (options.recolor, "--recolor")):
        if given:
            raise ValueError(f"--temporal colors the frames of one clip after each other; leave {name} out.")
    ordered = sorted(jobs, key=lambda job: (job[0].parent, _natural(job[0])))
    clips = {folder: list(frames) for folder, frames in groupby(ordered, key=lambda job: job[0].parent)}
    if options.hints and len(clips) > 1:
        raise ValueError("A hint file belongs to the first frame of one clip; color the folders one by one.")
    failed = []
    with tqdm(total=len(jobs), unit="frame", disable=True if options.quiet else None) as bar:
        for folder, frames in clips.items():
            start = int(bar.n)
            bar.set_description_str(folder.name)
            try:
                _color_clip(frames, model, options, bar)
            except GuidanceError:
                raise
            except (OSError, ValueError, RuntimeError, MemoryError) as error:
                failed.append(f"{folder}: {sentence(error)}")
            advance(bar, start + len(frames))
    return failed


def _natural(path: Path) -> list[tuple[int, str]]:
    """What to sort by so that frame2 comes before frame10."""
    return [(int(part), part) if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", path.as_posix())]


def _color_clip(frames: Sequence[Job], model: str, options: Options, bar: Any) -> None:
    from toolkit.controls.temporal import colorize_frames, open_frames
    from toolkit.pipeline import Session

    for frame, target in frames:
        check_free(frame, [target, _layer(target)][: 1 + options.layer], options.overwrite)
    look = partial(Session, model=model, device=options.device, size=options.size)
    first = frames[0][0]
    guidance, dials = _guided(options, first.name, look(first))
    results = colorize_frames(open_frames(frame for frame, _ in frames), look, guidance, dials, seed=options.seed)
    for (frame, target), result in zip(frames, results, strict=True):
        _write(result, target, options)
        _tell(frame.name, result.notes)
        advance(bar, bar.n + 1)


def _guided(options: Options, name: str, session: Any) -> tuple[Any, Any]:
    """What hints, sentence and references say, as one guidance, and the dials. Where they disagree hints count most,
    references least.
    """
    from toolkit.controls.palette import extract_palette, warmth_tint
    from toolkit.guidance import Guidance
    from toolkit.models.base import Dials
    from toolkit.photo import open_photo

    palette = extract_palette(open_photo(options.palette_of)) if options.palette_of else options.palette
    dials = Dials(
        options.vividness,
        options.saturation,
        palette,
        warmth_tint(options.warmth),
        options.steps or Dials.steps,
        options.strength,
    )
    guidance = Guidance.load(options.hints, session.photo.size) if options.hints else Guidance()
    if options.text:
        from toolkit.text import compile_text
        from toolkit.text.open_words import localizer_for

        # words beyond ours are looked up in CLIP's, if the person said yes
        localizer = localizer_for(options.text) if options.open_words else None
        compiled = compile_text(
            options.text,
            session,
            clicks=guidance,
            localizer=localizer,
            vividness=options.vividness,
            recolor=options.recolor,
        )
        guidance = compiled.guidance
        dials = compiled.settings.applied(dials)
        if not options.quiet:
            tqdm.write(_understood(name, compiled), file=sys.stderr)
    if options.reference:
        from toolkit.controls.reference import take_colors

        taken = take_colors(
            session,
            _references(options),
            weight=options.reference_weight,
            vividness=dials.vividness,
            recolor=options.recolor,
            clicks=guidance,
        )
        guidance += taken.guidance
        _tell(name, taken.notes)
    for control in options.control:
        from toolkit.controls import guide

        kind, _, value = control.partition("=")
        guidance += guide(session, kind, value)
    return guidance, dials


@lru_cache(maxsize=1)
def _seen_references(files: tuple[str, ...], device: str) -> tuple[Any, ...]:
    """Looked at once for all photos."""
    from toolkit.controls.reference import Take, see_reference
    from toolkit.photo import open_photo

    return tuple(Take(see_reference(open_photo(file), device)) for file in files)


def _references(options: Options) -> tuple[Any, ...]:
    return _seen_references(options.reference, options.device) if options.reference else ()


def _understood(name: str, compiled: Any) -> str:
    """What was understood, a line for each part of the sentence."""
    lines = []
    for row in compiled.rows:
        found = "" if row.thing is None or row.confidence is None else f" [{row.thing}, {row.confidence:.0%}]"
        lines.append(f"  {row.phrase}{found}: " + "; ".join(filter(None, (row.color, row.note))))
    return "\n".join([f"{name}:", *(lines or ["  nothing to do; try: the dress is red"])])
