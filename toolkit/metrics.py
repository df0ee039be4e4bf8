"""How good is a colored photo? Numbers, each by its published definition and checked in the tests against another implementation.

Everything takes (B, 3, H, W) floats in [0, 1], sRGB, and returns (B,), one number a photo: average over photos, not over pixels.
A number without its protocol means nothing (the same network gets 22 or 27 dB depending on it), so each docstring states its own.
All of them compare with one truth, which a plausible other color fails: read PSNR beside colorfulness, and look at the pictures.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from toolkit.color import delta_e, lab_to_rgb, rgb_to_lab
from toolkit.registry import load_strict, read_weights

FLOOR = 1e-10  # smallest mean squared error that counts: identical pictures get 100 dB and averages stay finite
WINDOW, SIGMA = 11, 1.5  # px, Wang et al. 2004, section III-B
C1, C2 = 0.01**2, 0.03**2  # their constants for a range of 1
LPIPS_FILE = "lpips_alex.safetensors"
LPIPS_SHA256 = "d11528d7686c1f52136a619aa31480be644813b6a6f0ffe73f102931079dfb68"
LPIPS_SMALLEST = 31  # px: below it AlexNet's second pooling has nothing left


def psnr(rgb: Tensor, truth: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB, higher is closer.

    Protocol: float sRGB in [0, 1] without rounding to 8 bits, mean squared error over all pixels and the three channels of a photo, floored at 1e-10
    (identical pictures: 100 dB), 10·log10(1/error) for each photo. For a table: L kept, 256 px, then the mean over photos.

    rgb, truth: (B, 3, H, W) -> (B,). Raises ValueError where the shapes differ.
    """
    _check(rgb, truth)
    error = (rgb.float() - truth.float()).square().mean((1, 2, 3))
    return -10 * error.clamp_min(FLOOR).log10()


def gray_psnr(truth: Tensor) -> Tensor:
    """PSNR in dB of the gray photo (a = b = 0 at the truth's own L) against the truth: the line a colorizer has to beat.

    truth: (B, 3, H, W) -> (B,). Raises ValueError.
    """
    _check(truth)
    L = rgb_to_lab(truth.float())[:, :1]
    return psnr(lab_to_rgb(F.pad(L, (0, 0, 0, 0, 0, 2))), truth)


def ssim(rgb: Tensor, truth: Tensor) -> Tensor:
    """Structural similarity, at most 1 (Wang et al. 2004, eq. 13): Gaussian window of 11 px, sigma 1.5, population covariance.

    Taken on R, G and B and averaged: on luma, as in the paper, every method that keeps L scores 1. Only windows wholly inside the photo count, as in
    scikit-image (`gaussian_weights=True, use_sample_covariance=False, data_range=1`).

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


def colorfulness(rgb: Tensor) -> Tensor:
    """Colorfulness of Hasler & Suesstrunk 2003 (their M3), on the 0-255 scale: about 15 slightly, 45 quite, 80 highly colorful.

    With rg = R - G and yb = (R + G)/2 - B, both SIGNED as in the paper: sqrt(std_rg² + std_yb²) + 0.3·sqrt(mean_rg² + mean_yb²). Some code bases take
    absolute values first, which gives other numbers.

    rgb: (B, 3, H, W) -> (B,). Raises ValueError.
    """
    _check(rgb)
    R, G, B = (255 * rgb.float()).unbind(1)
    opponents = torch.stack([R - G, (R + G) / 2 - B], 1).flatten(2)  # (B, 2, H·W)
    spread, shift = opponents.std(2, correction=0), opponents.mean(2)  # (B, 2)
    return torch.linalg.vector_norm(spread, dim=1) + 0.3 * torch.linalg.vector_norm(shift, dim=1)


def colorfulness_ratio(rgb: Tensor, truth: Tensor) -> float:
    """Mean colorfulness of the predictions divided by the mean colorfulness of the truths: 1 is as colorful as life, 0 is gray.

    A ratio of means, not a mean of ratios, which a few nearly gray truths would decide. Where photos differ in size, divide means of `colorfulness`.

    rgb, truth: (B, 3, H, W). Raises ValueError, also where the truths hold no color at all.
    """
    _check(rgb, truth)
    of = float(colorfulness(truth).mean())
    if of < 1e-3:
        raise ValueError("The true photos are all gray, so no ratio of colorfulness exists; compare with photos in color.")
    return float(colorfulness(rgb).mean()) / of


def ciede2000(rgb: Tensor, truth: Tensor) -> Tensor:
    """Color difference CIEDE2000 (Sharma et al. 2005, kL = kC = kH = 1), mean over a photo's pixels: 1 is about just noticeable.

    rgb, truth: (B, 3, H, W) -> (B,). Computed by scikit-image on the CPU. Raises ValueError.
    """
    _check(rgb, truth)
    return delta_e(rgb_to_lab(rgb.float()), rgb_to_lab(truth.float())).mean((1, 2, 3))


class Lpips(nn.Module):
    """Learned perceptual distance, LPIPS v0.1 on AlexNet (Zhang et al. 2018, eq. 1); 0 is identical; a photo without its color is 0.1 to 0.3 away.

    A photo's features after each of AlexNet's five ReLUs are scaled to unit length at each place; the squared differences, weighted by channel with
    weights fitted to human judgements, are averaged over places and summed over the five layers.

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
            distance = distance + self.get_submodule(f"lin{i}")((x - y).square()).mean((1, 2, 3))  # (B, C, h, w) -> (B, 1, h, w) -> (B,)
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


def _check(*pictures: Tensor, smallest: int = 1) -> None:
    """One ValueError for everything that could be wrong with the pictures."""
    for picture in pictures:
        shape = tuple(picture.shape)
        if len(shape) != 4 or shape[1] != 3:
            raise ValueError(f"Pictures come as (B, 3, H, W) and this one is {shape}; add the batch dimension with picture[None].")
        if not picture.is_floating_point():
            raise ValueError(f"Pictures come as floats in [0, 1] and this one is {picture.dtype}; divide it by 255.")
        if not len(picture) or min(shape[2:]) < smallest:
            raise ValueError(f"A batch of shape {shape} is too small to measure; give at least one picture of {smallest} px a side.")
    one, other = tuple(pictures[0].shape), tuple(pictures[-1].shape)
    if one != other:
        raise ValueError(f"Both pictures need the same shape and these are {one} and {other}; resize one to the other.")
