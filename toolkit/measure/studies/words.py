"""Does a word find its thing, and does a sentence color it, the right way and nowhere else?

    print(measure("words", ["regions-val.tar"], Setup(limit=40)).text())

Every labelled region that is neither tiny nor most of the photo is asked for by its class name. What is found is
compared with the labels, beside what needs no eyes: the photo's centre, and a map that is the same everywhere. Then
"the CLASS is COLOR" is painted, and compared with the wish and with the automatic result. The truth of the photo's
colors plays no part.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import delta_e, hex_to_lab, map_to_gamut, rgb_to_lab
from toolkit.color.dyes import at_lightness
from toolkit.measure.labelled import LabelledPhotos
from toolkit.measure.metrics import ab_distance
from toolkit.measure.ranking import area_under_curve
from toolkit.measure.regions import INSIDE, heat_picture
from toolkit.measure.studies import Told, option, single
from toolkit.measure.tables import DIGITS, Column, Row, hidden, summary
from toolkit.models.base import Dials
from toolkit.models.cards import default_model, head_file
from toolkit.models.devices import pick_device
from toolkit.pipeline import Result, Session
from toolkit.text.compiler import compile_text
from toolkit.text.localizer import Localizer, read_localizer
from toolkit.text.open_words import add_held_out

# share of the photo: a region has to be seen, and there has to be something outside of it
SMALLEST, LARGEST = 0.02, 0.6
# neighbors differ, and each lies far from the one three further
COLORS = ("red", "yellow", "green", "sky blue", "purple", "orange")
VIVIDNESS = 0.5
SWAPS, SWAP_SMALLEST = 100, 0.03  # sentences about two things; share of the photo that each of them has at least
HUE = 30.0  # degrees that a region's mean may be off
Mask = NDArray[np.bool_]  # (H, W)
T = TypeVar("T")

by = ("name",)
sheet_rows = 48  # heat maps
food = f"a tar of labelled photos with regions of {SMALLEST:.0%} to {LARGEST:.0%} of a photo"
examples = (
    "regions-val.tar --json text.json",
    "regions-val.tar --limit 40 --no-color --sheet heats.png   # 40 photos, evenly spread",
    "regions-val.tar --held-out clip_words.npz # only words that the localizer was not trained on",
)
columns = (
    Column("name", ""),
    Column("n", "n"),
    Column("found", "found", 1, " %", error=True, about="said to be there"),
    Column("alarm", "false", 1, " %", error=True, about="said to be there and is not"),
    Column(
        "pointing",
        "pointing",
        1,
        " %",
        error=True,
        about="maximum inside the region",
        baseline="centre",
        called="photo's centre",
    ),
    Column("centre", "(centre)", 1, " %", error=True),
    Column("iou", "IoU", 3, error=True, about="overlap with the region, IoU", baseline="uniform", called="whole photo"),
    Column("uniform", "(whole photo)", 3, error=True),
    Column("auc", "presence AUC", 3, error=True, about="there or not, AUC against names of the same source"),
    Column("auc_all", "all names", 3, error=True, about="there or not, AUC against all names"),
    Column(
        "wish",
        "to the wish",
        1,
        error=True,
        about="region to the wish, CIEDE2000",
        baseline="automatic",
        called="no sentence",
    ),
    Column("automatic", "(no sentence)", 1, error=True),
    Column("to_name", "to name", 1, error=True, about="region to the color's name, CIEDE2000"),
    Column("outside", "outside", 1, error=True, about="change outside the region, ab units"),
    Column("swap", "two colors swapped", 1, " %", error=True),
    Column("swaps", "of sentences"),
    Column("photos", "", show=hidden),
)


@dataclass(frozen=True)
class Setup:
    """What is measured, and how."""

    model: str = option(default_model, "a name from `models`")
    limit: int | None = option(
        None, "only N photos, evenly spread, as such tars are sorted by where their photos come from"
    )
    no_color: bool = option(False, "only find, color nothing")
    weights: str | None = option(None, "other weights of the localizer")
    held_out: str | None = option(
        None, "only the words left out of training, by a file of CLIP ViT-B/32 text vectors: words, vectors"
    )
    device: str = option("auto", "auto, cpu, cuda or mps")


def protocol(setup: Setup) -> str:
    """How it is measured, in sentences."""
    said = [
        f"Every class with {SMALLEST:.0%} to {LARGEST:.0%} of a photo's pixels is one pair, found by its name on the "
        "photo's L; means ± standard error over pairs, and over the classes' means.",
        "Pointing: the maximum of the heat map lies in the region (baseline: the photo's centre does).",
        f"IoU: of the heat from {INSIDE:g} on, enlarged bilinearly to the labels' size, over all pixels, unlabelled "
        "ones counting as outside (baseline: the whole photo as region).",
        "Presence: area under the ROC curve of the confidences of the pairs against those of names without a pixel in "
        "the same photos: of the names that the photo's source labels somewhere in the tar (a source that never labels "
        "sky may still show one), and of all class names; a class's own compares one name over photos.",
        "Found: share of the pairs that are said to be present; false: share of the source's names without a pixel "
        "that are.",
    ]
    if not setup.no_color:
        said += [
            f'Colors: "the CLASS is COLOR" with {", ".join(COLORS)} in turn over the pairs, painted by {setup.model} '
            f"at vividness {VIVIDNESS:g} "
            f"and the labels' size; where nothing is found the automatic picture counts.",
            "To the wish: mean CIEDE2000 over the true region between the 8-bit picture and the a and b that the "
            "compiler's rule gives the color at the true region's mean L (a bleached navy is paler than navy), gamut "
            "mapped at each pixel's own L; automatic: the same for the picture without a sentence; to the name: to the "
            "a and b of the color's name itself, gamut mapped at each pixel's own L.",
            "Outside: mean length of the change of ab against the automatic picture over all pixels outside the true "
            "region.",
            f"Swap: two classes with at least {SWAP_SMALLEST:.0%} of the pixels each from each of up to {SWAPS} "
            "photos, evenly spread, "
            '"the A is COLOR and the B is COLOR", and with the two colors swapped; it succeeds where in both pictures '
            "the hue of the mean ab of "
            f"both true regions is within {HUE:g} degrees of its color's name.",
        ]
    words = held_out_words(setup)
    if words is not None:
        said.append(
            f"Only the {len(words)} words that were left out of the localizer's training count, as regions and as "
            "names that are not there; they are looked up by their CLIP ViT-B/32 text vectors through the learned map: "
            f"{', '.join(sorted(words))}."
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


def records(source: Sequence[Any], setup: Setup, told: Told) -> Iterator[Row]:
    """A row for each region that is asked for, each name that is not in a photo, and each sentence with two colors
    swapped.
    """
    localizer, words = _localizer(setup)
    with LabelledPhotos(single(source)) as photos:
        scenes = _survey(photos, words)
        by_source: dict[str, set[str]] = defaultdict(set)
        for scene in scenes:
            by_source[scene.source] |= scene.shares.keys()
        names = set(photos.classes.values()) if words is None else set(photos.classes.values()) & words
        chosen = [scene for scene in _spread(scenes, setup.limit or len(scenes)) if scene.pairs]
        swaps = _plan_swaps(chosen, words) if not setup.no_color else {}
        pictured = set(_spread([(scene.name, word) for scene in chosen for word, _ in scene.pairs], told.keep))
        for done, scene in enumerate(chosen, 1):
            trial = _Trial(photos, scene.name, localizer, setup)
            for word, color in scene.pairs:
                numbers, heat = trial.ask(word, color)
                yield {"name": word, "photo": scene.name} | numbers
                if (scene.name, word) in pictured:
                    told.show(
                        [
                            (
                                f"{word} {numbers['present']:.2f}, IoU {numbers['iou']:.2f}",
                                heat_picture(trial.photo, heat, trial.masks[word]),
                            )
                        ]
                    )
            absent = sorted(names - scene.shares.keys())
            yield from ({"name": word} | trial.doubt(word, word in by_source[scene.source]) for word in absent)
            if scene.name in swaps:
                yield {"name": "", "swap": float(trial.swap(*swaps[scene.name]))}
            told.done(done, len(chosen))


def rows(records: Sequence[Row]) -> list[Row]:
    """All pairs, the mean of all classes, and each class, the most frequent first."""
    pairs = [record for record in records if "present" in record]
    lines = []
    for line in sorted(summary(pairs, by), key=lambda line: (-line["n"], line["name"])):
        lines.append(line | _presence([record for record in records if record["name"] == line["name"]]))
    means = [
        {"name": "all classes"}
        | {c.key: round(line[c.key], DIGITS) for c in columns if c.error and line.get(c.key) is not None}
        for line in lines
    ]
    (whole,) = summary([record | {"name": "all pairs"} for record in pairs], by)
    swaps = [record for record in records if "swap" in record]
    swapped = {"swaps": len(swaps)} | (
        {key: value for key, value in summary(swaps, by)[0].items() if key.startswith("swap")} if swaps else {}
    )
    photos = {"photos": len({record["photo"] for record in pairs})}
    return [whole | _presence(records) | swapped | photos, *summary(means, by), *lines]


def _presence(records: Sequence[Row]) -> Row:
    """How well the confidences tell what is there from what is not."""
    found: Row = {}
    present = [record["present"] for record in records if "present" in record]
    for key, kind in (("auc", "absent"), ("auc_all", "absent_all")):
        if area := area_under_curve(present, [record[kind] for record in records if kind in record]):
            found |= {key: area[0], f"{key}_se": area[1]}
    if alarms := [{"alarm": record["alarm"]} for record in records if "alarm" in record]:
        found |= {key: value for key, value in summary(alarms, ())[0].items() if key != "n"}
    return found


def held_out_words(setup: Setup) -> frozenset[str] | None:
    """The only words that count; None: all."""
    return _localizer(setup)[1] if setup.held_out else None


def _localizer(setup: Setup) -> tuple[Localizer, frozenset[str] | None]:
    """One of its own, as words may be added to it; and the only words that count, or None."""
    file, sha256 = (str(Path(setup.weights).absolute()), None) if setup.weights else head_file("localizer")
    localizer = read_localizer(file, sha256, pick_device(setup.device).type)
    return localizer, add_held_out(localizer, setup.held_out) if setup.held_out else None


def _survey(photos: LabelledPhotos, words: frozenset[str] | None) -> list[_Scene]:
    """Every photo with its regions. Colors go round over all pairs of the tar, so that they stay when fewer are
    measured.
    """
    scenes, number = [], 0
    for name in photos.names:
        counts = np.bincount(photos.labels(name).ravel(), minlength=256)
        shares = {
            word: float(counts[value] / counts.sum())
            for value, word in photos.classes.items()
            if value and counts[value]
        }
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
    """By photo: two classes and two colors. Which two classes goes round, so that not only the first ones of a photo
    are asked for.
    """
    twos = []
    for scene in scenes:
        large = [
            word for word, share in scene.shares.items() if share >= SWAP_SMALLEST and (words is None or word in words)
        ]
        if len(large) > 1:
            twos.append((scene.name, list(combinations(large, 2))))
    half = len(COLORS) // 2
    return {
        name: (*two[k % len(two)], COLORS[k % half], COLORS[k % half + half])
        for k, (name, two) in enumerate(_spread(twos, SWAPS))
    }


class _Trial:
    """One photo: looked at once, asked many times."""

    def __init__(self, photos: LabelledPhotos, name: str, localizer: Localizer, setup: Setup) -> None:
        self.localizer = localizer
        labels = photos.labels(name)
        self.masks = {word: labels == value for value, word in photos.classes.items()}
        self.photo = photos.photo(name)
        if labels.shape != (self.photo.height, self.photo.width):
            raise ValueError(
                f"The labels of {name} are {labels.shape[::-1]} and the photo is {self.photo.size}; save them at one "
                "size."
            )
        self.session = Session(self.photo, setup.model, device=setup.device)
        self.sight = localizer.look(self.session)
        self.listed = dict(self.sight.names(0.0))
        self.L = self.photo.lightness()[0]  # (1, H, W)
        self.automatic = _lab(self.session.colorize(dials=Dials(vividness=VIVIDNESS))) if not setup.no_color else None

    def ask(self, word: str, color: str) -> tuple[Row, Tensor]:
        """Find it, and color it if that is wanted; the heat (1, 1, h, w)."""
        found, mask = self.sight.find(word), self.masks[word]
        heat = found.heat.float().cpu()
        numbers = compare(heat, mask) | {"found": float(found.present), "present": found.confidence}
        if self.automatic is not None:
            numbers |= self._color(f"the {word} is {color}", color, mask, self.automatic)
        return numbers, heat

    def _color(self, prompt: str, color: str, mask: Mask, automatic: Tensor) -> dict[str, float]:
        picture, inside = self._paint(prompt, automatic), torch.from_numpy(mask)
        wish = wished(color, self.L[:, inside])
        return {
            "wish": float(delta_e(picture[:, inside, None], wish).mean()),
            "to_name": float(delta_e(picture[:, inside, None], wished(color, self.L[:, inside], plain=True)).mean()),
            "automatic": float(delta_e(automatic[:, inside, None], wish).mean()),
            "outside": float(ab_distance(picture[None], automatic[None], ~inside[None, None])),
        }

    def doubt(self, name: str, of_source: bool) -> Row:
        """How sure it is of a name that is not in the photo; of_source: the photo's source labels it elsewhere."""
        if not of_source:
            return {"absent_all": self.listed[name] if name in self.listed else self.sight.find(name).confidence}
        found = self.sight.find(name)
        absent_all = self.listed.get(name, found.confidence)
        return {"absent": found.confidence, "alarm": float(found.present), "absent_all": absent_all}

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
    """pointing and iou of a heat map (1, 1, h, w) against a region (H, W), with what the photo's centre and the whole
    photo would get.
    """
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
    """A color over pixels of lightness L (1, N): Lab (3, N, 1), one a and b for all of them as far as sRGB goes at
    each.

    a and b are those that a sentence means on a surface of the mean lightness, or plain: the name's own, however light
    the place.
    """
    a, b = hex_to_lab(color)[1:] if plain else at_lightness(color, float(L.mean()))
    return map_to_gamut(torch.cat([L, L.new_tensor([[a], [b]]).expand(2, L.shape[1])])[..., None])
