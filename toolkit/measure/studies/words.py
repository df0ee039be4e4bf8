"""Does a word find its thing, and does a sentence color it, the right way and nowhere else?

    score, _ = evaluate_text("regions-val.tar", load_localizer(), TextSetup())
    print(text_table(score))      # of toolkit.measure.studies.word_scores

Every labelled region that is neither tiny nor most of the photo is asked for by its class name. What is found is compared with the labels, beside
what needs no eyes: the photo's centre, and a map that is the same everywhere. Then "the CLASS is COLOR" is painted, and compared with the wish and
with the automatic result. The truth of the photo's colors plays no part.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import delta_e, hex_to_lab, map_to_gamut, rgb_to_lab
from toolkit.color.dyes import at_lightness
from toolkit.measure.labelled import LabelledPhotos
from toolkit.measure.metrics import ab_distance
from toolkit.measure.studies.word_scores import MEASURES, TextScore, area_under_curve, line_of, mean_of
from toolkit.models.base import Dials
from toolkit.photo import Photo
from toolkit.pipeline import Result, Session
from toolkit.text.compiler import compile_text

if TYPE_CHECKING:
    from toolkit.text.localizer import Localizer

SMALLEST, LARGEST = 0.02, 0.6  # share of the photo: a region has to be seen, and there has to be something outside of it
INSIDE = 0.5  # of a heat map: from here on a place belongs to the region
COLORS = ("red", "yellow", "green", "sky blue", "purple", "orange")  # neighbors differ, and each lies far from the one three further
VIVIDNESS = 0.5
SWAPS, SWAP_SMALLEST = 100, 0.03  # sentences about two things; share of the photo that each of them has at least
HUE = 30.0  # degrees that a region's mean may be off
Mask = NDArray[np.bool_]  # (H, W)
T = TypeVar("T")


@dataclass(frozen=True)
class TextSetup:
    """What is measured, and how."""

    model: str = "vit-hint"
    device: str = "auto"
    limit: int | None = None  # photos, evenly spread, as such tars are sorted by where their photos come from
    color: bool = True
    words: frozenset[str] | None = None  # only these class names: the ones held out of the localizer's training

    def protocol(self) -> str:
        """What was done, in sentences."""
        said = [
            f"Every class with {SMALLEST:.0%} to {LARGEST:.0%} of a photo's pixels is one pair, found by its name on the photo's L; means ± standard "
            f"error over pairs, and over the classes' means.",
            "Pointing: the maximum of the heat map lies in the region (baseline: the photo's centre does).",
            f"IoU: of the heat from {INSIDE:g} on, enlarged bilinearly to the labels' size, over all pixels, unlabelled ones counting as outside "
            f"(baseline: the whole photo as region).",
            "Presence: area under the ROC curve of the confidences of the pairs against those of names without a pixel in the same photos: of the "
            "names that the photo's source labels somewhere in the tar (a source that never labels sky may still show one), and of all class names; "
            "a class's own compares one name over photos.",
            "Found: share of the pairs that are said to be present; false: share of the source's names without a pixel that are.",
        ]
        if self.color:
            said += [
                f'Colors: "the CLASS is COLOR" with {", ".join(COLORS)} in turn over the pairs, painted by {self.model} at vividness {VIVIDNESS:g} '
                f"and the labels' size; where nothing is found the automatic picture counts.",
                "To the wish: mean CIEDE2000 over the true region between the 8-bit picture and the a and b that the compiler's rule gives the color "
                "at the true region's mean L (a bleached navy is paler than navy), gamut mapped at each pixel's own L; automatic: the same for the "
                "picture without a sentence; to the name: to the a and b of the color's name itself, gamut mapped at each pixel's own L.",
                "Outside: mean length of the change of ab against the automatic picture over all pixels outside the true region.",
                f"Swap: two classes with at least {SWAP_SMALLEST:.0%} of the pixels each from each of up to {SWAPS} photos, evenly spread, "
                f'"the A is COLOR and the B is COLOR", and with the two colors swapped; it succeeds where in both pictures the hue of the mean ab of '
                f"both true regions is within {HUE:g} degrees of its color's name.",
            ]
        if self.words is not None:
            said.append(
                f"Only the {len(self.words)} words that were left out of the localizer's training count, as regions and as names that are not there; "
                f"they are looked up by their CLIP ViT-B/32 text vectors through the learned map: {', '.join(sorted(self.words))}."
            )
        return " ".join(said)


@dataclass(frozen=True)
class _Scene:
    """What is known of a photo before it is opened."""

    name: str
    shares: Mapping[str, float]  # of the photo's pixels, by class name
    pairs: tuple[tuple[str, str], ...]  # class and color of each region to ask for

    @property
    def source(self) -> str:
        return self.name.rpartition("/")[0]


@dataclass
class _Sums:
    """Numbers of every pair by class, confidences by class, successes of swaps, and pictures of heat maps."""

    numbers: dict[str, list[dict[str, float]]] = field(default_factory=lambda: defaultdict(list))
    present: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    absent: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # names that the photo's source labels
    alarms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # 1 for each of these that is said to be present, else 0
    absent_all: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    swaps: list[bool] = field(default_factory=list)
    pictures: list[tuple[str, Tensor]] = field(default_factory=list)


def evaluate_text(
    source: str | Path, localizer: "Localizer", setup: TextSetup, *, keep: int = 0, progress: Callable[[int, int], object] | None = None
) -> tuple[TextScore, list[tuple[str, Tensor]]]:
    """The score on a tar of labelled photos, and up to `keep` heat maps, evenly spread, as (title, uint8 (3, H, W)).

    progress is told (photos done, of). Raises ValueError for a file that is no such tar or where there is nothing to ask for.
    """
    with LabelledPhotos(source) as photos:
        scenes = _survey(photos, setup.words)
        by_source: dict[str, set[str]] = defaultdict(set)
        for scene in scenes:
            by_source[scene.source] |= scene.shares.keys()
        names = set(photos.classes.values())
        chosen = [scene for scene in _spread(scenes, setup.limit or len(scenes)) if scene.pairs]
        if not chosen:
            raise ValueError(f"{source} has no region of {SMALLEST:.0%} to {LARGEST:.0%} of a photo to ask for; give a tar with such regions.")
        swaps = _plan_swaps(chosen, setup.words) if setup.color else {}
        pictured = set(_spread([(scene.name, word) for scene in chosen for word, _ in scene.pairs], keep))
        sums = _Sums()
        for done, scene in enumerate(chosen, 1):
            trial = _Trial(photos, scene.name, localizer, setup)
            for word, color in scene.pairs:
                trial.ask(word, color, sums, pictured=(scene.name, word) in pictured)
            asked = names if setup.words is None else names & setup.words
            trial.doubt((asked & by_source[scene.source]) - scene.shares.keys(), asked - scene.shares.keys(), sums)
            if scene.name in swaps:
                sums.swaps.append(trial.swap(*swaps[scene.name]))
            if progress:
                progress(done, len(chosen))
    return _score(sums, len(chosen), setup), sums.pictures


def add_held_out(localizer: "Localizer", file: str | Path) -> frozenset[str]:
    """Give a localizer the words that its training left out, by their CLIP ViT-B/32 text vectors; these words.

    file: .npz of words (N,) and vectors (N, 512). Raises ValueError where it is none, where no word was left out, or where one has no vector.
    """
    try:
        with np.load(file, allow_pickle=False) as table:
            vectors = dict(zip(table["words"].tolist(), torch.from_numpy(table["vectors"].astype(np.float32)), strict=True))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{file} holds no words with vectors; give an .npz of words (N,) and their CLIP ViT-B/32 text vectors (N, 512).") from None
    names = localizer.held_out
    if not names:
        raise ValueError("The localizer's weights left no word out of training; measure them without --held-out.")
    missing = [name for name in names if name not in vectors]
    if missing:
        raise ValueError(f"{file} has no vector for {', '.join(missing[:5])}; give a table with all {len(names)} words that were held out.")
    localizer.add_words(names, torch.stack([vectors[name] for name in names]))
    return frozenset(names)


def _survey(photos: LabelledPhotos, words: frozenset[str] | None) -> list[_Scene]:
    """Every photo with its regions. Colors go round over all pairs of the tar, so that they stay when fewer are measured."""
    scenes, number = [], 0
    for name in photos.names:
        counts = np.bincount(photos.labels(name).ravel(), minlength=256)
        shares = {word: float(counts[value] / counts.sum()) for value, word in photos.classes.items() if value and counts[value]}
        pairs = []
        for word, share in shares.items():
            if SMALLEST <= share <= LARGEST:
                if words is None or word in words:
                    pairs.append((word, COLORS[number % len(COLORS)]))
                number += 1
        scenes.append(_Scene(name, shares, tuple(pairs)))
    return scenes


def _spread(items: Sequence[T], n: int) -> list[T]:
    """At most n of them, evenly spread."""
    n = min(n, len(items))
    return [items[i * len(items) // n] for i in range(n)]


def _plan_swaps(scenes: Sequence[_Scene], words: frozenset[str] | None) -> dict[str, tuple[str, str, str, str]]:
    """By photo: two classes and two colors. Which two classes goes round, so that not only the first ones of a photo are asked for."""
    twos = []
    for scene in scenes:
        large = [word for word, share in scene.shares.items() if share >= SWAP_SMALLEST and (words is None or word in words)]
        if len(large) > 1:
            twos.append((scene.name, list(combinations(large, 2))))
    half = len(COLORS) // 2
    return {name: (*two[k % len(two)], COLORS[k % half], COLORS[k % half + half]) for k, (name, two) in enumerate(_spread(twos, SWAPS))}


class _Trial:
    """One photo: looked at once, asked many times."""

    def __init__(self, photos: LabelledPhotos, name: str, localizer: "Localizer", setup: TextSetup) -> None:
        self.localizer = localizer
        labels = photos.labels(name)
        self.masks = {word: labels == value for value, word in photos.classes.items()}
        self.photo = photos.photo(name)
        if labels.shape != (self.photo.height, self.photo.width):
            raise ValueError(f"The labels of {name} are {labels.shape[::-1]} and the photo is {self.photo.size}; save them at one size.")
        self.session = Session(self.photo, setup.model, device=setup.device)
        self.sight = localizer.look(self.session)
        self.listed = dict(self.sight.names(0.0))
        self.L = self.photo.lightness()[0]  # (1, H, W)
        self.automatic = _lab(self.session.colorize(dials=Dials(vividness=VIVIDNESS))) if setup.color else None

    def ask(self, word: str, color: str, sums: _Sums, pictured: bool) -> None:
        """Find it, and color it if that is wanted."""
        found, mask = self.sight.find(word), self.masks[word]
        heat = found.heat.float().cpu()
        numbers = compare(heat, mask) | {"found": float(found.present)}
        if self.automatic is not None:
            numbers |= self._color(f"the {word} is {color}", color, mask, self.automatic)
        sums.numbers[word].append(numbers)
        sums.present[word].append(found.confidence)
        if pictured:
            sums.pictures.append((f"{word} {found.confidence:.2f}, IoU {numbers['iou']:.2f}", heat_picture(self.photo, heat, mask)))

    def _color(self, prompt: str, color: str, mask: Mask, automatic: Tensor) -> dict[str, float]:
        picture, inside = self._paint(prompt, automatic), torch.from_numpy(mask)
        wish = wished(color, self.L[:, inside])
        return {
            "wish": float(delta_e(picture[:, inside, None], wish).mean()),
            "to_name": float(delta_e(picture[:, inside, None], wished(color, self.L[:, inside], plain=True)).mean()),
            "automatic": float(delta_e(automatic[:, inside, None], wish).mean()),
            "outside": float(ab_distance(picture[None], automatic[None], ~inside[None, None])),
        }

    def doubt(self, of_source: Iterable[str], of_all: Iterable[str], sums: _Sums) -> None:
        """How sure it is of names that are not in the photo."""
        for name in of_source:
            found = self.sight.find(name)
            sums.absent[name].append(found.confidence)
            sums.alarms[name].append(float(found.present))
        for name in of_all:
            sums.absent_all[name].append(self.listed[name] if name in self.listed else self.sight.find(name).confidence)

    def swap(self, one: str, other: str, color: str, opposite: str) -> bool:
        """Whether two things take their colors, and each other's when the colors are swapped."""
        assert self.automatic is not None
        for first, second in ((color, opposite), (opposite, color)):
            picture = self._paint(f"the {one} is {first} and the {other} is {second}", self.automatic)
            for word, asked in ((one, first), (other, second)):
                a, b = picture[1:, torch.from_numpy(self.masks[word])].mean(1).tolist()
                _, wished_a, wished_b = hex_to_lab(asked)
                turn = math.degrees(math.atan2(b, a) - math.atan2(wished_b, wished_a))
                if abs((turn + 180) % 360 - 180) > HUE:
                    return False
        return True

    def _paint(self, prompt: str, automatic: Tensor) -> Tensor:
        """Lab (3, H, W) of the picture that a sentence gives."""
        guidance = compile_text(prompt, self.session, localizer=self.localizer).guidance
        return _lab(self.session.colorize(guidance, Dials(vividness=VIVIDNESS))) if len(guidance) else automatic


def _lab(result: Result) -> Tensor:
    return rgb_to_lab(result.rgb.float() / 255)


def compare(heat: Tensor, mask: Mask) -> dict[str, float]:
    """pointing and iou of a heat map (1, 1, h, w) against a region (H, W), with what the photo's centre and the whole photo would get."""
    (h, w), (H, W) = heat.shape[-2:], mask.shape
    row, column = divmod(int(heat.argmax()), w)
    guess = F.interpolate(heat, (H, W), mode="bilinear", align_corners=False)[0, 0].numpy() >= INSIDE
    return {
        "pointing": float(mask[int((row + 0.5) * H / h), int((column + 0.5) * W / w)]),
        "centre": float(mask[H // 2, W // 2]),
        "iou": float((guess & mask).sum() / (guess | mask).sum()),
        "uniform": float(mask.mean()),
    }


def wished(color: str, L: Tensor, *, plain: bool = False) -> Tensor:
    """A color over pixels of lightness L (1, N): Lab (3, N, 1), one a and b for all of them as far as sRGB goes at each.

    a and b are those that a sentence means on a surface of the mean lightness, or plain: the name's own, however light the place.
    """
    a, b = hex_to_lab(color)[1:] if plain else at_lightness(color, float(L.mean()))
    return map_to_gamut(torch.cat([L, L.new_tensor([[a], [b]]).expand(2, L.shape[1])])[..., None])


def heat_picture(photo: Photo, heat: Tensor, mask: Mask) -> Tensor:
    """The photo in gray, uint8 (3, H, W): orange by the heat (1, 1, h, w), with a step at the threshold, and the true region's outline in blue."""
    larger = F.interpolate(heat, mask.shape, mode="bilinear", align_corners=False)[0].clamp(0, 1)  # (1, H, W)
    share = 0.35 * larger + 0.3 * (larger >= INSIDE)
    picture = photo.lightness()[0] / 100 * (1 - share) + torch.tensor([1.0, 0.45, 0.1]).view(3, 1, 1) * share
    region = torch.from_numpy(mask)[None, None].float()
    edge = (F.max_pool2d(region, 3, 1, 1) > region)[0, 0]
    picture[:, edge] = torch.tensor([[0.1], [0.7], [1.0]])
    return (picture * 255).round().byte()


def _score(sums: _Sums, photos: int, setup: TextSetup) -> TextScore:
    lines = []
    for word in sorted(sums.numbers, key=lambda word: (-len(sums.numbers[word]), word)):
        line = line_of(word, sums.numbers[word])
        ours = [area_under_curve(sums.present[word], absent.get(word, [])) for absent in (sums.absent, sums.absent_all)]
        lines.append(replace(line, auc=ours[0], auc_all=ours[1], alarm=mean_of(sums.alarms.get(word, []))))
    present = [c for word in lines for c in sums.present[word.name]]
    pooled = [area_under_curve(present, [c for values in absent.values() for c in values]) for absent in (sums.absent, sums.absent_all)]
    pairs = line_of("all pairs", [record for records in sums.numbers.values() for record in records])
    means = [{name: value.mean for name in MEASURES if (value := getattr(line, name)) is not None} for line in lines]
    return TextScore(
        model=setup.model,
        photos=photos,
        pairs=replace(pairs, auc=pooled[0], auc_all=pooled[1], alarm=mean_of([told for values in sums.alarms.values() for told in values])),
        classes=line_of("all classes", means),
        by_class=tuple(lines),
        swap=mean_of([float(success) for success in sums.swaps]),
        swaps=len(sums.swaps),
        held_out=None if setup.words is None else tuple(sorted(setup.words)),
        protocol=setup.protocol(),
    )
