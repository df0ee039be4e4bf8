"""How close do a model's colors come to photos whose colors are known?

    scores, rows = evaluate(find_photos(["val.tar"]), Setup(models=("unet",), vividness=(0.5, 1.0)))
    print(score_table(scores))

A number without its protocol means nothing, so every score carries it as a sentence. The gray photo is always in the table: it is what has to be
beaten. PSNR favors cautious models (brown is never far from the truth), so colorfulness stands beside it: read the two together.
"""

import io
import math
import statistics
import tarfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import lab_to_rgb
from toolkit.measure import metrics
from toolkit.models.base import Dials
from toolkit.photo import SUFFIXES, Photo, PhotoError, open_photo
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Session

LONGEST = 12  # times a photo's short side: at a fixed short side the rest of a strip would fill the memory
Source = tuple[str, Callable[[], bytes]]  # a photo's name, and how to read its file
COLUMNS = ("model", "vividness", "n", "psnr", "psnr_se", "gray_psnr", "colorfulness_ratio", "ciede2000", "lpips", "size_change", "seconds")


@dataclass(frozen=True)
class Setup:
    """What is measured, and how."""

    models: tuple[str, ...] = ("unet",)
    vividness: tuple[float, ...] = (0.5,)
    size: int = 256  # px, short side of the photos that are compared
    sizes: tuple[int, ...] = ()  # working sizes between which the colors should not change; two or more, or none
    lpips: bool = False
    device: str = "auto"
    seed: int = 0

    def protocol(self) -> str:
        """The protocol in one sentence."""
        return (
            f"Photos resized to a short side of {self.size} px, L kept, ab from the model at its own working size, gamut mapped at constant L, "
            f"8-bit RGB against 8-bit truth as floats in [0, 1] (rounding: at most about 58 dB), mean over photos, no guidance, seed {self.seed}."
        )


@dataclass(frozen=True)
class Score:
    """One model at one vividness; means over photos."""

    model: str
    vividness: float | None  # None: the gray photo has none
    n: int
    psnr: float  # dB
    psnr_se: float | None  # dB, standard error of that mean; none of a single photo
    gray_psnr: float  # dB, of the gray photo on the same photos
    colorfulness_ratio: float  # mean colorfulness of the results / of the truth
    ciede2000: float  # mean difference to the truth
    seconds: float  # per photo, looking and painting
    protocol: str
    lpips: float | None = None
    size_change: float | None = None  # mean CIEDE2000 between results at different working sizes


def find_photos(sources: Sequence[str | Path]) -> Iterator[Source]:
    """The photos of folders (with their subfolders), tars and single files, in order; nothing is read before it is asked for.

    Raises ValueError for a source that is none of these.
    """
    for source in map(Path, sources):
        if source.is_dir():
            for file in sorted(p for p in source.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()):
                yield file.relative_to(source).as_posix(), file.read_bytes
        elif source.is_file() and source.suffix.lower() in SUFFIXES:
            yield source.name, source.read_bytes
        elif source.is_file() and tarfile.is_tarfile(source):
            with tarfile.open(source) as tar:
                for member in tar:
                    if member.isfile() and Path(member.name).suffix.lower() in SUFFIXES:
                        yield member.name, partial(_member, tar, member)
        else:
            raise ValueError(f"{source} is neither a folder of photos, nor a tar, nor a photo; give one of these.")


def _member(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    return (tar.extractfile(member) or io.BytesIO()).read()


def open_truths(sources: Iterable[Source], size: int, skipped: list[str]) -> Iterator[Photo]:
    """Photos in color with a short side of `size` px; what does not open or has no color is left out and told in `skipped`."""
    for name, read in sources:
        try:
            photo = open_photo(read(), name=name)
        except (PhotoError, OSError) as error:
            skipped.append(f"{name}: {error}")
            continue
        if photo.tone == "gray":
            skipped.append(f"{name}: has no color to compare with")
            continue
        if max(photo.size) > LONGEST * min(photo.size):
            skipped.append(f"{name}: is more than {LONGEST} times as long as wide; crop it to compare")
            continue
        scale = size / min(photo.size)
        small = shrink(photo, (round(photo.height * scale), round(photo.width * scale)))
        yield replace(small, tone="color")  # a photo of wood may pass for sepia; here what the file says is the truth


def evaluate(
    photos: Iterable[Photo], setup: Setup, *, keep: int = 0, progress: Callable[[int], None] | None = None
) -> tuple[list[Score], list[list[Tensor]]]:
    """Scores of gray and of each model, and for the first `keep` photos the pictures, uint8 (3, H, W): gray, each model at each vividness, truth.

    Raises ValueError for an unknown model or where there is no photo, WeightsError for bad weights.
    """
    sums = _Sums(setup)
    rows: list[list[Tensor]] = []
    for n, photo in enumerate(photos, 1):
        pictures = [sums.try_gray(photo)]
        for model in setup.models:
            pictures += sums.try_model(photo, model)
        if n <= keep:
            rows.append([*pictures, photo.rgb])
        if progress:
            progress(n)
    if not sums.numbers:
        raise ValueError("There is no photo in color to evaluate on; give a folder or a tar of color photos.")
    return sums.scores(), rows


class _Sums:
    """The numbers of every model at every vividness, one a photo."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.lpips = metrics.Lpips() if setup.lpips else None
        self.numbers: dict[tuple[str, float | None], dict[str, list[float]]] = {}

    def try_gray(self, photo: Photo) -> Tensor:
        rgb = (lab_to_rgb(F.pad(photo.lightness(), (0, 0, 0, 0, 0, 2)))[0] * 255).round().byte()
        self._compare(("gray", None), rgb, photo, seconds=0.0)
        return rgb

    def try_model(self, photo: Photo, model: str) -> list[Tensor]:
        """The photo is encoded once, and that time counted for each vividness."""
        start = time.perf_counter()
        session = Session(photo, model, device=self.setup.device)
        session.encode()
        looking = time.perf_counter() - start
        others = [session.at(size) for size in self.setup.sizes]
        pictures = []
        for vividness in self.setup.vividness:
            start = time.perf_counter()
            rgb = session.colorize(dials=Dials(vividness=vividness), seed=self.setup.seed).rgb
            self._compare((model, vividness), rgb, photo, seconds=looking + time.perf_counter() - start)
            if len(others) > 1:
                at_sizes = [_float(other.colorize(dials=Dials(vividness=vividness), seed=self.setup.seed).rgb) for other in others]
                pairs = [float(metrics.ciede2000(a, b)) for a, b in combinations(at_sizes, 2)]
                self._add((model, vividness), size_change=sum(pairs) / len(pairs))
            pictures.append(rgb)
        return pictures

    def _compare(self, key: tuple[str, float | None], rgb: Tensor, photo: Photo, seconds: float) -> None:
        picture, truth = _float(rgb), _float(photo.rgb)
        measures = {"psnr": metrics.psnr, "ciede2000": metrics.ciede2000}
        if self.lpips is not None:
            measures["lpips"] = self.lpips
        with torch.inference_mode():
            found = {name: float(measure(picture, truth)) for name, measure in measures.items()}
        true = float(metrics.colorfulness(truth))
        self._add(key, **found, colorfulness=float(metrics.colorfulness(picture)), true_colorfulness=true, seconds=seconds)

    def _add(self, key: tuple[str, float | None], **numbers: float) -> None:
        for name, value in numbers.items():
            self.numbers.setdefault(key, {}).setdefault(name, []).append(value)

    def scores(self) -> list[Score]:
        means = {key: {name: statistics.fmean(values) for name, values in numbers.items()} for key, numbers in self.numbers.items()}
        found = []
        for (model, vividness), mean in means.items():
            psnr = self.numbers[model, vividness]["psnr"]
            plain = {name: round(mean[name], 4) for name in ("psnr", "ciede2000", "seconds", "lpips", "size_change") if name in mean}
            found.append(
                Score(
                    model=model,
                    vividness=vividness,
                    n=len(psnr),
                    psnr_se=round(statistics.stdev(psnr) / math.sqrt(len(psnr)), 4) if len(psnr) > 1 else None,
                    gray_psnr=round(means["gray", None]["psnr"], 4),
                    colorfulness_ratio=round(mean["colorfulness"] / max(mean["true_colorfulness"], 1e-3), 4),
                    protocol=self.setup.protocol(),
                    **plain,
                )
            )
        return found


def _float(rgb: Tensor) -> Tensor:
    return rgb[None].float() / 255


def score_table(scores: Sequence[Score]) -> str:
    """The scores as text, columns that nobody measured left out, and the protocol below."""
    records = [asdict(score) for score in scores]
    columns = [c for c in COLUMNS if any(r[c] is not None for r in records)]
    return format_table(columns, [[r[c] for c in columns] for r in records]) + "\n" + scores[0].protocol


def format_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Aligned columns of text: floats with up to three digits behind the point, numbers to the right."""
    cells = [list(header)] + [[_cell(value) for value in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    numbers = [any(isinstance(row[i], int | float) for row in rows) for i in range(len(header))]
    lines = [
        "  ".join(cell.rjust(width) if number else cell.ljust(width) for cell, width, number in zip(row, widths, numbers, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return (f"{value:.3f}" if abs(value) < 10 else f"{value:.2f}") if isinstance(value, float) else str(value)
