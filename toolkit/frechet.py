"""How far is one set of pictures from another? The Fréchet distance between Gaussians fitted to their features.

    distance = frechet(features(results), features(truths))

It asks whether pictures look like photos, not whether each has its photo's true colors: a believable blue dress that was red in truth costs nothing,
a dull one does. Heusel et al. 2017 take an Inception network's features; here they are the class token of DINOv2 ViT-S/14, our frozen encoder, for
which Stein et al. 2023 ("Exposing flaws of generative model evaluation metrics") found the distance to agree better with people. Numbers of the two
cannot be compared.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from toolkit.registry import load_encoder

SIDE = 224  # px, of the squares that the network sees
CHANNELS = 384
ENOUGH = 10 * CHANNELS  # pictures; with fewer the distance comes out too large


@torch.inference_mode()
def features(rgb: Tensor, device: str = "cpu") -> Tensor:
    """rgb (B, 3, H, W) in [0, 1] -> class tokens (B, 384) on the CPU; the whole picture resized to 224 x 224, bicubic and antialiased.

    Raises WeightsError where the encoder is missing.
    """
    encoder = load_encoder(device)
    square = F.interpolate(rgb.to(device), (SIDE, SIDE), mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
    tokens: Tensor = encoder.vit.forward_features((square - encoder.mean) / encoder.std)  # (B, 1 + 256, 384)
    return tokens[:, 0].cpu()


def frechet(a: Tensor, b: Tensor) -> float:
    """|mean_a - mean_b|² + tr(A + B - 2 (A B)^(1/2)), A and B the covariances (Heusel et al. 2017, eq. 6; Dowson & Landau 1982): 0 is alike.

    The square root's trace is the nuclear norm of Ra Rb', where R comes from the QR decomposition of the centred features, A = Ra' Ra: exact also
    where there are fewer pictures than features. Of n pictures the distance comes out too large, the more so the smaller n is (much, below 3,840):
    compare at equal n only.

    a: (n, D), b: (m, D) -> a number from 0 on. Raises ValueError for fewer than two pictures or other shapes.
    """
    if a.dim() != 2 or b.dim() != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ValueError(f"Features are (n, D) and (m, D) of at least two pictures each, not {tuple(a.shape)} and {tuple(b.shape)}.")
    (mean_a, root_a), (mean_b, root_b) = _gaussian(a), _gaussian(b)
    apart = (mean_a - mean_b).square().sum() + root_a.square().sum() + root_b.square().sum()
    return max(0.0, float(apart - 2 * torch.linalg.svdvals(root_a @ root_b.T).sum()))


def _gaussian(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (D,) and a root R (min(n, D), D) of the covariance, R' R, of features (n, D); in float64."""
    x = x.double()
    mean = x.mean(0)
    root: Tensor = torch.linalg.qr((x - mean) / (len(x) - 1) ** 0.5, mode="r").R
    return mean, root
