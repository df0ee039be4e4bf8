"""How good is a colored photo? Numbers, each by its published definition and checked in the tests against another
implementation.

Everything takes (B, 3, H, W) floats in [0, 1], sRGB, and returns (B,), one number a photo: average over photos, not
over pixels. A number without its protocol means nothing (the same network gets 22 or 27 dB depending on it), so each
docstring states its own. All of them compare with one truth, which a plausible other color fails: read PSNR beside
colorfulness, and look at the pictures. What compares sets of photos is in toolkit/measure/set_metrics.py. A number of
too few photos warns with `FewPhotos`; `few` gives the same sentence to print.
"""

import warnings
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.color import delta_e, lab_to_rgb, map_to_gamut, rgb_to_lab
from toolkit.guidance import Guidance
from toolkit.models.weights import load_strict, read_weights

FLOOR = 1e-10  # smallest mean squared error that counts: identical pictures get 100 dB and averages stay finite
WINDOW, SIGMA = 11, 1.5  # px, Wang et al. 2004, section III-B
C1, C2 = 0.01**2, 0.03**2  # their constants for a range of 1
LPIPS_FILE = "lpips_alex.safetensors"
LPIPS_SHA256 = "d11528d7686c1f52136a619aa31480be644813b6a6f0ffe73f102931079dfb68"
LPIPS_SMALLEST = 31  # px: below it AlexNet's second pooling has nothing left
HUELESS = 1.0  # Lab units of mean chroma below which a photo is gray and rescaling would only raise its rounding
EDGE = 10.0  # Lab units: a step of a and b across two pixels from which on it is a border between colors
BAND = 3  # px to either side of such a border: where color that crosses it lies
ENOUGH_FOR_ERRORS = 10  # photos: of fewer, a standard error is itself off by a quarter and more


class FewPhotos(UserWarning):
    """A number of too few photos; the message is one sentence."""


def few(metric: str, n: int, enough: int, consequence: str = "it may be far off") -> str | None:
    """The sentence that tells that n photos are too few for a metric; None where they are enough.

    few("a standard error", 6, ENOUGH_FOR_ERRORS) -> "6 photos are too few for a standard error (10 would do): it may be
    far off."
    """
    if n >= enough:
        return None
    return f"{n:,} photo{' is' if n == 1 else 's are'} too few for {metric} ({enough:,} would do): {consequence}."


def warn_if_few(metric: str, n: int, enough: int, consequence: str = "it may be far off") -> None:
    """Warn with FewPhotos, at the place that asked for the metric, where `few` has something to say."""
    if sentence := few(metric, n, enough, consequence):
        warnings.warn(sentence, FewPhotos, stacklevel=3)


def psnr(rgb: Tensor, truth: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB, higher is closer.

    Protocol: float sRGB in [0, 1] without rounding to 8 bits, mean squared error over all pixels and the three channels
    of a photo, floored at 1e-10 (identical pictures: 100 dB), 10·log10(1/error) for each photo. For a table: L kept,
    256 px, then the mean over photos.

    rgb, truth: (B, 3, H, W) -> (B,). Raises ValueError where the shapes differ.
    """
    _check(rgb, truth)
    error = (rgb.float() - truth.float()).square().mean((1, 2, 3))
    return -10 * error.clamp_min(FLOOR).log10()


def gray_psnr(truth: Tensor) -> Tensor:
    """PSNR in dB of the gray photo (a = b = 0 at the truth's own L) against the truth: the line a colorizer has to
    beat.

    truth: (B, 3, H, W) -> (B,). Raises ValueError.
    """
    _check(truth)
    L = rgb_to_lab(truth.float())[:, :1]
    return psnr(lab_to_rgb(F.pad(L, (0, 0, 0, 0, 0, 2))), truth)


def ssim(rgb: Tensor, truth: Tensor) -> Tensor:
    """Structural similarity, at most 1 (Wang et al. 2004, eq. 13): Gaussian window of 11 px, sigma 1.5, population
    covariance.

    Taken on R, G and B and averaged: on luma, as in the paper, every method that keeps L scores 1. Only windows wholly
    inside the photo count, as in scikit-image (`gaussian_weights=True, use_sample_covariance=False, data_range=1`).

    rgb, truth: (B, 3, H, W), at least 11 px a side -> (B,). Raises ValueError.
    """
    _check(rgb, truth, smallest=WINDOW)
    x, y = (t.float() - 0.5 for t in (rgb, truth))  # about zero: E[x²] - E[x]² keeps its digits in bright skies
    mean_x, mean_y = _blur(x), _blur(y)
    var_x, var_y = _blur(x * x) - mean_x * mean_x, _blur(y * y) - mean_y * mean_y
    covariance = _blur(x * y) - mean_x * mean_y
    mean_x, mean_y = mean_x + 0.5, mean_y + 0.5
    luminance = (2 * mean_x * mean_y + C1) / (mean_x * mean_x + mean_y * mean_y + C1)
    structure = (2 * covariance + C2) / (var_x + var_y + C2)
    return (luminance * structure).mean((1, 2, 3))


def colorfulness(rgb: Tensor, absolute: bool = False) -> Tensor:
    """Colorfulness of Hasler & Suesstrunk 2003 (their M3), on the 0-255 scale: about 15 slightly, 45 quite, 80 highly
    colorful.

    With rg = R - G and yb = (R + G)/2 - B, both SIGNED as in the paper: sqrt(std_rg² + std_yb²) + 0.3·sqrt(mean_rg² +
    mean_yb²).

    absolute: of |rg| and |yb|, as many code bases compute it; red beside green then spreads less and is further from
    gray. Numbers of the two cannot be compared, and few papers say which they took.

    rgb: (B, 3, H, W) -> (B,). Raises ValueError.
    """
    _check(rgb)
    R, G, B = (255 * rgb.float()).unbind(1)
    opponents = torch.stack([R - G, (R + G) / 2 - B], 1).flatten(2)  # (B, 2, H·W)
    if absolute:
        opponents = opponents.abs()
    spread, shift = opponents.std(2, correction=0), opponents.mean(2)  # (B, 2)
    return torch.linalg.vector_norm(spread, dim=1) + 0.3 * torch.linalg.vector_norm(shift, dim=1)


class ColorfulnessDifference(NamedTuple):
    """How far the results' colorfulness is from the truths', 0 is alike: papers report the one or the other as ΔCF."""

    of_means: float  # |mean CF(results) - mean CF(truths)|: too much on one photo makes up for too little on another
    mean_of: float  # mean of |CF(result) - CF(truth)|, photo by photo: never smaller


def colorfulness_difference(results: Tensor, truths: Tensor) -> ColorfulnessDifference:
    """Both definitions of ΔCF, from the colorfulness of n results and of their truths, (n,) and (n,), taken by one
    definition of `colorfulness`.

    Raises ValueError for anything else.
    """
    if results.dim() != 1 or results.shape != truths.shape or not len(results):
        raise ValueError(
            f"Colorfulness comes as (n,) and (n,), one number a photo, not {tuple(results.shape)} and "
            f"{tuple(truths.shape)}."
        )
    apart = results.double() - truths.double()
    return ColorfulnessDifference(float(apart.mean().abs()), float(apart.abs().mean()))


def colorfulness_ratio(rgb: Tensor, truth: Tensor) -> float:
    """Mean colorfulness of the predictions divided by the mean colorfulness of the truths: 1 is as colorful as life, 0
    is gray.

    A ratio of means, not a mean of ratios, which a few nearly gray truths would decide. Where photos differ in size,
    divide means of `colorfulness`.

    rgb, truth: (B, 3, H, W). Raises ValueError, also where the truths hold no color at all.
    """
    _check(rgb, truth)
    of = float(colorfulness(truth).mean())
    if of < 1e-3:
        raise ValueError(
            "The true photos are all gray, so no ratio of colorfulness exists; compare with photos in color."
        )
    return float(colorfulness(rgb).mean()) / of


def ciede2000(rgb: Tensor, truth: Tensor) -> Tensor:
    """Color difference CIEDE2000 (Sharma et al. 2005, kL = kC = kH = 1), mean over a photo's pixels: 1 is about just
    noticeable.

    rgb, truth: (B, 3, H, W) -> (B,). Computed by scikit-image on the CPU. Raises ValueError.
    """
    _check(rgb, truth)
    return delta_e(rgb_to_lab(rgb.float()), rgb_to_lab(truth.float())).mean((1, 2, 3))


def match_chroma(rgb: Tensor, truth: Tensor) -> Tensor:
    """Each photo with its chroma times one number, so that its mean chroma in Lab is its truth's; L and hue stay.

    What is left to compare is which hues are where: distances between such pictures and the truths (`frechet`,
    `ciede2000`) do not reward a model for pumping its saturation up, nor for being timid. Where the gamut cuts, the
    mean stays a little lower. A photo with a mean chroma below 1 is gray, has no hue to keep, and comes back as it is.

    rgb, truth: (B, 3, H, W) -> (B, 3, H, W). Raises ValueError.
    """
    _check(rgb, truth)
    lab = rgb_to_lab(rgb.float())
    own, wanted = (_chroma(x) for x in (lab, rgb_to_lab(truth.float())))
    factor = torch.where(own < HUELESS, 1.0, wanted / own.clamp_min(HUELESS)).view(-1, 1, 1, 1)
    return lab_to_rgb(torch.cat([lab[:, :1], lab[:, 1:] * factor], 1))


def ab_distance(lab: Tensor, other: Tensor, where: Tensor) -> Tensor:
    """Mean length of the difference in a and b, Lab units, over the pixels chosen: lab, other (B, 3, H, W), where (B,
    1, H, W) of bool -> (B,).

    nan where nothing is chosen.
    """
    apart = (lab[:, 1:] - other[:, 1:]).norm(dim=1, keepdim=True) * where
    return apart.sum((1, 2, 3)) / where.sum((1, 2, 3))


class HintError(NamedTuple):
    """How far a picture is from its hints, at the hints' own pixels; 0 is obeyed to the letter."""

    ab: float  # Lab units
    ciede2000: float
    pixels: int


def hint_error(rgb: Tensor, guidance: Guidance) -> HintError:
    """Mean difference between a picture and the colors asked for, over all pixels that hints and strokes cover.

    ab: to the hint's own a and b. ciede2000: at the picture's own L, to the hint's a and b as far as that L can show
    them (no bright wall is navy). `Session.colorize` writes the hints' pixels itself, so that its pictures say nothing
    of the model: give one painted from `Result.ab` alone (`toolkit.measure.studies.sampling.painted`).

    rgb: (1, 3, H, W). Raises ValueError, also where the guidance covers no pixel.
    """
    _check(rgb)
    lab = rgb_to_lab(rgb.float())
    wish = torch.cat([lab[:, :1], guidance.stamp(torch.full_like(lab[:, 1:], torch.nan))], 1)
    here = ~wish[:, 1:2].isnan()  # (1, 1, H, W)
    if len(rgb) != 1 or not here.any():
        raise ValueError("The error at hints is of one picture and hints that cover some of its pixels; give both.")
    picture, wish = (x.movedim(1, -1)[here[:, 0]].T[None, ..., None] for x in (lab, wish))  # (1, 3, N, 1)
    ab = ab_distance(picture, wish, torch.ones_like(wish[:, :1], dtype=torch.bool))
    return HintError(float(ab), float(delta_e(picture, map_to_gamut(wish)).mean()), int(here.sum()))


def leakage(rgb: Tensor, without: Tensor, region: Tensor) -> Tensor:
    """How much a hint changes the picture where it should not: mean length of the change of a and b, Lab units, outside
    a region.

    Protocol: the same photo, model and settings with the hint (rgb) and without it; 0: nothing leaks.

    rgb, without: (B, 3, H, W); region: (B, 1, H, W) of bool, where the hint may act -> (B,), nan where that is the
    whole photo. Raises ValueError.
    """
    _check(rgb, without)
    _check_planes(region, rgb)
    return ab_distance(rgb_to_lab(rgb.float()), rgb_to_lab(without.float()), ~region.bool())


def bleeding(rgb: Tensor, truth: Tensor, labels: Tensor | None = None) -> Tensor:
    """How much worse a and b are beside borders than elsewhere, Lab units: color that crosses its border is wrong there
    and nowhere else.

    Mean length of the error of a and b within 3 px of the borders, minus the same over all other pixels: 0 for wrong
    colors that keep their borders, below 0 for what is worse inside. Color lies beside borders more than elsewhere, so
    that a gray photo is worse there, too, without any color that could cross: read it beside the gray photo's own
    number, and of models that are about as colorful as each other. Borders are where the truth's a and b step by 10
    units across two pixels, or where labels change. For a table: 256 px, as a band of 3 px is another thing on another
    size.

    Our own definition: the literature's cluster discrepancy ratio (Kim et al. 2021, "Deep Edge-Aware Interactive
    Colorization against Color-Bleeding Effects") asks whether superpixels of the truth stay together, and counts also
    where no border is crossed.

    rgb, truth: (B, 3, H, W), at least 3 px a side; labels: (B, 1, H, W) of whole numbers -> (B,), nan for a photo
    without borders. Raises ValueError.
    """
    _check(rgb, truth, smallest=3)
    lab, true = rgb_to_lab(rgb.float()), rgb_to_lab(truth.float())
    if labels is None:
        border = _steps(true[:, 1:], EDGE)
    else:
        _check_planes(labels, rgb)
        border = _steps(labels.double(), 0.5)
    near = F.max_pool2d(border.float(), 2 * BAND + 1, 1, BAND) > 0
    return ab_distance(lab, true, near) - ab_distance(lab, true, ~near)


class Lpips(nn.Module):
    """Learned perceptual distance, LPIPS v0.1 on AlexNet (Zhang et al. 2018, eq. 1); 0 is identical; a photo without
    its color is 0.1 to 0.3 away.

    A photo's features after each of AlexNet's five ReLUs are scaled to unit length at each place; the squared
    differences, weighted by channel with weights fitted to human judgements, are averaged over places and summed over
    the five layers.

        distance = Lpips()
        distance(rgb, truth)         # (B, 3, H, W) in [0, 1], at least 31 px a side -> (B,)
    """

    shift: Tensor
    scale: Tensor

    def __init__(self, device: str | torch.device = "cpu") -> None:
        """Raises WeightsError where weights/lpips_alex.safetensors is missing or damaged."""
        super().__init__()
        self.conv0 = nn.Conv2d(3, 64, 11, stride=4, padding=2)
        self.conv1 = nn.Conv2d(64, 192, 5, padding=2)
        self.conv2 = nn.Conv2d(192, 384, 3, padding=1)
        self.conv3 = nn.Conv2d(384, 256, 3, padding=1)
        self.conv4 = nn.Conv2d(256, 256, 3, padding=1)
        for i, channels in enumerate((64, 192, 384, 256, 256)):
            self.add_module(f"lin{i}", nn.Conv2d(channels, 1, 1, bias=False))
        # v0.1's scaling layer: ImageNet's mean and deviation for pixels in [-1, 1] (the step that v0.0 forgot).
        self.register_buffer("shift", torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("scale", torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1), persistent=False)
        load_strict(self, read_weights(LPIPS_FILE, LPIPS_SHA256), LPIPS_FILE)
        self.to(device)

    def forward(self, rgb: Tensor, truth: Tensor) -> Tensor:
        """(B, 3, H, W), (B, 3, H, W) in [0, 1] -> (B,). Raises ValueError."""
        _check(rgb, truth, smallest=LPIPS_SMALLEST)
        distance = torch.zeros(len(rgb), device=self.shift.device)
        for i, (x, y) in enumerate(zip(self._features(rgb), self._features(truth), strict=True)):
            # (B, C, h, w) -> (B, 1, h, w) -> (B,)
            distance = distance + self.get_submodule(f"lin{i}")((x - y).square()).mean((1, 2, 3))
        return distance

    def _features(self, rgb: Tensor) -> list[Tensor]:
        x = (2 * rgb.to(self.shift) - 1 - self.shift) / self.scale
        found = []
        for i, conv in enumerate((self.conv0, self.conv1, self.conv2, self.conv3, self.conv4)):
            if i in (1, 2):
                x = F.max_pool2d(x, 3, stride=2)
            x = F.relu(conv(x))
            found.append(F.normalize(x, dim=1, eps=1e-10))
        return found


def _blur(x: Tensor) -> Tensor:
    """Gaussian means of the windows that lie wholly inside: (B, 3, H, W) -> (B, 3, H - 10, W - 10)."""
    at = torch.arange(WINDOW, device=x.device, dtype=x.dtype) - WINDOW // 2
    kernel = torch.exp(-(at**2) / (2 * SIGMA**2))
    kernel = (kernel / kernel.sum()).expand(3, 1, 1, WINDOW)
    return F.conv2d(F.conv2d(x, kernel, groups=3), kernel.transpose(2, 3), groups=3)


def _chroma(lab: Tensor) -> Tensor:
    """Mean chroma of each photo: (B, 3, H, W) -> (B,)."""
    return lab[:, 1:].norm(dim=1).mean((1, 2))


def _steps(planes: Tensor, least: float) -> Tensor:
    """Where planes (B, C, H, W) step by at least so much between the neighbors left and right, or above and below: bool
    (B, 1, H, W).
    """
    found = torch.zeros_like(planes[:, :1], dtype=torch.bool)
    found[..., 1:-1] |= (planes[..., 2:] - planes[..., :-2]).norm(dim=1, keepdim=True) >= least
    found[..., 1:-1, :] |= (planes[..., 2:, :] - planes[..., :-2, :]).norm(dim=1, keepdim=True) >= least
    return found


def _check_planes(planes: Tensor, picture: Tensor) -> None:
    wanted = (len(picture), 1, *picture.shape[2:])
    if tuple(planes.shape) != wanted:
        raise ValueError(
            f"Regions and labels of these pictures come as {wanted} and these are {tuple(planes.shape)}; give one "
            "plane a picture."
        )


def _check(*pictures: Tensor, smallest: int = 1) -> None:
    """One ValueError for everything that could be wrong with the pictures."""
    for picture in pictures:
        shape = tuple(picture.shape)
        if len(shape) != 4 or shape[1] != 3:
            raise ValueError(
                f"Pictures come as (B, 3, H, W) and this one is {shape}; add the batch dimension with picture[None]."
            )
        if not picture.is_floating_point():
            raise ValueError(f"Pictures come as floats in [0, 1] and this one is {picture.dtype}; divide it by 255.")
        if not len(picture) or min(shape[2:]) < smallest:
            raise ValueError(
                f"A batch of shape {shape} is too small to measure; give at least one picture of {smallest} px a side."
            )
    one, other = tuple(pictures[0].shape), tuple(pictures[-1].shape)
    if one != other:
        raise ValueError(f"Both pictures need the same shape and these are {one} and {other}; resize one to the other.")
