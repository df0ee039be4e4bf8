"""Colors from other photos, as colored points: skin from skin, sky from sky.

    reference = see_reference(open_photo("aunt.jpg"))              # costs one look of the frozen ViT
    taken = take_colors(session, [Take(reference)])                # some milliseconds
    session.colorize(taken.guidance).save("grandma-color.png")

Photo and references go through the same encoder. Every place of the photo, 16 x 16 pixels, attends to all places of the
references, wherever these are (toolkit/models/matcher.py), and gets a color and a trust in it. So each place asks for

    wanted = base + c (matched - base),

where base is the automatic color (or, for recoloring, the photo's own) and c is the trust, changed by the dial. Places
that are near each other and ask for the same color are gathered into one colored point, which can be moved like any
point that a person sets. Where nothing corresponds, a point asks for the base color and protects it against its
neighbors: the automatic color stays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import lab_to_rgb, map_to_gamut, rgb_to_lab, to_hex
from toolkit.guidance import Guidance, GuidanceError, Hint, Lasso, checked_lasso
from toolkit.models.base import Dials
from toolkit.models.devices import pick_device
from toolkit.models.encoder import CHANNELS, STRIDE, load_encoder
from toolkit.models.matcher import Match, Matcher, Places, load_matcher
from toolkit.photo import Photo, open_photo
from toolkit.photo.places import rescaled
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Session
from toolkit.pipeline.frame import Frame

SIZE = 320  # px, short side at which a reference is looked at
SMALLEST = 32  # px, short side of a reference
MOST = 8  # references at once
POINTS = 64
HINT_SIZE = 1  # px: a point stands for a place, and its color is nobody's wish to the pixel
# How far the dial's middle leans from what is right towards what is meant. On 60 photos of val.tar, at 0 and at 0.25,
# before points are made of it: the photo itself +4.8 and +5.2 dB, one with the same words +0.2 and +0.2, an unrelated
# one 0.0 and 0.0; at 0.5 the same words lose.
LEANING = 0.25
DIAL = 2.0  # below its middle the dial moves trust by so many times its own log-odds
# log-odds at least, for each of two lines drawn: who draws around a thing here and there says that they correspond
MARKED = 3.0
SPREAD = 3.0, 8.0  # cells and Lab units that count alike when places are gathered into points
NOTHING = 0.1  # mean trust below which a person is told that nothing corresponds
CLICKED = 0.5  # influence of clicks from which on references are not asked
NEVER = -1e4  # log-odds where there is nothing to take from
CHANGE = 4.0  # Lab units: in recoloring, places that want less of a change are left alone


@dataclass(frozen=True, eq=False)
class Reference:
    """A color photo, encoded for the matcher."""

    photo: Photo
    places: Places  # with the true colors
    grid: tuple[int, int]  # rows and columns
    centers: Tensor  # (P, 2) pixels (x, y) of the photo
    matcher: Matcher  # that compared it and will compare others with it


@dataclass(frozen=True, eq=False)
class Take:
    """ "Take it from here": a reference, and where."""

    reference: Reference
    source: Lasso = ()  # corners (x, y) in pixels of the reference; (): from all of it
    target: Lasso = ()  # corners (x, y) in pixels of the photo that gets the color; (): everywhere


@dataclass(frozen=True)
class Origin:
    """Where the color of a point came from."""

    take: int  # number of the Take
    x: float  # pixels of its photo
    y: float
    trust: float  # 0 to 1: how much of it is the reference's; the rest is the base color


@dataclass(frozen=True, eq=False)
class Taken:
    """What was taken from the references."""

    guidance: Guidance
    origins: tuple[Origin, ...]  # one for each hint
    trust: Tensor  # (gh, gw) in [0, 1], on the photo's grid: how much of the references' colors each place takes
    notes: tuple[str, ...]  # for the person who asked
    share: Tensor  # (gh · gw, N) how much each place takes from each place of all references, one after another
    grids: tuple[tuple[int, int], ...]  # of the references
    cell: tuple[float, float]  # pixels of the photo that a place is wide and high

    def where_from(self, x: float, y: float) -> list[Tensor]:
        """Where the place around a pixel of the photo took its color from: for each Take a plane (gh, gw) in [0, 1]
        over its photo.
        """
        rows, columns = self.trust.shape
        row, column = min(max(int(y / self.cell[1]), 0), rows - 1), min(max(int(x / self.cell[0]), 0), columns - 1)
        share = self.share[row * columns + column]
        heat = self.trust[row, column] * share / share.max().clamp(min=1e-9)
        return [
            part.view(grid) for part, grid in zip(heat.split([h * w for h, w in self.grids]), self.grids, strict=True)
        ]


def guide(session: Session, value: str) -> Guidance:
    """The control `reference`: points that the photo of this path lends. Raises GuidanceError, PhotoError,
    WeightsError.
    """
    return take_colors(session, [Take(see_reference(open_photo(value), session.device.type))]).guidance


def see_reference(photo: Photo, device: str = "cpu", matcher: Matcher | None = None) -> Reference:
    """Encode a reference, once. matcher: None for the one that ships.

    Raises GuidanceError for a photo without color or one that is too small, WeightsError.
    """
    if photo.tone == "gray":
        raise GuidanceError(f"{photo.name} has no colors to take; choose a color photo as the reference.")
    if min(photo.size) < SMALLEST:
        raise GuidanceError(
            f"{photo.name} has {photo.width} x {photo.height} pixels; choose a reference of at least {SMALLEST} on "
            "each side."
        )
    frame = Frame.fit(photo.height, photo.width, SIZE)
    lab = frame.pad(shrink(photo, (frame.h, frame.w)).lab())
    where = pick_device(device)
    with torch.inference_mode():
        tokens = load_encoder(where.type)(lab[:, :1].to(where)).float().cpu()
        matcher = matcher or load_matcher()
        keys = matcher.read(_flat(tokens))
    cells, (rows, columns) = _flat(F.avg_pool2d(lab, STRIDE)), tokens.shape[-2:]
    xy = _grid(rows, columns)
    return Reference(
        photo, Places(keys, cells[:, 1:], cells[:, 0] / 50, xy), (rows, columns), _pixels(xy, frame), matcher
    )


def take_colors(
    session: Session,
    takes: Sequence[Take],
    *,
    weight: float = 0.5,
    vividness: float = 0.5,
    recolor: bool = False,
    clicks: Guidance | None = None,
) -> Taken:
    """Colors of the references for a session's photo, as points.

    weight: 0 (nothing is taken) to 1 (everything that corresponds at all); 0.5 takes as much as was right on average
    over photos. vividness: the one that the photo will be colored with. recolor: the photo's own colors are the base,
    for `Session.recolor`. clicks: points that take precedence; where they reach, nothing is taken from references, and
    the colors they give are part of the base. Raises GuidanceError for references or regions that do not fit,
    ValueError for an invalid dial or a model that does not use the ViT, WeightsError.
    """
    if not 0 <= weight <= 1:
        raise ValueError(
            f"The weight of the reference is {weight}; choose a number from 0 (none of it) to 1 (all of it)."
        )
    takes = [_checked(session.photo, take) for take in takes]
    if not 1 <= len(takes) <= MOST:
        raise GuidanceError(f"{len(takes)} references were given; give 1 to {MOST}.")
    seen = _see(session, takes[0].reference.matcher, vividness, recolor, clicks or Guidance())
    rules = _rules(seen, takes)
    found = _match(seen, takes, rules)
    trust = _trust(found, weight)
    change = trust[:, None] * (found.ab - seen.places.ab)
    wants = change.norm(dim=1) > CHANGE if recolor else torch.ones_like(trust, dtype=torch.bool)
    hints: list[Hint] = []
    origins: list[Origin] = []
    for rule in rules.unique(dim=0):
        rows = (
            ((rules == rule).all(1) & wants & seen.inside).nonzero()[:, 0]
            if weight and rule.any()
            else torch.empty(0, dtype=torch.long)
        )
        target = next((takes[i].target for i in rule.nonzero()[:, 0].tolist()), ())
        for cluster in _gathered(seen.places, change, rows):
            hints.append(_hint(seen, change, cluster, target))
            origins.append(_origin(takes, found.share, trust, cluster))
    grids = tuple(take.reference.grid for take in takes)
    asked = seen.inside & rules.any(1)
    mean = float(trust[asked].mean()) if weight and asked.any() else 1.0
    notes = tuple(
        f"{take.reference.photo.name} looks like a sepia print; its tint is all that it can lend."
        for take in takes
        if _sepia(take)
    )
    if mean < NOTHING:
        notes += (
            "Nothing here looks like the reference, so its colors are hardly used; turn the weight up or mark a "
            "region.",
        )
    return Taken(Guidance(tuple(hints)), tuple(origins), trust.view(seen.grid), notes, found.share, grids, seen.cell)


@dataclass(frozen=True, eq=False)
class _Seen:
    """The photo that gets the colors."""

    places: Places  # with the base colors
    grid: tuple[int, int]
    centers: Tensor  # (P, 2) pixels (x, y) of the photo
    cell: tuple[float, float]
    # (P,) bool: a place whose center lies on the photo, not on what was added to its border, and that no click has
    # colored
    inside: Tensor
    L: Tensor  # (P,) at the centers


def _see(session: Session, matcher: Matcher, vividness: float, recolor: bool, clicks: Guidance) -> _Seen:
    encoded = session.encode()
    if encoded.keys.shape[1] != CHANNELS:
        raise ValueError(
            f"{session.card.name} does not look through the ViT that references are compared with; choose vit-hint."
        )
    frame = Frame(session.photo.height, session.photo.width, *session.seen_size())
    automatic = session.predict(clicks, Dials(vividness=vividness))
    ab = automatic.ab.cpu()
    if recolor:
        ab = shrink(session.photo, (ab.shape[-2], ab.shape[-1]), averaged=True).lab()[:, 1:]
    rows, columns = encoded.keys.shape[-2:]
    unsure, reach = automatic.uncertainty, automatic.influence
    doubt = torch.zeros(rows * columns) if unsure is None else _flat(_pooled(unsure, frame, (rows, columns)))[:, 0]
    clicked = (
        torch.zeros(rows * columns)
        if reach is None
        else _flat(_pooled(reach.sum(0)[None, None], frame, (rows, columns)))[:, 0]
    )
    light = F.avg_pool2d(encoded.L.float().cpu(), STRIDE)
    with torch.inference_mode():
        keys = matcher.read(_flat(encoded.keys.float().cpu()) * math.sqrt(CHANNELS))
    xy = _grid(rows, columns)
    centers = _pixels(xy, frame)
    inside = (clicked < CLICKED) & (centers < centers.new_tensor([frame.width, frame.height])).all(1)
    at = (centers.round().long().clamp(min=0)).minimum(torch.tensor([frame.width - 1, frame.height - 1]))
    L = rgb_to_lab(session.photo.rgb[:, at[:, 1], at[:, 0]][None, :, :, None].float() / 255)[0, 0, :, 0]
    places = Places(keys, _flat(_pooled(ab, frame, (rows, columns))), _flat(light)[:, 0] / 50, xy, doubt)
    cell = frame.width / frame.w * STRIDE, frame.height / frame.h * STRIDE
    return _Seen(places, (rows, columns), centers, cell, inside, L)


def _checked(photo: Photo, take: Take) -> Take:
    """The take with its regions cut to the photos."""
    other = take.reference.photo
    if other.rgb.shape == photo.rgb.shape and bool((other.rgb == photo.rgb).all()):
        raise GuidanceError(f"{other.name} is the photo itself; choose another photo as the reference.")
    source, target = (
        checked_lasso(lasso, size) for lasso, size in ((take.source, other.size), (take.target, photo.size))
    )
    return Take(take.reference, source, target)


def _rules(seen: _Seen, takes: Sequence[Take]) -> Tensor:
    """Which takes each place listens to, (P, T) bool: those whose target it lies in, else those that are for all
    places.
    """
    marked = torch.stack([_within(take.target, seen.centers) & bool(take.target) for take in takes], 1)
    free = torch.tensor([not take.target for take in takes])
    return torch.where(marked.any(1, keepdim=True), marked, free)


def _match(seen: _Seen, takes: Sequence[Take], rules: Tensor) -> Match:
    """Colors, trust and shares for all places, of which each listens to its own takes."""
    sizes = [len(take.reference.places.keys) for take in takes]
    owner = torch.repeat_interleave(torch.arange(len(takes)), torch.tensor(sizes))
    usable = torch.cat([_within(take.source, take.reference.centers) for take in takes])
    both = torch.tensor([MARKED * bool(take.target) * (1 + bool(take.source)) for take in takes])
    sources = [take.reference.places for take in takes]
    P, ab = len(rules), seen.places.ab.clone()
    right, meant, share = torch.full((P,), NEVER), torch.full((P,), NEVER), torch.zeros(P, len(owner))
    everything = Places(*(torch.cat([getattr(s, name) for s in sources]) for name in ("keys", "ab", "light", "xy")))
    for rule in rules.unique(dim=0):
        rows, columns = (rules == rule).all(1).nonzero()[:, 0], (rule[owner] & usable).nonzero()[:, 0]
        if len(columns):
            with torch.inference_mode():
                match = takes[0].reference.matcher.match(seen.places.rows(rows), everything.rows(columns))
            least = float(both[rule].max())
            ab[rows] = match.ab
            for odds, found in ((right, match.right), (meant, match.meant)):
                odds[rows] = (found + least).clamp(min=least) if least else found
            share[rows[:, None], columns] = match.share
    return Match(ab, right, meant, share)


def _sepia(take: Take) -> bool:
    return take.reference.photo.tone == "sepia"


def _trust(found: Match, weight: float) -> Tensor:
    """The share of the references' colors at each place, (P,): at 0 none, at 0.5 what is likely to be right, at 1
    whatever is meant.
    """
    middle = torch.lerp(found.right, found.meant, LEANING)
    if weight <= 0.5:
        return torch.sigmoid(middle + DIAL * math.log(weight / (1 - weight))) if weight else torch.zeros_like(middle)
    return torch.sigmoid(torch.lerp(middle, found.meant, 2 * weight - 1))


def _gathered(places: Places, change: Tensor, rows: Tensor) -> list[Tensor]:
    """Places (n,) parted into at most POINTS groups that are near each other and want the same; each with its middle
    first.
    """
    if not len(rows):
        return []
    from scipy.cluster.vq import kmeans2

    table = torch.cat([places.xy[rows] / SPREAD[0], places.ab[rows] / SPREAD[1], change[rows] / SPREAD[1]], 1)
    count = min(POINTS, len(rows))
    centers, labels = kmeans2(table.double().numpy(), count, iter=12, minit="++", missing="warn", seed=0)
    groups = []
    for i in range(count):
        mine = torch.from_numpy(labels == i).nonzero()[:, 0]
        if len(mine):
            off = (table[mine] - torch.from_numpy(centers[i]).float()).norm(dim=1)
            groups.append(rows[mine[off.argsort()]])
    return groups


def _hint(seen: _Seen, change: Tensor, cluster: Tensor, target: Lasso) -> Hint:
    middle = int(cluster[0])
    ab = seen.places.ab[middle] + change[cluster].mean(0)
    lab = map_to_gamut(torch.cat([seen.L[middle, None], ab]).view(1, 3, 1, 1))
    x, y = seen.centers[middle].tolist()
    return Hint(x, y, to_hex(lab_to_rgb(lab).flatten()), HINT_SIZE, target)


def _origin(takes: Sequence[Take], share: Tensor, trust: Tensor, cluster: Tensor) -> Origin:
    best = int(share[cluster].sum(0).argmax())
    number = 0
    while best >= len(takes[number].reference.centers):
        best -= len(takes[number].reference.centers)
        number += 1
    x, y = takes[number].reference.centers[best].tolist()
    return Origin(number, x, y, float(trust[cluster].mean()))


def _flat(x: Tensor) -> Tensor:
    """(1, C, h, w) -> (h · w, C)."""
    return x[0].flatten(1).T


def _pooled(x: Tensor, frame: Frame, grid: tuple[int, int]) -> Tensor:
    """(1, C, h, w) of the photo -> means over its places (1, C, *grid), the border repeated where the grid reaches
    beyond the photo.
    """
    cell = STRIDE // max(1, round(frame.w / x.shape[-1]))
    padded = F.pad(x.cpu(), (0, cell * grid[1] - x.shape[-1], 0, cell * grid[0] - x.shape[-2]), mode="replicate")
    return F.avg_pool2d(padded, cell)


def _grid(rows: int, columns: int) -> Tensor:
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    return torch.stack([x, y], -1).flatten(0, 1).float()


def _pixels(xy: Tensor, frame: Frame) -> Tensor:
    """Columns and rows of the grid -> the pixels (x, y) of the photo at the places' centers."""
    return rescaled(xy, (frame.w / STRIDE, frame.h / STRIDE), frame.size)


def _within(lasso: Lasso, xy: Tensor) -> Tensor:
    """Which pixels (N, 2) lie inside a polygon, (N,) bool; all of them for none, the nearest to its middle for one that
    goes around none of them.
    """
    if not lasso:
        return torch.ones(len(xy), dtype=torch.bool)
    from matplotlib.path import Path

    inside = torch.from_numpy(Path(lasso).contains_points(xy.numpy()))
    if not inside.any():
        inside[(xy - xy.new_tensor(lasso).mean(0)).norm(dim=1).argmin()] = True
    return inside
