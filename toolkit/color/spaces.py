"""Color spaces, and the sRGB gamut at constant L.

Conversions are kornia's; CIEDE2000 is scikit-image's. sRGB, D65: rgb is 0..1, L is 0..100, a and b are in their natural
units (inside sRGB about
-86..98 and -108..94). Shapes are (*, 3, H, W). N is the number of pixels in a row.
"""

import functools
from collections.abc import Callable

import numpy as np
import torch
from kornia import color as kornia_color
from numpy.typing import NDArray
from torch import Tensor

# In linear light: a third of an 8-bit step of sRGB at black, where steps are finest. kornia's own white (B = 1.00008)
# lies within.
TOLERANCE = 1e-4


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """RGB (*, 3, H, W) in 0..1 -> Lab of the same shape; differentiable. For gray, a and b are 0 to within 0.005.

    >>> rgb_to_lab(torch.tensor([1.0, 0.0, 0.0]).view(3, 1, 1)).flatten().round().tolist()
    [53.0, 80.0, 67.0]

    Raises:
        ValueError: for integers (0..255 would silently give nonsense) or another shape.
    """
    _check(rgb, "rgb")
    with torch.autocast(rgb.device.type, enabled=False):  # else its matrix runs in bfloat16: Lab off by up to 3
        return kornia_color.rgb_to_lab(rgb)


def lab_to_rgb(lab: Tensor) -> Tensor:
    """Lab (*, 3, H, W) -> rgb in 0..1. Colors outside sRGB keep L and hue and lose chroma (see `map_to_gamut`);
    differentiable.

    kornia's own `lab_to_rgb` clips each channel instead, which moves L: (60, 80, -90) comes out as (56.4, 68.7, -67.6).

    # L and hue stay
    >>> rgb_to_lab(lab_to_rgb(torch.tensor([60.0, 80.0, -90.0]).view(3, 1, 1))).flatten().round().tolist()
    [60.0, 55.0, -62.0]
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
    """Lab (3, H, W) -> uint8 (3, H, W): `lab_to_rgb` rounded to 8 bits (sometimes off by one), twice as fast, for
    pictures on a screen.

    Strips stay in the processor's cache, sRGB's curve comes from a table of 65,537 steps, and what lies outside the
    gamut is mapped once at the end.
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
    return np.rint(255 * np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)).astype(
        np.uint8
    )


# Ottosson, "A perceptual color space for image processing" (2020): linear sRGB to cone responses, and their cube roots
# to Oklab.
_TO_CONES = torch.tensor(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OKLAB = torch.tensor(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def rgb_to_oklab(rgb: Tensor) -> Tensor:
    """RGB (3, H, W) in 0..1 -> Oklab: lightness 0..1, a, b. A hue stays the same when a color gets lighter; in Lab,
    blue turns violet.
    """
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
    """Lab (*, 3, H, W) -> Lab inside sRGB: colors outside get the largest chroma their L and hue allow, the others are
    returned as they are.

    L is limited to 0..100. The gradient of ab is multiplied by the shrinking factor, which counts as a constant.
    """
    outside = ~in_gamut(lab).squeeze(-3)  # (*, H, W)
    if not outside.any():
        return lab
    mapped = lab.clone()
    mapped.movedim(-3, -1)[outside] = _lower_chroma(lab.float().movedim(-3, -1)[outside].T).T.to(lab.dtype)
    return mapped


# to and from rgb (*, 3, H, W) in 0..1. Ranges: luv as Lab; yuv 0..1, -0.44..0.44, -0.62..0.62; ycbcr 0..1; hsv 0..2 pi,
# 0..1, 0..1; linear 0..1
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
        raise ValueError(
            f"{name} must have the shape (*, 3, H, W), but has {tuple(image.shape)}: put the three channels before "
            "height and width."
        )


def _lab_to_linear(lab: Tensor) -> Tensor:
    """Lab (*, 3, H, W) -> linear rgb, not clipped: CIE 15, with kornia's constants so that it inverts kornia's
    `rgb_to_lab`.
    """
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
    """Lab (3, N), all outside sRGB -> the same L (limited to 0..100) and hue with the largest chroma inside, by
    bisection to 1/4096 of the chroma.

    Bright yellows (L 92 to 98) can leave the gamut, by up to three 8-bit steps, and enter it again further out: it may
    stop at the nearer border.
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


def delta_e(lab1: Tensor, lab2: Tensor) -> Tensor:
    """CIEDE2000 between two Lab images (*, 3, H, W) -> (*, 1, H, W); about 2 is just visible in a photo.
    scikit-image's; without gradient.
    """
    from skimage.color import deltaE_ciede2000  # 0.2 s to import

    difference = deltaE_ciede2000(
        lab1.detach().cpu().double().numpy(), lab2.detach().cpu().double().numpy(), channel_axis=-3
    )
    return torch.as_tensor(difference, dtype=torch.float32, device=lab1.device).unsqueeze(-3)
