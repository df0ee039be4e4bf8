"""Photos whose regions and captions have names, as batches for the localizer.

    regions = Regions("regions-train.tar", "runs/localizer/regions")
    regions.fill(encoder)                                  # each photo through the frozen encoder, once a view
    # batch.tokens, batch.labels, what the photo's source could have said
    for batch in regions.batches(16, seed=0, ...): ...

A tar holds photos SOURCE/NAME.webp, labels NAME.png (palette indices, 0: nothing is said) and classes.json. Sources
differ in what they say: one names garments and calls all else 0, another names everything it can; so each photo teaches
only the names of its own source.
"""

import math
import random
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import rgb_to_lab
from toolkit.measure.labelled import LabelledPhotos
from toolkit.models.encoder import STRIDE, Encoder
from toolkit.pipeline.frame import Frame
from toolkit.training.data import Cache
from toolkit.training.degrade import degrade

CLOSE = 2  # the number of the view that looks closely
WINDOW = 16  # tokens, 256 px: a photo of 384 px has 24 x 34
SIZE = 384  # px, short side of a whole photo: that of the model that hints are painted with
# here a 0 means "not said"; elsewhere it means "none of our names"
SPARSE = ("labelmefacade", "camvid", "coco-panoptic", "coco-stuff")
# What is whole and what is part: names that follow from a source's labels though the source itself never says them.
BARE = {
    "skin",
    "hair",
    "shoes",
    "bag",
    "sunglasses",
    "belt",
    "bracelet",
    "watch",
    "necklace",
    "glasses",
    "ring",
    "sandals",
    "boots",
    "hat",
    "sneakers",
}
FOLLOWS: dict[str, dict[str, Callable[[str], bool]]] = {
    "ccp": {"person": lambda name: name != "bag", "clothes": lambda name: name not in BARE},
    "coco-panoptic": {
        "vegetation": lambda name: name in {"tree", "grass", "flower", "potted plant"},
        "building": lambda name: name == "house",
    },
}
# photos with a name that fewer than 300 photos have come more often, by (300 / count) to this power
RAREST, EVENING = 300, 0.35


@dataclass(frozen=True)
class Words:
    """The words to learn."""

    names: tuple[str, ...]
    clip: Tensor  # (V, 512) unit CLIP ViT-B/32 text vectors; zeros where there is none
    held_out: tuple[str, ...] = ()  # names that are in the list and that nothing teaches

    def __len__(self) -> int:
        return len(self.names)

    def index(self) -> dict[str, int]:
        """Name to number."""
        return {name: i for i, name in enumerate(self.names)}

    def taught(self) -> Tensor:
        """(V,) bool: everything that was not held out."""
        return torch.tensor([name not in self.held_out for name in self.names])


@dataclass(frozen=True)
class RegionBatch:
    """Windows of labelled photos."""

    L: Tensor  # (B, 1, H, W) in [0, 100]
    tokens: Tensor  # (B, 1152, H/16, W/16)
    labels: Tensor  # (B, H/4, W/4) numbers of words, V where none
    known: Tensor  # (B, H/4, W/4) in {0, 1}: whether "none" means none
    sayable: Tensor  # (B, V) bool: what the photo's source says where it sees it, with what follows from that
    parts: tuple[dict[int, tuple[int, ...]], ...]  # for each photo: the words that follow, and from which
    captions: "CaptionBatch | None" = None

    def to(self, device: torch.device) -> "RegionBatch":
        """The same on a device."""
        captions = None if self.captions is None else self.captions.to(device)
        L, tokens, labels, known, sayable = (
            t.to(device) for t in (self.L, self.tokens, self.labels, self.known, self.sayable)
        )
        return RegionBatch(L, tokens, labels, known, sayable, self.parts, captions)


@dataclass(frozen=True)
class CaptionBatch:
    """Photos of which one knows what is on them, but not where."""

    tokens: Tensor  # (B, 1152, h, w)
    said: Tensor  # (B, V) in {0, 1}

    def to(self, device: torch.device) -> "CaptionBatch":
        """The same on a device."""
        return CaptionBatch(self.tokens.to(device), self.said.to(device))


class Regions:
    """The photos of one tar, encoded: view 0 is the whole photo, view 2 a close look at one of its things, the others
    random crops.

    All but the first come in other sizes and damaged as old photos are.
    """

    def __init__(self, tar: str | Path, folder: str | Path, views: int = 2) -> None:
        """Raises ValueError for a file that is no such tar."""
        self.tar, self.folder, self.views = Path(tar), Path(folder), views
        self.folder.mkdir(parents=True, exist_ok=True)
        with LabelledPhotos(tar) as labelled:
            self.photos, self.classes = labelled.names, labelled.classes
        self.sources = [name.split("/")[0] for name in self.photos]

    def file(self, view: int, photo: int) -> Path:
        """Where an encoded view is kept."""
        return self.folder / f"{self.tar.stem}-{view}-{photo:05d}.safetensors"

    @torch.inference_mode()
    def fill(self, encoder: Encoder, progress: Callable[[int, int], None] | None = None) -> None:
        """Encode what is not on disk yet, 2 MB a view; progress(done, all)."""
        device = next(encoder.parameters()).device
        heads = {value for value, name in self.classes.items() if name == "hair"}
        with LabelledPhotos(self.tar) as labelled:
            for done, (view, i) in enumerate((v, i) for v in range(self.views) for i in range(len(self.photos))):
                if not self.file(view, i).exists():
                    rgb = labelled.photo(self.photos[i]).floats()
                    labels = torch.from_numpy(labelled.labels(self.photos[i]).copy())[None, None].float()
                    generator = torch.Generator().manual_seed(view * 1_000_003 + i)
                    if view == CLOSE:
                        rgb, labels = close_look(rgb, labels, heads, generator)
                    L, ab, marks = look(rgb, labels, generator, view)
                    stored = {
                        "tokens": encoder(L.to(device))[0].half().cpu(),
                        "L": (L[0, 0] * 2.55).round().byte(),
                        "labels": marks.byte(),
                    }
                    stored["ab"] = F.avg_pool2d(ab, STRIDE)[0].half()
                    partial = self.file(view, i).with_suffix(".partial")
                    save_file({k: t.contiguous() for k, t in stored.items()}, partial)
                    partial.rename(self.file(view, i))
                if progress:
                    progress(done + 1, self.views * len(self.photos))

    def seen(self) -> list[set[str]]:
        """The names on each photo, from 0.3 % of it on."""
        found = []
        for i in range(len(self.photos)):
            values, counts = self.view(0, i)["labels"].unique(return_counts=True)
            found.append(
                {self.classes[int(v)] for v, n in zip(values, counts, strict=True) if v and n > 0.003 * counts.sum()}
            )
        return found

    def view(self, view: int, photo: int) -> dict[str, Tensor]:
        """One encoded view: tokens (1152, h, w), L (16h, 16w) in 0..255, labels (8h, 8w), true ab (2, h, w) in Lab
        units.
        """
        return load_file(self.file(view, photo))

    def batches(
        self,
        size: int,
        seed: int,
        words: Words,
        captions: Iterator[CaptionBatch] | None = None,
        without: Collection[int] = (),
    ) -> Iterator[RegionBatch]:
        """Windows of 16 x 16 tokens for ever, half of them mirrored; every second batch brings captions along. without:
        photos to leave out.
        """
        generator = torch.Generator().manual_seed(seed)
        seen, index = self.seen(), words.index()
        names: dict[str, set[str]] = {}
        for source, found in zip(self.sources, seen, strict=True):
            names.setdefault(source, set()).update(found)
        count = {name: sum(name in found for found in seen) for found in names.values() for name in found}
        weights = torch.tensor(
            [min(3.5, max([0.5, *((RAREST / count[n]) ** EVENING for n in found)])) for found in seen]
        )
        weights[list(without)] = 0
        number = torch.full((256,), len(words))
        for value, name in self.classes.items():
            number[value] = index.get(name, len(words))
        taught = words.taught()
        rules = {source: _rules(source, found, index, taught) for source, found in names.items()}

        def read(step: int) -> RegionBatch:
            rows = []
            for i in torch.multinomial(weights, size, replacement=True, generator=generator).tolist():
                view = int(torch.randint(self.views, (), generator=generator))
                rows.append((*_window(self.view(view, i), generator), self.sources[i]))
            L, tokens, marks = (torch.stack([row[k] for row in rows]) for k in range(3))
            labels = number[marks[:, ::2, ::2].long()]
            sources = [row[3] for row in rows]
            known = torch.stack(
                [
                    (one < len(words)).float() if s in SPARSE else torch.ones_like(one).float()
                    for one, s in zip(labels, sources, strict=True)
                ]
            )
            sayable, parts = torch.stack([rules[s][0] for s in sources]), tuple(rules[s][1] for s in sources)
            return RegionBatch(
                L[:, None],
                tokens,
                labels,
                known,
                sayable,
                parts,
                next(captions) if captions is not None and step % 2 else None,
            )

        with ThreadPoolExecutor(1) as reader:
            step, coming = 0, reader.submit(read, 0)
            while True:
                batch, step = coming.result(), step + 1
                coming = reader.submit(read, step)
                yield batch


def close_look(rgb: Tensor, labels: Tensor, heads: set[int], generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A crop around one of the labelled things, three times of four a head with its shoulders: street photos hold
    portraits, which old photos are.

    rgb (1, 3, h, w), labels (1, 1, h, w); heads: the numbers of the labels that say where a head is. Without any label
    the photo stays whole.
    """
    h, w = labels.shape[-2:]
    u = torch.rand(6, generator=generator).tolist()
    values, counts = labels.unique(return_counts=True)
    there = [float(v) for v, n in zip(values, counts, strict=True) if v and n > 0.002 * labels.numel()]
    if not there:
        return rgb, labels
    heads_there = [v for v in there if int(v) in heads]
    chosen = heads_there[0] if heads_there and u[0] < 0.75 else there[int(u[1] * len(there))]
    rows, columns = (labels[0, 0] == chosen).nonzero(as_tuple=True)
    tall, wide = (int(line.max() - line.min()) for line in (rows, columns))
    size = 1.3 * wide if chosen in heads_there else max(tall, wide)
    side, aspect = min(max(size, 12) * (1.6 + 2.4 * u[2]), 0.75 * min(h, w)), math.exp((u[3] - 0.5) * 0.6)
    ch, cw = (int(min(most, max(48, part))) for most, part in ((h, side * aspect), (w, side / aspect)))
    # more below a head than above
    y = int(min(max(float(rows.float().median()) - ch * (0.15 + 0.35 * u[4]), 0), h - ch))
    x = int(min(max(float(columns.float().median()) - cw * (0.3 + 0.4 * u[5]), 0), w - cw))
    return rgb[..., y : y + ch, x : x + cw], labels[..., y : y + ch, x : x + cw]


def look(rgb: Tensor, labels: Tensor, generator: torch.Generator, view: int) -> tuple[Tensor, Tensor, Tensor]:
    """A photo (1, 3, h, w) in [0, 1], its labels (1, 1, h, w) -> L (1, 1, H, W), damaged in all views but 0, and ab (1,
    2, H, W), H and W multiples of 16; labels (H/2, W/2), 0 in the padding.
    """
    size = SIZE
    if view == CLOSE:  # a close look is a crop already
        size = 256 + STRIDE * int(4 * float(torch.rand((), generator=generator)))
    elif view:
        h, w = rgb.shape[-2:]
        u = torch.rand(5, generator=generator).tolist()
        part = math.sqrt(0.35 + 0.65 * u[0])
        ch, cw = (max(round(side * part), min(side, 128)) for side in (h, w))
        y, x = int(u[1] * (h - ch + 1)), int(u[2] * (w - cw + 1))
        rgb, labels = rgb[..., y : y + ch, x : x + cw], labels[..., y : y + ch, x : x + cw]
        if u[3] < 0.7:  # view 0 shows the other side
            rgb, labels = rgb.flip(-1), labels.flip(-1)
        size = 256 + STRIDE * int(u[4] * 9)
    frame = Frame.fit(rgb.shape[-2], rgb.shape[-1], size)
    rgb = F.interpolate(rgb, (frame.h, frame.w), mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
    lab = rgb_to_lab(rgb)
    L = frame.pad(degrade(rgb, generator) if view else lab[:, :1])
    L = (L * 2.55).round() / 2.55  # what is stored is what is encoded
    marks = F.interpolate(labels, (frame.h, frame.w), mode="nearest-exact")
    marks = F.pad(marks, (0, L.shape[-1] - frame.w, 0, L.shape[-2] - frame.h))
    return (
        L,
        frame.pad(lab[:, 1:]),
        F.interpolate(marks, (L.shape[-2] // 2, L.shape[-1] // 2), mode="nearest-exact")[0, 0],
    )


def _window(view: dict[str, Tensor], generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    gh, gw = view["tokens"].shape[-2:]
    y, x = (int(torch.randint(n - WINDOW + 1, (), generator=generator)) for n in (gh, gw))

    def cut(tensor: Tensor, cells: int) -> Tensor:
        return tensor[..., y * cells : (y + WINDOW) * cells, x * cells : (x + WINDOW) * cells]

    parts = cut(view["L"], STRIDE).float() / 2.55, cut(view["tokens"], 1).float(), cut(view["labels"], STRIDE // 2)
    if torch.rand((), generator=generator) < 0.5:
        return parts[0].flip(-1), parts[1].flip(-1), parts[2].flip(-1)
    return parts


def _rules(
    source: str, names: set[str], index: dict[str, int], taught: Tensor
) -> tuple[Tensor, dict[int, tuple[int, ...]]]:
    """What a source can say, (V,) bool, and which words follow from which."""
    sayable, parts = torch.zeros(len(index), dtype=torch.bool), {}
    for name in names:
        sayable[index[name]] = True
    follows = FOLLOWS.get("coco-panoptic" if source.startswith("coco-") and source in SPARSE else source, {})
    for whole, belongs in follows.items():
        if whole in index:
            parts[index[whole]] = tuple(sorted({index[name] for name in names if belongs(name)} | {index[whole]}))
            sayable[index[whole]] = True
    return sayable & taught, parts


def caption_batches(
    cache: Cache, said: Sequence[Sequence[int]], words: int, size: int, seed: int, window: int = 14
) -> Iterator[CaptionBatch]:
    """Encoded views of captioned photos for ever; said: the numbers of the words of each photo of the cache; photos
    without words are left out.

    Raises ValueError where too few photos have any, which happens when captions and photos go by different names.
    """
    there = sum(map(bool, said))
    if there < size:
        raise ValueError(
            f"Only {there} of {len(said)} photos have captions; the names in the captions' file must be those of the "
            "photos."
        )
    return _captions(cache, said, words, size, seed, window)


def _captions(
    cache: Cache, said: Sequence[Sequence[int]], words: int, size: int, seed: int, window: int
) -> Iterator[CaptionBatch]:
    draw = random.Random(seed)
    plan = [(path, members) for path, members, _, _ in cache.plan() if path.exists()]
    while True:
        draw.shuffle(plan)
        for path, members in plan:
            views = load_file(path)
            rows = [k for k, member in enumerate(members) if said[member]]
            draw.shuffle(rows)
            for start in range(0, len(rows), size):
                some = rows[start : start + size]
                tokens = views["tokens"][some].float()
                y, x = (draw.randint(0, max(0, n - window)) for n in tokens.shape[-2:])
                target = torch.zeros(len(some), words)
                for row, k in zip(target, some, strict=True):
                    row[list(said[members[k]])] = 1
                yield CaptionBatch(tokens[..., y : y + window, x : x + window], target)
