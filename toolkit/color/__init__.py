"""Color: spaces, the sRGB gamut at constant L, bins of ab, and words for colors.

Conversions are kornia's; CIEDE2000 is scikit-image's. sRGB, D65: rgb is 0..1, L is 0..100, a and b are in their natural units (inside sRGB about
-86..98 and -108..94). Shapes are (*, 3, H, W). Letters: B batch, Q bins, N pixels in a row.

Bins, soft-encoding and rebalancing follow Zhang, Isola and Efros, "Colorful Image Colorization", ECCV 2016; suggestions follow the palette of Zhang
et al., "Real-Time User-Guided Image Colorization with Learned Deep Priors", SIGGRAPH 2017.
"""

import difflib
import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from kornia import color as kornia_color
from numpy.typing import NDArray
from torch import Tensor

from toolkit.color import names as color_names

# In linear light: a third of an 8-bit step of sRGB at black, where steps are finest. kornia's own white (B = 1.00008) lies within.
TOLERANCE = 1e-4


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """RGB (*, 3, H, W) in 0..1 -> Lab of the same shape; differentiable. For gray, a and b are 0 to within 0.005.

    Raises:
        ValueError: for integers (0..255 would silently give nonsense) or another shape.
    """
    _check(rgb, "rgb")
    with torch.autocast(rgb.device.type, enabled=False):  # else its matrix runs in bfloat16: Lab off by up to 3
        return kornia_color.rgb_to_lab(rgb)


def lab_to_rgb(lab: Tensor) -> Tensor:
    """Lab (*, 3, H, W) -> rgb in 0..1. Colors outside sRGB keep L and hue and lose chroma (see `map_to_gamut`); differentiable.

    kornia's own `lab_to_rgb` clips each channel instead, which moves L: (60, 80, -90) comes out as (56.4, 68.7, -67.6).
    """
    _check(lab, "lab")
    with torch.autocast(lab.device.type, enabled=False):
        linear = _lab_to_linear(lab.float())
        outside = _outside(linear)
        if outside.any():
            mapped = _lower_chroma(lab.float().movedim(-3, -1)[outside].T)  # (3, N)
            linear.movedim(-3, -1)[outside] = _lab_to_linear(mapped[..., None])[..., 0].T
        return kornia_color.linear_rgb_to_rgb(linear.clamp(0, 1)).to(lab.dtype)


def lab_to_rgb8(lab: Tensor) -> Tensor:
    """Lab (3, H, W) -> uint8 (3, H, W): `lab_to_rgb` rounded to 8 bits (sometimes off by one), twice as fast, for pictures on a screen.

    Strips stay in the processor's cache, sRGB's curve comes from a table of 65,537 steps, and what lies outside the gamut is mapped once at the end.
    """
    flat = lab.float().flatten(1).cpu()
    out = torch.empty(flat.shape, dtype=torch.uint8)
    outside = torch.empty(flat.shape[1], dtype=torch.bool)
    curve = _srgb_levels()

    def levels(linear: Tensor) -> Tensor:
        return torch.from_numpy(curve.take(linear.clamp(0, 1).mul_(65_536).add_(0.5).int().numpy()))

    for start in range(0, flat.shape[1], 1 << 16):
        part = slice(start, start + (1 << 16))
        linear = _lab_to_linear(flat[:, part, None])  # (3, n, 1)
        outside[part] = _outside(linear)[:, 0]
        out[:, part] = levels(linear[..., 0])
    where = outside.nonzero()[:, 0]
    if len(where):
        out[:, where] = levels(_lab_to_linear(_lower_chroma(flat[:, where])[..., None])[..., 0])
    return out.view(lab.shape)


@functools.cache
def _srgb_levels() -> NDArray[np.uint8]:
    """The 8-bit sRGB value of linear light k / 65,536 (IEC 61966-2-1)."""
    linear = np.arange(65_537) / 65_536
    return np.rint(255 * np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)).astype(np.uint8)


# Ottosson, "A perceptual color space for image processing" (2020): linear sRGB to cone responses, and their cube roots to Oklab.
_TO_CONES = torch.tensor(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]]
)
_TO_OKLAB = torch.tensor(
    [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]]
)


def rgb_to_oklab(rgb: Tensor) -> Tensor:
    """RGB (3, H, W) in 0..1 -> Oklab: lightness 0..1, a, b. A hue stays the same when a color gets lighter; in Lab, blue turns violet."""
    _check(rgb, "rgb")
    cones = torch.einsum("ij,jhw->ihw", _TO_CONES, kornia_color.rgb_to_linear_rgb(rgb.float()))
    return torch.einsum("ij,jhw->ihw", _TO_OKLAB, cones.clamp(min=0).pow(1 / 3))


def oklab_to_rgb(oklab: Tensor) -> Tensor:
    """Oklab (3, H, W) -> rgb in 0..1; what lies outside sRGB is clipped."""
    cones = torch.einsum("ij,jhw->ihw", torch.linalg.inv(_TO_OKLAB), oklab.float()).pow(3)
    return kornia_color.linear_rgb_to_rgb(torch.einsum("ij,jhw->ihw", torch.linalg.inv(_TO_CONES), cones).clamp(0, 1))


def in_gamut(lab: Tensor, tolerance: float = TOLERANCE) -> Tensor:
    """Lab (*, 3, H, W) -> bool (*, 1, H, W): inside sRGB. `tolerance` is in linear light (0..1)."""
    _check(lab, "lab")
    with torch.autocast(lab.device.type, enabled=False):
        return ~_outside(_lab_to_linear(lab.float()), tolerance).unsqueeze(-3)


def map_to_gamut(lab: Tensor) -> Tensor:
    """Lab (*, 3, H, W) -> Lab inside sRGB: colors outside get the largest chroma their L and hue allow, the others are returned as they are.

    L is limited to 0..100. The gradient of ab is multiplied by the shrinking factor, which counts as a constant.
    """
    outside = ~in_gamut(lab).squeeze(-3)  # (*, H, W)
    if not outside.any():
        return lab
    mapped = lab.clone()
    mapped.movedim(-3, -1)[outside] = _lower_chroma(lab.float().movedim(-3, -1)[outside].T).T.to(lab.dtype)
    return mapped


# to and from rgb (*, 3, H, W) in 0..1. Ranges: luv as Lab; yuv 0..1, -0.44..0.44, -0.62..0.62; ycbcr 0..1; hsv 0..2 pi, 0..1, 0..1; linear 0..1
SPACES: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "lab": (rgb_to_lab, lab_to_rgb),
    "luv": (kornia_color.rgb_to_luv, kornia_color.luv_to_rgb),
    "yuv": (kornia_color.rgb_to_yuv, kornia_color.yuv_to_rgb),
    "ycbcr": (kornia_color.rgb_to_ycbcr, kornia_color.ycbcr_to_rgb),
    "hsv": (kornia_color.rgb_to_hsv, kornia_color.hsv_to_rgb),
    "linear": (kornia_color.rgb_to_linear_rgb, kornia_color.linear_rgb_to_rgb),
}


def _check(image: Tensor, name: str) -> None:
    if not image.is_floating_point():
        raise ValueError(f"{name} must be floating point, but is {image.dtype}: divide 8-bit pixels by 255 first.")
    if image.ndim < 3 or image.shape[-3] != 3:
        raise ValueError(f"{name} must have the shape (*, 3, H, W), but has {tuple(image.shape)}: put the three channels before height and width.")


def _lab_to_linear(lab: Tensor) -> Tensor:
    """Lab (*, 3, H, W) -> linear rgb, not clipped: CIE 15, with kornia's constants so that it inverts kornia's `rgb_to_lab`."""
    L, a, b = lab.unbind(-3)
    fy = (L + 16) / 116
    f = torch.stack([fy + a / 500, fy, fy - b / 200], -3)
    xyz = torch.where(f > 6 / 29, f * f * f, (f - 4 / 29) / 7.787)
    return kornia_color.xyz_to_rgb(xyz * xyz.new_tensor([0.95047, 1.0, 1.08883])[:, None, None])


@torch.no_grad()
def _outside(linear: Tensor, tolerance: float = TOLERANCE) -> Tensor:
    """Linear rgb (*, 3, H, W) -> bool (*, H, W)."""
    return (linear.amin(-3) < -tolerance) | (linear.amax(-3) > 1 + tolerance)


def _lower_chroma(lab: Tensor) -> Tensor:
    """Lab (3, N), all outside sRGB -> the same L (limited to 0..100) and hue with the largest chroma inside, by bisection to 1/4096 of the chroma.

    Bright yellows (L 92 to 98) can leave the gamut, by up to three 8-bit steps, and enter it again further out: it may stop at the nearer border.
    """
    L, ab = lab[:1].clamp(0, 100), lab[1:]
    with torch.no_grad():
        low, high = torch.zeros_like(L), torch.ones_like(L)  # gray (0) is inside, the color itself (1) is not
        for _ in range(12):
            middle = (low + high) / 2
            linear = _lab_to_linear(torch.cat([L, ab * middle])[..., None])  # (3, N, 1)
            inside = ~_outside(linear, 0.0)[:, 0]  # (N,); no tolerance: black shall come out black
            low, high = torch.where(inside, middle, low), torch.where(inside, high, middle)
    return torch.cat([L, ab * low])


@dataclass(frozen=True, eq=False)
class AbBins:
    """The ab plane cut into squares: `centers` (Q, 2), `step` apart, sorted by a, then b."""

    centers: Tensor
    step: int = 10

    @classmethod
    def make(cls, step: int = 10, reach: int = 110) -> "AbBins":
        """All multiples of `step` within +-`reach` whose ab is inside sRGB for some L: 226 for step 10.

        (Zhang 2016 has 313, because it also keeps squares that the gamut only touches; here soft_encode gives such colors to the neighboring bins.)
        """
        axis = torch.arange(-(reach // step) * step, reach + 1, step, dtype=torch.float32)
        grid = torch.cartesian_prod(axis, axis)
        inside = torch.stack([_inside_at(grid, L) for L in range(101)]).any(0)
        return cls(grid[inside], step)

    def __len__(self) -> int:
        return len(self.centers)

    def in_gamut_at(self, L: float) -> Tensor:
        """Which bins a pixel of lightness L (0..100) can show, bool (Q,). The neutral bin is always among them."""
        return _inside_at(self.centers, L)


def _inside_at(ab: Tensor, L: float) -> Tensor:
    """The ab (N, 2) that lie inside sRGB at lightness L, bool (N,)."""
    lab = torch.cat([torch.full_like(ab[:, :1], L), ab], 1)  # (N, 3)
    return in_gamut(lab.T[..., None]).flatten()


@torch.no_grad()
def soft_encode(ab: Tensor, bins: AbBins, neighbors: int = 5, sigma: float = 5.0) -> Tensor:
    """Probabilities (B, Q, H, W) of ab (B, 2, H, W): the nearest bins, weighted by a Gaussian of their distance (Zhang 2016, target of equation 2).

    Meant as a training target, so without gradient. It takes 4 Q bytes per pixel (0.9 kB with 226 bins): encode at the size of the prediction, not of
    the photo.
    """
    B, _, H, W = ab.shape
    centers = bins.centers.to(ab.device)
    points = ab.float().permute(0, 2, 3, 1).reshape(-1, 2)  # (B, 2, H, W) -> (BHW, 2)
    distance, nearest = torch.cdist(points, centers).topk(neighbors, largest=False)  # (BHW, neighbors)
    # softmax is the normalized Gaussian, and stays finite where a far color would make every weight underflow
    weight = torch.softmax(-(distance**2) / (2 * sigma**2), 1)
    code = weight.new_zeros(len(points), len(centers)).scatter_(1, nearest, weight)
    return code.view(B, H, W, -1).permute(0, 3, 1, 2)


def annealed_mean(logits: Tensor, bins: AbBins, temperature: float) -> Tensor:
    """Logits (B, Q, H, W) -> ab (B, 2, H, W): the mean of the distribution after annealing (Zhang 2016, equation 5); differentiable.

    Temperature 1 gives the mean (safe, dull); towards 0 it becomes the mode (vivid, spotty). The paper uses 0.38. Log-probabilities may be given as
    logits.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, but is {temperature}: take 1 for the mean, 0.38 for livelier colors.")
    probabilities = torch.softmax(logits.float() / temperature, 1)
    return torch.einsum("bqhw,qc->bchw", probabilities, bins.centers.to(logits.device)).to(logits.dtype)


def rebalancing_weights(prior: Tensor, lam: float = 0.5) -> Tensor:
    """Weight of each bin in the loss (Q,), on average 1, from how often it occurs: prior (Q,) at any scale (Zhang 2016, equation 4).

    Rare colors get larger weights. `lam` in 0..1 mixes a uniform prior in; with 1 every bin has weight 1.
    """
    if not 0 < lam <= 1:
        raise ValueError(f"lam must lie in (0, 1], but is {lam}: 0.5 is the paper's choice.")
    p = prior.float() / prior.float().sum()
    weight = 1 / ((1 - lam) * p + lam / len(p))
    return weight / (p * weight).sum()


def suggest(distribution: Tensor, bins: AbBins, k: int = 9) -> list[tuple[tuple[float, float], float]]:
    """Logits or probabilities (Q,) -> up to k colors [((a, b), share)], largest share first; shares sum to 1.

    Weighted k-means over the bin centers (Zhang 2017 offers its clusters as a palette), deterministic: the first cluster starts at the likeliest bin,
    each further one where probability times squared distance to the clusters so far is largest.
    """
    x = distribution.detach().float()
    p = x if bool((x >= 0).all()) and abs(float(x.sum()) - 1) < 1e-3 else torch.softmax(x, 0)
    centers = bins.centers.to(p.device)
    clusters = centers[p.argmax()][None]  # (1, 2)
    while len(clusters) < k:
        gain = p * torch.cdist(centers, clusters).amin(1) ** 2
        if float(gain.max()) < 1e-8:  # nothing left worth a color
            break
        clusters = torch.cat([clusters, centers[gain.argmax()][None]])
    for _ in range(20):  # settles in fewer
        member = torch.nn.functional.one_hot(torch.cdist(centers, clusters).argmin(1), len(clusters)) * p[:, None]  # (Q, k)
        share = member.sum(0)
        clusters = torch.where(share[:, None] > 0, member.T @ centers / share[:, None].clamp(min=1e-12), clusters)
    order = share.argsort(descending=True, stable=True)
    return [((float(clusters[i, 0]), float(clusters[i, 1])), float(share[i])) for i in order if share[i] > 0]


def delta_e(lab1: Tensor, lab2: Tensor) -> Tensor:
    """CIEDE2000 between two Lab images (*, 3, H, W) -> (*, 1, H, W); about 2 is just visible in a photo. scikit-image's; without gradient."""
    from skimage.color import deltaE_ciede2000  # 0.2 s to import

    difference = deltaE_ciede2000(lab1.detach().cpu().double().numpy(), lab2.detach().cpu().double().numpy(), channel_axis=-3)
    return torch.as_tensor(difference, dtype=torch.float32, device=lab1.device).unsqueeze(-3)


def parse_color(text: str) -> tuple[float, float, float]:
    """A color as people write it -> (r, g, b) in 0..1: "#3a6ea5", "#38a", "rgb(58, 110, 165)", CSS names, and names such as "navy blue" or "blond".

    Raises:
        ValueError: in one sentence, with known names that are similar.
    """
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is not a color: write it as text, like #3a6ea5.")
    word = text.strip().lower()
    if digits := re.fullmatch(r"#?([0-9a-f]{6})|#([0-9a-f]{3})", word):
        code = digits[1] or "".join(c * 2 for c in digits[2])
        return _from_hex(code)
    if numbers := re.fullmatch(r"rgb\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*\)", word):
        r, g, b = (int(n) / 255 for n in numbers.groups())
        if max(r, g, b) > 1:
            raise ValueError(f'"{text}" is not a color: the numbers of rgb() go from 0 to 255.')
        return r, g, b
    key, names = color_names.squeeze(word), color_names.known()
    if key in names:
        return _from_hex(names[key][1:])
    raise ValueError(f"{text[:40]!r} is not a color I know: write it like #3a6ea5 or rgb(58, 110, 165), or take a name such as {_near(key)}.")


def _from_hex(code: str) -> tuple[float, float, float]:
    r, g, b = bytes.fromhex(code)
    return r / 255, g / 255, b / 255


def _near(key: str) -> str:
    """'"sky blue", "navy"': up to three spoken names near a squeezed one."""
    spoken = {color_names.squeeze(name): name for name in color_names.spoken()}
    near = difflib.get_close_matches(key, spoken, n=3, cutoff=0.6) or ["navy", "mossgreen", "darkred"]
    return ", ".join(f'"{spoken[k]}"' for k in near)


def to_hex(rgb: Sequence[float] | Tensor) -> str:
    """(r, g, b) in 0..1 -> "#rrggbb", rounded and clipped to 8 bits."""
    return "#" + "".join(f"{min(max(round(float(c) * 255), 0), 255):02x}" for c in rgb)


def hex_to_lab(text: str) -> tuple[float, float, float]:
    """Anything `parse_color` reads -> (L, a, b)."""
    L, a, b = rgb_to_lab(torch.tensor(parse_color(text)).view(3, 1, 1)).flatten().tolist()
    return L, a, b


def color_name(rgb: Sequence[float] | Tensor) -> str:
    """(r, g, b) in 0..1 -> the name nearest by CIEDE2000, such as "moss green"; `parse_color` reads it back."""
    names, table = _name_table()
    color = rgb_to_lab(torch.as_tensor(rgb, dtype=torch.float32).view(3, 1, 1))
    return names[int(delta_e(color.expand_as(table), table).argmin())]


@functools.cache
def _name_table() -> tuple[list[str], Tensor]:
    """The spoken names, and their Lab (3, names, 1)."""
    spoken = color_names.spoken()
    rgb = torch.tensor([_from_hex(code[1:]) for code in spoken.values()])  # (names, 3)
    return list(spoken), rgb_to_lab(rgb.T[..., None])
