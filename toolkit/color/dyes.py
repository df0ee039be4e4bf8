"""Colors for surfaces: what a color's name means at another lightness, and under light and shade."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from toolkit.color import hex_to_lab, lab_to_rgb, map_to_gamut, rgb_to_oklab, to_hex

GRAYISH = 10.0  # chroma below which a color has no hue
OTHER_HUE = 50.0  # degrees
LAMP = 60.0  # chroma that paint and cloth seldom pass
HUE_REACH = 40  # degrees of Lab hue within which the same hue of Oklab is looked for
BRIGHTEST = 1.4  # times the region's own: where dark and light things share a region, the light ones shall not glare

ToAb = Callable[[NDArray[np.intp], NDArray[np.float32]], NDArray[np.float64]]  # cells (n, 2), their L (n,) -> ab (n, 2)


def at_lightness(color: str, L: float, exact: bool = False) -> NDArray[np.float64]:
    """The a and b (2,) that a color should have on a surface of mean lightness L, 0..100, inside sRGB.

    The hue stays constant in Oklab (Ottosson 2020); at constant hue in Lab, a lighter navy would be violet. Where the
    surface is darker than the color, chroma falls with the square root of the light; if it fell as fast as the light,
    faint colors would vanish in the dark. Where the surface is lighter, chroma is multiplied by the color's L + 16
    divided by the surface's, so that a light navy is not a glowing blue. Unless `exact` is set, chroma above 60 counts
    only half: the pure colors of CSS are too strong for surfaces.
    """
    own, a, b = hex_to_lab(color)
    chroma = float(np.hypot(a, b))
    if not exact:
        chroma = min(chroma, LAMP + (chroma - LAMP) / 2)
    light = (L + 16) / (own + 16)
    chroma *= 1 / light if light > 1 else light**0.5
    turn = np.radians(np.arange(-HUE_REACH, HUE_REACH + 1)) + np.arctan2(b, a)
    turned = inside_gamut(np.full(len(turn), L), chroma * np.stack([np.cos(turn), np.sin(turn)], 1))  # (n, 2)
    lab = np.concatenate([np.full((len(turn), 1), L), turned], 1)
    off = np.angle(
        _oklab_hue(torch.from_numpy(lab.T[:, :, None]).float()) / _oklab_hue(torch.tensor([own, a, b]).view(3, 1, 1))
    )
    found: NDArray[np.float64] = turned[int(np.abs(off).argmin())]
    return found


def _oklab_hue(lab: Tensor) -> NDArray[np.complex128]:
    """Lab (3, n, 1) -> Oklab's a + b i (n,); 1e-9 for gray, which has no hue."""
    _, a, b = rgb_to_oklab(lab_to_rgb(lab))[..., 0].double().numpy()
    hue: NDArray[np.complex128] = a + 1j * b
    return np.where(np.abs(hue) < 1e-3, 1e-9, hue)


def surface(ab: NDArray[np.float64], mean_L: float) -> ToAb:
    """The colors of one material under the photo's light and shade."""
    return lambda cells, L: inside_gamut(L, ab * np.minimum((L + 16) / (mean_L + 16), BRIGHTEST)[:, None])


def inside_gamut(L: NDArray[np.floating], ab: NDArray[np.floating]) -> NDArray[np.float64]:
    """L (n,) in 0..100 and ab (n, 2) -> ab inside sRGB, of the same hue."""
    lab = torch.from_numpy(np.concatenate([np.asarray(L)[:, None], ab], 1).T[:, :, None]).float()  # (3, n, 1)
    return map_to_gamut(lab)[1:, :, 0].T.double().numpy()


def hex_of(L: float, ab: Sequence[float] | NDArray[np.float64]) -> str:
    """Lab -> "#rrggbb", the chroma lowered into sRGB."""
    return to_hex(lab_to_rgb(torch.tensor([L, float(ab[0]), float(ab[1])]).view(3, 1, 1)).flatten())


def differs(color: str, avoided: str) -> bool:
    """Whether a person would call them different colors: another hue, or one gray and the other not."""
    (_, a, b), (_, c, d) = hex_to_lab(color), hex_to_lab(avoided)
    gray, other_gray = np.hypot(a, b) < GRAYISH, np.hypot(c, d) < GRAYISH
    if gray or other_gray:
        return bool(gray != other_gray)
    apart = abs(np.degrees(np.arctan2(b, a) - np.arctan2(d, c))) % 360
    return bool(min(apart, 360 - apart) > OTHER_HUE)
