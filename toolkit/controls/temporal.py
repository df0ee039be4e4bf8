"""Colors the frames of a clip one after the other without flicker: each frame takes over colors from the frame before.

    for result in colorize_frames(open_frames(sorted(Path("frames").glob("*.png")))):
        result.save(f"colored/{result.photo.name}")

A model that sees each frame alone gives other colors after every small change of the view. Here every place of the
frame before, on the small grid of the model's colors, becomes a colored point. It moves with the picture (a dense
Lucas-Kanade flow of L, Le Besnerais and Champagnat 2005), and is trusted as far as its new place looks like the old
one. Let auto(x) be the automatic colors of the new frame and x' the place where x came from; then

    ab(x) = auto(x) + hold trust(x) (before(x') - auto(x)),    trust(x) = exp(-(m(x) / 10)^2),

where m(x) is the mean difference of L around x and x'. L is first scaled to mean 0 and standard deviation 20 in each
frame, so that a flickering lamp or shutter is not taken for motion. Places that were hidden, or outside the frame
before, get their automatic color; if nearly nothing is trusted, a new scene begins.

Because hold is below 1, each frame mixes in a seventh of the automatic color: mistakes of the flow fade within a
second, and losses by resampling do not add up (resampling is by cubic splines: bilinear is duller, and the usual cubic
kernel strengthens detail with every frame). With a hold of 0.9 the clip flickers a seventh less but drifts a quarter
further from the first frame. Taking over only the coarse part of the difference, so that detail is always new, brings
half of the flicker back. `toolkit.measure.studies.flicker` measures it.

Hints for the first frame move along as hints, and the model spreads them again in every frame.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import lab_to_rgb, map_to_gamut, to_hex
from toolkit.guidance import Guidance, Hint
from toolkit.models.base import Dials
from toolkit.photo import Photo, PhotoError, open_photo
from toolkit.photo.places import cell_shares, from_share, to_share
from toolkit.photo.sizes import shrink
from toolkit.pipeline import Result, Session

HOLD = 0.85  # share of the color before that stays where it is believed
TOLERANCE = 10.0  # difference in standardized L; with 6, grain and blur cost a quarter of the steadiness
# standard deviation a frame is brought to, and what counts as one without contrast, in units of L
CONTRAST, FLATTEST = 20.0, 2.0
AROUND = 2  # cells each way over which a difference is averaged, so that grain is none
WINDOW, WARPS = 7, 3  # of the flow; with 5 warps it is no steadier and takes half as long again
SMALLEST = 16  # cells: in less no flow is looked for
# mean trust below which a new scene begins: 0.1 to 0.46 between different photos, 0.7 and more where a frame moves by a
# tenth of itself
CUT = 0.5
FOLLOWED, BELIEVED = 1.5, 0.3  # a hint is where its place came from this near (cells), with this trust
DECIDED = 0.5  # influence of a hint at a place that can speak for it when its own is out of sight
MIDDLE = 65.0  # L at which most colors fit into sRGB
NEW_SCENE = "A new scene begins here: nothing of the frame before was recognized."


@dataclass(frozen=True, eq=False)
class Motion:
    """Where the places of a frame were in the frame before."""

    source: Tensor  # (1, h, w, 2), (x, y) in -1..1 from border to border, as grid_sample has it
    trust: Tensor  # (1, 1, h, w) in [0, 1]

    def carry(self, before: Tensor) -> Tensor:
        """Values of the frame before, moved to where they belong in this one: (1, C, h', w') -> (1, C, h, w), by cubic
        splines, borders repeated.
        """
        from scipy.ndimage import map_coordinates

        h, w = before.shape[-2:]
        x, y = from_share((self.source[0] + 1) / 2, (w, h)).unbind(-1)
        planes = [
            map_coordinates(plane, [y.numpy(), x.numpy()], order=3, mode="nearest") for plane in before[0].numpy()
        ]
        return torch.from_numpy(np.stack(planes))[None]

    def follow(self, place: Tensor) -> tuple[Tensor, Tensor]:
        """Places (N, 2) of the frame before -> the same places in this one (N, 2), both in -1..1; and whether each was
        found (N,).
        """
        h, w = self.trust.shape[-2:]
        cell = place.new_tensor([2 / w, 2 / h])
        source = self.source.view(-1, 2)
        nearest = torch.stack([((source - p) / cell).square().sum(1).argmin() for p in place])
        rest = place - source[nearest]
        here = cell_shares(h, w).flatten(0, 1)[nearest] * 2 - 1
        found = ((rest / cell).norm(dim=1) < FOLLOWED) & (self.trust.flatten()[nearest] > BELIEVED)
        return here + rest, found


def see_motion(before: Tensor, now: Tensor) -> Motion:
    """The motion between two frames' L (1, 1, h, w), 0..100."""
    from skimage.registration import optical_flow_ilk  # 0.3 s to import

    old, new = _standardized(before), _standardized(now)
    h, w = new.shape[-2:]
    flow = np.zeros((2, h, w), np.float32)  # (y, x) in cells
    if min(h, w) >= SMALLEST:
        flow = optical_flow_ilk(new[0, 0].numpy(), old[0, 0].numpy(), radius=WINDOW, num_warp=WARPS, dtype=np.float32)
    # (h, w, 2), (x, y) in shares
    moved = torch.from_numpy(np.nan_to_num(flow)).flip(0).movedim(0, -1) / torch.tensor([w, h])
    source = (cell_shares(h, w) + moved)[None] * 2 - 1
    inside = (source.abs() < 1).all(-1)[:, None]
    unlike = (new - Motion(source, inside).carry(old)).abs()
    unlike = F.avg_pool2d(F.pad(unlike, (AROUND,) * 4, mode="replicate"), 2 * AROUND + 1, 1)
    return Motion(source, torch.exp(-((unlike / TOLERANCE) ** 2)) * inside)


def _standardized(L: Tensor) -> Tensor:
    return (L - L.mean()) / L.std(correction=0).clamp(min=FLATTEST) * CONTRAST


class Memory:
    """What a clip remembers from one frame to the next. For each frame: `see`, then `settle`."""

    def __init__(self, hold: float = HOLD) -> None:
        """hold: from 0 (each frame alone) to below 1. Raises ValueError."""
        if not 0 <= hold < 1:
            raise ValueError(
                f"The hold is {hold}; choose a number from 0 (each frame alone) to 0.99 (hardly anything new)."
            )
        self.hold = hold
        self._L: Tensor | None = None
        self._ab: Tensor | None = None
        self._motion: Motion | None = None

    def see(self, L: Tensor) -> Motion | None:
        """L (1, 1, h, w) of the next frame, averaged to about the grid of its colors; None for the first frame of a
        scene.
        """
        # smaller from where memory was short
        before = None if self._L is None else F.interpolate(self._L, L.shape[-2:], mode="area")
        motion = None if before is None else see_motion(before, L)
        if motion is not None and float(motion.trust.mean()) < CUT:
            motion = None
        self._L, self._motion = L, motion
        return motion

    def settle(self, ab: Tensor) -> Tensor:
        """The colors of that frame, from the model's ab (1, 2, h', w') and the frame before."""
        if self._ab is not None and self._motion is not None:
            size = ab.shape[-2:]
            before = F.interpolate(self._motion.carry(self._ab), size, mode="bilinear", align_corners=False)
            ab = torch.lerp(
                ab, before, self.hold * F.interpolate(self._motion.trust, size, mode="bilinear", align_corners=False)
            )
        self._ab = ab
        return ab


def colorize_frames(
    frames: Iterable[Photo],
    look: Callable[[Photo], Session] = Session,
    guidance: Guidance | None = None,
    dials: Dials = Dials(),
    *,
    hold: float = HOLD,
    seed: int = 0,
) -> Iterator[Result]:
    """Color the frames of a clip in order, each when the iterator asks for it; only two frames are in memory, however
    long the clip is.

    look: gives the session of a frame, which may have its own progress. guidance: for the first frame; its hints
    (painted strokes become hints) move with the things they are on until a new scene begins. hold: how much of the
    color before stays, 0 to 0.99. The others as for `Session.colorize`. Raises ValueError for a frame of another size
    than the first, and what `Session.colorize` raises.
    """
    memory, hints, influence = Memory(hold), guidance or Guidance(), None
    first: tuple[int, int] | None = None  # (width, height)
    size: int | None = None  # px, working size of the frame before
    for photo in frames:
        if first is not None and photo.size != first:
            sizes = [" x ".join(map(str, wh)) for wh in (photo.size, first)]
            raise ValueError(
                f"{photo.name} is {sizes[0]} pixels and the first frame is {sizes[1]}; give frames of one size."
            )
        session = look(photo)
        session = session if size in (None, session.size) else session.at(size)  # memory was short at the frame before
        session.encode()
        h, w = session.seen_size()
        motion = memory.see(shrink(photo, (h // 2, w // 2), averaged=True).lightness())
        if first is not None:
            hints = Guidance() if motion is None else carried(hints, influence, motion, photo.size)
        prediction = session.predict(hints, dials, seed=seed)
        influence = prediction.influence
        settled = replace(prediction, ab=memory.settle(prediction.ab.cpu()))
        stamp = hints if first is None else Guidance()  # later a square of pixels would jump beside what moves smoothly
        result = session.paint(settled, stamp, vividness=dials.vividness, seed=seed)
        yield replace(result, notes=(*result.notes, NEW_SCENE)) if first is not None and motion is None else result
        first, size, hints = photo.size, session.size, Guidance(_all_hints(hints))


def carried(guidance: Guidance, influence: Tensor | None, motion: Motion, size: tuple[int, int]) -> Guidance:
    """The hints of the frame before, moved to their new places in a frame of size (width, height).

    A hint whose place is no longer visible moves to the place on which it had most influence in the frame before, by
    influence (N, h, w); without such a place it is dropped.
    """
    kept = []
    for i, hint in enumerate(guidance.hints):
        corners = torch.tensor([(hint.x, hint.y), *hint.lasso], dtype=torch.float32)
        places, found = motion.follow(to_share(corners, size) * 2 - 1)
        if not found[0]:
            other = None if influence is None or i >= len(influence) else _elsewhere(influence[i], motion)
            if other is None:
                continue
            places[0] = other
        (x, y), *lasso = from_share((places + 1) / 2, size).tolist()
        kept.append(replace(hint, x=x, y=y, lasso=tuple((cx, cy) for cx, cy in lasso)))
    return Guidance(tuple(kept))


def _elsewhere(influence: Tensor, motion: Motion) -> Tensor | None:
    """Where in the new frame a hint of this influence (h, w) can go on, (2,) in -1..1."""
    decided = motion.carry(influence[None, None].float().cpu()) * motion.trust
    # not on an edge, nor at the border, where it soon leaves again
    decided = F.avg_pool2d(F.pad(decided, (AROUND,) * 4), 2 * AROUND + 1, 1)[0, 0]
    if float(decided.max()) < DECIDED:
        return None
    h, w = decided.shape
    return cell_shares(h, w).flatten(0, 1)[decided.argmax()] * 2 - 1


def _all_hints(guidance: Guidance) -> tuple[Hint, ...]:
    """Hints, and those points of strokes that a model gets, as hints."""
    strokes = guidance.strokes
    if strokes is None:
        return guidance.hints
    rows = Guidance(strokes=strokes).points()
    lab = torch.cat([torch.full((len(rows), 1), MIDDLE), rows.ab], 1).T[..., None]  # (3, N, 1)
    colors = map(to_hex, lab_to_rgb(map_to_gamut(lab))[..., 0].T)
    return (*guidance.hints, *(Hint(x, y, color) for (x, y), color in zip(rows.xy.tolist(), colors, strict=True)))


def open_frames(paths: Iterable[Path]) -> Iterator[Photo]:
    """Open frames one at a time. Raises PhotoError, with the frame's name, for one that cannot be opened."""
    for path in paths:
        try:
            yield open_photo(path)
        except PhotoError as error:
            sentence = str(error)
            raise PhotoError(sentence if path.name in sentence else f"{path.name}: {sentence}") from error
