"""Compare anything that colors photos, on any photos, in one call.

    result = compare(["unet", "vit-hint"], "val.tar")
    result = compare(["unet", "levin2004"], "kodak.tar", hints=(0, 10), folder="out/kodak")
    print(result.text())

Photo by photo, all models on one before the next: a comparison that is stopped is a fair one of fewer photos. With a
folder nothing that was measured is lost: the same call goes on where it stopped. A model that fails on a photo is
counted as failed there, and the rest goes on.
"""

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import combinations, islice
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor

from toolkit.guidance import Guidance, Hint
from toolkit.measure import metrics
from toolkit.measure.compare import Comparison
from toolkit.measure.compare.journal import Found, Journal
from toolkit.measure.compare.measures import COLORFUL, SIZE_CHANGE
from toolkit.measure.compare.result import GRAY, TRUTH, CompareSetup, Key, Record
from toolkit.measure.contestants import Contestant, Model, Painter, contestant
from toolkit.measure.photos import find_photos, floats, open_truths
from toolkit.measure.protocols import CEILING, hints_for, open_squares
from toolkit.measure.speed.meter import Peak
from toolkit.models.devices import pick_device
from toolkit.photo import Photo
from toolkit.pipeline import Progress

Photos = str | Path | Photo | Sequence[str | Path | Photo]  # folders, tars, files, photos in memory


def compare(
    models: Sequence[str],
    photos: Photos,
    *,
    hints: Sequence[int] | None = None,
    setup: CompareSetup | None = None,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Color the photos with every model and compare with the truth; gray is always among them.

    models: names as `contestant` knows them. photos: folders, tars, files or Photos, in color. hints: the setup's, for
    short. folder: where records and pictures are kept, to go on later. progress(done, of, what) may return False to
    stop; it and Ctrl+C give the comparison of what is done. Raises ValueError for unknown names, for photos of which
    none is in color, or a folder that holds another comparison.
    """
    run = _Run(models, photos, _with_hints(setup, hints), folder, progress)
    with suppress(KeyboardInterrupt):
        for _ in run.steps():
            pass
    return run.result()


def compare_steps(
    models: Sequence[str],
    photos: Photos,
    *,
    hints: Sequence[int] | None = None,
    setup: CompareSetup | None = None,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> Iterator[Comparison]:
    """As `compare`, but gives the comparison so far after each photo, `partial` until the last; stop by asking no more,
    or by progress.

    Names are checked before the first step is asked for.
    """
    return _Run(models, photos, _with_hints(setup, hints), folder, progress).steps()


def _with_hints(setup: CompareSetup | None, hints: Sequence[int] | None) -> CompareSetup:
    setup = setup or CompareSetup()
    return setup if hints is None else replace(setup, hints=tuple(hints))


class _Stop(Exception):
    """The progress callback said stop."""


class _Truth:
    """A photo whose colors are known, and what everybody is compared with."""

    def __init__(self, index: int, photo: Photo, setup: CompareSetup) -> None:
        self.index, self.photo = index, photo
        self.rgb = floats(photo.rgb)
        self.colorful = {
            f"true_{name}": float(metrics.colorfulness(self.rgb, name != "colorfulness"))
            for name in COLORFUL
            if name in setup.metrics
        }
        self.digest = hashlib.sha1(photo.rgb.numpy().tobytes(), usedforsecurity=False).hexdigest()
        self.hints: tuple[Hint, ...] = ()
        if setup.hinted:
            self.hints = hints_for(photo, index, setup.protocol, max(setup.hints), setup.hint_seed)


class _Run:
    """One comparison while it is made."""

    def __init__(
        self,
        models: Sequence[str],
        photos: Photos,
        setup: CompareSetup,
        folder: str | Path | None,
        progress: Progress | None,
    ) -> None:
        names = dict.fromkeys([GRAY, *models])
        self.contestants = [contestant(name, vividness=setup.liveliness, seed=setup.seed) for name in names]
        self.setup = replace(setup, baseline=contestant(setup.baseline).name)
        _check_names(self.contestants, self.setup)
        self.given = [photos] if isinstance(photos, str | Path | Photo) else photos
        there = sum(1 for _ in find_photos(self.given))
        self.count = min(there, setup.limit or there)
        identities = [f"{one.name}#{one.version()}" for one in self.contestants]
        self.journal = Journal(None if folder is None else Path(folder), self.setup, identities)
        self.measures = _measures(setup)
        self.progress = progress
        self.records: dict[Key, Record] = {}
        self.pictures: dict[Key, Tensor] = {}
        self.features: dict[Key, Tensor] = {}
        self.skipped: list[str] = []
        self.partial = True
        self.broken: dict[str, Exception] = {}  # models that could not be loaded, which nobody tries again

    def steps(self) -> Iterator[Comparison]:
        """The comparison after each photo."""
        opened = (
            partial(open_squares, protocol=self.setup.protocol)
            if self.setup.hinted
            else partial(open_truths, size=self.setup.size)
        )
        done = 0
        try:
            for photo in islice(opened(find_photos(self.given), skipped=self.skipped), self.setup.limit):
                self._try_photo(_Truth(done, photo, self.setup))
                done += 1
                if done < self.count:
                    yield self.result()
        except _Stop:
            yield self.result()
            return
        if not done:
            because = f" ({self.skipped[0]})" if self.skipped else ""
            raise ValueError(
                f"There is no photo in color to compare on{because}; give a folder or a tar of color photos."
            )
        self.partial = False
        if self.progress is not None:
            self.progress(len(self.records), len(self.records), "done")
        yield self.result()

    def result(self) -> Comparison:
        """Of what is done."""
        names = tuple(one.name for one in self.contestants)
        records, pictures, features = tuple(self.records.values()), dict(self.pictures), dict(self.features)
        return Comparison(self.setup, names, records, pictures, tuple(self.skipped), self.partial, features)

    def _try_photo(self, truth: _Truth) -> None:
        if truth.index < self.setup.keep:
            self.pictures[truth.index, TRUTH, 0] = truth.photo.rgb
        if self.setup.by_features:
            self.features[truth.index, TRUTH, 0] = self._features(truth.rgb, truth)
        for one in self.contestants:
            self._try_model(one, truth)

    def _try_model(self, one: Contestant, truth: _Truth) -> None:
        """With every number of hints; what the journal has is not done again."""
        keys: list[Key] = [(truth.index, one.name, count) for count in self.setup.hints]
        kept = truth.index < self.setup.keep
        found = {key: self.journal.find(key, truth.digest, kept, self.setup.by_features) for key in keys}
        paint: Painter | Exception | None = None
        for key in keys:
            self._report(key)
            done = found[key]
            if done is None:
                if paint is None:
                    paint, looking = self._look(one, truth)
                done = self._paint(key, paint, looking, truth)
                if self.setup.sizes and isinstance(one, Model) and done[0].error is None:
                    numbers = {**done[0].numbers, SIZE_CHANGE: self._size_change(one, key, truth)}
                    done = (replace(done[0], numbers=numbers), *done[1:])
                self.journal.add(done[0], done[1] if kept else None, done[2])
            record, picture, features = done
            self.records[key] = record
            if picture is not None and kept:
                self.pictures[key] = picture
            if features is not None:
                self.features[key] = features

    def _look(self, one: Contestant, truth: _Truth) -> tuple[Painter | Exception, dict[str, float]]:
        """What paints the photo, or why nothing does; and what looking took."""
        if one.name in self.broken:
            return self.broken[one.name], {}
        try:
            one.load(self.setup.device)
        except Exception as error:  # other people's models may raise anything; the rest of the table must not suffer
            self.broken[one.name] = error
            return error, {}
        try:
            with Peak() as peak:
                start = time.perf_counter()
                paint = one.look(truth.photo, self.setup.device)
                seconds = time.perf_counter() - start
        except Exception as error:
            return error, {}
        return paint, {"looking": seconds, "peak_mb": peak.above / 1e6}

    def _paint(self, key: Key, paint: Painter | Exception, looking: dict[str, float], truth: _Truth) -> Found:
        record = Record(key[0], truth.photo.name, key[1], key[2], digest=truth.digest)
        try:
            if isinstance(paint, Exception):
                raise paint
            with Peak() as peak:
                start = time.perf_counter()
                rgb = paint(Guidance(truth.hints[: key[2]]))
                seconds = time.perf_counter() - start
            if rgb.dtype != torch.uint8 or rgb.shape != truth.photo.rgb.shape:
                raise ValueError(
                    f"It painted {rgb.dtype} {tuple(rgb.shape)} instead of uint8 {tuple(truth.photo.rgb.shape)}."
                )
            took = {
                "looking": looking["looking"],
                "painting": seconds,
                "peak_mb": max(looking["peak_mb"], peak.above / 1e6),
            }
            features = self._features(floats(rgb), truth) if self.setup.by_features else None
            return replace(record, numbers=self._measure(rgb, truth) | took), rgb, features
        except Exception as error:
            return replace(record, error=_sentence(error)), None, None

    def _size_change(self, one: Model, key: Key, truth: _Truth) -> float:
        """Mean CIEDE2000 between the results at the setup's working sizes."""
        guidance = Guidance(truth.hints[: key[2]])
        pictures = [floats(paint(guidance)) for paint in one.at_sizes(truth.photo, self.setup.device, self.setup.sizes)]
        return fmean(float(metrics.ciede2000(a, b)) for a, b in combinations(pictures, 2))

    def _measure(self, rgb: Tensor, truth: _Truth) -> dict[str, float]:
        picture = floats(rgb)
        with torch.inference_mode():
            found = {name: float(measure(picture, truth.rgb)) for name, measure in self.measures.items()}
        if self.setup.hinted:
            found["psnr"] = min(found["psnr"], CEILING)
        # a photo without borders has no bleeding
        return {name: value for name, value in found.items() if math.isfinite(value)} | truth.colorful

    def _features(self, rgb: Tensor, truth: _Truth) -> Tensor:
        """(2, D): of the picture, and of the picture with the truth's chroma."""
        from toolkit.measure.set_metrics import features

        both = torch.cat([rgb, metrics.match_chroma(rgb, truth.rgb) if "hue-frechet" in self.setup.metrics else rgb])
        return features(both, pick_device(self.setup.device).type)

    def _report(self, key: Key) -> None:
        if self.progress is None:
            return
        each = len(self.contestants) * len(self.setup.hints)
        hints = f", {key[2]} hint{'' if key[2] == 1 else 's'}" if self.setup.hinted else ""
        if self.progress(len(self.records), self.count * each, f"{key[1]}{hints}, photo {key[0] + 1}") is False:
            raise _Stop


def _measures(setup: CompareSetup) -> dict[str, Callable[[Tensor, Tensor], Tensor]]:
    """The metrics of single photos, (picture, truth) each (1, 3, H, W) -> (1,)."""
    known: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
        "psnr": metrics.psnr,
        "ssim": metrics.ssim,
        "ciede2000": metrics.ciede2000,
        "hue-ciede2000": lambda picture, truth: metrics.ciede2000(metrics.match_chroma(picture, truth), truth),
        "bleeding": metrics.bleeding,
        "colorfulness": lambda picture, truth: metrics.colorfulness(picture),
        "colorfulness-absolute": lambda picture, truth: metrics.colorfulness(picture, absolute=True),
    }
    if "lpips" in setup.metrics:
        known["lpips"] = metrics.Lpips()
    return {name: known[name] for name in setup.metrics if name in known}


def _check_names(contestants: Sequence[Contestant], setup: CompareSetup) -> None:
    names = [one.name for one in contestants]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"Two of the models are called {twice}; rename one of the files.")
    if setup.baseline not in names:
        raise ValueError(f"The baseline {setup.baseline!r} is not among the models; choose from {', '.join(names)}.")
    if needy := next((one.name for one in contestants if one.needs_hints and not setup.hinted), None):
        raise ValueError(f"{needy} spreads hints and colors nothing by itself; ask for some, such as 0 and 10.")


def _sentence(error: Exception) -> str:
    message = " ".join(str(error).split())[:300]
    # others seldom speak in sentences: KeyError says a key
    ours = isinstance(error, ValueError | RuntimeError | OSError | MemoryError) and message
    return (
        message
        if ours
        else f"{type(error).__name__}: {message}"
        if message
        else f"{type(error).__name__} without a message."
    )
