"""The lift: small ab to the photo's full size, along the edges of its own L.

Enlarging alone smears color over an edge by as many pixels as it enlarges. But L is known at full size, and over a few small pixels ab is nearly a
straight line of it, ab = slope * L + offset: the local model of the guided filter (He, Sun and Tang, "Guided Image Filtering", PAMI 2013), with the
slopes found at the small size (He and Sun, "Fast Guided Filter", 2015). Their filter also smooths ab where L is flat; here only the detail that L
adds is taken:

    ab(p) = up(ab)(p) + up(slope)(p) * (L(p) - up(L)(p)),    kept within the 3 x 3 small pixels around p

with up() bilinear. Where L is flat or tells nothing about the color, this is the bilinear lift; it is in no place further from the small ab than the
neighbors are from each other, so no color is invented and gray stays gray. `python -m toolkit bench` measures it.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

# Variance of L below which an edge counts as noise: the eps of the guided filter, 2 units of L squared. 1 to 16 measure alike; below, flat
# areas take on the grain of a print, above, weak edges lose.
NOISE = 4.0
STRIP = 1 << 18  # pixels at a time: 13 MB of planes, near the processor's cache; smaller ones stall where threads must wait for each other


class Lift:
    """A lift prepared once, answered by strips of rows: strips give the same pixels as the whole.

    ab: (1, 2, h, w). small_L: (1, 1, h, w), 0..100, the photo's L averaged over each pixel of ab. size: (H, W) of the photo.
    Raises ValueError if ab and small_L do not fit together.
    """

    def __init__(self, ab: Tensor, small_L: Tensor, size: tuple[int, int]) -> None:
        if ab.shape[-2:] != small_L.shape[-2:] or ab.shape[1] != 2 or small_L.shape[1] != 1:
            raise ValueError(f"ab (1, 2, h, w) needs L (1, 1, h, w) of the same size, not {tuple(ab.shape)} and {tuple(small_L.shape)}.")
        self.size = size
        cells = min(size[0], ab.shape[-2]), min(size[1], ab.shape[-1])  # a photo smaller than ab: average first, as bilinear skips pixels
        ab, L = _shrink(ab.float(), cells), _shrink(small_L.float(), cells) - 50  # around 0: the variance keeps its digits
        mean_L, mean_ab = _tent(L), _tent(ab)
        variance = (_tent(L * L) - mean_L * mean_L).clamp_min(0)
        slope = (_tent(L * ab) - mean_L * mean_ab) / (variance + NOISE)
        trust = variance / (variance + NOISE)
        highest, lowest = F.max_pool2d(ab, 3, 1, 1), -F.max_pool2d(-ab, 3, 1, 1)
        # Shrinking by averages and enlarging bilinearly blurs by (1 6 1) / 8 each way. One step of its inverse at edges; elsewhere it would only
        # raise the network's noise.
        ab, L = (x + trust * (x - _spread(x, 1 / 8)) for x in (ab, L))
        self._planes = torch.cat([ab, slope, lowest, highest, L + 50], 1)  # (1, 9, h, w)

    def rows(self, L: Tensor, top: int) -> Tensor:
        """ab (1, 2, n, W) for the n rows of the photo from `top` on, whose lightness is L (1, 1, n, W), 0..100.

        Raises ValueError for rows that are not the photo's.
        """
        n, W = L.shape[-2:]
        if W != self.size[1] or not 0 <= top <= top + n <= self.size[0]:
            raise ValueError(f"Rows {top} to {top + n} of {W} pixels are not in a photo of (H, W) = {self.size}: give L of its own rows.")
        out = L.new_empty(1, 2, n, W)
        step = max(1, STRIP // W)
        for y in range(0, n, step):
            strip = L[:, :, y : y + step]
            ab, slope, lowest, highest, base = self._enlarged(top + y, strip.shape[-2], W).split([2, 2, 2, 2, 1], 1)
            out[:, :, y : y + step] = torch.addcmul(ab, slope, strip - base).clamp_(lowest, highest)
        return out

    def _enlarged(self, top: int, n: int, W: int) -> Tensor:
        """n rows of all planes, enlarged bilinearly: (1, 9, n, W). Rows by hand, since interpolate knows nothing of strips."""
        h, device = self._planes.shape[-2], self._planes.device
        y = ((torch.arange(top, top + n, device=device) + 0.5) * (h / self.size[0]) - 0.5).clamp(0, h - 1)
        above = y.long()
        below = (above + 1).clamp_max(h - 1)
        planes = torch.lerp(self._planes[:, :, above], self._planes[:, :, below], (y - above)[:, None])
        return F.interpolate(planes, (n, W), mode="bilinear", align_corners=False)


def lift(ab: Tensor, L: Tensor) -> Tensor:
    """Small ab (1, 2, h, w) -> ab (1, 2, H, W) of a photo with lightness L (1, 1, H, W), 0..100. Sizes and aspect are free, down to 1 x 1.

    Constant ab stays constant, neutral ab neutral. For large photos, `Lift` needs L by strips only.
    """
    small_L = _shrink(L, (ab.shape[-2], ab.shape[-1]))
    return Lift(ab, small_L, (L.shape[-2], L.shape[-1])).rows(L, 0)


def _shrink(x: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(x, size, mode="area")


def _tent(x: Tensor) -> Tensor:
    """Mean over 3 x 3 pixels with weights (1 2 1) / 4 each way: against equal ones it takes a further 1 % off the error."""
    return _spread(x, 1 / 4)


def _spread(x: Tensor, share: float) -> Tensor:
    """Each pixel gives `share` to either neighbor, in both directions. Borders repeat."""
    kernel = x.new_tensor([share, 1 - 2 * share, share])
    kernel = torch.outer(kernel, kernel).expand(x.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernel, groups=x.shape[1])
