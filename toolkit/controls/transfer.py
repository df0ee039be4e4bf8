"""The classical way to give a photo the colors of another: by statistics, without recognizing anything. The baseline
for learned references.

    rgb = transfer(open_photo("holiday.jpg"), open_photo("painting.jpg"), "linear", strength=0.8)   # uint8 (3, H, W)

Three methods for color photos, each of which takes over more of the reference's distribution than the one before:
    reinhard    mean and deviation of each axis of l-alpha-beta (Reinhard et al., CG&A 2001)
    linear      mean and covariance, by the linear Monge-Kantorovich map (Pitie and Kokaram 2007)
    transport   the whole distribution, by sliced optimal transport (Pitie, Kokaram and Dahyot 2007)
and one for black-and-white photos: welsh2002 gives each pixel the color of the reference's pixel with the most similar
lightness and texture (Welsh, Ashikhmin and Mueller, "Transferring color to greyscale images", SIGGRAPH 2002).

This toolkit keeps L, so only a and b are changed unless `keep_lightness` is False. Statistics come from a sample of the
pixels; the photo itself is changed in strips, so that 24 megapixels fit into memory.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import SPACES, lab_to_rgb8, rgb_to_lab
from toolkit.controls.transport import Means, Move, Table, linear_transport, sliced_transport
from toolkit.guidance import GuidanceError
from toolkit.photo import Photo
from toolkit.photo.decoding import strips
from toolkit.photo.lift import Lift

METHODS = ("reinhard", "linear", "transport", "welsh2002")
SAMPLE = 1 << 14  # pixels that statistics are taken of, and matched at a time
ROUNDS = 16  # of sliced transport in three dimensions and two
DARKEST = 1e-3  # linear light: below, the logarithm of l-alpha-beta would see nothing but black
SWATCHES = 14  # Welsh 2002 looks at about 200 samples, one at a random place in each of 14 x 14 cells
AROUND = 5  # px, side of the neighborhood whose deviation of luminance is compared
MATCHED = 512  # px, long side of the copies on which pixels are matched

# Reinhard 2001, equation 4 (RGB to LMS) and Ruderman 1998's axes of log LMS, equation 6: l achromatic, alpha
# yellow-blue, beta red-green.
_TO_LMS = torch.tensor(
    [[0.3811, 0.5783, 0.0402], [0.1967, 0.7244, 0.0782], [0.0241, 0.1288, 0.8444]], dtype=torch.float64
)
_AXES = torch.diag(torch.tensor([1 / 3, 1 / 6, 1 / 2], dtype=torch.float64).sqrt()) @ torch.tensor(
    [[1, 1, 1], [1, 1, -2], [1, -1, 0]], dtype=torch.float64
)


def transfer(
    photo: Photo, reference: Photo, method: str = "linear", strength: float = 1.0, *, keep_lightness: bool = True
) -> Tensor:
    """The photo in the colors of the reference: uint8 (3, H, W).

    method: one of METHODS; linear is the calmest. strength: 0 (the photo as it is) to 1. keep_lightness: False moves L
    as well, as the papers do; welsh2002 always keeps it. Raises GuidanceError for a photo or a reference without color
    (welsh2002 takes any photo), ValueError for an invalid method or strength.
    """
    if method not in METHODS:
        raise ValueError(f"There is no method {method!r}; choose one of {', '.join(METHODS)}.")
    if not 0 <= strength <= 1:
        raise ValueError(f"The strength is {strength}; choose a number from 0 (nothing changes) to 1.")
    if reference.tone != "color":
        raise GuidanceError(f"{reference.name} has no colors to take; choose a color photo as the reference.")
    if method != "welsh2002" and photo.tone != "color":
        raise GuidanceError(f"{photo.name} has no colors to change; take the method welsh2002, or color it first.")
    if strength == 0:
        return photo.rgb.clone()
    if method == "welsh2002":
        lift = Lift(*welsh2002(photo, reference), (photo.height, photo.width))
        return _in_strips(photo, lambda rgb, L, top: torch.cat([L, lift.rows(L[None], top)[0]]), strength)
    moved = _mover(photo, reference, method, keep_lightness)
    return _in_strips(
        photo, lambda rgb, L, top: torch.cat([L, moved(rgb)[1:]]) if keep_lightness else moved(rgb), strength
    )


def rgb_to_lalphabeta(rgb: Tensor) -> Tensor:
    """RGB (3, H, W) in 0..1 -> l-alpha-beta (3, H, W), of linear light."""
    lms = torch.einsum("ij,jhw->ihw", _TO_LMS, SPACES["linear"][0](rgb.double()))
    return torch.einsum("ij,jhw->ihw", _AXES, lms.clamp(min=DARKEST).log10())


def lalphabeta_to_rgb(lalphabeta: Tensor) -> Tensor:
    """l-alpha-beta (3, H, W) -> RGB (3, H, W), limited to 0..1."""
    lms = 10 ** torch.einsum("ij,jhw->ihw", torch.linalg.inv(_AXES), lalphabeta.double())
    linear = torch.einsum("ij,jhw->ihw", torch.linalg.inv(_TO_LMS), lms)
    return SPACES["linear"][1](linear.clamp(0, 1)).float()


def reinhard(source: Tensor, target: Tensor) -> Means:
    """Each axis of source (N, C) gets the mean and the deviation of that of target (M, C) (Reinhard 2001, equations 10
    and 11).
    """
    deviation = target.std(0) / source.std(0).clamp(min=1e-4)
    return Means(source.mean(0), torch.diag(deviation), target.mean(0))


def welsh2002(photo: Photo, reference: Photo, seed: int = 0) -> tuple[Tensor, Tensor]:
    """ab (1, 2, h, w) for the photo's lightness, and that lightness (1, 1, h, w), at a long side of at most 512 px.

    The reference's luminance is first brought to the mean and deviation of the photo's; then each pixel takes the color
    of the sample nearest in luminance and in its deviation within 5 x 5 pixels, both counting half. In Lab here, whose
    L the rest of the toolkit keeps; the paper has l-alpha-beta.
    """
    from toolkit.photo.sizes import shrink

    L = shrink(photo, MATCHED, averaged=True).lightness()
    lab = shrink(reference, MATCHED, averaged=True).lab()
    remapped = (lab[:, :1] - lab[:, :1].mean()) * (_deviation(L) / _deviation(lab[:, :1])) + L.mean()
    places = _jittered((lab.shape[-2], lab.shape[-1]), torch.Generator().manual_seed(seed))  # (S,)
    known = _textured(remapped)[places]  # (S, 2)
    colors = lab[0, 1:].flatten(1).T[places]
    asked = _textured(L)
    nearest = torch.cat([torch.cdist(part, known).argmin(1) for part in asked.split(SAMPLE)])
    return colors[nearest].T.reshape(1, 2, *L.shape[-2:]), L


def _mover(photo: Photo, reference: Photo, method: str, keep_lightness: bool) -> Callable[[Tensor], Tensor]:
    """The method, fitted to samples: RGB (3, h, w) in 0..1 -> Lab (3, h, w)."""
    into, back = (rgb_to_lalphabeta, lalphabeta_to_rgb) if method == "reinhard" else (rgb_to_lab, None)
    axes = slice(1 if keep_lightness else 0, 3)
    here, there = (into(_sampled(p)).flatten(1).T[:, axes] for p in (photo, reference))
    fit: dict[str, Callable[[], Move]] = {
        "reinhard": lambda: reinhard(here, there),
        "linear": lambda: linear_transport(here, there),
        "transport": lambda: Table.of(sliced_transport(here, there, rounds=ROUNDS), here.shape[1]),
    }
    move = fit[method]()

    def moved(rgb: Tensor) -> Tensor:
        whole = into(rgb)
        whole[axes] = move(whole[axes].flatten(1).T).T.view_as(whole[axes])
        return whole if back is None else rgb_to_lab(back(whole))

    return moved


def _sampled(photo: Photo) -> Tensor:
    """About SAMPLE pixels of a photo, in rows and columns: RGB (3, h, w) in 0..1."""
    step = max(1, math.isqrt(photo.height * photo.width // SAMPLE))
    return photo.rgb[:, ::step, ::step].float() / 255


def _in_strips(photo: Photo, recolor: Callable[[Tensor, Tensor, int], Tensor], strength: float) -> Tensor:
    """recolor(rgb (3, h, W) in 0..1, its L (1, h, W), first row) -> Lab (3, h, W); mixed with the photo's own and
    brought into the gamut.
    """
    out = torch.empty_like(photo.rgb)
    for rows in strips(photo.height, photo.width):
        rgb = photo.rgb[:, rows].float() / 255
        own = rgb_to_lab(rgb)
        out[:, rows] = lab_to_rgb8(torch.lerp(own, recolor(rgb, own[:1], rows.start).to(own), strength))
    return out


def _deviation(L: Tensor) -> Tensor:
    return L.std(correction=0).clamp(min=1e-3)


def _textured(L: Tensor) -> Tensor:
    """L (1, 1, h, w) -> (h w, 2): luminance, and its deviation in the neighborhood."""
    around = F.pad(L, (AROUND // 2,) * 4, mode="replicate")
    mean, square = F.avg_pool2d(around, AROUND, 1), F.avg_pool2d(around.square(), AROUND, 1)
    return torch.cat([L, (square - mean.square()).clamp(min=0).sqrt()], 1)[0].flatten(1).T


def _jittered(size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """One random place in each of SWATCHES x SWATCHES cells of a picture (h, w), as places in a row."""
    h, w = size
    grid = torch.arange(SWATCHES).view(-1, 1)
    jitter = torch.rand(2, SWATCHES, SWATCHES, generator=generator)
    y = ((grid + jitter[0]) * h / SWATCHES).long().clamp(max=h - 1)
    x = ((grid.T + jitter[1]) * w / SWATCHES).long().clamp(max=w - 1)
    return (y * w + x).flatten()
