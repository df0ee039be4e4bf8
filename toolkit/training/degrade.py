"""What time and old film do to a photograph's lightness, so that a model trained on today's photos works on real
prints.

    L = degrade(rgb, generator)          # (B, 3, H, W) in [0, 1] -> (B, 1, H, W) in [0, 100]

Each effect strikes each photo with a probability of its own, with a strength of its own. Blur and JPEG are kornia's.
"""

import kornia
import torch
from torch import Tensor
from torch.nn import functional as F

# Probability of each effect on one photo. Four in ten photos stay as they are: a good scan must stay a good input.
CLEAN = 0.4
FILM, EXPOSURE, FADING, UNEVEN, BLUR = 0.5, 0.2, 0.6, 0.3, 0.4
GRAIN, NOISE, HALFTONE, SCRATCHES, JPEG = 0.5, 0.4, 0.06, 0.15, 0.3
CRACKED = 0.3  # of the scratches
STOPS = 3.0  # at most so far underexposed: an eighth of the light

RED_GREEN_BLUE = (  # how much a film sees of red, green and blue light, as shares
    (0.2126, 0.7152, 0.0722),  # the eye
    (0.33, 0.33, 0.33),  # panchromatic, from the 1920s on
    (0.02, 0.50, 0.48),  # orthochromatic, to the 1920s: blind to red, so that lips and skin are dark and skies white
    (0.00, 0.04, 0.96),  # collodion and dry plates of the 19th century see blue only: freckles, black lips, no clouds
)


def lightness(luminance: Tensor) -> Tensor:
    """CIE 1976 L* of relative luminance in [0, 1]; any shape; in [0, 100]."""
    f = torch.where(
        luminance > (6 / 29) ** 3, luminance.clamp(min=1e-6) ** (1 / 3), luminance / (3 * (6 / 29) ** 2) + 4 / 29
    )
    return 116 * f - 16


def degrade(rgb: Tensor, generator: torch.Generator) -> Tensor:
    """Photos (B, 3, H, W), sRGB in [0, 1] -> lightness (B, 1, H, W) in [0, 100] as an old print might show it. H and W
    are multiples of 16.
    """
    B = len(rgb)

    def chance(p: float) -> Tensor:
        return (torch.rand(B, 1, 1, 1, generator=generator) < p).to(rgb.device)

    def between(low: float, high: float) -> Tensor:
        return (low + (high - low) * torch.rand(B, 1, 1, 1, generator=generator)).to(rgb.device)

    def noise(h: int, w: int) -> Tensor:
        return torch.randn(B, 1, h, w, generator=generator).to(rgb.device)

    H, W = rgb.shape[-2:]
    linear = kornia.color.rgb_to_linear_rgb(rgb)
    eye = rgb.new_tensor(RED_GREEN_BLUE[0]).view(1, 3, 1, 1)
    clean = lightness((linear * eye).sum(1, keepdim=True))

    films = rgb.new_tensor(RED_GREEN_BLUE)
    mix = torch.rand(B, len(films), generator=generator).to(rgb.device) ** 3  # mostly one of them
    response = (mix / mix.sum(1, keepdim=True)) @ films  # (B, 4) x (4, 3): each photo a film of its own
    seen = (linear * torch.where(chance(FILM), response.view(B, 3, 1, 1), eye)).sum(1, keepdim=True)
    L = lightness(torch.where(chance(EXPOSURE), seen * torch.exp2(-between(0, STOPS)), seen))

    curve = 100 * (L / 100).clamp(1e-4, 1) ** torch.exp(between(-0.4, 0.4))
    black, white = between(0, 22), between(78, 100)
    L = torch.where(chance(FADING), black + (white - black) * curve / 100, L)

    stain = F.interpolate(noise(3, 3), (H, W), mode="bicubic", align_corners=True)
    L = torch.where(chance(UNEVEN), L * (1 + 0.08 * stain), L)

    sigma = between(0.4, 1.6).view(B, 1).expand(B, 2)
    L = torch.where(chance(BLUR), kornia.filters.gaussian_blur2d(L, (9, 9), sigma), L)

    clumps = F.interpolate(noise(H // 2, W // 2), (H, W), mode="bilinear", align_corners=False)
    midtones = (L / 50 * (2 - L / 50)).clamp(0, 1)  # grain shows where film is neither black nor white
    # 1 to 12, mostly little
    L = torch.where(chance(GRAIN), L + between(0, 1).pow(2).mul(11).add(1) * midtones * clumps, L)
    L = torch.where(chance(NOISE), L + between(0.5, 5) * noise(H, W), L)
    L = torch.where(chance(HALFTONE), halftone(L, between(0.2, 1.4), between(2.5, 4.5)), L)

    L = torch.where(chance(SCRATCHES), scratch(L, generator), L).clamp(0, 100)
    quality, struck = between(25, 90).view(B), chance(JPEG).view(B) > 0
    if struck.any():  # the codec costs more than all the rest: only where it is used
        gray = (L[struck] / 100).expand(-1, 3, H, W)
        L[struck] = kornia.enhance.jpeg_codec_differentiable(gray, quality[struck]).mean(1, keepdim=True) * 100
    return torch.where(chance(CLEAN), clean, L).clamp(0, 100)


def halftone(L: Tensor, angle: Tensor, period: Tensor) -> Tensor:
    """A printer's dots, as in newspapers: L (B, 1, H, W) -> the same. angle in
    radians, period in pixels (B, 1, 1, 1).
    """
    H, W = L.shape[-2:]
    y, x = torch.arange(H, device=L.device).view(H, 1), torch.arange(W, device=L.device)
    turn = 2 * torch.pi / period
    # (B, 1, H, W)
    across, down = turn * (x * angle.cos() + y * angle.sin()), turn * (y * angle.cos() - x * angle.sin())
    screen = 50 + 25 * (across.cos() + down.cos())
    return 8 + 84 * torch.sigmoid((L - screen) / 12)  # ink and paper, with soft edges: what a scanner makes of them


def scratch(L: Tensor, generator: torch.Generator) -> Tensor:
    """Thin lines, nearly upright as a projector leaves them or wandering as a plate cracks, and specks of dust; L (B,
    1, H, W) -> the same.
    """
    B, _, H, W = L.shape
    L = L.clone()
    rows = torch.arange(H)
    for b in range(B):
        for _ in range(int(torch.randint(1, 5, (), generator=generator))):
            x0, slope = torch.rand((), generator=generator) * W, (torch.rand((), generator=generator) - 0.5) * 0.2
            walk = torch.randn(H, generator=generator).cumsum(0) * (torch.rand((), generator=generator) < CRACKED)
            columns = (x0 + slope * rows + walk).long().clamp(0, W - 1)
            L[b, 0, rows, columns] = 90.0 if torch.rand((), generator=generator) < 0.7 else 8.0
        specks = int(torch.randint(5, 40, (), generator=generator))
        ys, xs = (torch.randint(0, n, (specks,), generator=generator) for n in (H, W))
        L[b, 0, ys, xs] = 92.0
    return L
