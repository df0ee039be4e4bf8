"""How far is one set of pictures from another? Distances between the clouds of their features.

    distance = frechet(features(results), features(truths))
    distance, spread, error = kid(features(results), features(truths))

They ask whether pictures look like photos, not whether each has its photo's true colors: a believable blue dress that
was red in truth costs nothing, a dull one does; so does, and is even rewarded, pumped saturation:
`metrics.match_chroma` takes that away first. Heusel et al. 2017 take an Inception network's features; here they are the
class token of DINOv2 ViT-S/14, our frozen encoder, for which Stein et al. 2023 ("Exposing flaws of generative model
evaluation metrics") found the distance to agree better with people. Numbers of the two cannot be compared. A call with
too few pictures warns with `metrics.FewPhotos`.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.measure.metrics import warn_if_few
from toolkit.models.encoder import BLOCKS, load_encoder

SIDE = 224  # px, of the squares that the network sees
CHANNELS = 384
TIMES = 10  # pictures a feature that a covariance needs; with fewer the distance comes out too large
ENOUGH = TIMES * CHANNELS
SUBSETS, SUBSET = 100, 1000  # of KID, Binkowski et al. 2018, section 4


@torch.inference_mode()
def features(rgb: Tensor, device: str = "cpu") -> Tensor:
    """rgb (B, 3, H, W) in [0, 1] -> class tokens (B, 384) on the CPU; the whole picture resized to 224 x 224, bicubic
    and antialiased.

    Raises WeightsError where the encoder is missing.
    """
    encoder = load_encoder(device)
    square = F.interpolate(rgb.to(device), (SIDE, SIDE), mode="bicubic", antialias=True, align_corners=False).clamp(
        0, 1
    )
    # (B, 1 + 256, 384) -> (B, 384)
    return encoder.vit((square - encoder.mean) / encoder.std, BLOCKS[-1:])[0][:, 0].cpu()


def frechet(a: Tensor, b: Tensor) -> float:
    """|mean_a - mean_b|² + tr(A + B - 2 (A B)^(1/2)), A and B the covariances (Heusel et al. 2017, eq. 6; Dowson &
    Landau 1982): 0 is alike.

    The square root's trace is the nuclear norm of Ra Rb', where R comes from the QR decomposition of the centred
    features, A = Ra' Ra: exact also where there are fewer pictures than features. Of n pictures the distance comes out
    too large, the more so the smaller n is (much, below ten times the features: 3,840 of DINOv2, 20,480 of Inception):
    compare at equal n only.

    a: (n, D), b: (m, D) -> a number from 0 on. Raises ValueError for fewer than two pictures or other shapes.
    """
    n = _check(a, b)
    warn_if_few("a Fréchet distance", n, TIMES * a.shape[1], "it comes out too large, so compare at equal n only")
    (mean_a, root_a), (mean_b, root_b) = _gaussian(a), _gaussian(b)
    apart = (mean_a - mean_b).square().sum() + root_a.square().sum() + root_b.square().sum()
    return max(0.0, float(apart - 2 * torch.linalg.svdvals(root_a @ root_b.T).sum()))


class Kid(NamedTuple):
    """A kernel distance and how sure it is."""

    value: float  # mean over the subsets; unbiased, so it may be a little below 0 where the sets are alike
    spread: float  # standard deviation over the subsets, which papers print behind ±
    error: float | None  # standard error of the value; None where a subset is a whole set


def kid(a: Tensor, b: Tensor, subsets: int = SUBSETS, size: int | None = None, seed: int = 0) -> Kid:
    """Kernel distance (KID, Binkowski et al. 2018, section 3): squared maximum mean discrepancy under the kernel (x · y
    / D + 1)³, unbiased.

    Unlike the Fréchet distance its expectation does not depend on n. Protocol: mean over `subsets` draws of `size`
    pictures from either set, without repetition, by numpy's default_rng(seed). size: None takes 1,000 as in the paper,
    or half of the smaller set where that is less than 1,000. Subsets overlap, so their spread divided by sqrt(subsets)
    would promise too much: the standard error is spread · sqrt(size / n), as if only n / size of them were independent.
    Not multiplied by 100 or 1,000, as some tables do.

    a: (n, D), b: (m, D). Raises ValueError for fewer than two pictures, other shapes, or subsets larger than a set.
    """
    n = _check(a, b)
    taken = (SUBSET if n >= SUBSET else max(2, n // 2)) if size is None else size
    if not 2 <= taken <= n or subsets < 1:
        raise ValueError(
            f"Subsets of {taken} pictures cannot be drawn from {n}; choose a size from 2 to {n}, and at least one "
            "subset."
        )
    warn_if_few(
        "a kernel distance (KID)",
        n,
        taken if size is not None else SUBSET,
        "its subsets are smaller than the paper's and it is less sure",
    )
    rng, a, b = np.random.default_rng(seed), a.double(), b.double()
    values = np.array(
        [_mmd(a[rng.permutation(len(a))[:taken]], b[rng.permutation(len(b))[:taken]]) for _ in range(subsets)]
    )
    spread = float(values.std())
    return Kid(float(values.mean()), spread, spread * (taken / n) ** 0.5 if taken < n and subsets > 1 else None)


def _mmd(x: Tensor, y: Tensor) -> float:
    """Unbiased squared maximum mean discrepancy of (m, D) and (m, D): Gretton et al. 2012, eq. 3, with the cubic
    kernel.
    """
    m, D = x.shape
    xx, yy, xy = ((p @ q.T / D + 1) ** 3 for p, q in ((x, x), (y, y), (x, y)))
    within = (xx.sum() - xx.trace() + yy.sum() - yy.trace()) / (m * (m - 1))
    return float(within - 2 * xy.mean())


def _check(a: Tensor, b: Tensor) -> int:
    """The smaller number of pictures."""
    if a.dim() != 2 or b.dim() != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ValueError(
            f"Features are (n, D) and (m, D) of at least two pictures each, not {tuple(a.shape)} and {tuple(b.shape)}."
        )
    return min(len(a), len(b))


def _gaussian(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (D,) and a root R (min(n, D), D) of the covariance, R' R, of features (n, D); in float64."""
    x = x.double()
    mean = x.mean(0)
    root: Tensor = torch.linalg.qr((x - mean) / (len(x) - 1) ** 0.5, mode="r").R
    return mean, root
