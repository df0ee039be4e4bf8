"""From small ab to the photo in color at full size, strip by strip, so that 24 megapixels fit where one does."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.color import lab_to_rgb8, rgb_to_lab
from toolkit.guidance import Guidance
from toolkit.models.base import Encoded, Prediction
from toolkit.photo import Photo
from toolkit.photo.lift import Lift
from toolkit.photo.sizes import shrink
from toolkit.pipeline.frame import Frame

STRIP = 1 << 20  # pixels colored at a time: the working memory of the full size, about 100 MB
UNTOUCHED = 0.02  # share of the new color below which recoloring leaves a pixel's bytes alone


class FullSize:
    """A photo to be painted, again and again."""

    def __init__(self, photo: Photo) -> None:
        self.photo = photo
        self._kept: tuple[Tensor, Tensor] | None = None

    def paint(
        self, ab: Tensor, guidance: Guidance, report: Callable[[float], None], reach: Tensor | None = None
    ) -> Tensor:
        """Small ab (1, 2, h, w) -> the photo in color, uint8 (3, H, W). reach (1, 1, h, w) in [0, 1]: elsewhere it
        keeps its own colors.

        report: told the share that is done, 0 to 1; may raise to stop.
        """
        photo = self.photo
        H, W = photo.height, photo.width
        whole, small = self._light((ab.shape[-2], ab.shape[-1]))
        lift = Lift(ab.cpu(), small, (H, W))
        share = None if reach is None else Lift(reach.cpu().expand(-1, 2, -1, -1), small, (H, W))
        out = torch.empty(3, H, W, dtype=torch.uint8)
        rows = max(1, STRIP // W)
        for top in range(0, H, rows):
            bottom = min(H, top + rows)
            L = photo.lightness(slice(top, bottom)) if whole is None else whole[:, :, top:bottom]
            color = guidance.stamp(lift.rows(L, top), top)
            if share is None:
                out[:, top:bottom] = lab_to_rgb8(torch.cat([L, color], 1)[0])
            else:
                own = photo.rgb[:, top:bottom]
                new = share.rows(L, top)[:, :1].clamp(0, 1)
                cover = guidance.cover(W, range(top, bottom))
                # what is lifted along edges may pass a line that was drawn, by a little
                new = new if cover is None else new * cover
                color = torch.lerp(rgb_to_lab(own[None].float() / 255)[:, 1:], color, new)
                out[:, top:bottom] = torch.where(new[0] < UNTOUCHED, own, lab_to_rgb8(torch.cat([L, color], 1)[0]))
            report(bottom / H)
        return out

    def _light(self, small: tuple[int, int]) -> tuple[Tensor | None, Tensor]:
        """Lightness of the photo, and averaged to a small size; for what a screen shows kept for the next click, for
        more megapixels not (None).
        """
        photo = self.photo
        if photo.height * photo.width > STRIP * 2:
            return None, shrink(photo, small, averaged=True).lightness()
        if self._kept is None or self._kept[1].shape[-2:] != small:
            self._kept = photo.lightness(), shrink(photo, small, averaged=True).lightness()
        return self._kept


def reach(prediction: Prediction, guidance: Guidance) -> Tensor:
    """Where guidance, checked, changes a photo that is recolored: (1, 1, h, w) in [0, 1] for ab (1, 2, h, w). Lassos
    bound it sharply.
    """
    assert guidance.size is not None
    h, w = prediction.ab.shape[-2:]
    found = prediction.ab.new_zeros(1, 1, h, w)
    if prediction.influence is not None:
        shares = prediction.influence.sum(0)[None, None].clamp(0, 1).to(found)
        found = F.interpolate(shares, (h, w), mode="bilinear", align_corners=False)
    regions = guidance.points((h, w)).regions
    if regions is None:
        return found
    bound = torch.tensor([bool(hint.lasso) for hint in guidance.hints] + [False] * (len(regions) - len(guidance.hints)))
    cover = regions[bound].amax(0)[None, None].to(found)  # sharper than the model's own grid
    return cover if bool(bound.all()) else torch.maximum(cover, found)


def small_picture(frame: Frame, encoded: Encoded, ab: Tensor) -> Tensor:
    """Small ab (1, 2, h, w) over the copy of the photo that the model sees: uint8 (3, 2h, 2w)."""
    L = frame.crop(encoded.L, 1).cpu()
    larger = F.interpolate(ab.cpu(), L.shape[-2:], mode="bilinear", align_corners=False)
    return lab_to_rgb8(torch.cat([L, larger], 1)[0])
