"""The ab plane cut into bins: distributions over colors, and what they say. Letters: B batch, Q bins.

Bins, soft-encoding and rebalancing follow Zhang, Isola and Efros, "Colorful Image Colorization", ECCV 2016; suggestions
follow the palette of Zhang et al., "Real-Time User-Guided Image Colorization with Learned Deep Priors", SIGGRAPH 2017.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from toolkit.color.spaces import in_gamut


@dataclass(frozen=True, eq=False)
class AbBins:
    """The ab plane cut into squares: `centers` (Q, 2), `step` apart, sorted by a, then b."""

    centers: Tensor
    step: int = 10

    @classmethod
    def make(cls, step: int = 10, reach: int = 110) -> "AbBins":
        """All multiples of `step` within +-`reach` whose ab is inside sRGB for some L: 226 for step 10.

        (Zhang 2016 has 313, because it also keeps squares that the gamut only touches; here soft_encode gives such
        colors to the neighboring bins.)
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
    """Probabilities (B, Q, H, W) of ab (B, 2, H, W): the nearest bins, weighted by a Gaussian of their distance (Zhang
    2016, target of equation 2).

    Meant as a training target, so without gradient. It takes 4 Q bytes per pixel (0.9 kB with 226 bins): encode at the
    size of the prediction, not of the photo.
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
    """Logits (B, Q, H, W) -> ab (B, 2, H, W): the mean of the distribution after annealing (Zhang 2016, equation 5);
    differentiable.

    Temperature 1 gives the mean (safe, dull); towards 0 it becomes the mode (vivid, spotty). The paper uses 0.38.
    Log-probabilities may be given as logits.
    """
    if not temperature > 0:
        raise ValueError(
            f"temperature must be above 0, but is {temperature}: take 1 for the mean, 0.38 for livelier colors."
        )
    probabilities = torch.softmax(logits.float() / temperature, 1)
    return torch.einsum("bqhw,qc->bchw", probabilities, bins.centers.to(logits.device)).to(logits.dtype)


def rebalancing_weights(prior: Tensor, lam: float = 0.5) -> Tensor:
    """Weight of each bin in the loss (Q,), on average 1, from how often it occurs: prior (Q,) at any scale (Zhang 2016,
    equation 4).

    Rare colors get larger weights. `lam` in 0..1 mixes a uniform prior in; with 1 every bin has weight 1.
    """
    if not 0 < lam <= 1:
        raise ValueError(f"lam must lie in (0, 1], but is {lam}: 0.5 is the paper's choice.")
    p = prior.float() / prior.float().sum()
    weight = 1 / ((1 - lam) * p + lam / len(p))
    return weight / (p * weight).sum()


def suggest(distribution: Tensor, bins: AbBins, k: int = 9) -> list[tuple[tuple[float, float], float]]:
    """Logits or probabilities (Q,) -> up to k colors [((a, b), share)], largest share first; shares sum to 1.

    Weighted k-means over the bin centers (Zhang 2017 offers its clusters as a palette), deterministic: the first
    cluster starts at the likeliest bin, each further one where probability times squared distance to the clusters so
    far is largest.
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
        # (Q, k)
        member = torch.nn.functional.one_hot(torch.cdist(centers, clusters).argmin(1), len(clusters)) * p[:, None]
        share = member.sum(0)
        clusters = torch.where(share[:, None] > 0, member.T @ centers / share[:, None].clamp(min=1e-12), clusters)
    order = share.argsort(descending=True, stable=True)
    return [((float(clusters[i, 0]), float(clusters[i, 1])), float(share[i])) for i in order if share[i] > 0]
